"""Which parameters may stand where (specification 6.8): directions, types, default values, `@optional`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cora.diagnostics import Diagnostic
from cora.frontend import ast, types
from cora.frontend.types import Type, show

Owner = Literal["constructor", "package", "block type", "extern method", "function", "action", "parser", "control"]
CONSTRUCTORS: tuple[Owner, ...] = ("constructor", "package")
"""Their arguments are known at compile time."""
_OPTIONAL: tuple[Owner, ...] = ("constructor", "package", "block type", "extern method")
"""Those that P4 doesn't implement: only they may have `@optional` parameters."""


def parameter_breaks(p: ast.Parameter, type_: Type, of: Owner) -> Iterator[Diagnostic]:
    """Diagnostics C0245 for what is wrong with a parameter of an `of`."""
    yield from _direction(p, type_, of)
    yield from _type(p, type_, of)
    optional = next((a for a in p.annotations if a.name == "optional"), None)
    if p.default is not None and p.direction in ("out", "inout"):
        yield Diagnostic(
            "C0245", f"the {p.direction!r} parameter {p.name!r} has a default value", p.default.span,
            help="only 'in' parameters and those without a direction have one",
        )  # fmt: skip
    if optional is not None and p.default is not None:
        yield Diagnostic(
            "C0245", f"{p.name!r} is @optional and has a default value", optional.span, help="keep one of them"
        )
    elif optional is not None and of not in _OPTIONAL:
        yield Diagnostic(
            "C0245", f"an @optional parameter of a {_named(of)}", optional.span,
            help="give it a default value; only externs, packages and types of blocks have @optional parameters",
        )  # fmt: skip


def _named(of: Owner) -> str:
    return f"{of} with a body" if of in ("parser", "control") else of


def _direction(p: ast.Parameter, type_: Type, of: Owner) -> Iterator[Diagnostic]:
    if not p.direction:
        return
    if of in CONSTRUCTORS:
        yield Diagnostic(
            "C0245", f"the parameter {p.name!r} of a {of} has the direction {p.direction!r}", p.span,
            help="leave the direction out: its argument is known at compile time",
        )  # fmt: skip
    elif isinstance(type_, types.ExternType):
        yield Diagnostic(
            "C0245", f"the parameter {p.name!r} is an object ({show(type_)}) and has the direction {p.direction!r}",
            p.span, help="leave the direction out: objects are passed as they are",
        )  # fmt: skip
    elif isinstance(type_, types.InfInt | types.String):
        yield Diagnostic(
            "C0245", f"the parameter {p.name!r} of type {show(type_)} has the direction {p.direction!r}", p.span,
            help="leave the direction out (such values are known at compile time), or use bit<N>",
        )  # fmt: skip


def _type(p: ast.Parameter, type_: Type, of: Owner) -> Iterator[Diagnostic]:
    in_action = of == "action" and isinstance(type_, types.ExternType | types.InfInt | types.String)
    block = of not in CONSTRUCTORS and isinstance(type_, types.BlockType | types.PackageType)
    if (in_action and not p.direction) or block or isinstance(type_, types.Void):
        yield Diagnostic(
            "C0245", f"a parameter of type {show(type_)} in {'an' if of[0] in 'ae' else 'a'} {of}", p.type.span,
            help="pass such things when instantiating: control C(...)(T object)" if block else "use another type",
        )  # fmt: skip
