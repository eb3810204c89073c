"""Reads YAML with the place of every value, so that each mistake is shown on its line.

PyYAML's `compose` gives nodes with marks; `Reader` turns them into typed values and raises `UserError`s (C0601-C0606).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import pairwise

import yaml

from cora.diagnostics import Source, Span, UserError, error
from cora.model.schema import Confidence, Curve, Number, Said
from cora.model.units import UNITS, Dimension, units_of

CONFIDENCES: tuple[Confidence, ...] = ("vendor", "driver", "measured", "derived", "assumed")
Entries = dict[str, yaml.Node]


def _suggestion(word: str, known: Iterable[str]) -> str:
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else "known here: " + ", ".join(known)


def _is_figure(node: yaml.MappingNode) -> bool:
    return any(key.value in ("value", "points") for key, _ in node.value)


class Reader:
    """One YAML text. `sources` are the citations that numbers may name."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sources: dict[str, str] = {}

    def compose(self) -> yaml.Node:
        """The root node; C0601 if the text is not YAML or empty."""
        try:
            node = yaml.compose(self.source.text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark
            at = min(mark.index, len(self.source.text)) if mark is not None else 0
            message = f"not valid YAML: {problem.problem or problem.context}"
            raise error(
                "C0601", message, Span(self.source, at, at + 1), help="check indentation, quotes and brackets here"
            ) from None
        if node is None:
            raise error(
                "C0601",
                "the file is empty",
                where=self.source.name,
                help="see docs/models.md for what a model file holds",
            )
        return node

    def span(self, node: yaml.Node) -> Span:
        start, end = node.start_mark, node.end_mark
        last = end.index
        if start.line != end.line:
            line_end = self.source.text.find("\n", start.index)
            last = line_end if line_end >= 0 else len(self.source.text)
        return Span(self.source, start.index, max(last, start.index + 1))

    def fail(self, code: str, node: yaml.Node, message: str, help: str) -> UserError:
        return error(code, message, self.span(node), help=help)

    def mapping(self, node: yaml.Node, what: str) -> Entries:
        """Keys and value nodes of a mapping; C0604 if it is none, C0602 for a doubled key."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail("C0604", node, f"{what} must be a mapping", "write `key: value` lines")
        entries: Entries = {}
        for key, value in node.value:
            name = str(key.value)
            if name in entries:
                raise self.fail("C0602", key, f"{name!r} stands twice in {what}", "remove one of the two")
            entries[name] = value
        return entries

    def fields(self, node: yaml.Node, what: str, required: Iterable[str], optional: Iterable[str] = ()) -> Entries:
        """A mapping with known keys only: C0602 for an unknown key, C0603 for a missing one."""
        entries = self.mapping(node, what)
        required = tuple(required)
        known = {*required, *optional}
        assert isinstance(node, yaml.MappingNode)
        for key, _ in node.value:
            if key.value not in known:
                raise self.fail("C0602", key, f"{what} has no {key.value!r}", _suggestion(str(key.value), known))
        for name in required:
            if name not in entries:
                raise self.fail(
                    "C0603", node, f"{what} lacks {name!r}", f"add `{name}:`; docs/models.md says what it means"
                )
        return entries

    def overridden(self, node: yaml.Node, by: yaml.Node) -> yaml.Node:
        """The node with what `by` says in its place: of mappings key by key, of figures as a whole. C0602 for a key
        that the node doesn't have."""
        if not (isinstance(node, yaml.MappingNode) and isinstance(by, yaml.MappingNode)) or _is_figure(by):
            return by
        there, new = self.mapping(node, "what is overridden"), self.mapping(by, "what overrides")
        for key, _ in by.value:
            if key.value not in there:
                message = f"there is no {key.value!r} to override here"
                raise self.fail("C0602", key, message, _suggestion(str(key.value), there))
        pairs = [(k, self.overridden(v, new[k.value]) if k.value in new else v) for k, v in node.value]
        return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)

    def text(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail("C0604", node, f"{what} must be a text", "write one word or a quoted text")
        return str(node.value)

    def choice(self, node: yaml.Node, what: str, known: Iterable[str]) -> str:
        value = self.text(node, what)
        known = tuple(known)
        if value not in known:
            raise self.fail("C0604", node, f"{value!r} is no {what}", _suggestion(value, known))
        return value

    def choices(self, node: yaml.Node, what: str, known: Iterable[str]) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail("C0604", node, f"{what} must be a list", "write [a, b, c]")
        known = tuple(known)
        return tuple(self.choice(item, what, known) for item in node.value)

    def flag(self, node: yaml.Node, what: str) -> bool:
        value = self.text(node, what)
        if value not in ("true", "false"):
            raise self.fail("C0604", node, f"{what} must be true or false, not {value!r}", "write true or false")
        return value == "true"

    def plain(self, node: yaml.Node, what: str) -> float:
        """A number that is not below 0, without unit."""
        text = self.text(node, what)
        try:
            value = float(text.replace("_", ""))
        except ValueError:
            value = float("nan")
        if not 0 <= value < float("inf"):
            raise self.fail(
                "C0604", node, f"{what} must be a number of 0 or more, not {text!r}", "write for example 12 or 0.5"
            )
        return value

    def _unit(self, node: yaml.Node, dimensions: tuple[Dimension, ...]) -> tuple[Dimension, float]:
        unit = self.text(node, "unit")
        dimension, factor = UNITS.get(unit, (None, 1.0))
        if dimension is None or dimension not in dimensions:
            wanted = " or ".join(d.replace("_per_s", " per second").replace("per_s", "per second") for d in dimensions)
            raise self.fail(
                "C0605",
                node,
                f"the unit {unit!r} doesn't fit: a value in {wanted} is needed",
                f"use one of {units_of(dimensions)}",
            )
        return dimension, factor

    def _origin(self, entries: Entries) -> tuple[str, Confidence]:
        source = self.text(entries["source"], "source")
        if source not in self.sources:
            raise self.fail(
                "C0606",
                entries["source"],
                f"{source!r} is not among the `sources` of this file",
                _suggestion(source, self.sources),
            )
        confidence = self.choice(entries["confidence"], "confidence", CONFIDENCES)
        return source, next(c for c in CONFIDENCES if c == confidence)

    def said(self, node: yaml.Node, what: str, known: Iterable[str]) -> Said:
        """`{value, source, confidence}`, where the value is one of some words."""
        entries = self.fields(node, what, ("value", "source", "confidence"), ())
        value = self.choice(entries["value"], f"value of {what}", known)
        return Said(value, *self._origin(entries))

    def number(self, node: yaml.Node, what: str, *dimensions: Dimension) -> Number:
        """`{value, unit, source, confidence, range}` in base units. `range` is required for assumptions."""
        entries = self.fields(node, what, ("value", "unit", "source", "confidence"), ("range",))
        dimension, factor = self._unit(entries["unit"], dimensions)
        value = self.plain(entries["value"], what) * factor
        source, confidence = self._origin(entries)
        low = high = value
        match entries.get("range"):
            case yaml.SequenceNode(value=[first, last]):
                low, high = self.plain(first, "range") * factor, self.plain(last, "range") * factor
            case None:
                if confidence == "assumed":
                    raise self.fail(
                        "C0606", node, f"{what} is assumed and has no range", "add `range: [lowest, highest]`"
                    )
            case other:
                raise self.fail(
                    "C0604", other, "a range must be [lowest, highest]", "write two numbers in the unit of the value"
                )
        if not low <= value <= high:
            raise self.fail(
                "C0606",
                entries["range"],
                f"the value of {what} is outside of its range",
                "widen the range or correct the value",
            )
        return Number(value, dimension, source, confidence, low, high)

    def curve(self, node: yaml.Node, what: str, *dimensions: Dimension) -> Curve:
        """`{points: [[entries, value], ...], unit, source, confidence, range}` with rising entries; the range of an
        assumption is two factors, [lowest, highest]."""
        entries = self.fields(node, what, ("points", "unit", "source", "confidence"), ("range",))
        dimension, factor = self._unit(entries["unit"], dimensions)
        points: list[tuple[float, float]] = []
        listed = entries["points"].value if isinstance(entries["points"], yaml.SequenceNode) else []
        for item in listed:
            match item:
                case yaml.SequenceNode(value=[size, cost]):
                    points.append((self.plain(size, "entries"), self.plain(cost, what) * factor))
                case _:
                    raise self.fail("C0604", item, "a point must be [entries, value]", "write two numbers")
        if not points or points[0][0] <= 0 or any(a[0] >= b[0] for a, b in pairwise(points)):
            raise self.fail(
                "C0604",
                entries["points"],
                f"{what} needs points with rising, positive entries",
                "sort the points by entries",
            )
        source, confidence = self._origin(entries)
        low, high = self._factors(node, entries, what, confidence)
        return Curve(tuple(points), dimension, source, confidence, low, high)

    def _factors(self, node: yaml.Node, entries: Entries, what: str, confidence: Confidence) -> tuple[float, float]:
        match entries.get("range"):
            case yaml.SequenceNode(value=[first, last]):
                low, high = self.plain(first, "range"), self.plain(last, "range")
            case None:
                if confidence == "assumed":
                    raise self.fail(
                        "C0606", node, f"{what} is assumed and has no range", "add `range: [factor, factor]`"
                    )
                low, high = 1.0, 1.0
            case other:
                raise self.fail(
                    "C0604", other, "a range must be [lowest, highest]", "write two factors, such as [0.5, 2]"
                )
        if not low <= 1 <= high:
            raise self.fail(
                "C0606",
                entries["range"],
                f"the factors of {what} don't contain 1",
                "the range of a curve is two factors around 1",
            )
        return low, high
