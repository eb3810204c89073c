"""Gives the names of the program back to what p4c renamed.

Past parsing, p4c makes all names of a block unique by a number (`connections_0`), moves variables out to the block, and
writes every control-plane name out in full:

    @name("Main.connections") table connections_0 { ... }      becomes      table connections { ... }
    @name("Main.shown") table t_0 { ... }                      becomes      @name("shown") table t { ... }

A name comes back only where nothing else in the block has it: of two variables that the program calls the same, the
second one keeps p4c's name.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cora.frontend import ast
from cora.frontend.p4c.walk import rewrite, walk

_RENAMED = (
    ast.VarDecl | ast.ConstDecl | ast.Instantiation | ast.ActionDecl | ast.TableDecl | ast.FunctionDecl
    | ast.ValueSetDecl
)  # fmt: skip
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(_\d+)+")


def restore_names(program: ast.Program) -> ast.Program:
    return replace(
        program,
        declarations=tuple(
            _block(d) if isinstance(d, ast.ParserDecl | ast.ControlDecl) else d for d in program.declarations
        ),
    )


def written_name(decl: ast.Declared) -> str | None:
    """The name at the declaration's place in the source; None if p4c has made the declaration."""
    span = decl.name_span
    word = _WORD.match(span.source.text, span.start)
    return word[0] if word and _is_numbered(decl.name, word[0]) else None


def _is_numbered(name: str, original: str) -> bool:
    """`name` is `original`, perhaps with p4c's number."""
    return name == original or (name.startswith(original) and _NUMBER.fullmatch(name, len(original)) is not None)


def _control_plane_name(decl: ast.Declared, block: str) -> str | None:
    """What `@name` says, without the name of the block."""
    for a in decl.annotations:
        if a.name == "name" and a.strings:
            return a.strings[0].removeprefix(f"{block}.")
    return None


def _block(block: ast.ParserDecl | ast.ControlDecl) -> ast.ParserDecl | ast.ControlDecl:
    declared = [node for node in walk(block) if isinstance(node, _RENAMED)]
    new: dict[str, str] = {}
    taken = {name for node in walk(block) if (name := _name_of(node))}
    for decl in declared:
        shown = _control_plane_name(decl, block.name)
        short = (shown or "").removeprefix(".")
        original = short if short and _is_numbered(decl.name, short) else written_name(decl)
        if original is not None and original not in taken:
            taken.add(original)
            new[decl.name] = original

    def change(node: ast.Node) -> ast.Node:
        if isinstance(node, ast.Name | ast.ActionRef):
            return replace(node, name=new[node.name]) if node.name in new and not node.absolute else node
        if isinstance(node, _RENAMED):
            node = replace(node, name=new.get(node.name, node.name))
            return replace(node, annotations=_shortened(node, block.name))
        return node

    return rewrite(block, change)


def _name_of(node: ast.Node) -> str:
    """A name that this node uses or declares."""
    return node.name if isinstance(node, ast.Declared | ast.Name | ast.NamedTypeRef | ast.ActionRef) else ""


def _shortened(decl: ast.Declared, block: str) -> tuple[ast.Annotation, ...]:
    """The annotations with the `@name` that the program has, none if p4c has put it there."""
    shown = _control_plane_name(decl, block)
    if shown is None:
        return decl.annotations
    others = tuple(a for a in decl.annotations if a.name != "name")
    if shown == decl.name:
        return others
    at = next(a for a in decl.annotations if a.name == "name")
    return (*others, replace(at, tokens=f'"{shown}"', strings=(shown,)))
