"""The extern functions of v1model."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Checksum, Const, Digest, Expr, Mux, Random, Un, Var, width
from cora.lower.arguments import give, inputs, member, number, value_arg
from cora.lower.context import Context, Copies, unsupported
from cora.lower.expressions import evaluate, scalar_constant
from cora.lower.extern_objects import hashed, in_range
from cora.lower.places import resize, store
from cora.lower.values import VOID, Record, Scalar, Value, leaves, scalar_width

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
        drawn = cx.builder.temp("random", 32)
        cx.builder.emit(Random(drawn, Const(0, 32), Const(0xFFFFFFFF, 32)))
        give(cx, call, 0, Scalar(resize(in_range(base, drawn, limit), bits)))
        return VOID
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


def update_checksum(cx: Context, call: ast.Call, *, payload: bool = False) -> Value:
    """update_checksum(condition, data, inout checksum, algo)"""

    def body() -> None:
        value = _checksum(cx, call, payload=payload)
        bits = scalar_width(value_arg(call, 2).type)
        assert bits is not None
        give(cx, call, 2, Scalar(resize(value, bits)))

    cx.builder.when(number(cx, call, 0), body, "checksum")
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

    cx.builder.when(number(cx, call, 0), body, "checksum")
    return VOID


def nothing(cx: Context, call: ast.Call) -> Value:
    """log_msg, assert, assume: no effect on a packet."""
    return VOID


def _with_payload(function: Callable[..., Value]) -> Callable[[Context, ast.Call], Value]:
    return lambda cx, call: function(cx, call, payload=True)


# ---------------------------------------------------------------- copies


def _field_list(cx: Context, index: int) -> tuple[Var, ...]:
    """The fields of the user's metadata that are annotated with `@field_list(index)`."""
    assert cx.copies is not None
    metadata = cx.copies.metadata
    return () if metadata is None else tuple(_annotated(cx, cx.copies.metadata_type, metadata, index))


def _annotated(cx: Context, t: ty.Type, value: Value, index: int) -> Iterator[Var]:
    symbol = cx.typed.globals.get(t.name) if isinstance(t, ty.StructType) else None
    decl = None if symbol is None else symbol.decl
    if not isinstance(decl, ast.FieldsDecl) or not isinstance(value, Record):
        return
    for f in decl.fields:
        inner = value.field(f.name)
        numbers = " ".join(a.tokens for a in f.annotations if a.name == "field_list").replace(",", " ").split()
        if str(index) in numbers:
            yield from (leaf for leaf in leaves(inner) if isinstance(leaf, Var))
        else:
            yield from _annotated(cx, f.type.resolved, inner, index)


def _kept(cx: Context, call: ast.Call, argument: int | None, *, by_index: bool) -> Const:
    """The number of the list of what a copy keeps: by a field list's number, or the fields of the call's data."""
    assert cx.copies is not None
    if argument is None:
        return cx.copies.list_number("", ())
    if by_index:
        index = scalar_constant(cx, value_arg(call, argument))
        return cx.copies.list_number(f"field list {index}", _field_list(cx, index))
    data = evaluate(cx, value_arg(call, argument))
    return cx.copies.list_number("data", tuple(leaf for leaf in leaves(data) if isinstance(leaf, Var)))


def _clone(argument: int | None, *, by_index: bool = False) -> Callable[[Context, ast.Call], Value]:
    """clone(type, session), clone3(type, session, data), clone_preserving_field_list(type, session, index)"""

    def clone(cx: Context, call: ast.Call) -> Value:
        copies = _copies(cx, call)
        cx.builder.assign(copies.cloned, Const(1, 1))
        cx.builder.assign(copies.session, resize(number(cx, call, 1), 32))
        cx.builder.assign(copies.kept, _kept(cx, call, argument, by_index=by_index))
        return VOID

    return clone


def _again(*, by_index: bool = False) -> Callable[[Context, ast.Call], Value]:
    """resubmit and recirculate, with data or with the number of a field list."""

    def again(cx: Context, call: ast.Call) -> Value:
        copies = _copies(cx, call)
        cx.builder.assign(copies.again, Const(1, 1))
        cx.builder.assign(copies.kept, _kept(cx, call, 0, by_index=by_index))
        return VOID

    return again


def _copies(cx: Context, call: ast.Call) -> Copies:
    if cx.copies is None:
        raise unsupported("a copy here", call.span, "clone and resubmit in ingress, clone and recirculate in egress")
    return cx.copies


def truncate(cx: Context, call: ast.Call) -> Value:
    """truncate(length): of several calls the smallest length counts, as in BMv2."""
    copies = _copies(cx, call)
    copies.truncates = True
    length = resize(number(cx, call, 0), 32)
    cx.builder.assign(copies.truncated, Mux(Bin("ult", length, copies.truncated), length, copies.truncated))
    return VOID


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
    "clone": _clone(None),
    "clone3": _clone(2),
    "clone_preserving_field_list": _clone(2, by_index=True),
    "resubmit": _again(),
    "recirculate": _again(),
    "resubmit_preserving_field_list": _again(by_index=True),
    "recirculate_preserving_field_list": _again(by_index=True),
    "truncate": truncate,
}

__all__ = ["DROP_PORT", "FUNCTIONS", "Var"]
