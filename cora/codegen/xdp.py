"""Linux XDP: one C file an engine program, to compile for `bpfel` with `targets/xdp` on the include path.

The file has one function with the whole program, a label for each block, and up to two entries: `cora_wire` for packets
from outside (engines that face the wire), `cora_inner` for frames from other engines (engines with resume points).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from cora import resources
from cora.codegen.access import write_access
from cora.codegen.context import Context, check_width, value_type
from cora.codegen.deparse import InPlace, in_place, longest_output_bytes
from cora.codegen.expr import constant
from cora.codegen.frames import (
    forgets_written,
    needs_offset,
    offset_name,
    write_advance,
    write_drop,
    write_emit,
    write_extract,
    write_forward,
    write_hand_off,
    write_lookahead,
    write_reload,
    write_resumes,
    write_room,
    write_wire_inputs,
    written_back,
)
from cora.codegen.hashing import PAYLOAD_SUM, write_checksum, write_hash, write_random
from cora.codegen.layout import C_WORDS, Names, engine_layout
from cora.codegen.maps import write_index, write_map, write_scan, write_state
from cora.codegen.places import Places
from cora.codegen.reuse import reused
from cora.codegen.specialise import specialised
from cora.codegen.stack import STACK_BYTES, crowded_out
from cora.codegen.unchanged import kept_apart
from cora.codegen.writer import Writer
from cora.diagnostics import error
from cora.ir.cfg import DRAWS, end_reads, header_names, header_vars, liveness, op_exprs, op_reads, roots, variables
from cora.ir.errors import unknown_extern
from cora.ir.nodes import (
    INPUTS,
    Access,
    Advance,
    Assign,
    Branch,
    Checksum,
    Copy,
    Digest,
    Drop,
    Emit,
    Extract,
    Foreign,
    Forward,
    Goto,
    HandOff,
    Hash,
    Lookahead,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Switch,
    Terminator,
    Var,
    width,
)
from cora.ir.replicate import first_copy, first_truncation
from cora.split.engines import EngineProgram, Split
from cora.split.generations import OF_PACKET

_OWN_NAMES = """
    ctx data end size cursor written stats scratch s p inner key value cell row rows index hash sum low span number zero
    fresh refused skipped scan payload loop color shl lshr ashr udiv umod fold high extend digest at found reason
    dropped
    """.split()  # noqa: SIM905
"""What the generated function calls its own things."""


def support_files() -> tuple[Path, ...]:
    """The files that generated C includes; a bundle ships them beside it."""
    return (resources.folder("targets") / "xdp" / "cora.h",)


def emit_c(engine: EngineProgram, split: Split, stack_bytes: int | None = STACK_BYTES, *, compact: bool = False) -> str:
    """The C text of an engine program.

    Variables beyond `stack_bytes` (an estimate; None: as many as there are) stand in a per-CPU scratch cell, not on the
    stack. `compact`: one copy of the code for all kinds of packets, which is shorter and slower. Raises UserError for
    what XDP programs can't do (C075x)."""
    _no_copies(engine.program)
    _no_truncation(engine.program)
    c = _context(engine, split, stack_bytes, compact)
    _write_head(c)
    for layout in c.layout.states:
        write_state(c.out, layout, direct=not c.compact)
        if layout.form == "rows":
            write_scan(c.out, layout)
    if not c.compact:
        write_index(c.out, c.layout.states)
    _write_scratch(c)
    if any(isinstance(op, Checksum) and op.payload for b in c.program.blocks for op in b.ops):
        c.out(PAYLOAD_SUM)
    _write_run(c)
    _write_entries(c)
    return c.out.text()


# ---------------------------------------------------------------- set-up


def _no_copies(program: Program) -> None:
    """Before anything else: a copy's resume point has no frame layout to write."""
    copy = first_copy(program)
    if copy is not None:
        raise error(
            "C0755", "an XDP program can't copy packets or send them through again", copy.span,
            help="clones, multicast, recirculation and resubmission run on the interpreter only",
        )  # fmt: skip


def _no_truncation(program: Program) -> None:
    cut = first_truncation(program)
    if cut is not None:
        raise error(
            "C0757", "an XDP program can't truncate packets", cut.span,
            help="test the program on the interpreter: cora test PROGRAM.p4 FILE.stf",
        )  # fmt: skip


def _context(engine: EngineProgram, split: Split, stack_bytes: int | None, compact: bool) -> Context:
    layout = engine_layout(engine.program)
    program = engine.program if compact else specialised(engine.program)
    output = in_place(program)
    if output is not None and not compact:
        program = kept_apart(program)
        output = in_place(program)
    places = None if compact else Places(program, output)
    taken = {*C_WORDS, *_OWN_NAMES, *(f"e_{s.ident}" for s in layout.states)}
    return Context(
        engine=replace(engine, program=program),
        split=split,
        layout=layout,
        compact=compact,
        out=Writer(),
        variables=Names(taken=taken),
        labels=Names(taken=taken),
        in_place=output,
        reused=reused(program),
        used=_used(program, output, places),
        output_bytes=longest_output_bytes(program),
        in_scratch=_in_scratch(program, output, stack_bytes),
        zeroed=_zeroed(program),
        places=places,
    )


def _in_scratch(program: Program, output: InPlace | None, stack_bytes: int | None) -> frozenset[str]:
    """The generation of tables stands there in any case: the kernel's verifier doesn't follow what is stored there, and
    so looks at code behind a lookup once, and not once for each generation."""
    chosen = {v.name for b in program.blocks for op in b.ops if isinstance(op, Access) for v in op.results}
    chosen |= {v.name for r in program.resumes for v in r.into}
    return (frozenset() if stack_bytes is None else crowded_out(program, output, stack_bytes)) | (
        {OF_PACKET.name} & chosen
    )


def _zeroed(program: Program) -> frozenset[str]:
    live = liveness(program).at_start
    return frozenset(v.name for v in INPUTS).union(*(live[name] for name in roots(program)))


def _used(program: Program, output: InPlace | None, places: Places | None) -> frozenset[str]:
    headers = header_names(program)
    found = {v.name for v in INPUTS}

    def held(block: str, index: int) -> Collection[str]:
        return () if places is None else places.before(block, index).held

    for block in program.blocks:
        reads = end_reads(block.end)
        moves = isinstance(block.end, HandOff) or (isinstance(block.end, Forward) and output is None)
        found |= reads if moves else reads.difference(held(block.name, len(block.ops)))
        for index, op in enumerate(block.ops):
            found |= emit_reads(program, output, block.name, index, op, headers).difference(held(block.name, index))
    return frozenset(found)


def emit_reads(
    program: Program,
    output: InPlace | None,
    block: str,
    index: int,
    op: Op,
    headers: dict[str, frozenset[str]],
) -> frozenset[str]:
    """What an operation reads in the generated code: an Emit in place needs only the fields that it writes back."""
    if not isinstance(op, Emit) or output is None:
        # The arguments of an `rmw` read its own results, which `op_reads` rightly leaves out.
        return op_reads(op, headers) | {v.name for e in op_exprs(op) for v in variables(e)}
    header = program.header(op.header)
    fields = written_back(header, output.changed.get((block, index), frozenset()))
    return fields | {f"{op.header}.$valid"} if fields else frozenset()


def _all_variables(c: Context) -> list[Var]:
    """Every variable that has a place: those read, or written by an operation that can't leave it out."""
    program = c.program
    found: dict[str, Var] = {v.name: v for v in INPUTS}
    for header in program.headers:
        found |= {v.name: v for v in header_vars(header)}
    for block in program.blocks:
        for op in block.ops:
            found |= {v.name: v for e in op_exprs(op) for v in variables(e)}
    for block in program.blocks:
        exprs = block.end.live if isinstance(block.end, HandOff) else ()
        match block.end:
            case Branch(cond=e) | Switch(value=e) | Forward(port=e):
                exprs = (e,)
            case _:
                pass
        found |= {v.name: v for e in exprs for v in variables(e)}
    if any(isinstance(op, Random) for b in program.blocks for op in b.ops):
        found[DRAWS.name] = DRAWS
    return [v for name, v in found.items() if name in c.used]


# ---------------------------------------------------------------- what stands before the function


def _write_head(c: Context) -> None:
    program, out = c.program, c.out
    role = "the whole program" if len(c.split.engines) == 1 else f"the part of engine {c.engine.engine}"
    out(f"/* {program.name} ({program.arch}): {role}. Generated by Cora; the comments name lines of the P4 source. */")
    out('#include "cora.h"')
    out()
    out('char cora_license[] SEC("license") = "GPL";')
    out()


def _write_scratch(c: Context) -> None:
    out = c.out
    if c.in_place is None or c.in_scratch:
        with out.block("struct scratch"):
            for var in _all_variables(c):
                if var.name in c.in_scratch:
                    check_width(var.width, var.name, None)
                    kind = "u128_cell" if var.width > 64 else "u64"
                    out(f"{kind} {c.variables[var.name]};")
            if c.in_place is None:
                out(f"u8 output[{max(c.output_bytes, 8) + 8}];")
                if forgets_written(c):
                    out("u64 written;")
        out.lines[-1] += ";"
        write_map(out, "cora_scratch", "MAP_PERCPU_ARRAY", "u32", "struct scratch", 1)
    if c.layout.receivers:
        with out.block("struct"):
            out("MAP_NUMBER(type, MAP_RINGBUF);")
            out("MAP_NUMBER(max_entries, 262144);")
        out.lines[-1] += ' cora_digests SEC(".maps");'
        out()


def needed_inputs(split: Split) -> frozenset[str]:
    """The inputs that some engine reads: they travel with every frame."""
    found: set[str] = set()
    for engine in split.engines:
        program = engine.program
        headers = header_names(program)
        timed = {s.name for s in program.states if s.kind in ("flow_table", "meter")}
        for block in program.blocks:
            found |= end_reads(block.end)
            for op in block.ops:
                found |= op_reads(op, headers)
                if isinstance(op, Access) and op.state in timed:
                    found.add("$time")
    return frozenset(found & {v.name for v in INPUTS})


# ---------------------------------------------------------------- the function


def _write_run(c: Context) -> None:
    out, program = c.out, c.program
    with out.block("INLINE int cora_run(struct xdp_md *ctx, const int inner)"):
        _write_locals(c)
        if program.resumes:
            with out.block("if (inner)"):
                write_resumes(c)
        if c.engine.faces_wire:
            write_wire_inputs(c, needed_inputs(c.split))
            out(f"goto {c.labels[program.blocks[0].name]};")
        else:
            out(c.drop("bad_frame"))
        order = [b.name for b in program.blocks]
        for n, block in enumerate(program.blocks):
            out()
            out.label(c.labels[block.name])
            for index, op in enumerate(block.ops):
                _write_op(c, op, block.name, index)
            c.move(block.name, len(block.ops))
            _write_end(c, block.end, order[n + 1] if n + 1 < len(order) else "")
        out()
        out.label("dropped")
        out("return cora_drop(stats, inner, reason);")
    out()


def _write_locals(c: Context) -> None:
    out = c.out
    everything = _all_variables(c)
    for var in everything:
        if var.name not in c.in_scratch:
            check_width(var.width, var.name, None)
            out(f"{value_type(var.width)} {c.variables[var.name]}{' = 0' if var.name in c.zeroed else ''};")
    for header in c.program.headers:
        if needs_offset(c, header.name):
            out(f"u64 {offset_name(c, header.name)} = 0;")
    for layout in c.layout.states:
        if layout.form in ("flow", "array"):
            out(f"struct {layout.value.name} *e_{layout.ident} = 0;")
    out("u8 *data, *end;")
    out("u64 size, cursor = 0, reason = 0;")
    out("u32 zero = 0;")
    out("struct cora_stats *stats = map_lookup(&cora_stats, &zero);")
    scratch = c.in_place is None or bool(c.in_scratch)
    if c.in_place is None:
        out("u64 written = 0;")
    if scratch:
        out("struct scratch *s = map_lookup(&cora_scratch, &zero);")
    out()
    out("if (!stats" + (" || !s)" if scratch else ")"))
    out("\treturn XDP_ABORTED;")
    write_reload(c)
    for var in everything:
        if var.name in c.in_scratch and var.name in c.zeroed:
            out(f"{c.name(var.name)} = 0;")


def _write_op(c: Context, op: Op, block: str, index: int) -> None:
    c.out.at(op.span)
    c.move(block, index)
    match op:
        case Assign(dst=dst, value=value, span=span):
            if dst.name in c.used:
                c.assign(dst, c.expr(value, span))
        case Room():
            write_room(c, op)
        case Extract():
            write_extract(c, op)
        case Lookahead():
            write_lookahead(c, op)
        case Advance():
            write_advance(c, op)
        case Emit():
            write_emit(c, op, block, index)
        case SetValid(header=header, valid=valid):
            c.assign(Var(f"{header}.$valid", 1), str(int(valid)))
        case Hash():
            write_hash(c, op)
        case Checksum():
            write_checksum(c, op)
        case Random():
            write_random(c, op)
        case Access():
            write_access(c, op, (block, index) in c.reused)
        case Digest():
            _write_digest(c, op)
        case Copy():
            raise AssertionError("emit_c refuses programs with copies")
        case Foreign():
            raise unknown_extern(op)


def _write_digest(c: Context, op: Digest) -> None:
    """A record in the ring: the number of the receiver and that of its fields, then each field as 16 bytes."""
    if len(op.fields) > 24:
        raise error(
            "C0754",
            f"a digest of {len(op.fields)} fields; XDP programs send up to 24",
            op.span,
            help="send fewer fields, or several digests",
        )
    out = c.out
    with out.block():
        out(f"struct {{ u32 receiver, count; u128_cell fields[{max(len(op.fields), 1)}]; }} digest = {{}};")
        out(f"digest.receiver = {c.layout.receivers.index(op.receiver)};")
        out(f"digest.count = {len(op.fields)};")
        for n, field in enumerate(op.fields):
            out(f"digest.fields[{n}] = {c.expr(field, op.span)};")
        out("ringbuf_output(&cora_digests, &digest, sizeof(digest), 0);")


def _write_end(c: Context, end: Terminator, following: str) -> None:
    out = c.out
    c.out.at(end.span)
    match end:
        case Goto(target=target):
            if target != following:
                out(f"goto {c.labels[target]};")
        case Branch(cond=cond, then=then, orelse=orelse, span=span):
            condition = c.expr(cond, span)
            if then == following:
                out(f"if (!({condition}))")
                out(f"\tgoto {c.labels[orelse]};")
            else:
                out(f"if ({condition})")
                out(f"\tgoto {c.labels[then]};")
                if orelse != following:
                    out(f"goto {c.labels[orelse]};")
        case Switch():
            _write_switch(c, end)
        case Forward():
            write_forward(c, end)
        case Drop():
            write_drop(c, end)
        case HandOff():
            write_hand_off(c, end)


def _write_switch(c: Context, end: Switch) -> None:
    out, bits = c.out, width(end.value)
    value = c.expr(end.value, end.span)
    # A later case of the same value wins, as in the reference interpreter.
    if bits > 64:
        for number, target in dict(end.cases).items():
            out(f"if ({value} == {constant(number, bits)})")
            out(f"\tgoto {c.labels[target]};")
        out(f"goto {c.labels[end.default]};")
        return
    with out.block(f"switch ({value})"):
        for number, target in dict(end.cases).items():
            out(f"case {constant(number, bits)}: goto {c.labels[target]};")
        out(f"default: goto {c.labels[end.default]};")


def _write_entries(c: Context) -> None:
    out = c.out
    if c.engine.faces_wire:
        out('SEC("xdp") int cora_wire(struct xdp_md *ctx) { return cora_run(ctx, 0); }')
    if c.program.resumes or not c.engine.faces_wire:
        out('SEC("xdp") int cora_inner(struct xdp_md *ctx) { return cora_run(ctx, 1); }')
