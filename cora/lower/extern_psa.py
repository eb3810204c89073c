"""The extern functions of PSA: what the deparsers ask about the packet's way. Its forwarding functions are actions of
psa.p4 that set metadata."""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.ir.nodes import Bin, Const, Expr, Un
from cora.lower.arguments import value_arg
from cora.lower.context import Context
from cora.lower.expressions import evaluate
from cora.lower.values import Scalar, Value, scalar_field

PORT_RECIRCULATE = 0xFFFFFFFA


def _field(cx: Context, call: ast.Call, index: int, name: str) -> Expr:
    return scalar_field(evaluate(cx, value_arg(call, index)), name)


def clone(cx: Context, call: ast.Call) -> Value:
    return Scalar(_field(cx, call, 0, "clone"))


def resubmit(cx: Context, call: ast.Call) -> Value:
    """Dropped packets aren't resubmitted."""
    return Scalar(Bin("and", _field(cx, call, 0, "resubmit"), Un("not", _field(cx, call, 0, "drop"))))


def normal(cx: Context, call: ast.Call) -> Value:
    """Neither dropped nor resubmitted: goes to the queues."""
    return Scalar(Un("not", Bin("or", _field(cx, call, 0, "resubmit"), _field(cx, call, 0, "drop"))))


def recirculate(cx: Context, call: ast.Call) -> Value:
    back = Bin("eq", _field(cx, call, 1, "egress_port"), Const(PORT_RECIRCULATE, 32))
    return Scalar(Bin("and", Un("not", _field(cx, call, 0, "drop")), back))


FUNCTIONS: dict[str, Callable[[Context, ast.Call], Value]] = {
    "psa_clone_i2e": clone,
    "psa_clone_e2e": clone,
    "psa_resubmit": resubmit,
    "psa_normal": normal,
    "psa_recirculate": recirculate,
}
