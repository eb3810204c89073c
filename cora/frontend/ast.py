"""The syntax tree of P4-16 (specification 1.2.5), before and after checking: one set of nodes.

The parser builds it without types. The checker returns a rewritten tree (`TypedProgram.program`) in which

- every expression has its resolved `type`, and `value` if it is known at compile time (a bit<w> is 0..2^w-1, an int<w>
  is signed, an enum member or error is a `Member`, a list or struct is a tuple of values);
- every implicit conversion is an explicit `Cast` with `target=None`, so that both sides of an operator and of an
  assignment have one type; integer literals have the width that their context gave them (type `Bits`, and `value`);
  a list or struct literal has the type that it initialises, its items cast, `...` gone, fields in the type's order;
- every name carries the `Symbol` of its declaration: symbols compare by identity, all uses of one declaration have the
  same one, and `symbol.decl` is the checked declaration (also of parameters, variables and states);
- every call has a `target` (`CallTarget`) and its arguments in the order of the parameters, one each: named ones moved,
  defaults filled in, `Arg.value` None for an optional parameter that is left out and for `_`; `type_args` are complete
  (`type_args[i].resolved`), given or inferred;
- compound assignments are plain ones (`x += e` is `x = x + e`), so `Assign.op` is "";
- type references keep their syntax and have the `resolved` type.

Constructor parameters and what depends on them aren't known until a block is instantiated: they have no `value`;
`cora.frontend.consteval.evaluate(expr, {symbol: value})` computes them. Equality of nodes ignores spans and what the
checker adds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cora.diagnostics import Diagnostic, Span
from cora.frontend.ast_expressions import ACCEPT as ACCEPT
from cora.frontend.ast_expressions import NO_SYMBOL as NO_SYMBOL
from cora.frontend.ast_expressions import REJECT as REJECT
from cora.frontend.ast_expressions import AnyTypeRef as AnyTypeRef
from cora.frontend.ast_expressions import Arg as Arg
from cora.frontend.ast_expressions import BaseTypeRef as BaseTypeRef
from cora.frontend.ast_expressions import Binary as Binary
from cora.frontend.ast_expressions import BinaryOp as BinaryOp
from cora.frontend.ast_expressions import BitsRef as BitsRef
from cora.frontend.ast_expressions import BoolLit as BoolLit
from cora.frontend.ast_expressions import Call as Call
from cora.frontend.ast_expressions import Cast as Cast
from cora.frontend.ast_expressions import DefaultExpr as DefaultExpr
from cora.frontend.ast_expressions import DontCare as DontCare
from cora.frontend.ast_expressions import Expr as Expr
from cora.frontend.ast_expressions import ExprNode as ExprNode
from cora.frontend.ast_expressions import Index as Index
from cora.frontend.ast_expressions import IntLit as IntLit
from cora.frontend.ast_expressions import InvalidHeader as InvalidHeader
from cora.frontend.ast_expressions import ListExpr as ListExpr
from cora.frontend.ast_expressions import Mask as Mask
from cora.frontend.ast_expressions import Member as Member
from cora.frontend.ast_expressions import Name as Name
from cora.frontend.ast_expressions import NamedField as NamedField
from cora.frontend.ast_expressions import NamedTypeRef as NamedTypeRef
from cora.frontend.ast_expressions import Node as Node
from cora.frontend.ast_expressions import Range as Range
from cora.frontend.ast_expressions import Select as Select
from cora.frontend.ast_expressions import SliceExpr as SliceExpr
from cora.frontend.ast_expressions import StackRef as StackRef
from cora.frontend.ast_expressions import StringLit as StringLit
from cora.frontend.ast_expressions import StructExpr as StructExpr
from cora.frontend.ast_expressions import Symbol as Symbol
from cora.frontend.ast_expressions import SymbolKind as SymbolKind
from cora.frontend.ast_expressions import Ternary as Ternary
from cora.frontend.ast_expressions import This as This
from cora.frontend.ast_expressions import TupleRef as TupleRef
from cora.frontend.ast_expressions import TypeExpr as TypeExpr
from cora.frontend.ast_expressions import TypeNode as TypeNode
from cora.frontend.ast_expressions import TypeRef as TypeRef
from cora.frontend.ast_expressions import Unary as Unary
from cora.frontend.ast_expressions import UnaryOp as UnaryOp
from cora.frontend.ast_expressions import Value as Value
from cora.frontend.types import BlockType, Direction

# ---------------------------------------------------------------- what a call calls


@dataclass(frozen=True, slots=True)
class FunctionTarget:
    """A function of the program (`symbol.decl` is a `FunctionDecl`) or a direct call of an action (`ActionDecl`)."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class ExternTarget:
    """An extern function: `proto` says which overload."""

    name: str
    proto: MethodDecl


@dataclass(frozen=True, slots=True)
class MethodTarget:
    """A method of an extern instance or parameter (packet_in, packet_out, Register ...): `owner` is the object."""

    owner: Expr
    extern: str
    method: str
    proto: MethodDecl


@dataclass(frozen=True, slots=True)
class BuiltinTarget:
    """isValid, setValid, setInvalid, push_front, pop_front, and minSizeInBits, maxSizeInBytes and the like."""

    owner: Expr
    method: str


@dataclass(frozen=True, slots=True)
class TableTarget:
    """`t.apply()`."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class BlockTarget:
    """`c.apply(...)` of an instance (`symbol.decl` is an `Instantiation`) or, `C.apply(...)`, of a block's type: then
    `symbol` is None. `block` is the symbol of the ParserDecl or ControlDecl."""

    symbol: Symbol | None
    block: Symbol


@dataclass(frozen=True, slots=True)
class ConstructorTarget:
    """`P()` makes a parser, control or package (`symbol`), `Hash<bit<16>>(...)` an extern (`proto` its constructor)."""

    symbol: Symbol
    proto: MethodDecl | None = None


CallTarget = (
    FunctionTarget | ExternTarget | MethodTarget | BuiltinTarget | TableTarget | BlockTarget | ConstructorTarget
)  # fmt: skip

# ---------------------------------------------------------------- annotations and declarations' common part


@dataclass(frozen=True, slots=True)
class Annotation(Node):
    """`@name`, `@name(text)` or `@name[expressions or key = value pairs]`; `tokens` is the body as written, with one
    blank between tokens; `strings` are its string literals, decoded."""

    name: str
    tokens: str = ""
    strings: tuple[str, ...] = ()
    brackets: Literal["", "(", "["] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Node):
    """What all declarations have. `name_span` is where the name stands."""

    name: str
    name_span: Span = field(compare=False, repr=False)
    annotations: tuple[Annotation, ...] = ()
    symbol: Symbol = field(default=NO_SYMBOL, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter(Declared):
    direction: Direction
    type: TypeRef
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class TypeParam(Declared):
    pass


# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`op` is "" for `=`, else the operator of a compound assignment ("+" for `+=`)."""

    target: Expr
    op: BinaryOp | Literal[""]
    value: Expr


@dataclass(frozen=True, slots=True)
class CallStmt(Node):
    call: Call


@dataclass(frozen=True, slots=True)
class Block(Node):
    statements: tuple[Statement, ...]
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class If(Node):
    cond: Expr
    then: Statement
    orelse: Statement | None = None


@dataclass(frozen=True, slots=True)
class Empty(Node):
    pass


@dataclass(frozen=True, slots=True)
class Exit(Node):
    pass


@dataclass(frozen=True, slots=True)
class Return(Node):
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class Break(Node):
    pass


@dataclass(frozen=True, slots=True)
class Continue(Node):
    pass


@dataclass(frozen=True, slots=True)
class SwitchCase(Node):
    """`body` is None when the case falls through to the next one. On `t.apply().action_run` the label is a `Name` of an
    action; otherwise a constant expression; or `DontCare("default")`."""

    label: Expr
    body: Block | None


@dataclass(frozen=True, slots=True)
class Switch(Node):
    subject: Expr
    cases: tuple[SwitchCase, ...]


@dataclass(frozen=True, slots=True)
class For(Node):
    init: tuple[Statement, ...]
    cond: Expr
    update: tuple[Statement, ...]
    body: Statement
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class ForIn(Node):
    """`for (bit<8> x in 1 .. 5) body`, or over a header stack or list."""

    var: VarDecl
    over: Expr
    body: Statement
    annotations: tuple[Annotation, ...] = ()


# ---------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class VarDecl(Declared):
    type: TypeRef
    init: Expr | None = None


@dataclass(frozen=True, slots=True)
class ConstDecl(Declared):
    type: TypeRef
    init: Expr


@dataclass(frozen=True, slots=True)
class Instantiation(Declared):
    """`T<..>(args) name;`; `target` is a `ConstructorTarget` after checking, `args` are in order as for calls.
    `body` holds the abstract methods that an object initialiser defines."""

    type: TypeRef
    args: tuple[Arg, ...]
    body: tuple[FunctionDecl | Instantiation, ...] = ()
    target: ConstructorTarget | None = field(default=None, compare=False, repr=False)


Statement = (
    Assign | CallStmt | Block | If | Empty | Exit | Return | Break | Continue | Switch | For | ForIn
    | VarDecl | ConstDecl | Instantiation
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MethodDecl(Declared):
    """The prototype of an extern function, of a method, or (`result` None) of a constructor."""

    type_params: tuple[TypeParam, ...]
    params: tuple[Parameter, ...]
    result: TypeRef | None
    abstract: bool = False


@dataclass(frozen=True, slots=True)
class ExternDecl(Declared):
    type_params: tuple[TypeParam, ...]
    methods: tuple[MethodDecl, ...]


@dataclass(frozen=True, slots=True)
class ExternFunctionDecl(Declared):
    proto: MethodDecl


@dataclass(frozen=True, slots=True)
class FunctionDecl(Declared):
    type_params: tuple[TypeParam, ...]
    params: tuple[Parameter, ...]
    result: TypeRef
    body: Block


@dataclass(frozen=True, slots=True)
class ActionDecl(Declared):
    """Parameters without a direction come from the control plane (or the table's entries)."""

    params: tuple[Parameter, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class KeyElement(Node):
    expr: Expr
    match_kind: str
    match_span: Span = field(compare=False, repr=False)
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionRef(Node):
    """An action in `actions` or after `default_action =` or in an entry. `args` fill its first parameters (those with a
    direction in `actions`, all of them elsewhere); `symbol` is the action's."""

    name: str
    args: tuple[Arg, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    absolute: bool = False
    symbol: Symbol = field(default=NO_SYMBOL, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TableEntry(Node):
    """`keys` has one keyset a key field: an expression, `Range`, `Mask` or `DontCare`."""

    keys: tuple[Expr, ...]
    action: ActionRef
    priority: Expr | None = None
    const: bool = False
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class TableProperty(Node):
    """Every property other than key, actions, entries and default_action (`size`, `add_on_miss`, ...)."""

    name: str
    value: Expr
    const: bool = False
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class TableDecl(Declared):
    key: tuple[KeyElement, ...]
    actions: tuple[ActionRef, ...]
    default_action: ActionRef | None = None
    const_default: bool = False
    entries: tuple[TableEntry, ...] | None = None
    const_entries: bool = False
    properties: tuple[TableProperty, ...] = ()
    lists_actions: bool = True
    """Whether it has the property `actions` at all; the list may be empty."""

    def property(self, name: str) -> TableProperty | None:
        return next((p for p in self.properties if p.name == name), None)


@dataclass(frozen=True, slots=True)
class ValueSetDecl(Declared):
    type: TypeRef
    size: Expr


@dataclass(frozen=True, slots=True)
class SelectCase(Node):
    """`keys` has one keyset a selected expression (one `DontCare` stands for any number)."""

    keys: tuple[Expr, ...]
    state: str
    state_span: Span = field(compare=False, repr=False)
    symbol: Symbol = field(default=NO_SYMBOL, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Goto(Node):
    """`transition state;` (also `accept` and `reject`, whose symbols have no decl)."""

    state: str
    symbol: Symbol = field(default=NO_SYMBOL, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SelectTransition(Node):
    exprs: tuple[Expr, ...]
    cases: tuple[SelectCase, ...]


@dataclass(frozen=True, slots=True)
class ParserState(Declared):
    """Without a transition a state goes to reject."""

    statements: tuple[Statement, ...]
    transition: Goto | SelectTransition | None


ParserLocal = VarDecl | ConstDecl | Instantiation | ValueSetDecl
ControlLocal = VarDecl | ConstDecl | Instantiation | ActionDecl | TableDecl | FunctionDecl


@dataclass(frozen=True, slots=True)
class ParserDecl(Declared):
    type_params: tuple[TypeParam, ...]
    params: tuple[Parameter, ...]
    constructor: tuple[Parameter, ...]
    locals: tuple[ParserLocal, ...]
    states: tuple[ParserState, ...]


@dataclass(frozen=True, slots=True)
class ControlDecl(Declared):
    type_params: tuple[TypeParam, ...]
    params: tuple[Parameter, ...]
    constructor: tuple[Parameter, ...]
    locals: tuple[ControlLocal, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class BlockTypeDecl(Declared):
    """`parser P<..>(..);` or `control C<..>(..);`: the type of an architecture's block."""

    kind: Literal["parser", "control"]
    type_params: tuple[TypeParam, ...]
    params: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class PackageDecl(Declared):
    type_params: tuple[TypeParam, ...]
    params: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class StructField(Declared):
    type: TypeRef


@dataclass(frozen=True, slots=True)
class FieldsDecl(Declared):
    """A struct, header or header union."""

    kind: Literal["struct", "header", "header_union"]
    type_params: tuple[TypeParam, ...]
    fields: tuple[StructField, ...]


@dataclass(frozen=True, slots=True)
class EnumMember(Declared):
    init: Expr | None = None


@dataclass(frozen=True, slots=True)
class EnumDecl(Declared):
    underlying: TypeRef | None
    members: tuple[EnumMember, ...]


@dataclass(frozen=True, slots=True)
class IdentsDecl(Declared):
    """`error { ... }` or `match_kind { ... }`; the name is the keyword."""

    members: tuple[EnumMember, ...]


@dataclass(frozen=True, slots=True)
class TypedefDecl(Declared):
    """`typedef T name;`, or with `new` `type T name;`."""

    type: TypeRef
    new: bool = False


Declaration = (
    ConstDecl | Instantiation | ExternDecl | ExternFunctionDecl | FunctionDecl | ActionDecl | ParserDecl | ControlDecl
    | BlockTypeDecl | PackageDecl | FieldsDecl | EnumDecl | IdentsDecl | TypedefDecl | ValueSetDecl
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Program(Node):
    declarations: tuple[Declaration, ...]


# ---------------------------------------------------------------- the result of checking

Arch = Literal["pna-a", "pna-b", "psa", "v1model", "ebpf", "ubpf", "xdp", "own", "other"]
"""`own`: an architecture that says by annotations how its blocks run (`cora.lower.own`); `other`: one that doesn't, or
no `main` at all: checked, not lowered."""


@dataclass(frozen=True, slots=True)
class BoundBlock:
    """A block of the architecture and what the program gave for it. `role` is the name of the package's parameter."""

    role: str
    block: ParserDecl | ControlDecl
    args: tuple[Arg, ...]
    """Of the block's constructor, in the order of `block.constructor`."""
    type: BlockType
    """The architecture's type of it, with the package's type arguments put in."""


@dataclass(frozen=True, slots=True)
class TypedProgram:
    name: str
    """The file's name without its ending."""
    arch: Arch
    program: Program
    main: Instantiation | None
    """None for a program without one: a library of types, parsers and controls."""
    blocks: tuple[BoundBlock, ...]
    """In the order of the package's parameters, and of those of the packages among them (PSA's pipelines)."""
    globals: dict[str, Symbol]
    errors: tuple[str, ...]
    """The error codes in the order of their declaration; NoError is 0."""
    warnings: tuple[Diagnostic, ...] = ()

    def block(self, role: str) -> BoundBlock:
        return next(b for b in self.blocks if b.role == role)
