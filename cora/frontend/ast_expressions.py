"""The first half of the syntax tree: symbols, types, expressions. `cora.frontend.ast` explains and exports it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cora.diagnostics import Span
from cora.frontend.types import UNKNOWN, Type

if TYPE_CHECKING:
    from cora.frontend.ast import CallTarget


@dataclass(frozen=True, slots=True)
class Member:
    """A compile-time member of an enum (`owner` its name), of `error` or of `match_kind`."""

    owner: str
    name: str


Value = int | bool | str | Member | tuple["Value", ...]

SymbolKind = Literal[
    "const", "variable", "parameter", "constructor_parameter", "instance", "table", "action", "function",
    "extern_function", "parser", "control", "package", "extern", "state", "value_set", "type", "type_variable",
]  # fmt: skip


@dataclass(slots=True, eq=False)
class Symbol:
    """A declared name. The checker fills `decl` with the checked declaration as soon as it has it."""

    name: str
    kind: SymbolKind
    type: Type = UNKNOWN
    decl: Node | None = None
    value: Value | None = None
    """Of a `const`, when known at compile time."""
    span: Span | None = None

    def __repr__(self) -> str:
        return f"Symbol({self.kind} {self.name})"


NO_SYMBOL = Symbol("", "variable")
"""What names have before checking."""
ACCEPT = Symbol("accept", "state")
REJECT = Symbol("reject", "state")
"""The final states of every parser; they have no `decl`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span = field(compare=False, repr=False)


# ---------------------------------------------------------------- type references


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeNode(Node):
    resolved: Type = field(default=UNKNOWN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BaseTypeRef(TypeNode):
    """`int` is the integer without a width."""

    kind: Literal["bool", "error", "match_kind", "string", "int", "void"]


@dataclass(frozen=True, slots=True)
class BitsRef(TypeNode):
    kind: Literal["bit", "int", "varbit"]
    width: Expr | None
    """None in a plain `bit`, which is bit<1>."""


@dataclass(frozen=True, slots=True)
class NamedTypeRef(TypeNode):
    name: str
    args: tuple[TypeRef, ...] = ()
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class StackRef(TypeNode):
    element: TypeRef
    size: Expr


@dataclass(frozen=True, slots=True)
class TupleRef(TypeNode):
    kind: Literal["tuple", "list"]
    args: tuple[TypeRef, ...]


@dataclass(frozen=True, slots=True)
class AnyTypeRef(TypeNode):
    """`_` as a type argument."""


TypeRef = BaseTypeRef | BitsRef | NamedTypeRef | StackRef | TupleRef | AnyTypeRef

# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class ExprNode(Node):
    type: Type = field(default=UNKNOWN, compare=False, repr=False)
    value: Value | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IntLit(ExprNode):
    """`width` is None for a literal without one (`8w5` has width 8, `8s5` is also signed)."""

    number: int
    width: int | None = None
    signed: bool = False
    base: Literal[2, 8, 10, 16] = field(default=10, compare=False)


@dataclass(frozen=True, slots=True)
class BoolLit(ExprNode):
    truth: bool


@dataclass(frozen=True, slots=True)
class StringLit(ExprNode):
    text: str


@dataclass(frozen=True, slots=True)
class Name(ExprNode):
    name: str
    absolute: bool = False
    symbol: Symbol = field(default=NO_SYMBOL, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class This(ExprNode):
    pass


@dataclass(frozen=True, slots=True)
class TypeExpr(ExprNode):
    """A type where an expression stands: `error.NoMatch`, `Colour.RED`, `hdr_t.minSizeInBits()`, a constructor."""

    ref: TypeRef


@dataclass(frozen=True, slots=True)
class Select(ExprNode):
    """`base.name`: a field, an enum member (then `value` is set), `.next` and `.last` of a stack, `.apply`, ..."""

    base: Expr
    name: str
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Index(ExprNode):
    """An element of a stack or (with a constant index) of a tuple."""

    base: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class SliceExpr(ExprNode):
    """`base[hi:lo]`; the checker gives `hi` and `lo` a value.

    `base[lo+:width]` has `width` too, and `hi` is `lo + width - 1`. There `lo` needs no value that is known: the type
    says how many bits it takes."""

    base: Expr
    hi: Expr
    lo: Expr
    width: Expr | None = None


UnaryOp = Literal["!", "~", "-", "+"]
BinaryOp = Literal[
    "*", "/", "%", "+", "-", "|+|", "|-|", "<<", ">>", "++", "&", "^", "|",
    "==", "!=", "<", "<=", ">", ">=", "&&", "||",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unary(ExprNode):
    op: UnaryOp
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(ExprNode):
    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Ternary(ExprNode):
    cond: Expr
    then: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Cast(ExprNode):
    """`(target) operand`; `target` is None where the checker has put it."""

    target: TypeRef | None
    operand: Expr


@dataclass(frozen=True, slots=True)
class Arg(Node):
    name: str
    """Empty for a positional argument."""
    value: Expr | None
    """None for `_`, and for an optional parameter that is left out."""


@dataclass(frozen=True, slots=True)
class Call(ExprNode):
    """A call or (target `ConstructorTarget`) the instantiation of a nameless object."""

    func: Expr
    type_args: tuple[TypeRef, ...]
    args: tuple[Arg, ...]
    target: CallTarget | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListExpr(ExprNode):
    """`{ a, b }`, of tuple, list, struct, header or stack type."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class NamedField(Node):
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class StructExpr(ExprNode):
    """`{ a = 1, b = 2 }`; `rest` tells of a trailing `...`, which the checker resolves to default values."""

    fields: tuple[NamedField, ...]
    rest: bool = False


@dataclass(frozen=True, slots=True)
class DefaultExpr(ExprNode):
    """`...`: the default value of the type."""


@dataclass(frozen=True, slots=True)
class InvalidHeader(ExprNode):
    """`{#}`."""


@dataclass(frozen=True, slots=True)
class Range(ExprNode):
    """`lo .. hi` in a keyset, or in `for (x in lo .. hi)`; both ends belong to it."""

    lo: Expr
    hi: Expr


@dataclass(frozen=True, slots=True)
class Mask(ExprNode):
    """`number &&& mask` in a keyset."""

    number: Expr
    mask: Expr


@dataclass(frozen=True, slots=True)
class DontCare(ExprNode):
    """`_` or `default` in a keyset, or `default` in a switch."""

    keyword: Literal["_", "default"]


Expr = (
    IntLit | BoolLit | StringLit | Name | This | TypeExpr | Select | Index | SliceExpr | Unary | Binary | Ternary | Cast
    | Call | ListExpr | StructExpr | DefaultExpr | InvalidHeader | Range | Mask | DontCare
)  # fmt: skip
