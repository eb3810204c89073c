"""Type parameters: putting types in for them, and finding out which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cora.frontend import types as t
from cora.frontend.types import Type, TypeVar

Bindings = Mapping[TypeVar, Type]


def substitute(type_: Type, bindings: Bindings) -> Type:
    """`type_` with the types of `bindings` in the place of its type variables."""
    if not bindings:
        return type_
    match type_:
        case TypeVar():
            return bindings.get(type_, type_)
        case t.StructType(name=n, fields=fields, args=args):
            return t.StructType(n, _fields(fields, bindings), _all(args, bindings))
        case t.HeaderType(name=n, fields=fields, args=args):
            return t.HeaderType(n, _fields(fields, bindings), _all(args, bindings))
        case t.UnionType(name=n, fields=fields, args=args):
            return t.UnionType(n, _fields(fields, bindings), _all(args, bindings))
        case t.StackType(element=element, size=size):
            return t.StackType(substitute(element, bindings), size)
        case t.TupleType(items=items):
            return t.TupleType(_all(items, bindings))
        case t.ListType(element=element):
            return t.ListType(substitute(element, bindings))
        case t.SetType(element=element):
            return t.SetType(substitute(element, bindings))
        case t.ExternType(name=n, args=args):
            return t.ExternType(n, _all(args, bindings))
        case t.FunctionType(params=params, result=result, type_params=own, kind=kind):
            return t.FunctionType(_params(params, bindings), substitute(result, bindings), own, kind)
        case t.BlockType(kind=kind, name=n, params=params, type_params=own, args=args):
            return t.BlockType(kind, n, _params(params, bindings), own, _all(args, bindings))
        case t.PackageType(name=n, params=params, type_params=own, args=args):
            return t.PackageType(n, _params(params, bindings), own, _all(args, bindings))
        case _:
            return type_


def _all(types: tuple[Type, ...], bindings: Bindings) -> tuple[Type, ...]:
    return tuple(substitute(x, bindings) for x in types)


def _fields(fields: tuple[t.FieldType, ...], bindings: Bindings) -> tuple[t.FieldType, ...]:
    return tuple(t.FieldType(f.name, substitute(f.type, bindings)) for f in fields)


def _params(params: tuple[t.ParamType, ...], bindings: Bindings) -> tuple[t.ParamType, ...]:
    return tuple(t.ParamType(p.name, substitute(p.type, bindings), p.direction, p.optional) for p in params)


def unify(formal: Type, actual: Type, bindings: dict[TypeVar, Type], free: frozenset[TypeVar]) -> bool:
    """Whether `actual` fits `formal`; binds the variables of `free` on the way. A width wins over a plain `int`."""
    if isinstance(formal, TypeVar) and formal in free:
        return _bind(formal, actual, bindings, free)
    if isinstance(formal, t.Unknown | t.AnyType) or isinstance(actual, t.Unknown | t.AnyType):
        return True
    if formal == actual:
        return True
    parts, others = _parts(formal, actual)
    return parts is not None and others is not None and _unify_all(parts, others, bindings, free)


def _parts(a: Type, b: Type) -> tuple[tuple[Type, ...] | None, tuple[Type, ...] | None]:
    """The types that have to fit pairwise so that `a` and `b` do, or None if they are of different makes."""
    match a:
        case t.StackType() if isinstance(b, t.StackType) and a.size == b.size:
            return (a.element,), (b.element,)
        case t.TupleType() if isinstance(b, t.TupleType):
            return a.items, b.items
        case t.ListType() if isinstance(b, t.ListType):
            return (a.element,), (b.element,)
        case t.SetType() if isinstance(b, t.SetType):
            return (a.element,), (b.element,)
        case t.ExternType() | t.StructType() | t.HeaderType() | t.UnionType() | t.PackageType():
            if isinstance(b, type(a)) and a.name == b.name and a.args:
                return a.args, b.args
        case t.BlockType() if isinstance(b, t.BlockType) and a.kind == b.kind:
            if [p.direction for p in a.params] == [p.direction for p in b.params]:
                return tuple(p.type for p in a.params), tuple(p.type for p in b.params)
        case _:
            pass
    return None, None


def _bind(var: TypeVar, actual: Type, bindings: dict[TypeVar, Type], free: frozenset[TypeVar]) -> bool:
    bound = bindings.get(var)
    if bound is None or bound in (t.UNKNOWN, t.ANY):
        bindings[var] = actual
        return True
    if bound == t.INT and isinstance(t.underlying(actual), t.Bits):
        bindings[var] = actual
        return True
    if actual == t.INT and isinstance(t.underlying(bound), t.Bits):
        return True
    return unify(bound, actual, bindings, free - {var})


def _unify_all(
    formals: tuple[Type, ...], actuals: tuple[Type, ...], bindings: dict[TypeVar, Type], free: frozenset[TypeVar]
) -> bool:
    return len(formals) == len(actuals) and all(
        unify(f, a, bindings, free) for f, a in zip(formals, actuals, strict=True)
    )


def mentions(type_: Type, wanted: type[Type] | tuple[type[Type], ...]) -> bool:
    """Whether a type of one of the classes `wanted` stands somewhere in `type_` (a struct's fields included)."""
    if isinstance(type_, wanted):
        return True
    match type_:
        case t.StructType(fields=fields) | t.HeaderType(fields=fields) | t.UnionType(fields=fields):
            return any(mentions(f.type, wanted) for f in fields)
        case t.TupleType(items=items):
            return any(mentions(x, wanted) for x in items)
        case t.StackType(element=element) | t.ListType(element=element) | t.SetType(element=element):
            return mentions(element, wanted)
        case _:
            return False


def type_vars(type_: Type) -> Iterator[TypeVar]:
    """The type variables in the parameters of a block's type."""
    match type_:
        case TypeVar():
            yield type_
        case t.BlockType(params=params, args=args):
            for p in params:
                yield from type_vars(p.type)
            for a in args:
                yield from type_vars(a)
        case t.TupleType(items=items):
            for item in items:
                yield from type_vars(item)
        case t.StructType(args=args) | t.HeaderType(args=args) | t.UnionType(args=args) | t.ExternType(args=args):
            for a in args:
                yield from type_vars(a)
        case _:
            pass
