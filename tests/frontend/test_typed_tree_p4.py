"""What `cora.frontend.ast` promises of checked trees, for every node of whole programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from cora.frontend import ast, load_program
from cora.frontend.check.generics import mentions
from cora.frontend.types import UNKNOWN, InfInt, TypeVar

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAMS = sorted([*(Path(__file__).parent / "programs").glob("*.p4"), *REPOSITORY.glob("nf_programs/*/*.p4")])


def nodes(node: object) -> Iterator[ast.Node]:
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif isinstance(node, ast.Node):
        yield node
        for f in dataclasses.fields(node):
            if f.name != "target" or isinstance(node, ast.Assign | ast.Cast):
                yield from nodes(getattr(node, f.name))


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda p: p.stem)
def program(request: pytest.FixtureRequest) -> ast.TypedProgram:
    return load_program(request.param)


def test_every_expression_has_a_type(program: ast.TypedProgram) -> None:
    for node in nodes(program.program):
        if isinstance(node, ast.ExprNode) and not isinstance(node, ast.DontCare):
            assert node.type != UNKNOWN, f"{node.span}: {node}"


def test_only_constants_are_without_a_width(program: ast.TypedProgram) -> None:
    for node in nodes(program.program):
        if isinstance(node, ast.ExprNode) and mentions(node.type, InfInt):
            assert node.value is not None, f"{node.span}: {node}"


def test_every_name_has_its_symbol(program: ast.TypedProgram) -> None:
    for node in nodes(program.program):
        if isinstance(node, ast.Name | ast.SelectCase | ast.Goto | ast.ActionRef):
            assert node.symbol is not ast.NO_SYMBOL, f"{node.span}: {node}"
            final = node.symbol in (ast.ACCEPT, ast.REJECT)
            assert final or node.symbol.decl is not None


def test_every_call_has_its_target_and_all_arguments(program: ast.TypedProgram) -> None:
    for node in nodes(program.program):
        if isinstance(node, ast.Call):
            assert node.target is not None, f"{node.span}: {node}"
            assert all(a.name for a in node.args)
            assert all(t.resolved != UNKNOWN for t in node.type_args)
        if isinstance(node, ast.Assign):
            assert node.op == ""
            assert node.target.type == node.value.type or isinstance(node.target.type, TypeVar)


def test_declarations_are_those_of_their_symbols(program: ast.TypedProgram) -> None:
    for name, symbol in program.globals.items():
        assert symbol.name == name
        assert symbol.decl is None or any(symbol.decl is d for d in program.program.declarations)
