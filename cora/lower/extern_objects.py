"""Extern objects that PNA and v1model share in all but spelling.

Registers, counters, hashes, checksums, random numbers, digests.
"""

from __future__ import annotations

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import (
    Access,
    Bin,
    Checksum,
    Const,
    Digest,
    Expr,
    Field,
    Hash,
    HashAlgorithm,
    KeyField,
    Random,
    State,
    StateKind,
    Un,
    Var,
    width,
)
from cora.lower.arguments import give, index32, inputs, number, value_arg
from cora.lower.constants import constant
from cora.lower.context import Context, ObjectInst, unsupported
from cora.lower.expressions import evaluate
from cora.lower.instances import add_state
from cora.lower.places import freeze, resize
from cora.lower.values import VOID, Scalar, Value, data, leaves, map_leaves, place, scalar_width

_INDEX = (KeyField("index", 32),)

ALGORITHMS: dict[str, tuple[HashAlgorithm, int]] = {
    "CRC32": ("crc32", 32),
    "CRC16": ("crc16", 16),
    "IDENTITY": ("identity", 0),
    "ONES_COMPLEMENT16": ("csum16", 16),
    "TARGET_DEFAULT": ("crc32", 32),
    "TOEPLITZ": ("toeplitz", 32),
    "CSUM16": ("csum16", 16),
    "XOR16": ("xor16", 16),
    # What BMv2 computes until the control plane sets another polynomial.
    "CRC32_CUSTOM": ("crc32", 32),
    "CRC16_CUSTOM": ("crc16", 16),
}
"""By member of PNA_HashAlgorithm_t or (in capitals) HashAlgorithm: ours, and its result's bits (0: its input's)."""


def _state(cx: Context, made: ObjectInst, kind: StateKind, values: tuple[Field, ...], default: tuple[int, ...]) -> str:
    if not made.state:
        size = made.args[0]
        assert isinstance(size, int)
        state = State(made.name, kind, _INDEX, values, size, default)
        made.state = add_state(cx, state, made.path, made.span)
    return made.state


# ---------------------------------------------------------------- registers and counters


def register(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`T read(index)` and `write(index, value)` of PNA, `read(out result, index)` of v1model."""
    t = made.type_args[0]
    cell = place(t, "value", made.span)
    values = tuple(Field(leaf.name, leaf.width) for leaf in leaves(cell) if isinstance(leaf, Var))
    state = _state(cx, made, "register", values, _initial(cx, made, t))
    if method == "write":
        index = index32(cx, call, 0)
        new = tuple(leaves(evaluate(cx, value_arg(call, 1))))
        cx.builder.emit(Access(state, "write", (index,), new))
        return VOID
    with_out = made.extern == "register"
    index = index32(cx, call, 1 if with_out else 0)
    read = cx.declare(t, made.name, call.span)
    results = tuple(leaf for leaf in leaves(read) if isinstance(leaf, Var))
    cx.builder.emit(Access(state, "read", (index,), results=results))
    if with_out:
        give(cx, call, 0, read)
        return VOID
    return read


def _initial(cx: Context, made: ObjectInst, t: ty.Type) -> tuple[int, ...]:
    value = made.args[1] if len(made.args) > 1 else None
    if value is None:
        return ()
    found = tuple(c.value for c in leaves(constant(value, t, made.span, cx)) if isinstance(c, Const))
    return found if any(found) else ()


def counter(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    kind = made.args[1] if len(made.args) > 1 else None
    only_packets = isinstance(kind, ast.Member) and kind.name.upper() == "PACKETS"
    if len(call.args) > 1 and not only_packets:
        raise unsupported("count() with a length of its own", call.span, "leave the length out: it is the packet's")
    state = _state(cx, made, "counter", (), ())
    cx.builder.emit(Access(state, "count", (index32(cx, call, 0),)))
    return VOID


# ---------------------------------------------------------------- hashes and checksums


def hashed(cx: Context, name: str, data: tuple[Expr, ...], bits: int, call: ast.Call) -> Expr:
    """The low bits of a hash, or the hash with zeros above if it has fewer bits."""
    known = ALGORITHMS.get(name.upper())
    if known is None:
        raise unsupported(f"hash algorithm {name}", call.span, "use CRC32, CRC16, IDENTITY, TOEPLITZ or a checksum")
    if not data:
        raise unsupported("a hash of nothing", call.span, "give a field to hash: nothing gives one number each time")
    algorithm, size = known
    size = size or sum(width(e) for e in data)
    result = cx.builder.temp("hash", min(bits, size))
    cx.builder.emit(Hash(result, algorithm, data))
    return resize(result, bits)


def in_range(base: Expr, value: Expr, limit: Expr) -> Expr:
    """base + value mod limit, in the width of the widest; a limit of 0 gives the base (as in BMv2)."""
    bits = max(width(base), width(value), width(limit))
    rest = Bin("umod", resize(value, bits), resize(limit, bits))
    none = Bin("eq", limit, Const(0, width(limit)))
    zero = Const(0, bits)
    offset = rest if isinstance(limit, Const) and limit.value else _if(none, zero, rest)
    return Bin("add", resize(base, bits), offset)


def _if(cond: Expr, then: Expr, orelse: Expr) -> Expr:
    from cora.ir.nodes import Mux

    return Mux(cond, then, orelse)


def hash_object(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    algorithm = made.args[0]
    assert isinstance(algorithm, ast.Member)
    bits = scalar_width(call.type)
    if bits is None:
        raise unsupported("a hash of this type", call.span, "use bit<W>")
    if len(call.args) == 1:
        return Scalar(hashed(cx, algorithm.name, inputs(cx, call, 0), bits, call))
    base, limit = number(cx, call, 0), number(cx, call, 2)
    value = hashed(cx, algorithm.name, inputs(cx, call, 1), bits, call)
    return Scalar(resize(in_range(base, value, limit), bits))


def internet_checksum(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """One 16-bit variable, the running sum; it starts at 0 for each packet."""
    if made.variable is None:
        made.variable = cx.builder.temp(f"{made.name}_sum", 16)
    total = made.variable
    match method:
        case "clear":
            cx.builder.assign(total, Const(0, 16))
        case "add" | "update":
            cx.builder.emit(Checksum(total, total, inputs(cx, call, 0)))
        case "subtract":
            cx.builder.emit(Checksum(total, total, (), inputs(cx, call, 0)))
        case "set_state":
            cx.builder.assign(total, number(cx, call, 0))
        case "get":
            return _kept(cx, Un("not", total))
        case "get_state":
            return _kept(cx, total)
        case _:
            raise unsupported(f"InternetChecksum.{method}()", call.span, "use add, subtract and get")
    return VOID


def _kept(cx: Context, value: Expr) -> Value:
    """The value as it is now: the sum may change before the result is used."""
    held = cx.builder.temp("checksum", 16)
    cx.builder.assign(held, value)
    return Scalar(held)


def checksum_object(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`clear`, `update` and `get`. A hash takes all its data at once: no branch may stand between clear() and get()."""
    algorithm = made.args[0]
    assert isinstance(algorithm, ast.Member)
    if algorithm.name == "ONES_COMPLEMENT16":
        return internet_checksum(cx, made, method, call)
    here = cx.builder.current or ""
    if method == "clear":
        made.gathered, made.gathered_in = (), here
        return VOID
    if made.gathered_in != here:
        help = "call clear(), update() and get() one after the other, without branches between them"
        raise unsupported(f"a {algorithm.name} Checksum over several branches", call.span, help)
    if method == "update":
        given = freeze(cx, evaluate(cx, value_arg(call, 0)))
        made.gathered = (*made.gathered, *data(given))
        return VOID
    bits = scalar_width(call.type)
    assert bits is not None
    if not made.gathered:
        return Scalar(Const(0, bits))  # as all these hashes of nothing
    return Scalar(hashed(cx, algorithm.name, made.gathered, bits, call))


# ---------------------------------------------------------------- random numbers and digests


def random_object(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    low, high = made.args
    bits = scalar_width(call.type)
    assert isinstance(low, int) and isinstance(high, int) and bits is not None
    drawn = cx.builder.temp(made.name, bits)
    cx.builder.emit(Random(drawn, Const(low, bits), Const(high, bits)))
    return Scalar(drawn)


def digest_object(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    cx.builder.emit(Digest(made.name, inputs(cx, call, 0)))
    return VOID


__all__ = [
    "checksum_object",
    "counter",
    "digest_object",
    "hash_object",
    "hashed",
    "in_range",
    "internet_checksum",
    "map_leaves",
    "random_object",
    "register",
]
