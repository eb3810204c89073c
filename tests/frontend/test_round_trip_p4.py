"""Parsing what was printed gives the tree that was parsed, and printing that gives the same text."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing import ROOT, include_dirs, p4_files
from hypothesis import given, settings
from p4_texts import PROGRAMS

from cora.diagnostics import UserError
from cora.frontend import ast, parse_text
from cora.frontend.printer import print_program

WRONG = ("errors", "negative")
"""Folders of programs that may not parse."""


def check(tree: ast.Program) -> None:
    text = print_program(tree)
    again = parse_text(text)
    assert again == tree
    assert print_program(again) == text


@pytest.mark.parametrize("path", p4_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_programs_of_the_tree(path: Path) -> None:
    try:
        tree = parse_text(path.read_text(encoding="utf-8"), name=str(path), include_dirs=include_dirs(path))
    except UserError:
        assert any(part in WRONG for part in path.parts) or "begin" in path.stem or "end" in path.stem
        return
    check(tree)


@settings(max_examples=120, deadline=None)
@given(PROGRAMS)
def test_programs_from_the_grammar(text: str) -> None:
    check(parse_text(text))
