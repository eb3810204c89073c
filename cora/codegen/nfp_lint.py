"""Says of an engine program what the nfp driver's XDP offload takes and what it refuses, with the line of P4.

The IR is checked here, with the names of the program; the instructions of the object that comes of it are checked again
by `cora.codegen.nfp_object`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cora.codegen.deparse import in_place
from cora.codegen.layout import LpmKey, Record, make_record, table_form
from cora.codegen.nfp_limits import (
    LONGEST_ENTRY_BYTES,
    LONGEST_KEY_BYTES,
    LONGEST_VALUE_BYTES,
    MOST_ELEMENTS,
    MOST_HEAD_BYTES,
    MOST_MAPS,
    RULES,
    Rule,
)
from cora.codegen.stack import crowded_out
from cora.codegen.xdp import needed_inputs
from cora.diagnostics import Span
from cora.ir.cfg import end_exprs, op_exprs, rewrite
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Cast,
    Checksum,
    Concat,
    Const,
    Copy,
    Digest,
    Expr,
    Foreign,
    Forward,
    HandOff,
    Hash,
    Op,
    Program,
    Random,
    State,
    Var,
    width,
)
from cora.split.engines import EngineProgram, Split
from cora.split.handoff import FIXED_BYTES

_OWN_MAPS = 1  # counts of packets, in every generated program


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one place. `block` is "" for what concerns the whole program."""

    rule: Rule
    what: str
    block: str
    span: Span | None

    @property
    def refused(self) -> bool:
        """False where it depends on the card's firmware."""
        return not self.rule.firmware


@dataclass(frozen=True, slots=True)
class Lint:
    findings: tuple[Finding, ...]
    """One for each rule, text and line."""
    refused_blocks: frozenset[str]
    """The blocks in which something is refused."""

    @property
    def accepted(self) -> bool:
        return not any(f.refused for f in self.findings)


def lint_engine(engine: EngineProgram, split: Split) -> Lint:
    """Checks an engine program and what its hand-offs must carry."""
    lint = lint_program(engine.program)
    if len(split.engines) > 1 and "$time" in needed_inputs(split) and engine.faces_wire:
        what = "the other half takes the packet's time from the hand-off"
        lint = Lint((*lint.findings, Finding(RULES["clock"], what, "", None)), lint.refused_blocks)
    return lint


def lint_program(program: Program) -> Lint:
    """Checks an engine program. Findings are in the order of the blocks."""
    found: dict[tuple[str, str, str], Finding] = {}
    refused: set[str] = set()

    def add(findings: Iterator[Finding]) -> None:
        for finding in findings:
            if finding.refused and finding.block:
                refused.add(finding.block)
            found.setdefault((finding.rule.name, finding.what, str(finding.span)), finding)

    timed = frozenset(s.name for s in program.states if s.kind == "flow_table" and s.idle_timeouts_ns)
    states = {s.name: s for s in program.states}
    ports = _ports(program)
    for block in program.blocks:
        for op in block.ops:
            add(_op(block, op, states, timed))
            for expr in op_exprs(op):
                add(_expr(block, expr, op.span))
        add(_end(block, ports))
        for expr in end_exprs(block.end):
            add(_expr(block, expr, block.end.span))
    add(_whole(program))
    return Lint(tuple(found.values()), frozenset(refused))


# ---------------------------------------------------------------- operations


def _at(rule: str, what: str, block: Block, span: Span | None) -> Finding:
    return Finding(RULES[rule], what, block.name, span)


def _op(block: Block, op: Op, states: dict[str, State], timed: frozenset[str]) -> Iterator[Finding]:
    match op:
        case Access():
            yield from _access(block, op, states[op.state], timed)
        case Hash(algorithm="crc32" | "crc16" as name):
            yield _at("constant-data", f"{name} looks up a table of constants", block, op.span)
        case Checksum(payload=True):
            yield _at("helpers", "a checksum over the payload reads the packet in pieces", block, op.span)
        case Digest(receiver=receiver):
            yield _at("helpers", f"digest {receiver} writes to a ring", block, op.span)
        case Copy(to=to):
            yield _at("helpers", f"a copy of the packet ({to})", block, op.span)
        case Foreign(function=function):
            yield _at("helpers", f"a call of {function}()", block, op.span)
        case Random():
            yield _at("random", "a random number", block, op.span)
        case _:
            pass


def _access(block: Block, op: Access, state: State, timed: frozenset[str]) -> Iterator[Finding]:
    what = f"{op.kind} {op.state}"
    match op.kind:
        case "lookup" | "peek":
            if state.kind == "table" and table_form(state) != "hash":
                kinds = ", ".join(dict.fromkeys(k.match for k in state.key if k.match != "exact"))
                yield _at("map-kinds", f"{what}: its key matches {kinds}", block, op.span)
            if op.kind == "lookup" and op.state in timed:
                yield _at("clock", f"{what}: an entry is fresh for a time", block, op.span)
        case "read" | "count" | "idle" | "current" | "depart":
            pass
        case "meter":
            yield _at("clock", f"{what}: tokens come with time", block, op.span)
            yield _at("map-values", f"{what}: tokens are taken", block, op.span)
        case "insert" | "install" | "delete" | "forget" | "place":
            yield _at("map-changes", what, block, op.span)
        case (
            "touch" | "update" | "write" | "rmw" | "merge" | "merge_max"
            | "evict" | "release" | "offer" | "adopt" | "accept" | "stamp" | "send" | "receive" | "issue" | "arrive"
        ):  # fmt: skip
            member = f".{op.field}" if op.field else ""
            yield _at("map-values", f"{op.kind} {op.state}{member} stores", block, op.span)


# ---------------------------------------------------------------- expressions


def _expr(block: Block, expr: Expr, span: Span | None) -> Iterator[Finding]:
    inside: list[Expr] = []

    def keep(part: Expr) -> Expr:
        inside.append(part)
        return part

    rewrite(expr, keep)
    for part in inside:
        match part:
            case Var(name="$time"):
                yield _at("clock", "the time of the packet", block, span)
            case Bin(op="udiv", b=Const()):
                pass
            case Bin(op="udiv"):
                yield _at("divide", "division by a value", block, span)
            case Bin(op="umod"):
                yield _at("divide", "a remainder", block, span)
            case Bin(op="mul", a=a, b=b) if max(_bits(a), _bits(b)) > 32:
                yield _at("multiply", f"a product of {max(_bits(a), _bits(b))} bits", block, span)
            case _:
                pass


def _bits(expr: Expr) -> int:
    """How many of the low bits may be set."""
    match expr:
        case Const(value=value):
            return value.bit_length()
        case Cast(a=a, signed=False):
            return min(_bits(a), expr.width)
        case Concat(a=Const(value=0), b=b):
            return _bits(b)
        case _:
            return width(expr)


# ---------------------------------------------------------------- ends


def _ports(program: Program) -> dict[str, list[Assign]]:
    """By variable: where it is set to something else than the port that the packet came in by; empty lists for
    variables that only ever hold that port."""
    sets: dict[str, list[Assign]] = {}
    for block in program.blocks:
        for op in block.ops:
            if isinstance(op, Assign):
                sets.setdefault(op.dst.name, []).append(op)
    own = {"$port"}
    while more := {n for n, ops in sets.items() if n not in own and all(_plain(op.value) in own for op in ops)}:
        own |= more
    return {n: [op for op in ops if _plain(op.value) not in own] for n, ops in sets.items()} | {"$port": []}


def _plain(expr: Expr) -> str:
    """The variable that an expression is, but for its width; "" if it is more than that."""
    match expr:
        case Var(name=name):
            return name
        case Cast(a=a) if min(width(a), expr.width) >= 16:
            return _plain(a)
        case _:
            return ""


def _end(block: Block, ports: dict[str, list[Assign]]) -> Iterator[Finding]:
    match block.end:
        case Forward(port=port, span=span):
            name = _plain(port)
            if name not in ports:
                yield _at("no-redirect", "forward to a port that the program chooses", block, span)
            for op in ports.get(name, ()):
                yield _at("no-redirect", "the port that a packet leaves by is chosen", block, op.span)
        case HandOff(engine=engine, live=live, span=span):
            size = FIXED_BYTES + sum((width(e) + 7) // 8 for e in live)
            if size > MOST_HEAD_BYTES:
                yield _at("output", f"the hand-off header to {engine} has {size} bytes", block, span)
            yield _at("adjust-head", f"the hand-off to {engine} puts {size} bytes in front", block, span)
        case _:
            pass


# ---------------------------------------------------------------- the program as a whole


def _whole(program: Program) -> Iterator[Finding]:
    for resume in program.resumes:
        yield Finding(RULES["wire-only"], f"resume point {resume.point} takes frames of the host", "", None)
    output = in_place(program)
    if output is None:
        yield Finding(RULES["output"], "the output differs from the headers that came in", "", None)
    if crowded_out(program, output):
        yield Finding(RULES["stack"], "the live variables and keys need more", "", None)
    maps, elements = _OWN_MAPS, 1
    for state in program.states:
        maps += 2 if state.kind == "table" else 1
        elements += state.capacity + (state.kind == "table")
        yield from _sizes(state)
    if maps > MOST_MAPS:
        yield Finding(RULES["map-count"], f"{maps} maps", "", None)
    if elements > MOST_ELEMENTS:
        largest = max(program.states, key=lambda s: s.capacity)
        what = f"{elements:,} entries and cells, most of them in {largest.name}"
        yield Finding(RULES["elements"], what, "", largest.span)


def _sizes(state: State) -> Iterator[Finding]:
    if state.kind == "meter" or (state.kind == "table" and table_form(state) != "hash"):
        return  # refused where it is accessed
    key, value = _key_bytes(state), _value_bytes(state)
    together = (key + 3) // 4 * 4 + (value + 3) // 4 * 4
    if key > LONGEST_KEY_BYTES or value > LONGEST_VALUE_BYTES or together > LONGEST_ENTRY_BYTES:
        what = f"{state.kind} {state.name}: a key of {key} and a value of {value} bytes"
        yield Finding(RULES["entry-size"], what, "", state.span)


def _key_bytes(state: State) -> int:
    if state.kind not in ("table", "flow_table"):
        return 4
    key: Record | LpmKey = make_record("k", [(k.name, k.width) for k in state.key])
    return key.size


def _value_bytes(state: State) -> int:
    match state.kind:
        case "counter":
            return 16
        case "flow_table":
            return make_record("v", [*((f.name, f.width) for f in state.values), ("last", 64)]).size
        case _:
            return make_record("v", [(f.name, f.width) for f in state.values]).size
