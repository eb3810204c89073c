"""P4's tokens, each with its place in the file that the user wrote.

The preprocessor moves things about (it shortens blanks, expands macros), so a token's column in its output means
nothing. For each line the tokens of the output are aligned with the tokens of the original line: what both have
stands where it stands; what a macro produced gets the place of what it replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from cora.diagnostics import Diagnostic, Reporter, Source, Span
from cora.frontend.preprocess import Preprocessed

TokenKind = Literal["name", "int", "string", "punct", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    span: Span
    glued: bool = False
    """Nothing stands between the previous token and this one (so that `>` `>` may be a shift)."""


_WORDS = """
    abstract action bit bool break const continue control default else enum error exit extern false for header
    header_union if in inout int list match_kind out package parser return select string struct switch table this
    transition true tuple typedef value_set varbit void _
"""
KEYWORDS = frozenset(_WORDS.split())
"""Reserved. `apply`, `key`, `actions`, `state`, `entries`, `type` and `priority` are names wherever no keyword fits."""

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\f\v]+)
  | (?P<newline>\n)
  | (?P<marker>^\#[ ](?:line[ ])?(?P<line>\d+)(?:[ ]+"(?P<file>(?:[^"\\\n]|\\.)*)")?[^\n]*)
  | (?P<pragma>^[ \t]*\#[ \t]*(?:pragma|line|ident)[^\n]*)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<int>[0-9][0-9a-zA-Z_]*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<punct>\{\#\}|\|\+\|=|\|-\|=|\|\+\||\|-\||&&&|\.\.\.|<<=|<<|\+\+|\+:|&&|\|\||==|!=|<=|>=|\.\.
      |\+=|-=|\*=|/=|%=|&=|\|=|\^=|[-+*/%&|^~!?:;,.@<>=(){}\[\]])
  | (?P<bad>.)
    """,
    re.X | re.M | re.S,
)


@dataclass(frozen=True, slots=True)
class _Raw:
    kind: str
    text: str
    start: int
    end: int
    glued: bool


def tokenize(pre: Preprocessed, reporter: Reporter) -> list[Token]:
    """The tokens of a preprocessed program, an `end` token last. Reports C0103 for what isn't a token."""
    tokens: list[Token] = []
    last = Span(Source("", ""), 0, 0)
    for source, line, raws in _lines(pre):
        spans = _align(source, line, raws, _by_line(source.text).get(line, []))
        for raw, span in zip(raws, spans, strict=True):
            last = span
            if raw.kind == "bad":
                if not any(d.span and d.span.source is source and d.span.line == line for d in reporter.diagnostics):
                    _report_bad(raw, span, reporter)
            else:
                tokens.append(Token(_kind(raw), raw.text, span, raw.glued))
    tokens.append(Token("end", "", Span(last.source, last.end, last.end)))
    return tokens


def token_texts(pre: Preprocessed) -> list[str]:
    """The tokens' texts alone."""
    groups = ("name", "int", "string", "punct", "bad")
    return [m[0] for m, _ in _scan(pre.text) if _group(m) in groups]


def _kind(raw: _Raw) -> TokenKind:
    match raw.kind:
        case "name":
            return "name"
        case "int":
            return "int"
        case "string":
            return "string"
        case _:
            return "punct"


def _report_bad(raw: _Raw, span: Span, reporter: Reporter) -> None:
    if raw.text == '"':
        text, help = "this string doesn't end on its line", 'close it with a " (a \\" inside it)'
    else:
        text, help = f"{raw.text!r} isn't part of P4", "remove it"
    reporter.report(Diagnostic("C0103", text, span, help=help))


def _scan(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    glued = False
    for m in _TOKEN.finditer(text):
        yield m, glued
        glued = m.lastgroup not in ("blank", "newline", "comment", "marker", "pragma")


def _group(m: re.Match[str]) -> str:
    return "marker" if m["marker"] is not None else m.lastgroup or "bad"


def _lines(pre: Preprocessed) -> Iterator[tuple[Source, int, list[_Raw]]]:
    """The output's tokens, in runs that come from one line of one file."""
    source, line = pre.sources.get("<stdin>"), 1
    run: list[_Raw] = []
    for m, glued in _scan(pre.text):
        group = _group(m)
        if group in ("newline", "marker", "comment") and run and (group != "comment" or "\n" in m[0]):
            yield source, line, run
            run = []
        match group:
            case "newline":
                line += 1
            case "marker":
                # The marker's own newline brings the count to the line that it names.
                line = int(m["line"]) - 1
                source = pre.sources.get(_unescape(m["file"])) if m["file"] else source
            case "comment":
                line += m[0].count("\n")
            case "blank" | "pragma":
                continue
            case _:
                run.append(_Raw(group, m[0], m.start(), m.end(), glued))
    if run:
        yield source, line, run


def _unescape(name: str) -> str:
    """A file name of a line marker; cpp writes other bytes than ASCII's as octal numbers."""

    def byte(m: re.Match[bytes]) -> bytes:
        return bytes([int(m[1], 8) & 255]) if len(m[1]) == 3 else m[1]

    return re.sub(rb"\\([0-7]{3}|.)", byte, name.encode()).decode("utf-8", "replace")


@lru_cache(maxsize=16)
def _by_line(text: str) -> dict[int, list[_Raw]]:
    lines: dict[int, list[_Raw]] = {}
    line = 1
    for m, glued in _scan(text):
        group = _group(m)
        if group in ("newline", "comment"):
            line += m[0].count("\n")
        elif group not in ("blank", "pragma", "marker"):
            lines.setdefault(line, []).append(_Raw(group, m[0], m.start(), m.end(), glued))
    return lines


def _align(source: Source, line: int, out: list[_Raw], original: list[_Raw]) -> list[Span]:
    """For each output token its span in the original line."""
    theirs, ours = [t.text for t in original], [t.text for t in out]
    if theirs == ours:
        return [Span(source, t.start, t.end) for t in original]
    spans: list[Span] = []
    for tag, a, b, x, y in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if tag == "equal":
            spans += [Span(source, t.start, t.end) for t in original[a:b]]
        else:
            spans += [_covering(source, line, original[a:b] or original[max(0, a - 1) : a + 1])] * (y - x)
    return spans


def _covering(source: Source, line: int, tokens: list[_Raw]) -> Span:
    """The span from the first of some original tokens to the last; of the line's start if there are none."""
    if tokens:
        return Span(source, tokens[0].start, tokens[-1].end)
    start = source.line_starts[max(1, min(line, len(source.line_starts))) - 1]
    return Span(source, start, start + 1)
