"""YAML with the place of every value: `Yaml` wraps a composed node and reads typed values, so that each mistake gets
its line and carets. Used for nf.yaml and entries.yaml; codes C0401 to C0406."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cora.diagnostics import Source, Span, UserError, error


def nearest(word: str, known: Iterable[str]) -> str:
    """A help text: the known word that was probably meant, or all of them."""
    known = list(known)
    by_last_part = {name.rpartition(".")[2]: name for name in known}
    close = difflib.get_close_matches(word, known, 1) or difflib.get_close_matches(word, by_last_part, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(known)}" if known else "nothing is known here"


@dataclass(frozen=True, slots=True)
class Yaml:
    """A node and the text it stands in; `what` names it in messages ("`ports.inside`")."""

    source: Source
    node: yaml.Node
    what: str

    @property
    def span(self) -> Span:
        """The node, or its first line if it has several."""
        start, end = self.node.start_mark, self.node.end_mark
        last = end.index
        if end.line != start.line:
            newline = self.source.text.find("\n", start.index)
            last = newline if newline >= 0 else len(self.source.text)
        return Span(self.source, start.index, max(last, start.index + 1))

    def fail(self, code: str, message: str, help: str) -> UserError:
        return error(code, message, self.span, help=help)

    def child(self, node: yaml.Node, name: str) -> Yaml:
        return Yaml(self.source, node, f"{self.what}.{name}" if self.what else name)

    # ------------------------------------------------------------ collections

    def items(self) -> Iterator[tuple[Yaml, Yaml]]:
        """Keys and values of a mapping; C0403 if it is none, C0402 if a key stands twice."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fail("C0403", f"{self.title} must be a mapping", "write `name: value` lines")
        seen: set[str] = set()
        for key, value in self.node.value:
            word = Yaml(self.source, key, f"a key of {self.title}")
            name = word.text()
            if name in seen:
                raise word.fail("C0402", f"{name!r} stands twice in {self.title}", "remove one of the two")
            seen.add(name)
            yield word, self.child(value, name)

    def mapping(self) -> dict[str, Yaml]:
        return {key.text(): value for key, value in self.items()}

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Yaml]:
        """A mapping with known keys: C0402 for an unknown one, C0404 for a missing one."""
        required = tuple(required)
        known = (*required, *optional)
        found: dict[str, Yaml] = {}
        for key, value in self.items():
            name = key.text()
            if name not in known:
                raise key.fail("C0402", f"{self.title} has no key {name!r}", nearest(name, known))
            found[name] = value
        for name in required:
            if name not in found:
                raise self.fail("C0404", f"{self.title} lacks `{name}`", f"add `{name}: ...`")
        return found

    def sequence(self) -> list[Yaml]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fail("C0403", f"{self.title} must be a list", "write `- ` before each element, or [a, b]")
        return [self.child(node, str(i)) for i, node in enumerate(self.node.value)]

    # ------------------------------------------------------------ scalars

    @property
    def title(self) -> str:
        return f"`{self.what}`" if self.what else "the file"

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fail("C0403", f"{self.title} must be one value", "write a word, a number or a quoted text")
        return str(self.node.value)

    def name(self) -> str:
        """A text that is not empty."""
        text = self.text()
        if not text.strip():
            raise self.fail("C0403", f"{self.title} is empty", "write a name")
        return text

    def choice(self, known: Iterable[str]) -> str:
        text = self.text()
        known = tuple(known)
        if text not in known:
            raise self.fail("C0403", f"{self.title} can't be {text!r}", nearest(text, known))
        return text

    def boolean(self) -> bool:
        text = self.text()
        if text not in ("true", "false"):
            raise self.fail("C0403", f"{self.title} must be true or false, not {text!r}", "write true or false")
        return text == "true"

    def whole(self, low: int, high: int) -> int:
        """A whole number between `low` and `high`, decimal or 0x..., 0b..., with _ between digits."""
        text = self.text()
        try:
            value = int(text, 0)
        except ValueError:
            message = f"{self.title} must be a whole number, not {text!r}"
            raise self.fail("C0403", message, f"write {low} to {high}") from None
        if not low <= value <= high:
            raise self.fail("C0405", f"{self.title} must be from {low} to {high}", "write a number in that range")
        return value

    def positive(self) -> float:
        """A number above 0."""
        text = self.text()
        try:
            value = float(text)
        except ValueError:
            raise self.fail("C0403", f"{self.title} must be a number, not {text!r}", "write 30 or 0.5") from None
        if not 0 < value < 1e12:
            raise self.fail("C0405", f"{self.title} must be above 0", "write 30 or 0.5")
        return value

    def plain(self) -> Any:
        """The value as YAML's plain types, for parts that another package checks."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(self.node)
        except yaml.YAMLError as problem:
            raise self.fail("C0401", f"{self.title}: {problem}", "check the value") from None


def read_yaml(path: Path, what: str) -> Yaml:
    """The root of a file. C0406 if it can't be read, C0401 if it is not YAML or empty."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
        raise error("C0406", f"{what} can't be read: {reason}", where=str(path), help="check the path") from None
    return parse_yaml(Source(str(path), text))


def parse_yaml(source: Source) -> Yaml:
    """The root of a text; C0401 if it is not YAML or empty."""
    try:
        node = yaml.compose(source.text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        at = min(mark.index, len(source.text)) if mark is not None else 0
        message = f"not valid YAML: {problem.problem or problem.context}"
        help = "check the indentation, quotes and brackets here and on the line before"
        raise error("C0401", message, Span(source, at, at + 1), help=help) from None
    except yaml.YAMLError as problem:
        raise error("C0401", f"not valid YAML: {problem}", where=source.name, help="save it as UTF-8 text") from None
    if node is None:
        raise error("C0401", "the file is empty", where=source.name, help="see nf_programs/ and examples/traffic/")
    return Yaml(source, node, "")
