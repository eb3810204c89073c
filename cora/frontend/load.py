"""From a file or a text to a checked program: preprocessing, tokens, syntax, the architecture's generation, types."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from cora.diagnostics import Reporter, Source
from cora.frontend import ast
from cora.frontend.check import check_program
from cora.frontend.lexer import token_texts, tokenize
from cora.frontend.parse import parse_tokens
from cora.frontend.preprocess import preprocess, read_program

PNA_B = "CORA_PNA_B"
"""Defined for programs of PNA's second generation; see targets/p4/pna.p4."""


def load_program(
    path: Path, *, include_dirs: Iterable[Path] = (), defines: Iterable[str] = (), arch: Path | None = None
) -> ast.TypedProgram:
    """Reads and checks a P4 program; `arch` is the file of an architecture of the user's own. Raises `UserError`
    (C01xx, C02xx) with everything that is wrong in it."""
    return _load(read_program(path), path, tuple(include_dirs), tuple(defines), arch)


def load_text(text: str, *, name: str = "program.p4", defines: Iterable[str] = ()) -> ast.TypedProgram:
    """As `load_program`, for a program in memory."""
    return _load(Source(name, text), None, (), tuple(defines))


def parse_text(
    text: str, *, name: str = "program.p4", include_dirs: Iterable[Path] = (), defines: Iterable[str] = ()
) -> ast.Program:
    """The unchecked syntax tree of a text, includes and all."""
    with deep_recursion():
        return _parse(Source(name, text), None, tuple(include_dirs), tuple(defines))[0]


def _load(
    source: Source,
    path: Path | None,
    include_dirs: tuple[Path, ...],
    defines: tuple[str, ...],
    arch: Path | None = None,
) -> ast.TypedProgram:
    with deep_recursion():
        program, reporter = _parse(source, path, include_dirs, defines, arch)
        return check_program(program, Path(source.name).stem, reporter)


def _parse(
    source: Source,
    path: Path | None,
    include_dirs: tuple[Path, ...],
    defines: tuple[str, ...],
    arch: Path | None = None,
) -> tuple[ast.Program, Reporter]:
    reporter = Reporter()
    if arch is not None:
        read_program(arch)
    pre = preprocess(source, path, include_dirs, defines, arch)
    if PNA_B not in defines and _blocks_of_pna(token_texts(pre)) == 3:
        pre = preprocess(source, path, include_dirs, (*defines, PNA_B), arch)
    tokens = tokenize(pre, reporter)
    reporter.raise_if_errors()
    program = parse_tokens(tokens, reporter)
    reporter.raise_if_errors()
    return program, reporter


def _blocks_of_pna(texts: list[str]) -> int:
    """How many arguments the program gives to PNA_NIC; 0 if it doesn't mention it."""
    for i, text in enumerate(texts):
        if text == "PNA_NIC" and texts[max(0, i - 1)] != "package":
            return _count_arguments(texts, i + 1)
    return 0


def _count_arguments(texts: list[str], at: int) -> int:
    while at < len(texts) and texts[at] not in ("(", ";"):
        at += 1
    level, count = 0, 0
    for text in texts[at:]:
        if text in ("(", "{", "["):
            level += 1
        elif text in (")", "}", "]"):
            level -= 1
        elif level == 1:
            count = max(count, 1) + (text == ",")
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
