"""From a file or a text to a checked program: preprocessing, tokens, syntax, the architecture's generation, types."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from cora.diagnostics import Reporter, Source
from cora.frontend import ast
from cora.frontend.check import check_program
from cora.frontend.lexer import Token, tokenize
from cora.frontend.parse import parse_tokens
from cora.frontend.preprocess import preprocess, read_program

PNA_B = "CORA_PNA_B"
"""Defined for programs of PNA's second generation; see targets/p4/pna.p4."""


def load_program(path: Path, *, include_dirs: Iterable[Path] = (), defines: Iterable[str] = ()) -> ast.TypedProgram:
    """Reads and checks a P4 program. Raises `UserError` (C01xx, C02xx) with everything that is wrong in it."""
    return _load(read_program(path), path, tuple(include_dirs), tuple(defines))


def load_text(text: str, *, name: str = "program.p4", defines: Iterable[str] = ()) -> ast.TypedProgram:
    """As `load_program`, for a program in memory."""
    return _load(Source(name, text), None, (), tuple(defines))


def parse_text(text: str, *, name: str = "program.p4", defines: Iterable[str] = ()) -> ast.Program:
    """The unchecked syntax tree of a text, includes and all."""
    with deep_recursion():
        return _parse(Source(name, text), None, (), tuple(defines))[0]


def _load(
    source: Source, path: Path | None, include_dirs: tuple[Path, ...], defines: tuple[str, ...]
) -> ast.TypedProgram:
    with deep_recursion():
        program, reporter = _parse(source, path, include_dirs, defines)
        return check_program(program, Path(source.name).stem, reporter)


def _parse(
    source: Source, path: Path | None, include_dirs: tuple[Path, ...], defines: tuple[str, ...]
) -> tuple[ast.Program, Reporter]:
    reporter = Reporter()
    tokens = _tokens(source, path, include_dirs, defines, reporter)
    if _blocks_of_pna(tokens) == 3 and PNA_B not in defines:
        reporter = Reporter()
        tokens = _tokens(source, path, include_dirs, (*defines, PNA_B), reporter)
    reporter.raise_if_errors()
    program = parse_tokens(tokens, reporter)
    reporter.raise_if_errors()
    return program, reporter


def _tokens(
    source: Source, path: Path | None, include_dirs: tuple[Path, ...], defines: tuple[str, ...], reporter: Reporter
) -> list[Token]:
    return tokenize(preprocess(source, path, include_dirs, defines), reporter)


def _blocks_of_pna(tokens: list[Token]) -> int:
    """How many arguments the program gives to PNA_NIC; 0 if it doesn't mention it."""
    for i, token in enumerate(tokens):
        declared = i > 0 and tokens[i - 1].text == "package"
        if token.text == "PNA_NIC" and token.kind == "name" and not declared:
            return _count_arguments(tokens, i + 1)
    return 0


def _count_arguments(tokens: list[Token], at: int) -> int:
    while at < len(tokens) and tokens[at].text not in ("(", ";"):
        at += 1
    level, count = 0, 0
    for token in tokens[at:]:
        if token.text in ("(", "{", "[") and token.kind == "punct":
            level += 1
            count = max(count, level == 1)
        elif token.text in (")", "}", "]") and token.kind == "punct":
            level -= 1
        elif token.text == "," and level == 1:
            count += 1
        if level == 0:
            break
    return count


@contextmanager
def deep_recursion() -> Generator[None, None, None]:
    """Room for trees as deep as the parser lets them be (`parse.base.MAX_DEPTH`)."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 10_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
