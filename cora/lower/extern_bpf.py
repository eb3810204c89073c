"""The extern functions and objects of the BPF architectures."""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.ir.nodes import Access, Bin, Checksum, Const, Expr, Field, KeyField, Slice, State, Un, Var
from cora.lower.arguments import index32, number
from cora.lower.blocks import TIME
from cora.lower.context import Context, ObjectInst
from cora.lower.instances import add_state
from cora.lower.mentions import mentions
from cora.lower.values import VOID, Scalar, Value

PASS = Var("$pass", 1)
"""Whether the packet goes on, by the last of `mark_to_drop` and `mark_to_pass`."""


def counter_array(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`increment(index)` and `add(index, value)`. A counter of packets; where the program adds other numbers than 1, a
    register."""
    adds = mentions(cx.typed.program, "add")
    if not made.state:
        size = made.args[0]
        assert isinstance(size, int)
        values = (Field("value", 32),) if adds else ()
        state = State(made.name, "register" if adds else "counter", (KeyField("index", 32),), values, size)
        made.state = add_state(cx, state, made.path, made.span)
    index = index32(cx, call, 0)
    if not adds:
        cx.builder.emit(Access(made.state, "count", (index,)))
        return VOID
    old = cx.builder.temp(made.name, 32)
    amount: Expr = number(cx, call, 1) if method == "add" else Const(1, 32)
    cx.builder.emit(Access(made.state, "read", (index,), results=(old,)))
    cx.builder.emit(Access(made.state, "write", (index,), (Bin("add", old, amount),)))
    return VOID


def _mark(goes: int) -> Callable[[Context, ast.Call], Value]:
    def mark(cx: Context, call: ast.Call) -> Value:
        cx.builder.assign(PASS, Const(goes, 1))
        return VOID

    return mark


def time_ns(cx: Context, call: ast.Call) -> Value:
    return Scalar(Slice(TIME, 47, 0))


def csum_replace(cx: Context, call: ast.Call) -> Value:
    """The checksum after a field has changed from its old to its new value (RFC 1624)."""
    checksum, old, new = (number(cx, call, i) for i in range(3))
    total = cx.builder.temp("sum", 16)
    cx.builder.emit(Checksum(total, Un("not", checksum), (new,), (old,)))
    return Scalar(Un("not", total))


def ipv4_checksum(cx: Context, call: ast.Call) -> Value:
    """Of a header without options, given field by field."""
    fields = tuple(number(cx, call, i) for i in range(len(call.args)))
    total = cx.builder.temp("sum", 16)
    cx.builder.emit(Checksum(total, Const(0, 16), fields))
    return Scalar(Un("not", total))


UBPF_FUNCTIONS: dict[str, Callable[[Context, ast.Call], Value]] = {
    "mark_to_drop": _mark(0),
    "mark_to_pass": _mark(1),
    "ubpf_time_get_ns": time_ns,
    "csum_replace2": csum_replace,
    "csum_replace4": csum_replace,
}
XDP_FUNCTIONS: dict[str, Callable[[Context, ast.Call], Value]] = {
    "csum_replace2": csum_replace,
    "csum_replace4": csum_replace,
    "ebpf_ipv4_checksum": ipv4_checksum,
}
