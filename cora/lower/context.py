"""What the parts of lowering share: scopes, instances, and the state of the walk over the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from cora.diagnostics import Span, UserError, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Const, Expr, Header, Resume, SetValid, State, Var
from cora.lower.builder import Builder
from cora.lower.options import LowerOptions
from cora.lower.values import Record, Target, Value, chunks_of, fixed_fields, header_decl, place

# ---------------------------------------------------------------- instances


@dataclass(slots=True, eq=False)
class ObjectInst:
    """An instance of an extern: `args` are the values of its constructor's parameters (None where left out)."""

    extern: str
    name: str
    path: tuple[str, ...]
    type_args: tuple[ty.Type, ...]
    args: tuple[ast.Value | None, ...]
    span: Span
    annotations: tuple[ast.Annotation, ...] = ()
    state: str = ""
    """The IR state behind it, once there is one."""
    variable: Var | None = None
    """The IR variable behind it (an InternetChecksum's sum)."""
    gathered: tuple[Expr, ...] = ()
    """What a Checksum by a hash has been given since it was cleared, in this block: its values as they were then."""
    gathered_in: str = ""


@dataclass(slots=True, eq=False)
class BlockInst:
    """An instance of a parser or control with the objects in it."""

    decl: ast.ParserDecl | ast.ControlDecl
    path: tuple[str, ...]
    env: Env


@dataclass(slots=True, eq=False)
class TableInst:
    decl: ast.TableDecl
    path: tuple[str, ...]
    env: Env
    """The scope of its control: what its actions see."""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet_in or packet_out."""


Binding = Value | ObjectInst | BlockInst | TableInst | Packet


@dataclass(slots=True, eq=False)
class Env:
    """A scope: symbols compare by identity. `constants` holds the values of constructor parameters."""

    parent: Env | None = None
    bindings: dict[ast.Symbol, Binding] = field(default_factory=dict[ast.Symbol, Binding])
    constants: dict[ast.Symbol, ast.Value] = field(default_factory=dict[ast.Symbol, ast.Value])

    def find(self, symbol: ast.Symbol) -> Binding | None:
        env: Env | None = self
        while env is not None:
            if symbol in env.bindings:
                return env.bindings[symbol]
            env = env.parent
        return None

    def known(self) -> dict[ast.Symbol, ast.Value]:
        """The constructor parameters in sight, for `evaluate`."""
        above = {} if self.parent is None else self.parent.known()
        return above | self.constants

    def bind(self, symbol: ast.Symbol, binding: Binding) -> None:
        self.bindings[symbol] = binding


# ---------------------------------------------------------------- the walk


@dataclass(slots=True, eq=False)
class TableScope:
    """A table whose action is being lowered: what add_entry() and its like act on."""

    table: TableInst
    state: str
    key: tuple[Expr, ...]
    hit: bool
    """True in the action of a hit, False in the default action."""
    results: tuple[Var, ...]


@dataclass(slots=True, eq=False)
class Frame:
    """A body being inlined. `copy_out` runs whenever it ends, also by `exit`."""

    return_to: str
    result: Value | None = None
    copy_out: list[tuple[Target, Value]] = field(default_factory=list[tuple["Target", Value]])


@dataclass(slots=True, eq=False)
class Loop:
    break_to: str
    continue_to: str


@dataclass(slots=True, eq=False)
class ParserPoint:
    """The static part of a parser's situation on one path: what `next` of each stack is."""

    next_index: dict[str, int] = field(default_factory=dict[str, int])
    reject: Callable[[str], str] | None = None
    """The block that rejects the packet with an error code; None outside of parsers."""
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    """Elements of each stack that some path has moved."""

    def key(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self.next_index.items()))


@dataclass(slots=True, eq=False)
class Forwarding:
    """The variables by which the architecture's functions tell where the packet goes."""

    AGAIN: ClassVar[int] = 255

    verdict: Var
    port: Var
    reasons: list[str] = field(default_factory=list[str])
    """verdict 0: forward to `port`; verdict 1 + i: drop with reasons[i]; verdict AGAIN: another pass."""
    mirrors: tuple[tuple[Var, Var], ...] = tuple((Var(f"$mirror{i}", 1), Var(f"$session{i}", 16)) for i in range(4))
    """By slot: whether a copy was asked for, and the session that it goes to."""
    mirrored: bool = False
    recirculated: bool = False
    """Whether some call in the program asks for this."""

    def drop(self, reason: str) -> Const:
        if reason not in self.reasons:
            self.reasons.append(reason)
        return Const(1 + self.reasons.index(reason), self.verdict.width)


@dataclass(frozen=True, slots=True)
class Deferred:
    """A header that is emitted behind what comes later, where `pending` is 1 by then."""

    header: str
    pending: Var
    block: int
    """Where the program emits it: how many blocks were done, and how many operations of the next one."""
    op: int
    span: Span | None


@dataclass(slots=True, eq=False)
class Copies:
    """How a program asks for copies of a packet: it sets these, and the architecture makes them between its blocks."""

    session: Var
    """Of the clone that was asked for."""
    cloned: Var
    again: Var
    """Whether the packet is to come in again, by resubmit or recirculate."""
    kept: Var
    """Which of `lists` the copy keeps; the last request counts."""
    truncated: Var = Var("$truncated", 32)
    """How many bytes of the packet may leave at most; read only if `truncates`."""
    truncates: bool = False
    lists: list[tuple[str, tuple[Var, ...]]] = field(default_factory=list[tuple[str, tuple[Var, ...]]])
    """By number: what the list is called, and the variables that a copy with this list keeps."""
    metadata: Value | None = None
    """The user's metadata, whose fields name the lists that they belong to (@field_list)."""
    metadata_type: ty.Type = ty.UNKNOWN

    def list_number(self, name: str, keep: tuple[Var, ...]) -> Const:
        if (name, keep) not in self.lists:
            self.lists.append((name, keep))
        return Const(self.lists.index((name, keep)), self.kept.width)


@dataclass(slots=True, eq=False)
class Context:
    typed: ast.TypedProgram
    options: LowerOptions
    builder: Builder
    env: Env
    """The scope of the running block: its parameters, variables and objects."""
    call: Callable[[Context, ast.Call], Value]
    """Lowers a call (`cora.lower.calls`)."""
    run: Callable[[Context, ast.Statement], None]
    """Lowers a statement (`cora.lower.statements`)."""
    headers: dict[str, Header] = field(default_factory=dict[str, Header])
    states: dict[str, State] = field(default_factory=dict[str, State])
    """By qualified name."""
    qualified: dict[str, str] = field(default_factory=dict[str, str])
    """Qualified name -> the short name that the program asks for."""
    frames: list[Frame] = field(default_factory=list[Frame])
    loops: list[Loop] = field(default_factory=list[Loop])
    tables: list[TableScope] = field(default_factory=list[TableScope])
    reasons: list[str] = field(default_factory=list[str])
    """What the constants that actions were called with say of a drop, the innermost last; "" for nothing."""
    actions: list[str] = field(default_factory=list[str])
    """Names of the actions being inlined, the innermost last: they name the reasons of drops."""
    unrolled: dict[str, int] = field(default_factory=dict[str, int])
    """The variables of the loops being unrolled, in the turn at hand."""
    open_loops: int = 0
    """How many of the loops around end where the packet says."""
    exit_to: str = ""
    parser: ParserPoint = field(default_factory=ParserPoint)
    forwarding: Forwarding | None = None
    deferred: list[Deferred] | None = None
    """Collects what is emitted; None where it is emitted at once."""
    emitted: tuple[Deferred, ...] | None = None
    """In an egress parser: what it may read, in this order (`cora.lower.reparse`)."""
    resumes: list[Resume] = field(default_factory=list[Resume])
    """Where copies of packets enter."""
    copies: Copies | None = None
    """What the running pipeline has been told of copies; None where the architecture can't make any."""
    arch_place: Value | None = None
    """The architecture's metadata of the running block."""

    @property
    def reason(self) -> str:
        return self.reasons[-1] if self.reasons else ""

    @property
    def parser_error(self) -> Var:
        return Var("$parser_error", 8)

    @property
    def known(self) -> dict[ast.Symbol, ast.Value]:
        return self.env.known()

    def error_code(self, name: str) -> Const:
        return Const(self.typed.errors.index(name), 8)

    def declare(self, t: ty.Type, name: str, span: Span | None) -> Value:
        """New variables of a type, under a name of their own."""
        return place(t, self.builder.fresh(name), span)

    def header(self, record: Record, span: Span | None) -> str:
        """The name of a header that a header operation uses; the program declares it from then on."""
        if record.name not in self.headers:
            self.headers[record.name] = header_decl(record, span)
        return record.name

    def set_valid(self, record: Record, valid: bool, span: Span | None) -> None:
        assert isinstance(record.valid, Var)
        bits = sum(map(leaf_width, fixed_fields(record)))
        if bits % 8 or not bits:
            self.builder.assign(record.valid, Const(int(valid), 1))
        else:
            self.builder.emit(SetValid(self.header(record, span), valid))
        for chunk in () if valid else chunks_of(record):
            self.set_valid(chunk, False, span)

    def object(self, symbol: ast.Symbol) -> Binding:
        found = self.env.find(symbol)
        assert found is not None, f"{symbol} has no binding"
        return found


def leaf_width(leaf: Expr) -> int:
    assert isinstance(leaf, Var)
    return leaf.width


def unsupported(what: str, span: Span | None, help: str) -> UserError:
    """C0303: valid P4 that Cora can't lower yet."""
    return error("C0303", f"{what} is not supported yet", span, help=help)
