"""P4 values and variables, flattened to IR variables: a tree with an IR expression at each leaf.

A place (something that can be assigned to) is a value whose leaves are variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cora.diagnostics import Span, error
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Concat, Const, Expr, Field, Header, Mux, Var, width

BOOL_TRUE = Const(1, 1)
BOOL_FALSE = Const(0, 1)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number, bool, error or enum member."""

    expr: Expr


@dataclass(frozen=True, slots=True)
class Record:
    """A struct, header union, tuple or list (fields "0", "1", ...), or (with `valid`) a header. `name` is the prefix of
    its variables, empty for a value that is no place."""

    fields: tuple[tuple[str, Value], ...]
    valid: Expr | None = None
    name: str = ""
    varbit: bool = False
    """It is a varbit field: its fields are headers, see `_chunks`."""
    valid_with: Expr | None = None
    """It is the part of a header behind its varbit field, and as valid as this says."""

    def field(self, name: str) -> Value:
        return next(value for key, value in self.fields if key == name)


@dataclass(frozen=True, slots=True)
class Stack:
    elements: tuple[Value, ...]
    name: str = ""


Value = Scalar | Record | Stack
LeafMap = Callable[[Expr], Expr]

VOID = Record(())


@dataclass(frozen=True, slots=True)
class BitsOf:
    """Bits hi..lo of a variable, as the target of an assignment."""

    base: Var
    hi: int
    lo: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several places, as the target of an assignment: the one whose condition holds; none may."""

    choices: tuple[tuple[Expr, Value | BitsOf], ...]


Target = Value | BitsOf | OneOf


def scalar_width(t: ty.Type) -> int | None:
    """The width of the variable that holds a value of a scalar type; None for any other type."""
    match ty.underlying(t):
        case ty.Bool():
            return 1
        case ty.Bits(width=w):
            return w
        case ty.ErrorType():
            return 8
        case ty.EnumType(members=members):
            return max(8, (len(members) - 1).bit_length())
        case _:
            return None


WORD_BITS = 64
"""Of the fields that a varbit's bytes are kept in."""


def _chunks(name: str, max_bits: int) -> Record:
    """A varbit field as headers of 2^n bytes, the largest first. Those are valid whose sizes add up to the field's
    length, so that extracting and emitting the valid ones reads and writes its bytes in order."""
    chunks: list[tuple[str, Value]] = []
    for power in range((max_bits // 8).bit_length() - 1, -1, -1):
        bits = 8 << power
        own = f"{name}.bytes{1 << power}"
        words = [min(WORD_BITS, bits)] * max(1, bits // WORD_BITS)
        fields = tuple((f"word{i}", Scalar(Var(f"{own}.word{i}", w))) for i, w in enumerate(words))
        chunks.append((f"bytes{1 << power}", Record(fields, Var(f"{own}.$valid", 1), own)))
    return Record(tuple(chunks), name=name, varbit=True)


def is_signed(t: ty.Type) -> bool:
    base = ty.underlying(t)
    return isinstance(base, ty.Bits) and base.signed


def place(t: ty.Type, name: str, span: Span | None) -> Value:
    """The variables of something of type `t`. Raises C0301 for a type that Cora has no variables for."""
    bits = scalar_width(t)
    if bits is not None:
        return Scalar(Var(name, bits))
    match t:
        case ty.VarBits(max_width=bits) if bits >= 8:
            return _chunks(name, bits)
        case ty.HeaderType(fields=fields):
            at = next((i for i, f in enumerate(fields) if isinstance(f.type, ty.VarBits)), len(fields))
            prefix = [f"{name}.{f.name}" if i <= at else f"{_behind(name)}.{f.name}" for i, f in enumerate(fields)]
            inner = tuple((f.name, place(f.type, p, span)) for f, p in zip(fields, prefix, strict=True))
            return Record(inner, Var(f"{name}.$valid", 1), name)
        case ty.StructType(fields=fields) | ty.UnionType(fields=fields):
            return Record(tuple((f.name, place(f.type, f"{name}.{f.name}", span)) for f in fields), name=name)
        case ty.TupleType(items=items):
            inner = tuple((str(i), place(item, f"{name}.{i}", span)) for i, item in enumerate(items))
            return Record(inner, name=name)
        case ty.StackType(element=element, size=size):
            return Stack(tuple(place(element, f"{name}[{i}]", span) for i in range(size)), name)
        case ty.Void():
            return VOID
        case _:
            raise error(
                "C0301",
                f"Cora cannot yet hold a value of type {ty.show(t)}",
                span,
                help="use bit<W>, int<W>, bool, enums, structs, headers, header unions, tuples and stacks",
            )


def default(t: ty.Type, span: Span | None) -> Value:
    """The value that a variable of the type has when nothing was assigned: zeros, and invalid headers."""
    return map_leaves(place(t, "", span), lambda leaf: Const(0, width(leaf)))


def map_leaves(value: Value, fn: LeafMap) -> Value:
    match value:
        case Scalar(expr=expr):
            return Scalar(fn(expr))
        case Record(fields=fields, valid=valid, varbit=varbit):
            inner = tuple((name, map_leaves(v, fn)) for name, v in fields)
            return Record(inner, None if valid is None else fn(valid), varbit=varbit)
        case Stack(elements=elements):
            return Stack(tuple(map_leaves(e, fn) for e in elements))


def leaves(value: Value, *, validity: bool = True) -> Iterator[Expr]:
    """All expressions of a value in order; a header's validity comes after its fields."""
    match value:
        case Scalar(expr=expr):
            yield expr
        case Record(fields=fields, valid=valid):
            for _, inner in fields:
                yield from leaves(inner, validity=validity)
            if valid is not None and validity:
                yield valid
        case Stack(elements=elements):
            for element in elements:
                yield from leaves(element, validity=validity)


def data(value: Value) -> tuple[Expr, ...]:
    """The fields of a value in order, without validity bits: what a hash or checksum runs over."""
    return tuple(_data(value))


def _data(value: Value) -> Iterator[Expr]:
    match value:
        case Record(varbit=True, fields=fields):
            yield from _varbit_data(fields)
        case Record(fields=fields):
            for _, inner in fields:
                yield from _data(inner)
        case Stack(elements=elements):
            for element in elements:
                yield from _data(element)
        case Scalar(expr=expr):
            yield expr


def _varbit_data(chunks: tuple[tuple[str, Value], ...]) -> Iterator[Expr]:
    """For a checksum: zeros for what isn't there don't change the sum. A last odd byte is filled up to 16 bits, so that
    what follows stays where it is if the length is even."""
    for _, chunk in chunks:
        assert isinstance(chunk, Record) and chunk.valid is not None
        for leaf in leaves(chunk, validity=False):
            value = Mux(chunk.valid, leaf, Const(0, width(leaf)))
            yield Concat(value, Const(0, 8)) if width(leaf) == 8 else value


def fixed_fields(header: Record) -> Iterator[Expr]:
    """The fields of a header in order, up to its varbit field if it has one."""
    for _, value in header.fields:
        if isinstance(value, Record) and value.varbit:
            return
        yield from leaves(value, validity=False)


def _behind(name: str) -> str:
    return f"{name}.behind"


def behind_of(header: Record) -> Record | None:
    """The fields behind a header's varbit field, as a header of its own whose validity is that of the header as soon as
    something reads or writes it; None if there are none."""
    at = next((i for i, (_, v) in enumerate(header.fields) if isinstance(v, Record) and v.varbit), len(header.fields))
    name = _behind(header.name)
    return Record(header.fields[at + 1 :], Var(f"{name}.$valid", 1), name) if header.fields[at + 1 :] else None


def chunks_of(header: Record) -> Iterator[Record]:
    """The parts of a header's varbit field, in order."""
    for _, value in header.fields:
        if isinstance(value, Record) and value.varbit:
            yield from headers_of(value)


def headers_of(value: Value) -> Iterator[Record]:
    """The headers in a value, in order: what `emit` writes. The parts of a varbit field are headers of their own."""
    match value:
        case Scalar():
            return
        case Record(valid=None, fields=fields):
            for _, inner in fields:
                yield from headers_of(inner)
        case Record():
            if any(True for _ in fixed_fields(value)) or not any(True for _ in chunks_of(value)):
                yield value
            yield from chunks_of(value)
            behind = behind_of(value)
            if behind is not None:
                yield replace(behind, valid_with=value.valid)
        case Stack(elements=elements):
            for element in elements:
                yield from headers_of(element)


def header_decl(record: Record, span: Span | None) -> Header:
    """The IR's description of a header place. Raises C0302 if its fields don't fill whole bytes."""
    found: list[Field] = []
    for leaf in fixed_fields(record):
        assert isinstance(leaf, Var)
        found.append(Field(leaf.name[len(record.name) + 1 :], leaf.width))
    header = Header(record.name, tuple(found))
    if header.width % 8:
        raise error(
            "C0302",
            f"header {record.name} has {header.width} bits, which is not a whole number of bytes",
            span,
            help="add a padding field, or take the bits with lookahead()",
        )
    return header


def scalar_field(record: Value, name: str) -> Expr:
    """What a field of a struct or header holds that is a number."""
    assert isinstance(record, Record)
    found = record.field(name)
    assert isinstance(found, Scalar)
    return found.expr


def and_(a: Expr, b: Expr) -> Expr:
    if a == BOOL_TRUE:
        return b
    return a if b == BOOL_TRUE else Bin("and", a, b)


def equal(a: Value, b: Value) -> Expr:
    """P4's == of two values of one type. Two headers are equal if both are invalid, or both valid with equal fields."""
    match a, b:
        case Scalar(expr=x), Scalar(expr=y):
            return Bin("eq", x, y)
        case Record(), Record():
            same: Expr = BOOL_TRUE
            for (_, x), (_, y) in zip(a.fields, b.fields, strict=True):
                same = and_(same, equal(x, y))
            if a.valid is None or b.valid is None:
                return same
            agree = Bin("eq", a.valid, b.valid)
            return and_(agree, Bin("or", Bin("eq", a.valid, BOOL_FALSE), same))
        case Stack(elements=left), Stack(elements=right):
            same = BOOL_TRUE
            for x, y in zip(left, right, strict=True):
                same = and_(same, equal(x, y))
            return same
        case _:
            raise AssertionError("the checker compares values of one type only")
