"""Lines of C with indentation, and comments that name the P4 lines that they come from."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import PurePath

from cora.diagnostics import Span


class Writer:
    """Collects lines. `at` puts the P4 line that follows in a comment, once for a run of code of the same line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 0
        self._line: tuple[str, int] | None = None

    def __call__(self, text: str = "") -> None:
        self.lines.append("\t" * self._depth + text if text else "")

    def label(self, name: str) -> None:
        """A label, at the left margin; the next source line is named again."""
        self.lines.append(f"{name}:;")
        self._line = None

    @contextmanager
    def block(self, head: str = "") -> Generator[None]:
        self(f"{head} {{" if head else "{")
        self._depth += 1
        yield
        self._depth -= 1
        self("}")

    def at(self, span: Span | None) -> None:
        if span is None or self._line == (span.source.name, span.line):
            return
        self._line = (span.source.name, span.line)
        text = " ".join(span.source.line_text(span.line).split()).replace("*/", "* /").replace("/*", "/ *")
        self(f"/* {PurePath(span.source.name).name}:{span.line}: {text} */")

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"
