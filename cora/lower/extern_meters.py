"""Meters of PNA, PSA and v1model. The IR counts tokens; here it is decided that one is a byte or a packet."""

from __future__ import annotations

from cora.frontend import ast
from cora.ir.meters import GREEN, RED
from cora.ir.nodes import Access, Bin, Const, Expr, KeyField, Mux, State, Var
from cora.lower.arguments import give, index32, number, value_arg
from cora.lower.context import Context, ObjectInst, unsupported
from cora.lower.instances import add_state
from cora.lower.places import resize
from cora.lower.values import VOID, Scalar, Value, scalar_width


def meter(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`execute(index[, color])` of PNA and PSA, `dpdk_execute(index[, color], pkt_len)`, and
    `execute_meter(index, out result)` of v1model."""
    if not made.state:
        size = made.args[0]
        assert isinstance(size, int)
        state = State(made.name, "meter", (KeyField("index", 32),), (), size)
        made.state = add_state(cx, state, made.path, made.span)
    index = index32(cx, call, 0)
    if method == "execute_meter":
        found = execute(cx, made, index, amount_of(made), Const(GREEN, 8))
        give(cx, call, 1, Scalar(level(call, 1, found)))
        return VOID
    names = [p.name for p in _params(call)]
    colour = number(cx, call, names.index("color")) if "color" in names else Const(GREEN, 8)
    amount = amount_of(made)
    if "pkt_len" in names and not counts_packets(made):
        amount = resize(number(cx, call, names.index("pkt_len")), 32)
    return Scalar(execute(cx, made, index, amount, colour))


def _params(call: ast.Call) -> tuple[ast.Parameter, ...]:
    target = call.target
    assert isinstance(target, ast.MethodTarget)
    return target.proto.params


def counts_packets(made: ObjectInst, *, index: int = 1) -> bool:
    """Whether a token is a packet; `index` is the place of the constructor's parameter that says so."""
    kind = made.args[index]
    return isinstance(kind, ast.Member) and kind.name.lower() == "packets"


def amount_of(made: ObjectInst, *, index: int = 1) -> Expr:
    """What a packet costs: its bytes as it came in, or 1."""
    return Const(1, 32) if counts_packets(made, index=index) else Var("$length", 32)


def execute(cx: Context, made: ObjectInst, index: Expr, amount: Expr, colour: Expr) -> Var:
    """The packet's colour by a cell of the meter, after it has taken its tokens."""
    result = cx.builder.temp(f"{made.name}_color", 8)
    cx.builder.emit(Access(made.state, "meter", (index,), (amount, colour), (result,)))
    return result


def level(call: ast.Call, argument: int, colour: Expr) -> Expr:
    """The colour as BMv2 numbers it for v1model: green 0, yellow 1, red 2; in the width of the `out` argument."""
    bits = scalar_width(value_arg(call, argument).type)
    if bits is None or bits < 2:
        raise unsupported("a colour of this type", call.span, "use bit<W> with at least 2 bits")
    red, green = Bin("eq", colour, Const(RED, 8)), Bin("eq", colour, Const(GREEN, 8))
    return Mux(green, Const(0, bits), Mux(red, Const(2, bits), Const(1, bits)))
