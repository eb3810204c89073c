"""Spans, carets and error codes: one module for P4, YAML and every other text that a user hands to Cora.

A `Source` is a text with a name. A `Span` is a range of it. A `Diagnostic` is what went wrong, where, and what to
do next; it carries a stable code (`C0123`, listed in `cora.error_catalog`). Code that meets a user's mistake raises
`UserError`, or collects diagnostics in a `Reporter` to report several at once.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "note"]


class Source:
    """A named text; offsets are 0-based characters, lines and columns are 1-based."""

    __slots__ = ("_line_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._line_starts: list[int] | None = None

    @property
    def line_starts(self) -> list[int]:
        if self._line_starts is None:
            self._line_starts = [0] + [i + 1 for i, c in enumerate(self.text) if c == "\n"]
        return self._line_starts

    def line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        start = self.line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.line_and_column(self.start)[0]

    def to(self, other: Span) -> Span:
        """The range from the start of this span to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        line, column = self.source.line_and_column(self.start)
        return f"{self.source.name}:{line}:{column}"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that belongs to a diagnostic ("first declared here")."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    code: str
    message: str
    span: Span | None = None
    label: str = ""
    """A few words under the carets."""
    notes: tuple[Label, ...] = ()
    help: str = ""
    """The next step for whoever reads this."""
    severity: Severity = "error"
    where: str = ""
    """A file name (and packet number, key, ...) for input that has no lines."""


class UserError(Exception):
    """An error in the input. The command line prints it and exits with status 1."""

    exit_status = 1

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics


def error(
    code: str,
    message: str,
    span: Span | None = None,
    *,
    label: str = "",
    notes: Iterable[Label] = (),
    help: str = "",
    where: str = "",
) -> UserError:
    """A `UserError` with one diagnostic, ready to raise."""
    return UserError(Diagnostic(code, message, span, label, tuple(notes), help, where=where))


@dataclass(slots=True)
class Reporter:
    """Collects diagnostics so that one run reports several errors."""

    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])
    limit: int = 20

    def report(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        if len(self.errors) >= self.limit:
            raise UserError(*self.diagnostics)

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self.diagnostics if d.severity == "error"]

    def raise_if_errors(self) -> None:
        if self.errors:
            raise UserError(*self.diagnostics)


def _excerpt(span: Span, label: str, gutter: int) -> list[str]:
    line, column = span.source.line_and_column(span.start)
    text = span.source.line_text(line)
    width = max(1, min(span.end, span.start + len(text) - column + 1) - span.start)
    pad = "".join("\t" if c == "\t" else " " for c in text[: column - 1])
    bar = " " * gutter
    carets = f"{bar} | {pad}{'^' * width} {label}".rstrip()
    return [f"{bar}--> {span}", f"{bar} |", f"{line:>{gutter}} | {text}".rstrip(), carets]


def render(diagnostic: Diagnostic) -> str:
    """The diagnostic for people: message, place, source line with carets, notes, help."""
    spans = [s for s in (diagnostic.span, *(n.span for n in diagnostic.notes)) if s is not None]
    gutter = max((len(str(s.line)) for s in spans), default=1)
    where = f"{diagnostic.where}: " if diagnostic.where and diagnostic.span is None else ""
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {where}{diagnostic.message}"]
    if diagnostic.span is not None:
        lines += _excerpt(diagnostic.span, diagnostic.label, gutter)
    for note in diagnostic.notes:
        lines += _excerpt(note.span, note.text, gutter)
    if diagnostic.help:
        lines.append(f"{' ' * gutter} = help: {diagnostic.help}")
    return "\n".join(lines)


def to_json(diagnostic: Diagnostic) -> str:
    """The diagnostic as one line of JSON, for editors and CI."""

    def place(span: Span | None) -> dict[str, object] | None:
        if span is None:
            return None
        line, column = span.source.line_and_column(span.start)
        end_line, end_column = span.source.line_and_column(span.end)
        return {
            "file": span.source.name,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
        }

    return json.dumps(
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "where": diagnostic.where,
            "span": place(diagnostic.span),
            "label": diagnostic.label,
            "notes": [{"span": place(n.span), "text": n.text} for n in diagnostic.notes],
            "help": diagnostic.help,
        }
    )
