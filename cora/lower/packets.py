"""packet_in and packet_out: extract, lookahead, advance, length, emit.

Reading beyond the end of the packet rejects it with PacketTooShort, so each read asks for `Room` first.
"""

from __future__ import annotations

from cora.diagnostics import Span
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Advance, Bin, Const, Emit, Expr, Extract, Lookahead, Room, SetValid, Slice, Var, width
from cora.lower.arguments import member, value_arg
from cora.lower.context import Context, Deferred, leaf_width, unsupported
from cora.lower.expressions import evaluate, scalar
from cora.lower.places import resize, store
from cora.lower.targets import target
from cora.lower.unions import invalidate_others
from cora.lower.values import (
    BOOL_TRUE,
    VOID,
    BitsOf,
    OneOf,
    Record,
    Scalar,
    Stack,
    Value,
    behind_of,
    chunks_of,
    fixed_fields,
    headers_of,
    leaves,
    map_leaves,
    place,
    scalar_width,
)


def need_room(cx: Context, bits: Expr) -> None:
    """Goes on only if that many bits remain behind the cursor."""
    assert cx.parser.reject is not None
    builder = cx.builder
    if builder.current is None:
        return
    room = builder.temp("room", 1)
    builder.emit(Room(room, bits))
    enough = builder.block("read")
    builder.branch(room, enough, cx.parser.reject("PacketTooShort"))
    builder.start(enough)


def extract(cx: Context, call: ast.Call) -> Value:
    expr = call.args[0].value
    if expr is None:
        t = call.type_args[0].resolved
        bits = Const(ty.width_of(t) or 0, 32)
        need_room(cx, bits)
        cx.builder.emit(Advance(bits))
        return VOID
    where = target(cx, expr)
    if isinstance(where, OneOf):
        _extract_one_of(cx, where, call, expr)
    else:
        _extract_into(cx, where, call, expr.type)
    invalidate_others(cx, expr)
    count_up(cx, expr)
    return VOID


def _extract_into(cx: Context, record: Value | BitsOf, call: ast.Call, t: ty.Type) -> None:
    assert isinstance(record, Record) and record.valid is not None, "the checker allows headers only here"
    if len(call.args) > 1:
        bits = resize(scalar(cx, value_arg(call, 1)), 32)
        _extract_varbit(cx, record, bits, _longest(t), call.span)
        return
    name = cx.header(record, call.span)
    need_room(cx, Const(cx.headers[name].width, 32))
    cx.builder.emit(Extract(name))


def _extract_one_of(cx: Context, where: OneOf, call: ast.Call, expr: ast.Expr) -> None:
    """Into the element of a stack that an index of the packet chooses; beyond the end it is StackOutOfBounds."""
    assert cx.parser.reject is not None
    builder = cx.builder
    done = builder.block("read")
    for cond, record in where.choices:
        this, other = builder.block("element"), builder.block("other")
        builder.branch(cond, this, other)
        builder.start(this)
        _extract_into(cx, record, call, expr.type)
        builder.goto(done)
        builder.start(other)
    builder.goto(cx.parser.reject("StackOutOfBounds"))
    builder.start(done)


def _longest(t: ty.Type) -> int:
    """Bits that the varbit field of a header can hold."""
    fields = t.fields if isinstance(t, ty.HeaderType) else ()
    return next(f.type.max_width for f in fields if isinstance(f.type, ty.VarBits))


def _extract_varbit(cx: Context, record: Record, bits: Expr, most: int, span: Span) -> None:
    """The fixed fields, with `bits` bits into the varbit field. As the specification (12.8.2) has it: a length that is
    no whole number of bytes is ParserInvalidArgument, one that the field can't hold HeaderTooShort."""
    builder, reject = cx.builder, cx.parser.reject
    assert reject is not None
    held = builder.temp("varbit_bits", 32)
    builder.assign(held, bits)
    fixed = sum(leaf_width(leaf) for leaf in fixed_fields(record))
    chunks = tuple(chunks_of(record))
    for wrong, code in (
        (Bin("ne", Slice(held, 2, 0), Const(0, 3)), "ParserInvalidArgument"),
        (Bin("ult", Const(most, 32), held), "HeaderTooShort"),
    ):
        fine = builder.block("read")
        builder.branch(wrong, reject(code), fine)
        builder.start(fine)
    behind = behind_of(record)
    after = sum(leaf_width(leaf) for leaf in fixed_fields(behind)) if behind else 0
    need_room(cx, Bin("add", held, Const(fixed + after, 32)))
    if fixed:
        builder.emit(Extract(cx.header(record, span)))
    else:
        cx.set_valid(record, True, span)
    for chunk in chunks:
        name = cx.header(chunk, span)
        size = cx.headers[name].width
        take, skip, done = builder.block("bytes"), builder.block("none"), builder.block("read")
        builder.branch(Bin("ne", Bin("and", held, Const(size, 32)), Const(0, 32)), take, skip)
        builder.start(take)
        builder.emit(Extract(name))
        builder.goto(done)
        builder.start(skip)
        builder.emit(SetValid(name, False))
        builder.join(done)
    if behind is not None:
        builder.emit(Extract(cx.header(behind, span)))


def count_up(cx: Context, expr: ast.Expr) -> None:
    """After reading into `stack.next`, or into a member of the union `stack.next`, the stack's next element is due."""
    match expr:
        case ast.Select(name="next", base=base) if isinstance(base.type, ty.StackType):
            stack = evaluate(cx, base)
            assert isinstance(stack, Stack)
            # Beyond the end the packet was rejected: what follows isn't reached, and must not go on counting.
            due = cx.parser.next_index.get(stack.name, 0) + 1
            cx.parser.next_index[stack.name] = min(due, len(stack.elements))
            cx.parser.sizes[stack.name] = len(stack.elements)
        case ast.Select(base=base) if isinstance(base.type, ty.UnionType):
            count_up(cx, base)
        case _:
            pass


def lookahead(cx: Context, call: ast.Call) -> Value:
    bits = scalar_width(call.type) or ty.width_of(call.type)
    if bits is None:
        raise unsupported("lookahead() of this type", call.span, "look at bit<W> or a header")
    need_room(cx, Const(bits, 32))
    seen = cx.builder.temp("ahead", bits)
    cx.builder.emit(Lookahead(seen))
    return _unpack(seen, call.type, call.span)


def _unpack(seen: Var, t: ty.Type, span: Span) -> Value:
    """The value of a type whose fields lie one after the other in `seen`."""
    position = seen.width

    def take(leaf: Expr) -> Expr:
        nonlocal position
        if isinstance(leaf, Var) and leaf.name.endswith(".$valid"):
            return BOOL_TRUE
        position -= width(leaf)
        bits = width(leaf)
        return seen if bits == seen.width else Slice(seen, position + bits - 1, position)

    return map_leaves(place(t, "", span), take)


def advance(cx: Context, call: ast.Call) -> Value:
    bits = resize(scalar(cx, value_arg(call, 0)), 32)
    need_room(cx, bits)
    cx.builder.emit(Advance(bits))
    return VOID


def length(cx: Context, call: ast.Call) -> Value:
    return Scalar(Var("$length", 32))


def emit(cx: Context, call: ast.Call) -> Value:
    expr = value_arg(call, 0)
    for header in headers_of(_as_place(cx, evaluate(cx, expr), expr)):
        name = cx.header(header, call.span)
        if header.valid_with is not None:
            assert isinstance(header.valid, Var)
            cx.builder.assign(header.valid, header.valid_with)
        if cx.deferred is None:
            cx.builder.emit(Emit(name))
        else:
            pending = cx.builder.temp(f"{name}.$pending", 1)
            cx.builder.assign(pending, BOOL_TRUE)
            cx.deferred.append(Deferred(name, pending, *cx.builder.position, call.span))
    return VOID


def _as_place(cx: Context, value: Value, expr: ast.Expr) -> Value:
    """The value itself if it is in variables of its own; else a copy that is (of a stack's element that the packet
    chooses, of a list)."""
    if all(isinstance(leaf, Var) for header in headers_of(value) for leaf in leaves(header)):
        return value
    place = cx.declare(expr.type, "emitted", expr.span)
    store(cx, place, value)
    return place


def verify(cx: Context, call: ast.Call) -> Value:
    """Rejects the packet with an error unless the condition holds."""
    reject = cx.parser.reject
    if reject is None:
        raise unsupported("verify() outside of a parser", call.span, "use an if statement")
    holds = cx.builder.block("verified")
    cond = scalar(cx, value_arg(call, 0))
    cx.builder.branch(cond, holds, reject(member(call, 1)))
    cx.builder.start(holds)
    return VOID


PACKET_IN = {"extract": extract, "lookahead": lookahead, "advance": advance, "length": length}
