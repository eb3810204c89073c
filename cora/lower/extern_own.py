"""Objects that an architecture of the user's own declares as PSA does: registers, counters, Internet checksums."""

from __future__ import annotations

from collections.abc import Mapping

from cora.frontend import ast
from cora.frontend import types as ty

_SHAPES: Mapping[str, tuple[frozenset[int], Mapping[str, int]]] = {
    "Register": (frozenset({1, 2}), {"read": 1, "write": 2}),
    "Counter": (frozenset({1, 2}), {"count": 1}),
    "InternetChecksum": (
        frozenset({0}),
        {"clear": 0, "add": 1, "subtract": 1, "get": 0, "get_state": 0, "set_state": 1},
    ),
}
"""By extern: how many parameters its constructor may have, and how many each method has."""


def declared_as_psa(typed: ast.TypedProgram, name: str) -> bool:
    """Whether the extern `name` is declared so that PSA's meaning fits it. It may lack methods."""
    symbol = typed.globals.get(name)
    decl = symbol.decl if symbol is not None else None
    if name not in _SHAPES or not isinstance(decl, ast.ExternDecl):
        return False
    constructors, methods = _SHAPES[name]
    if name == "Register" and not decl.type_params:
        return False
    return all(_fits(m, constructors, methods) for m in decl.methods)


def _fits(method: ast.MethodDecl, constructors: frozenset[int], methods: Mapping[str, int]) -> bool:
    if method.result is None:
        return len(method.params) in constructors and _is_size(method)
    gives = method.name in ("read", "get", "get_state")
    return (
        methods.get(method.name) == len(method.params)
        and isinstance(method.result.resolved, ty.Void) != gives
        and all(p.direction == "in" for p in method.params)
    )


def _is_size(constructor: ast.MethodDecl) -> bool:
    """A constructor's first parameter is a number, if it has one."""
    return not constructor.params or isinstance(constructor.params[0].type.resolved, ty.Bits | ty.TypeVar)
