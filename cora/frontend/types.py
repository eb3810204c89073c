"""P4's types after resolution. Typedefs are gone; equality is structural, and nominal types carry their name.

Widths are in bits. `Unknown` is the type of whatever has already been reported: everything accepts it silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["", "in", "out", "inout"]


@dataclass(frozen=True, slots=True)
class Unknown:
    pass


@dataclass(frozen=True, slots=True)
class Void:
    pass


@dataclass(frozen=True, slots=True)
class Bool:
    pass


@dataclass(frozen=True, slots=True)
class String:
    pass


@dataclass(frozen=True, slots=True)
class InfInt:
    """`int`: a compile-time integer without a width. After checking only constants have it."""


@dataclass(frozen=True, slots=True)
class Bits:
    width: int
    signed: bool = False


@dataclass(frozen=True, slots=True)
class VarBits:
    max_width: int


@dataclass(frozen=True, slots=True)
class ErrorType:
    """`error`; the program's codes are in `TypedProgram.errors`."""


@dataclass(frozen=True, slots=True)
class MatchKindType:
    pass


@dataclass(frozen=True, slots=True)
class AnyType:
    """`_` as a type argument: to be inferred, or of no interest."""


@dataclass(frozen=True, slots=True)
class EnumType:
    """With `underlying`, `values[i]` is what member i is represented by; without, `values` is empty."""

    name: str
    members: tuple[str, ...]
    underlying: Type | None = None
    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldType:
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class StructType:
    """`name` is empty for the type of a struct literal that nothing gave a type."""

    name: str
    fields: tuple[FieldType, ...]
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class HeaderType:
    name: str
    fields: tuple[FieldType, ...]
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class UnionType:
    name: str
    fields: tuple[FieldType, ...]
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class StackType:
    element: Type
    size: int


@dataclass(frozen=True, slots=True)
class TupleType:
    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class ListType:
    element: Type


@dataclass(frozen=True, slots=True)
class SetType:
    """What a keyset (range, mask, value set) matches."""

    element: Type


@dataclass(frozen=True, slots=True)
class NewType:
    """`type base name;`: of its own kind, represented by `base`."""

    name: str
    base: Type


@dataclass(frozen=True, slots=True)
class TypeVar:
    """A type parameter; `owner` tells apart those of different declarations (and of one call)."""

    name: str
    owner: int


@dataclass(frozen=True, slots=True)
class ExternType:
    name: str
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class ParamType:
    """`direction` is empty for a parameter without one (compile-time, or an action's from the control plane)."""

    name: str
    type: Type
    direction: Direction = ""
    optional: bool = False
    """It may be left out: it has a default value or `@optional`."""


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function, extern function or method, or (with `result` Void) an action."""

    params: tuple[ParamType, ...]
    result: Type
    type_params: tuple[TypeVar, ...] = ()
    kind: Literal["function", "extern", "method", "action", "constructor"] = "function"


@dataclass(frozen=True, slots=True)
class BlockType:
    """A parser or control, declared or as a type of the architecture; equality ignores nothing."""

    kind: Literal["parser", "control"]
    name: str
    params: tuple[ParamType, ...]
    type_params: tuple[TypeVar, ...] = ()
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageType:
    name: str
    params: tuple[ParamType, ...] = ()
    type_params: tuple[TypeVar, ...] = ()
    args: tuple[Type, ...] = ()


@dataclass(frozen=True, slots=True)
class TableType:
    name: str
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplyResultType:
    """What `t.apply()` gives: bool members `hit` and `miss`, and `action_run` of type `ActionRunType`."""

    table: TableType


@dataclass(frozen=True, slots=True)
class ActionRunType:
    table: TableType


@dataclass(frozen=True, slots=True)
class StateType:
    """A parser state's name."""


Type = (
    Unknown | Void | Bool | String | InfInt | Bits | VarBits | ErrorType | MatchKindType | AnyType
    | EnumType | StructType | HeaderType | UnionType | StackType | TupleType | ListType | SetType | NewType
    | TypeVar | ExternType | FunctionType | BlockType | PackageType | TableType | ApplyResultType
    | ActionRunType | StateType
)  # fmt: skip

FieldsType = StructType | HeaderType | UnionType

UNKNOWN = Unknown()
VOID = Void()
BOOL = Bool()
STRING = String()
INT = InfInt()
ERROR = ErrorType()
MATCH_KIND = MatchKindType()
ANY = AnyType()


def field_type(owner: Type, name: str) -> Type | None:
    """The type of the field `name` of a struct, header or union; None if there is none."""
    if isinstance(owner, StructType | HeaderType | UnionType):
        for f in owner.fields:
            if f.name == name:
                return f.type
    return None


def underlying(t: Type) -> Type:
    """The representation of a newtype or of an enum with values; any other type itself."""
    while True:
        match t:
            case NewType(base=base):
                t = base
            case EnumType(underlying=base) if base is not None:
                t = base
            case _:
                return t


def width_of(t: Type) -> int | None:
    """Bits that a value of the type takes in a packet (bool: 1; varbit: its maximum); None if that has no meaning."""
    match underlying(t):
        case Bits(width=w) | VarBits(max_width=w):
            return w
        case Bool():
            return 1
        case StructType(fields=fields) | HeaderType(fields=fields):
            return _sum([f.type for f in fields])
        case UnionType(fields=fields):
            widths = [width_of(f.type) for f in fields]
            return None if None in widths else max((w for w in widths if w is not None), default=0)
        case TupleType(items=items):
            return _sum(list(items))
        case StackType(element=element, size=size):
            one = width_of(element)
            return None if one is None else one * size
        case _:
            return None


def _sum(parts: list[Type]) -> int | None:
    total = 0
    for part in parts:
        one = width_of(part)
        if one is None:
            return None
        total += one
    return total


def show(t: Type) -> str:
    """The type as a user would write it."""
    match t:
        case Unknown():
            return "?"
        case Void():
            return "void"
        case Bool():
            return "bool"
        case String():
            return "string"
        case InfInt():
            return "int"
        case Bits(width=w, signed=signed):
            return f"{'int' if signed else 'bit'}<{w}>"
        case VarBits(max_width=w):
            return f"varbit<{w}>"
        case ErrorType():
            return "error"
        case MatchKindType():
            return "match_kind"
        case AnyType():
            return "_"
        case _:
            return _show_named(t)


def _show_named(t: Type) -> str:
    match t:
        case StructType(name="", fields=fields):
            return "{" + ", ".join(f"{show(f.type)} {f.name}" for f in fields) + "}"
        case StructType(name=n, args=a) | HeaderType(name=n, args=a) | UnionType(name=n, args=a):
            return n + _show_args(a)
        case ExternType(name=n, args=a) | BlockType(name=n, args=a) | PackageType(name=n, args=a):
            return n + _show_args(a)
        case EnumType(name=n) | NewType(name=n) | TypeVar(name=n):
            return n
        case StackType(element=element, size=size):
            return f"{show(element)}[{size}]"
        case TupleType(items=items):
            return f"tuple<{', '.join(map(show, items))}>"
        case ListType(element=element):
            return f"list<{show(element)}>"
        case SetType(element=element):
            return f"set<{show(element)}>"
        case FunctionType(params=params, result=result, kind=kind):
            shown = ", ".join(f"{p.direction} {show(p.type)} {p.name}".strip() for p in params)
            return f"action({shown})" if kind == "action" else f"{show(result)}({shown})"
        case TableType(name=n):
            return f"table {n}"
        case ApplyResultType(table=table):
            return f"the result of {table.name}.apply()"
        case ActionRunType(table=table):
            return f"the action_run of {table.name}"
        case StateType():
            return "parser state"
        case _:
            return "?"


def _show_args(args: tuple[Type, ...]) -> str:
    return f"<{', '.join(map(show, args))}>" if args else ""
