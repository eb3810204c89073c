"""IR -> text; see `cora.ir.text` for the form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from cora.diagnostics import Span
from cora.ir.nodes import (
    Access,
    Advance,
    Assign,
    Bin,
    Block,
    Branch,
    Cast,
    Checksum,
    Concat,
    Const,
    Copy,
    Digest,
    Drop,
    Emit,
    Entry,
    Expr,
    Extract,
    Field,
    Foreign,
    Forward,
    Goto,
    HandOff,
    Hash,
    KeyField,
    KeyMatch,
    Lookahead,
    Mux,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Slice,
    State,
    Switch,
    Terminator,
    Un,
    Var,
)

NAME = r"[A-Za-z_$][\w$.]*(?:\[\d+\][\w$.]*)*"
_PLAIN_NAME = re.compile(rf"(?:{NAME})\Z", re.ASCII)

INFIX: dict[str, str] = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "and": "&",
    "or": "|",
    "xor": "^",
    "shl": "<<",
    "lshr": ">>",
    "eq": "==",
    "ne": "!=",
    "ult": "<",
    "ule": "<=",
}
"""Binary operators with a sign; the others are printed as calls."""


def name(text: str) -> str:
    """The name as it stands in the text: in quotes unless it is plain."""
    return text if _PLAIN_NAME.match(text) else json.dumps(text)


def number(value: int) -> str:
    return hex(value) if value > 0xFFFF else str(value)


def variable(var: Var) -> str:
    return f"{name(var.name)}:{var.width}"


# ---------------------------------------------------------------- expressions


def print_expr(expr: Expr) -> str:
    """One expression, without parentheses around it."""
    match expr:
        case Bin(op=op, a=a, b=b) if op in INFIX:
            return f"{_operand(a)} {INFIX[op]} {_operand(b)}"
        case Concat(a=a, b=b):
            return f"{_operand(a)} ++ {_operand(b)}"
        case _:
            return _operand(expr)


def _operand(expr: Expr) -> str:
    match expr:
        case Const(value=value, width=width):
            return f"{number(value)}:{width}"
        case Var():
            return variable(expr)
        case Un(op=op, a=a):
            return f"{'~' if op == 'not' else '-'}{_operand(a)}"
        case Bin(op=op, a=a, b=b) if op not in INFIX:
            return f"{op}({print_expr(a)}, {print_expr(b)})"
        case Bin() | Concat():
            return f"({print_expr(expr)})"
        case Slice(a=a, hi=hi, lo=lo):
            inner = f"({print_expr(a)})" if isinstance(a, Un) else _operand(a)
            return f"{inner}[{hi}..{lo}]"
        case Cast(a=a, width=width, signed=signed):
            return f"{'sext' if signed else 'zext'}({print_expr(a)}, {width})"
        case Mux(c=c, a=a, b=b):
            return f"mux({print_expr(c)}, {print_expr(a)}, {print_expr(b)})"


def _exprs(exprs: Iterable[Expr]) -> str:
    return ", ".join(print_expr(expr) for expr in exprs)


# ---------------------------------------------------------------- operations


def print_op(op: Op) -> str:
    match op:
        case Assign(dst=dst, value=value):
            return f"{variable(dst)} = {print_expr(value)}"
        case Room(dst=dst, bits=bits):
            return f"{variable(dst)} = room {print_expr(bits)}"
        case Lookahead(dst=dst):
            return f"{variable(dst)} = lookahead"
        case Extract(header=header):
            return f"extract {name(header)}"
        case Advance(bits=bits):
            return f"advance {print_expr(bits)}"
        case Emit(header=header):
            return f"emit {name(header)}"
        case SetValid(header=header, valid=valid):
            return f"{'valid' if valid else 'invalid'} {name(header)}"
        case Hash(dst=dst, algorithm=algorithm, inputs=inputs):
            return f"{variable(dst)} = hash {algorithm} ({_exprs(inputs)})"
        case Checksum():
            return _checksum(op)
        case Random(dst=dst, lo=lo, hi=hi):
            return f"{variable(dst)} = random ({print_expr(lo)}, {print_expr(hi)})"
        case Access():
            return _access(op)
        case Digest(receiver=receiver, fields=fields):
            return f"digest {name(receiver)} ({_exprs(fields)})"
        case Copy(to=to, which=which, resume=resume, live=live, frame=frame):
            return f"copy {to} {print_expr(which)} {resume} {frame} ({_exprs(live)})"
        case Foreign(function=function, args=args, results=results, cycles=cycles):
            given = f"({', '.join(map(variable, results))}) = " if results else ""
            return f"{given}foreign {name(function)} ({_exprs(args)}) cycles {cycles}"


def _checksum(op: Checksum) -> str:
    removed = f" minus ({_exprs(op.removed)})" if op.removed else ""
    payload = " payload" if op.payload else ""
    return f"{variable(op.dst)} = checksum {print_expr(op.start)} plus ({_exprs(op.added)}){removed}{payload}"


def _access(op: Access) -> str:
    results = f"({', '.join(map(variable, op.results))}) = " if op.results else ""
    field = f" field {name(op.field)}" if op.field else ""
    args = f" ({_exprs(op.args)})" if op.args else ""
    return f"{results}{op.kind} {name(op.state)} [{_exprs(op.key)}]{field}{args}"


def print_end(end: Terminator) -> str:
    match end:
        case Goto(target=target):
            return f"goto {name(target)}"
        case Branch(cond=cond, then=then, orelse=orelse):
            return f"if {print_expr(cond)} then {name(then)} else {name(orelse)}"
        case Switch(value=value, cases=cases, default=default):
            arms = "".join(f"{number(case)} => {name(target)}, " for case, target in cases)
            return f"switch {print_expr(value)} ({arms}else => {name(default)})"
        case Forward(port=port, length=length):
            limit = "" if length is None else f" length {print_expr(length)}"
            return f"forward {print_expr(port)}{limit}"
        case Drop(reason=reason):
            return f"drop {name(reason)}"
        case HandOff(engine=engine, resume=resume, live=live, frame=frame):
            return f"handoff {name(engine)} {resume} {frame} ({_exprs(live)})"


# ---------------------------------------------------------------- declarations


def _field(field: Field) -> str:
    return f"{name(field.name)}:{field.width}"


def _key_field(field: KeyField) -> str:
    kind = "" if field.match == "exact" else f" {field.match}"
    return f"{name(field.name)}:{field.width}{kind}"


def _match(field: KeyField, match: KeyMatch) -> str:
    value, extra = number(match.value), match.extra
    by_kind = {
        "exact": value,
        "lpm": f"{value} / {extra}",
        "ternary": f"{value} &&& {number(extra)}",
        "optional": f"{value} &&& {number(extra)}",
        "range": f"{value} .. {number(extra)}",
    }
    return by_kind[field.match]


def _numbers(values: Iterable[int]) -> str:
    return ", ".join(map(number, values))


def _row(state: State, entry: Entry) -> str:
    key = ", ".join(_match(f, m) for f, m in zip(state.key, entry.key, strict=True))
    priority = f" priority {entry.priority}" if entry.priority else ""
    return f"  row ({key}) -> ({_numbers(entry.values)}){priority}"


def _state(state: State) -> list[str]:
    key = ", ".join(map(_key_field, state.key))
    parts = [f"{state.kind} {name(state.name)} [{key}]"]
    parts.append(f"-> ({', '.join(map(_field, state.values))}) capacity {state.capacity}")
    if state.default:
        parts.append(f"default ({_numbers(state.default)})")
    if state.actions:
        parts.append(f"actions ({', '.join(map(name, state.actions))})")
    if state.idle_timeouts_ns:
        parts.append(f"idle ({', '.join(map(str, state.idle_timeouts_ns))})")
    if state.const_entries:
        parts.append("const")
    return [" ".join(parts), *(_row(state, entry) for entry in state.entries)]


def _block(block: Block, spans: bool) -> list[str]:
    lines = [f"block {name(block.name)}"]
    for text, span in [*((print_op(op), op.span) for op in block.ops), (print_end(block.end), block.end.span)]:
        lines.append(f"  {text}{_comment(span) if spans else ''}")
    return lines


def _comment(span: Span | None) -> str:
    return "" if span is None else f"  ; {span.source.name}:{span.line}"


def print_program(program: Program, *, spans: bool = False) -> str:
    """The program as text that `parse_program` reads back to an equal one; `spans` adds `; file:line` to operations."""
    step = "" if program.clock_step_ns is None else f" step {program.clock_step_ns}"
    lines = [f"program {name(program.name)} for {name(program.arch)}{step}"]
    for header in program.headers:
        lines.append(f"header {name(header.name)}: {' '.join(map(_field, header.fields))}".rstrip())
    for state in program.states:
        lines += _state(state)
    lines.append(f"body {name(program.body)}")
    for resume in program.resumes:
        lines.append(f"resume {resume.point} at {name(resume.block)} ({', '.join(map(variable, resume.into))})")
    for block in program.blocks:
        lines += ["", *_block(block, spans)]
    return "\n".join(lines) + "\n"
