"""Going through unchecked trees, and rewriting them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar, cast

from cora.frontend import ast

N = TypeVar("N", bound=ast.Node)


@cache
def _parts(kind: type[ast.Node]) -> tuple[str, ...]:
    """The fields that may hold nodes; what the checker adds is still empty and is left out."""
    added = {"span", "name_span", "match_span", "state_span", "symbol", "resolved"}
    if issubclass(kind, ast.ExprNode):
        added |= {"type", "value"}
    if issubclass(kind, ast.Call | ast.Instantiation):
        added |= {"target"}
    return tuple(f.name for f in fields(kind) if f.name not in added)


def walk(node: ast.Node) -> Iterator[ast.Node]:
    """The node and everything in it, from outside to inside and in the order of the text."""
    yield node
    for name in _parts(type(node)):
        for child in _children(getattr(node, name)):
            yield from walk(child)


def _children(part: object) -> Iterator[ast.Node]:
    if isinstance(part, ast.Node):
        yield part
    elif isinstance(part, tuple):
        yield from (item for item in cast(tuple[object, ...], part) if isinstance(item, ast.Node))


def rewrite(node: N, change: Callable[[ast.Node], ast.Node]) -> N:
    """The tree with `change` applied to every node, from inside to outside."""
    new: dict[str, Any] = {}
    for name in _parts(type(node)):
        part = getattr(node, name)
        if isinstance(part, ast.Node):
            done: object = rewrite(part, change)
        elif isinstance(part, tuple):
            items = cast(tuple[object, ...], part)
            done = tuple(rewrite(item, change) if isinstance(item, ast.Node) else item for item in items)
            if all(a is b for a, b in zip(items, done, strict=True)):
                done = items
        else:
            continue
        if done is not part:
            new[name] = done
    return cast(N, change(replace(node, **new) if new else node))
