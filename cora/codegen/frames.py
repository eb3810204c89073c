"""Packets as C: entry by the wire or from another engine, parsing, deparsing, and the three ways to end."""

from __future__ import annotations

from collections.abc import Iterable

from cora.codegen.alignment import low_zeros, zeros_of_variables
from cora.codegen.context import Context, check_width
from cora.codegen.packing import Group, Part, groups, load, stores
from cora.diagnostics import error
from cora.ir.cfg import reachable, successors, valid_var
from cora.ir.clock import clock_step_ns
from cora.ir.nodes import (
    Advance,
    Const,
    Drop,
    Emit,
    Extract,
    Forward,
    HandOff,
    Header,
    Lookahead,
    Resume,
    Room,
    Var,
    width,
)
from cora.split.engines import Layout
from cora.split.handoff import FIXED_BYTES

_INPUTS = ("$port", "$length", "$time", "$seed")
_LARGEST_FRAME = 0x3FFF
_MOST_HEADERS_APART = 12
"""XDP frames are smaller; the kernel's verifier wants a bound on offsets into the packet."""


def write_reload(c: Context) -> None:
    """After the packet has moved."""
    c.out("data = (u8 *)(long)ctx->data;")
    c.out("end = (u8 *)(long)ctx->data_end;")
    c.out("size = (u64)(end - data);")


# ---------------------------------------------------------------- entries


def write_wire_inputs(c: Context, needs: frozenset[str]) -> None:
    """Sets the inputs for a packet from the wire; those that no engine reads stay 0."""
    c.out("cora_received(stats, size);")
    c.out(f"{c.name('$length')} = size;")
    if "$time" in needs:
        steps = clock_step_ns(e.program for e in c.split.engines) > 0
        c.out(f"{c.name('$time')} = {'cora_tick_time' if steps else 'cora_time'}();")
    if "$seed" in needs:
        c.out(f"{c.name('$seed')} = cora_seed();")
    if "$port" in needs:
        c.out(f"{c.name('$port')} = cora_port(ctx);")
        c.out(f"if ({c.name('$port')} == UNKNOWN_PORT)")
        c.out(f"\t{c.drop('unknown_port')}")


def write_resumes(c: Context) -> None:
    """Takes the hand-off header off and goes on at the resume point that it names."""
    out = c.out
    out("stats->entered++;")
    out(
        "if (data + HAND_OFF_BYTES > end || get_16(data + 12) != HAND_OFF_TYPE || get_8(data + 14) != HAND_OFF_VERSION)"
    )
    out(f"\t{c.drop('bad_frame')}")
    out(f"{c.name('$resume')} = get_8(data + 15);")
    for name, text in zip(
        _INPUTS, ("get_16(data + 18)", "get_32(data + 20)", "get_64(data + 24)", "get_64(data + 32)"), strict=True
    ):
        out(f"{c.name(name)} = {text};")
    with out.block(f"switch ({c.name('$resume')})"):
        for resume in c.program.resumes:
            _write_resume(c, resume, c.split.layout(c.engine.engine, resume.point))
        out("default:")
        out(f"\t{c.drop('bad_frame')}")


def _leaves(c: Context, block: str) -> bool:
    """Whether a packet that goes on at this block may leave the engine."""
    onwards = reachable(c.program.blocks, (block,))
    return any(b.name in onwards and not isinstance(b.end, Drop) for b in c.program.blocks if not successors(b.end))


def _write_resume(c: Context, resume: Resume, layout: Layout) -> None:
    out, size = c.out, FIXED_BYTES + layout.size
    with out.block(f"case {resume.point}:"):
        out(f"if (data + {size} > end)")
        out(f"\t{c.drop('bad_frame')}")
        for var, field in zip(resume.into, layout.fields, strict=True):
            start = (FIXED_BYTES + field.offset) * 8 + field.size * 8 - field.width
            text = load("data", start, field.width)
            c.assign(var, text)
        if _leaves(c, resume.block):
            out(f"if (adjust_head(ctx, {size}))")
            out(f"\t{c.drop('no_headroom')}")
            write_reload(c)
        else:
            # Only an update: the carried frame goes nowhere and may be shorter than the kernel lets frames be.
            out(f"data += {size};")
            out(f"size -= {size};")
        out(f"goto {c.labels[resume.block]};")


# ---------------------------------------------------------------- parsing


def write_room(c: Context, op: Room) -> None:
    cursor = c.here[0].cursor
    if cursor is not None and isinstance(op.bits, Const) and op.bits.value <= 8 * _LARGEST_FRAME:
        # As the check of bounds says it, which then is known to hold.
        c.assign(op.dst, f"data + {cursor + (op.bits.value + 7) // 8} <= end")
    else:
        c.assign(op.dst, f"{c.expr(op.bits, op.span)} <= (size - cursor) * 8")


def _point(c: Context, at: int | str, size: int) -> None:
    """Declares `p`, a pointer to `size` bytes of the packet at offset `at`."""
    c.out(f"u8 *p = data + {at};")
    if isinstance(at, str):
        c.out("OPAQUE(p);")
    c.out(f"if (p + {size} > end)")
    c.out(f"\t{c.drop('no_room')}")


def _cursor(c: Context) -> int | str:
    known = c.here[0].cursor
    return "cursor" if known is None else known


def write_extract(c: Context, op: Extract) -> None:
    header = c.program.header(op.header)
    with c.out.block():
        _point(c, _cursor(c), header.width // 8)
        start = 0
        for f in header.fields:
            check_width(f.width, f"{header.name}.{f.name}", op.span)
            c.assign(Var(f"{header.name}.{f.name}", f.width), load("p", start, f.width))
            start += f.width
    c.assign(valid_var(op.header), "1")
    if needs_offset(c, op.header):
        c.out(f"{offset_name(c, op.header)} = cursor;")
    c.out(f"cursor += {header.width // 8};")


def write_lookahead(c: Context, op: Lookahead) -> None:
    check_width(op.dst.width, op.dst.name, op.span)
    with c.out.block():
        _point(c, _cursor(c), (op.dst.width + 7) // 8)
        c.assign(op.dst, load("p", 0, op.dst.width))


def write_advance(c: Context, op: Advance) -> None:
    if low_zeros(op.bits, zeros_of_variables(c.program)) < 3:
        raise error(
            "C0753",
            "an advance that may not be a multiple of 8 bits; XDP programs parse whole bytes",
            op.span,
            help="write the amount as a product with 8 or as a shift by 3, or extract a header instead",
        )
    with c.out.block():
        c.out(f"u64 skipped = {c.expr(op.bits, op.span)} >> 3;")
        c.out("if (skipped > size - cursor)")
        c.out(f"\t{c.drop('no_room')}")
        c.out("cursor += skipped;")
        c.out("OPAQUE(cursor);")
        c.out(f"if (cursor > {_LARGEST_FRAME})")
        c.out(f"\t{c.drop('no_room')}")


# ---------------------------------------------------------------- deparsing


def header_parts(c: Context, header: Header) -> list[Part]:
    return [c.part(Var(f"{header.name}.{f.name}", f.width)) for f in header.fields]


def _touched(header: Header, changed: Iterable[str]) -> frozenset[int]:
    """Numbers of the groups of the header's fields in which something may have changed."""
    names = [Part(f"{header.name}.{f.name}", f.width) for f in header.fields]
    wanted = frozenset(changed)
    return frozenset(n for n, g in enumerate(groups(names)) if any(p.text in wanted for p in g.parts))


def written_back(header: Header, changed: Iterable[str]) -> frozenset[str]:
    """The fields that have to be known to write back the changed ones: they share bytes."""
    names = [Part(f"{header.name}.{f.name}", f.width) for f in header.fields]
    touched = _touched(header, changed)
    return frozenset(p.text for n, g in enumerate(groups(names)) if n in touched for p in g.parts)


def needs_offset(c: Context, header: str) -> bool:
    if c.in_place is None:
        return False
    blocks = {b.name: b for b in c.program.blocks}
    for (block, index), changed in c.in_place.changed.items():
        op = blocks[block].ops[index]
        if isinstance(op, Emit) and op.header == header and _touched(c.program.header(header), changed):
            return True
    return False


def offset_name(c: Context, header: str) -> str:
    return f"at_{c.variables[f'{header}.$offset']}"


def forgets_written(c: Context) -> bool:
    """Does `written` go through memory before each emit? The kernel's verifier goes on separately with each value that
    it knows, and every header that may be missing doubles them. What comes out of a map it knows nothing about, so the
    ways by a header meet again; the bounds are checked anyway. With few headers that isn't worth a store and a load."""
    emitted = {op.header for b in c.program.blocks for op in b.ops if isinstance(op, Emit)}
    return c.in_place is None and len(emitted) > _MOST_HEADERS_APART


def write_emit(c: Context, op: Emit, block: str, index: int) -> None:
    header = c.program.header(op.header)
    fields = groups(header_parts(c, header))
    valid = c.name(valid_var(op.header).name)
    if c.in_place is not None:
        touched = _touched(header, c.in_place.changed.get((block, index), frozenset()))
        if touched:
            with c.out.block(f"if ({valid})"):
                _point(c, c.here[0].starts.get(op.header, offset_name(c, op.header)), header.width // 8)
                for n in sorted(touched):
                    _store(c, "p", fields[n])
        return
    size = header.width // 8
    if forgets_written(c):
        c.out("*(volatile u64 *)&s->written = written;")
        c.out("written = *(volatile u64 *)&s->written;")
    with c.out.block(f"if ({valid})"):
        c.out("OPAQUE(written);")
        c.out(f"if (written > {c.output_bytes - size})")
        c.out(f"\t{c.drop('no_room')}")
        c.out("u8 *p = s->output + written;")
        for group in fields:
            _store(c, "p", group)
        c.out(f"written += {size};")


def _store(c: Context, pointer: str, group: Group) -> None:
    for statement in stores(pointer, group):
        c.out(statement)


# ---------------------------------------------------------------- ends


def _write_output(c: Context, pushed: int) -> None:
    """Puts the emitted headers in front of what is behind the cursor, with room for `pushed` bytes before them."""
    out = c.out
    out(f"if (adjust_head(ctx, (int)cursor - (int)written - {pushed}))")
    out(f"\t{c.drop('no_headroom')}")
    out("OPAQUE(written);")
    with out.block(f"if (written > 0 && written <= {max(c.output_bytes, 1)})"):
        out(f"if (store_bytes(ctx, {pushed}, s->output, (u32)written))")
        out(f"\t{c.drop('no_headroom')}")


def write_forward(c: Context, end: Forward) -> None:
    check_width(width(end.port), "the port", end.span)
    if c.in_place is None:
        c.forget_packet()
        _write_output(c, 0)
    port = c.expr(end.port, end.span)
    c.out(f"return cora_send(stats, inner, {f'(u64){port}' if width(end.port) > 64 else port});")


def write_drop(c: Context, end: Drop) -> None:
    c.out(c.drop(end.reason))


def write_hand_off(c: Context, end: HandOff) -> None:
    out = c.out
    layout = c.split.layout(end.engine, end.resume)
    size = FIXED_BYTES + layout.size
    c.forget_packet()
    with out.block():
        if end.frame == "emitted" and c.in_place is None:
            _write_output(c, size)
        else:
            out(f"if (adjust_head(ctx, -{size}))")
            out(f"\t{c.drop('no_headroom')}")
        write_reload(c)
        out(f"if (data + {size} > end)")
        out(f"\t{c.drop('no_headroom')}")
        inputs = ", ".join(c.name(name) for name in _INPUTS)
        out(f"cora_put_fixed(data, {end.resume}, {inputs});")
        for expr, field in zip(end.live, layout.fields, strict=True):
            pad = Part("0ULL", field.size * 8 - field.width)
            parts = (pad, c.part(expr, end.span)) if pad.width else (c.part(expr, end.span),)
            _store(c, "data", Group(FIXED_BYTES + field.offset, parts))
        out(f"return cora_hand_off(stats, {c.engine_number(end.engine)}); /* to {end.engine} */")
