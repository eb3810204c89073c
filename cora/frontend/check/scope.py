"""Scopes of declared names, and what is known about externs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cora.frontend import ast
from cora.frontend.types import FunctionType, Type, TypeVar


@dataclass(slots=True)
class Scope:
    parent: Scope | None = None
    names: dict[str, ast.Symbol] = field(default_factory=dict[str, ast.Symbol])

    def lookup(self, name: str) -> ast.Symbol | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def visible(self) -> Iterator[ast.Symbol]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names.values()
            scope = scope.parent


@dataclass(frozen=True, slots=True)
class Proto:
    """One overload of a function, method or constructor: its checked declaration and its type."""

    decl: ast.MethodDecl
    type: FunctionType


@dataclass(frozen=True, slots=True)
class ExternInfo:
    type_params: tuple[TypeVar, ...]
    methods: dict[str, tuple[Proto, ...]]
    constructors: tuple[Proto, ...]


@dataclass(frozen=True, slots=True)
class Generic:
    """A declared type with its type parameters."""

    type: Type
    params: tuple[TypeVar, ...] = ()


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`did you mean 'x'?`, or an empty text if nothing is near."""
    pool = sorted({c for c in candidates if c and c != name})
    near = [c for c in pool if c.lower() == name.lower()] or difflib.get_close_matches(name, pool, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def are_given(number: int) -> str:
    return "1 is given" if number == 1 else f"{number} are given"
