"""What every part of the checker uses: the reporter, scopes, names."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field

from cora.diagnostics import Diagnostic, Label, Reporter, Severity, Span
from cora.frontend import ast
from cora.frontend.check.scope import ExternInfo, Generic, Proto, Scope, did_you_mean
from cora.frontend.types import UNKNOWN, Type, TypeVar

TYPE_KINDS = ("type", "type_variable", "extern", "parser", "control", "package")


@dataclass(slots=True)
class Place:
    """What the statement being checked stands in."""

    kind: str = ""
    """parser, control, action, function, or empty at the top level."""
    result: Type | None = None
    """Of the function."""
    loops: int = 0
    this: Type | None = None
    """Of the extern whose methods an object defines here."""


@dataclass(slots=True)
class Known:
    """Everything declared at the top level, by name."""

    generics: dict[ast.Symbol, Generic] = field(default_factory=dict[ast.Symbol, Generic])
    externs: dict[str, ExternInfo] = field(default_factory=dict[str, ExternInfo])
    functions: dict[str, tuple[Proto, ...]] = field(default_factory=dict[str, tuple[Proto, ...]])
    overloads: dict[ast.Symbol, tuple[ast.Symbol, ...]] = field(
        default_factory=dict[ast.Symbol, "tuple[ast.Symbol, ...]"]
    )
    """The function that a name finds -> all functions of the program with that name."""
    fields: dict[str, ast.FieldsDecl] = field(default_factory=dict[str, ast.FieldsDecl])
    errors: dict[str, Span] = field(default_factory=dict[str, Span])
    match_kinds: dict[str, Span] = field(default_factory=dict[str, Span])


class CheckerBase(ABC):
    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.globals = Scope()
        self.scope = self.globals
        self.known = Known()
        self.place = Place()
        self.later: dict[str, Span] = {}
        """Where names are declared that aren't known yet, for better advice."""
        self.checking: tuple[str, ...] = ()
        """The declarations being checked, the innermost last: they can't name themselves."""
        self._owners = itertools.count(1)

    # ---- reporting

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        *,
        help: str,
        label: str = "",
        notes: Iterable[Label] = (),
        severity: Severity = "error",
    ) -> None:
        diagnostic = Diagnostic(code, message, span, label, tuple(notes), help, severity)
        # Some references are looked at twice, by whoever finds out which kind of thing they name.
        if diagnostic not in self.reporter.diagnostics:
            self.reporter.report(diagnostic)

    def declared_note(self, symbol: ast.Symbol, text: str) -> tuple[Label, ...]:
        return () if symbol.span is None else (Label(symbol.span, text),)

    # ---- scopes

    @contextmanager
    def inside(self) -> Generator[None, None, None]:
        self.scope = Scope(self.scope)
        try:
            yield
        finally:
            assert self.scope.parent is not None
            self.scope = self.scope.parent

    @contextmanager
    def at_place(self, place: Place) -> Generator[None, None, None]:
        before, self.place = self.place, place
        try:
            yield
        finally:
            self.place = before

    def declare(self, kind: ast.SymbolKind, decl: ast.Declared, type_: Type = UNKNOWN) -> ast.Symbol:
        """A new symbol in the present scope. Reports C0202 if the name is taken there."""
        symbol = ast.Symbol(decl.name, kind, type_, decl, span=decl.name_span)
        before = self.scope.names.get(decl.name)
        if before is not None:
            self.report(
                "C0202", f"{decl.name!r} is declared twice", decl.name_span,
                notes=self.declared_note(before, "first declared here"), help="rename one of them",
            )  # fmt: skip
            if kind == "state" != before.kind:
                # Nobody can say which of the two a use means.
                symbol.type = UNKNOWN
        self.scope.names[decl.name] = symbol
        return symbol

    def find(self, name: str, span: Span, absolute: bool, what: str) -> ast.Symbol | None:
        """The symbol of a name. Reports C0201, with the nearest name, if there is none."""
        symbol = (self.globals if absolute else self.scope).lookup(name)
        if symbol is None:
            candidates = (s.name for s in self.scope.visible())
            otherwise = "declare it before this line: P4 knows only what stands above"
            help, notes = self.advice(name, candidates, otherwise)
            if name in self.known.errors and not notes:
                help = f"write error.{name}"
            self.report("C0201", f"there is no {what} {name!r} here", span, help=help, notes=notes)
        return symbol

    def advice(self, name: str, candidates: Iterable[str], otherwise: str) -> tuple[str, tuple[Label, ...]]:
        """What to do about an unknown name: a help text and a place to point at."""
        if name in self.later and name in self.checking:
            return "P4 has no recursion: nothing can use itself", (Label(self.later[name], "it is declared here"),)
        if name in self.later:
            return "move its declaration above this line", (Label(self.later[name], "declared only here"),)
        return did_you_mean(name, candidates) or otherwise, ()

    def type_vars(self, params: tuple[ast.TypeParam, ...]) -> tuple[TypeVar, ...]:
        """Declares type parameters in the present scope."""
        owner = next(self._owners)
        found: list[TypeVar] = []
        for p in params:
            var = TypeVar(p.name, owner)
            self.declare("type_variable", p, var)
            found.append(var)
        return tuple(found)

    def fresh(self, params: tuple[TypeVar, ...]) -> dict[TypeVar, TypeVar]:
        """New variables in the place of `params`, for one call."""
        owner = next(self._owners)
        return {p: TypeVar(p.name, owner) for p in params}

    def shown_place(self) -> str:
        where = self.place.kind or "declaration"
        return f"{'an' if where[0] in 'aeiou' else 'a'} {where}"

    def check_match_kind(self, name: str, span: Span) -> None:
        if name not in self.known.match_kinds:
            self.report(
                "C0233", f"there is no match kind {name!r}", span,
                help=did_you_mean(name, self.known.match_kinds)
                or f"the match kinds are {', '.join(self.known.match_kinds)}",
            )  # fmt: skip

    # ---- what the parts need of each other

    @abstractmethod
    def expr(self, e: ast.Expr) -> ast.Expr: ...

    @abstractmethod
    def static_int(self, e: ast.Expr, what: str) -> tuple[ast.Expr, int | None]: ...
