"""Generic functions: the body with the types of one call in the place of its type parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from cora.frontend import ast
from cora.frontend import types as ty
from cora.frontend.check.generics import substitute

_KEPT = frozenset(("span", "name_span", "state_span", "match_span", "symbol", "target", "proto"))
"""What no type variable can stand in, or what is shared by all calls: symbols compare by identity."""


def specialise(function: ast.FunctionDecl, call: ast.Call) -> ast.FunctionDecl:
    """The function for the types of a call. Without type parameters it is the function itself."""
    declared = function.symbol.type
    if not isinstance(declared, ty.FunctionType) or not declared.type_params:
        return function
    types = {v: ref.resolved for v, ref in zip(declared.type_params, call.type_args, strict=True)}
    return cast(ast.FunctionDecl, _rewrite(function, types))


def _rewrite(node: Any, types: Mapping[ty.TypeVar, ty.Type]) -> Any:
    if isinstance(node, tuple):
        return tuple(_rewrite(item, types) for item in cast("tuple[Any, ...]", node))
    if not isinstance(node, ast.Node) or not is_dataclass(node):
        return node
    changed: dict[str, Any] = {}
    for f in fields(node):
        value: Any = getattr(node, f.name)
        if f.name in _KEPT and not isinstance(node, ast.Assign):
            continue
        is_type = f.name == "resolved" or (f.name == "type" and isinstance(node, ast.ExprNode))
        new = substitute(value, types) if is_type else _rewrite(value, types)
        if new is not value:
            changed[f.name] = new
    return replace(node, **changed) if changed else node
