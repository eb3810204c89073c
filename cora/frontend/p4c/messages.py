"""p4c's messages as Cora's diagnostics.

    bad.p4(7): [--Werror=not-found] error: two: declaration not found
        state start { transition select(h.h.a) { 1: two; default: accept; } }
                                                    ^^^

The source line and the carets follow the message; a second place is FILE(LINE) on a line of its own with an excerpt of
its own. Syntax errors have no slug, what concerns no line has no place, and the preprocessor writes FILE:LINE:COLUMN.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from cora.diagnostics import Diagnostic, Label, Severity, Source, Span

_PLACE = re.compile(r"^(?P<file>\S.*?)\((?P<line>\d+)\)(?P<colon>:?)\s*(?P<rest>.*)$")
_CPP = re.compile(r"^(?P<file>[^\s:]+):(?P<line>\d+):(?:\d+:)?\s*(?:fatal )?(?P<rest>(?:error|warning): .*)$")
_MESSAGE = re.compile(r"^(?:\[--W\w+=(?P<slug>[\w-]+)\]\s*)?(?:(?P<level>error|warning|info):\s*)?(?P<text>.*)$", re.S)
_COUNT = re.compile(r"^\d+ (?:errors?|warnings?) (?:encountered|detected)|^Overall ")
_CARETS = re.compile(r"^\s*\^[\^~\s]*$")


@dataclass
class _Message:
    level: str
    text: str
    slug: str
    file: str = ""
    line: int = 0
    span: Span | None = None
    notes: list[Label] = field(default_factory=list[Label])

    def diagnostic(self) -> Diagnostic:
        severity: Severity = "warning" if self.level == "warning" else "error"
        label = f"p4c: {self.slug}" if self.slug else "p4c"
        where = f"{self.file}:{self.line}" if self.file and self.span is None else ""
        help = "" if self.span is not None else f"{label} says so; it gave no excerpt"
        code = "C0121" if severity == "warning" else "C0120"
        return Diagnostic(code, self.text, self.span, label, tuple(self.notes), help, severity, where)


def read_messages(text: str, read_source: Callable[[str], Source]) -> list[Diagnostic]:
    """The errors and warnings in what p4c wrote to stderr, in its order."""
    lines = text.splitlines()
    found: list[_Message] = []
    at = 0
    while at < len(lines):
        place, message = _header(lines[at])
        at += 1
        if place is None and message is None:
            continue
        span = None
        if place is not None:
            excerpt = lines[at : at + 2]
            span = _span(place, excerpt, read_source)
            at += 2 if _has_carets(excerpt) else 0
        if message is not None:
            message.span = span
            found.append(message)
        elif found and span is not None:
            found[-1].notes.append(Label(span, "this place, too"))
    return [m.diagnostic() for m in found if m.level != "info"]


def _header(line: str) -> tuple[re.Match[str] | None, _Message | None]:
    """The place and the message of a line; a place alone is a second place; neither is any other line."""
    place = _CPP.match(line) or _PLACE.match(line)
    rest = place["rest"] if place else line
    parts = _MESSAGE.match(rest)
    assert parts is not None  # all its parts are optional
    level = parts["level"] or ("error" if parts["slug"] or parts["text"].startswith("syntax error") else "")
    if not level:
        alone = place is not None and not rest
        return (place, None) if alone else (None, None)
    if _COUNT.match(parts["text"]):
        return None, None
    message = _Message(level, parts["text"], parts["slug"] or "")
    if place is not None:
        message.file, message.line = place["file"], int(place["line"])
    return place, message


def _has_carets(excerpt: list[str]) -> bool:
    return len(excerpt) == 2 and _CARETS.match(excerpt[1]) is not None


def _span(place: re.Match[str], excerpt: list[str], read_source: Callable[[str], Source]) -> Span | None:
    """The characters over the carets, or the line; in the file if it has that line, else in what p4c shows of it."""
    line = int(place["line"])
    source = read_source(place["file"])
    if _has_carets(excerpt):
        shown, carets = excerpt
        start, length = carets.index("^"), carets.count("^")
        if not 0 < line <= len(source.line_starts) or source.line_text(line).rstrip() != shown.rstrip():
            source = Source(place["file"], "\n" * (line - 1) + shown)
        first = source.line_starts[line - 1]
        return Span(source, min(first + start, len(source.text)), min(first + start + length, len(source.text)))
    if not source.text or not 0 < line <= len(source.line_starts):
        return None
    text = source.line_text(line)
    first = source.line_starts[line - 1]
    return Span(source, first + len(text) - len(text.lstrip()), first + len(text.rstrip()))
