"""Meters of PNA, PSA and v1model. The IR counts tokens; here it is decided that one is a byte or a packet."""

from __future__ import annotations

from cora.frontend import ast
from cora.ir.meters import GREEN, RED
from cora.ir.nodes import Access, Bin, Const, Expr, KeyField, Mux, State, Var
from cora.lower.arguments import give, index32, number, value_arg
from cora.lower.context import Context, ObjectInst, unsupported
from cora.lower.expressions import resize
from cora.lower.instances import add_state
from cora.lower.values import VOID, Scalar, Value, scalar_width


def meter(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`execute(index[, color])` of PNA and PSA, `dpdk_execute(index[, color], pkt_len)`, and
    `execute_meter(index, out result)` of v1model."""
    if method == "execute_meter":
        _execute_v1model(cx, made, call)
        return VOID
    names = [p.name for p in _params(call)]
    colour = number(cx, call, names.index("color")) if "color" in names else Const(GREEN, 8)
    amount = resize(number(cx, call, names.index("pkt_len")), 32) if "pkt_len" in names else _amount(made)
    if "pkt_len" in names and _counts_packets(made):
        amount = Const(1, 32)
    return Scalar(_execute(cx, made, call, amount, colour))


def _params(call: ast.Call) -> tuple[ast.Parameter, ...]:
    target = call.target
    assert isinstance(target, ast.MethodTarget)
    return target.proto.params


def _counts_packets(made: ObjectInst) -> bool:
    kind = made.args[1]
    return isinstance(kind, ast.Member) and kind.name.lower() == "packets"


def _amount(made: ObjectInst) -> Expr:
    """What a packet costs: its bytes as it came in, or 1."""
    return Const(1, 32) if _counts_packets(made) else Var("$length", 32)


def _execute(cx: Context, made: ObjectInst, call: ast.Call, amount: Expr, colour: Expr) -> Var:
    index = index32(cx, call, 0)
    if not made.state:
        size = made.args[0]
        assert isinstance(size, int)
        state = State(made.name, "meter", (KeyField("index", 32),), (), size)
        made.state = add_state(cx, state, made.path, made.span)
    result = cx.builder.temp(f"{made.name}_color", 8)
    cx.builder.emit(Access(made.state, "meter", (index,), (amount, colour), (result,)))
    return result


def _execute_v1model(cx: Context, made: ObjectInst, call: ast.Call) -> None:
    """BMv2 gives the colours as green 0, yellow 1, red 2."""
    bits = scalar_width(value_arg(call, 1).type)
    if bits is None or bits < 2:
        raise unsupported("a colour of this type", call.span, "use bit<W> with at least 2 bits")
    found = _execute(cx, made, call, _amount(made), Const(GREEN, 8))
    red, green = Bin("eq", found, Const(RED, 8)), Bin("eq", found, Const(GREEN, 8))
    level = Mux(green, Const(0, bits), Mux(red, Const(2, bits), Const(1, bits)))
    give(cx, call, 1, Scalar(level))
