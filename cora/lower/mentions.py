"""Whether the user's own text names something of the architecture: what is never named need not be made ready for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from cora.frontend import ast


def mentions(program: ast.Program, *names: str) -> bool:
    """Whether one of the names (of a constant, function or enum member) is used outside of Cora's own includes."""
    own = (d for d in program.declarations if not d.span.source.name.startswith("<"))
    return any(name in names for declaration in own for name in _names(declaration))


def _names(node: object) -> Iterator[str]:
    match node:
        case tuple():
            for item in node:
                yield from _names(item)
        case ast.Node():
            if isinstance(node, ast.Name | ast.Select):
                yield node.name
            if is_dataclass(node):
                for f in fields(node):
                    if f.name not in ("span", "symbol", "type", "resolved"):
                        yield from _names(getattr(node, f.name))
        case _:
            pass
