"""The extern functions of v1model."""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Checksum, Const, Digest, Expr, Random, Un, Var, width
from cora.lower.arguments import give, inputs, member, number, value_arg
from cora.lower.context import Context, unsupported
from cora.lower.expressions import evaluate, resize, scalar_constant, store
from cora.lower.extern_objects import hashed, in_range
from cora.lower.values import VOID, Record, Scalar, Value, scalar_width

DROP_PORT = 511
"""The egress port that drops (BMv2's default for a 9-bit port)."""


def mark_to_drop(cx: Context, call: ast.Call) -> Value:
    metadata = evaluate(cx, value_arg(call, 0)) if call.args else cx.arch_place
    assert isinstance(metadata, Record)
    store(cx, metadata.field("egress_spec"), Scalar(Const(DROP_PORT, 9)))
    store(cx, metadata.field("mcast_grp"), Scalar(Const(0, 16)))
    return VOID


def hash_function(cx: Context, call: ast.Call) -> Value:
    """hash(out result, algo, base, data, max)"""
    algorithm = member(call, 1)
    base, data, limit = number(cx, call, 2), inputs(cx, call, 3), number(cx, call, 4)
    result_type = value_arg(call, 0).type
    bits = scalar_width(result_type)
    assert bits is not None
    if algorithm == "random":
        raise unsupported("hash algorithm random", call.span, "use random()")
    value = hashed(cx, algorithm, data, max(32, width(limit)), call)
    give(cx, call, 0, Scalar(resize(in_range(base, value, limit), bits)))
    return VOID


def random_function(cx: Context, call: ast.Call) -> Value:
    low, high = number(cx, call, 1), number(cx, call, 2)
    drawn = cx.builder.temp("random", width(low))
    cx.builder.emit(Random(drawn, low, high))
    give(cx, call, 0, Scalar(drawn))
    return VOID


def digest_function(cx: Context, call: ast.Call) -> Value:
    receiver = scalar_constant(cx, value_arg(call, 0))
    data = value_arg(call, 1)
    named = data.type.name if isinstance(data.type, ty.StructType | ty.HeaderType) else ""
    name = named or f"digest_{receiver}"
    cx.builder.emit(Digest(name, inputs(cx, call, 1)))
    return VOID


def _checksum(cx: Context, call: ast.Call, *, payload: bool) -> Expr:
    """The checksum of the data by the call's algorithm: the ones' complement sum, inverted, or a hash."""
    algorithm = member(call, 3)
    if algorithm == "csum16":
        total = cx.builder.temp("sum", 16)
        cx.builder.emit(Checksum(total, Const(0, 16), inputs(cx, call, 1), payload=payload))
        return Un("not", total)
    if payload:
        raise unsupported(f"{algorithm} over the payload", call.args[3].span, "use HashAlgorithm.csum16")
    bits = scalar_width(value_arg(call, 2).type)
    assert bits is not None
    return hashed(cx, algorithm, inputs(cx, call, 1), bits, call)


def _when(cx: Context, cond: Expr, body: Callable[[], None]) -> None:
    builder = cx.builder
    then, done = builder.block("checksum"), builder.block("join")
    builder.branch(cond, then, done)
    builder.start(then)
    body()
    builder.join(done)


def update_checksum(cx: Context, call: ast.Call, *, payload: bool = False) -> Value:
    """update_checksum(condition, data, inout checksum, algo)"""

    def body() -> None:
        value = _checksum(cx, call, payload=payload)
        bits = scalar_width(value_arg(call, 2).type)
        assert bits is not None
        give(cx, call, 2, Scalar(resize(value, bits)))

    _when(cx, number(cx, call, 0), body)
    return VOID


def verify_checksum(cx: Context, call: ast.Call, *, payload: bool = False) -> Value:
    """verify_checksum(condition, data, checksum, algo): sets checksum_error if the checksum is wrong."""
    metadata = cx.arch_place
    assert isinstance(metadata, Record)
    flag = metadata.field("checksum_error")
    assert isinstance(flag, Scalar)

    def body() -> None:
        value = _checksum(cx, call, payload=payload)
        given = number(cx, call, 2)
        wrong = Bin("ne", resize(value, width(given)), given)
        store(cx, flag, Scalar(Bin("or", flag.expr, wrong)))

    _when(cx, number(cx, call, 0), body)
    return VOID


def nothing(cx: Context, call: ast.Call) -> Value:
    """log_msg, assert, assume: no effect on a packet."""
    return VOID


def _with_payload(function: Callable[..., Value]) -> Callable[[Context, ast.Call], Value]:
    return lambda cx, call: function(cx, call, payload=True)


def _refused(what: str, help: str) -> Callable[[Context, ast.Call], Value]:
    def refuse(cx: Context, call: ast.Call) -> Value:
        raise unsupported(what, call.span, help)

    return refuse


_AGAIN = "write the loop of passes as code that runs in one pass"
_COPY = "send a digest to the control plane instead"

FUNCTIONS: dict[str, Callable[[Context, ast.Call], Value]] = {
    "mark_to_drop": mark_to_drop,
    "hash": hash_function,
    "random": random_function,
    "digest": digest_function,
    "update_checksum": update_checksum,
    "verify_checksum": verify_checksum,
    "update_checksum_with_payload": _with_payload(update_checksum),
    "verify_checksum_with_payload": _with_payload(verify_checksum),
    "log_msg": nothing,
    "assert": nothing,
    "assume": nothing,
    "clone": _refused("clone()", _COPY),
    "clone3": _refused("clone3()", _COPY),
    "clone_preserving_field_list": _refused("clone_preserving_field_list()", _COPY),
    "resubmit": _refused("resubmit()", _AGAIN),
    "resubmit_preserving_field_list": _refused("resubmit_preserving_field_list()", _AGAIN),
    "recirculate_preserving_field_list": _refused("recirculate_preserving_field_list()", _AGAIN),
    "truncate": _refused("truncate()", "forward the packet whole"),
}

__all__ = ["DROP_PORT", "FUNCTIONS", "Var"]
