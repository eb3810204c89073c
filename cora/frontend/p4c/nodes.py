"""p4c's JSON as a tree of nodes: back references, renamed node types, vectors, places in the source.

Every node is an object {Node_ID, Node_Type, its fields, Source_Info}. A node that was written before is a bare
{"Node_ID": n}. Fields that are null are left out. Keys that the readers don't ask for are ignored, so that versions of
p4c that write more can still be read; a node type that they don't know is refused by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, cast

from cora.diagnostics import Source, Span, UserError, error

JsonNode = dict[str, Any]

ALIASES = {
    "Type_Array": "Type_Stack",
    "ArrayExpression": "HeaderStackExpression",
    "StructInitializerExpression": "StructExpression",
    "Type_Tuple": "Type_List",
    "Type_BaseList": "Type_List",
    "Type_SpecializedCanonical": "Type_Specialized",
    "InvalidHeaderUnion": "InvalidHeader",
    "Type_UnknownStruct": "Type_Struct",
}
"""Names of node types that some version of p4c writes -> the name under which they are read here."""

_WORD = re.compile(r"\w+")


class Tree:
    """The nodes of one JSON text. `shown` is its name for messages; `read_source` finds the text of a P4 file."""

    def __init__(self, text: str, shown: str, read_source: Callable[[str], Source]) -> None:
        self.shown = shown
        self.read_source = read_source
        self.sources: dict[str, Source] = {}
        try:
            root: Any = json.loads(text)
        except (ValueError, RecursionError) as e:
            why = "nested too deeply" if isinstance(e, RecursionError) else str(e)
            raise error(
                "C0127", f"p4c's output is no JSON: {why}", where=shown,
                help="if p4c was stopped while it wrote, give it more time or memory",
            ) from None  # fmt: skip
        if not isinstance(root, dict) or cast(JsonNode, root).get("Node_Type") != "P4Program":
            raise error(
                "C0128", "p4c's output isn't a P4Program", where=shown, help="write it with p4test --toJSON FILE"
            )
        self.root = cast(JsonNode, root)
        self.known = _index(self.root)
        self.here = Span(Source(shown, ""), 0, 0)
        """The place of the node that was looked at last: where generated nodes, which have none, are shown."""

    # ---- fields

    def resolve(self, value: object) -> JsonNode | None:
        """The node that `value` is or refers to; None if it is neither."""
        if not isinstance(value, dict):
            return None
        node = cast(JsonNode, value)
        if "Node_Type" in node or "Node_ID" not in node:
            return node
        number: Any = node["Node_ID"]
        known = self.known.get(number) if isinstance(number, int) else None
        if known is None:
            raise error(
                "C0130", f"p4c's output refers to the node {str(number)[:40]}, which isn't in it", where=self.shown,
                help="let p4c write the whole program: p4test --toJSON FILE",
            )  # fmt: skip
        return known

    def kind(self, node: JsonNode) -> str:
        name = str(node.get("Node_Type", ""))
        return ALIASES.get(name, name)

    def maybe(self, node: JsonNode, field: str) -> JsonNode | None:
        return self.resolve(node.get(field))

    def child(self, node: JsonNode, field: str) -> JsonNode:
        found = self.resolve(node.get(field))
        if found is None:
            self.malformed(node, field)
        return found

    def text(self, node: JsonNode, field: str) -> str:
        value = node.get(field)
        if not isinstance(value, str):
            self.malformed(node, field)
        return value

    def number(self, node: JsonNode, field: str) -> int:
        value = node.get(field)
        try:
            return int(cast(Any, value))
        except (TypeError, ValueError):
            self.malformed(node, field)

    def flag(self, node: JsonNode, field: str) -> bool:
        return node.get(field) is True

    def items(self, node: JsonNode, field: str) -> list[JsonNode]:
        """The nodes of a vector (`vec`), of a name map (`symbols`) or of the wrapper that annotations once had."""
        value: Any = node.get(field)
        if isinstance(value, dict):
            vector = self.resolve(cast(JsonNode, value)) or {}
            if self.kind(vector) == "Annotations":
                return self.items(vector, "annotations")
            value = vector.get("vec")
            if value is None and isinstance(vector.get("symbols"), dict):
                value = list(cast(JsonNode, vector["symbols"]).values())
        if value is None:
            return []
        if not isinstance(value, list):
            self.malformed(node, field)
        found: list[JsonNode] = []
        for item in cast(list[Any], value):
            resolved = self.resolve(item)
            if resolved is None:
                self.malformed(node, field)
            found.append(resolved)
        return found

    # ---- errors

    def malformed(self, node: JsonNode, field: str) -> NoReturn:
        name = node.get("Node_Type", "a node")
        raise error(
            "C0128", f"p4c's output: {name} (node {node.get('Node_ID')}) has no usable {field!r}", self._place(node),
            where=self.shown, help="this p4c writes it in another form; read the program with --frontend builtin",
        )  # fmt: skip

    def unknown(self, node: JsonNode, wanted: str) -> UserError:
        name = node.get("Node_Type", "a node without a type")
        return error(
            "C0129", f"Cora doesn't know p4c's node type {name} where it needs {wanted}", self._place(node),
            where=self.shown, help="read the program with --frontend builtin, or try --p4c-stage parse-only",
        )  # fmt: skip

    def _place(self, node: JsonNode) -> Span | None:
        span = self.span(node)
        return span if span.source.text else None

    # ---- places

    def span(self, node: JsonNode) -> Span:
        """Where the node stands in the P4 text; for a generated node, where the one before it stands."""
        info = node.get("Source_Info")
        if isinstance(info, dict):
            self.here = self._span(cast(JsonNode, info)) or self.here
        return self.here

    def _span(self, info: JsonNode) -> Span | None:
        """p4c counts lines from 1 and columns from 0. A fragment that doesn't stand there (a whole line, for most nodes
        of --parse-only) is cut down to the word that does."""
        name, line, column = info.get("filename"), info.get("line"), info.get("column")
        if not (isinstance(name, str) and isinstance(line, int) and isinstance(column, int)):
            return None
        source = self.sources.get(name)
        if source is None:
            source = self.sources[name] = self.read_source(name)
        if not source.text or not 0 < line <= len(source.line_starts) or column < 0:
            return None
        start = min(source.line_starts[line - 1] + column, len(source.text))
        fragment = str(info.get("source_fragment", "")).replace('\\"', '"')
        if fragment and source.text.startswith(fragment, start):
            return Span(source, start, start + len(fragment))
        word = _WORD.match(source.text, start)
        return Span(source, start, word.end() if word else min(start + 1, len(source.text)))


def _index(root: JsonNode) -> dict[object, JsonNode]:
    """The nodes by id: the first full one of each."""
    found: dict[object, JsonNode] = {}
    waiting: list[Any] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            node = cast(JsonNode, item)
            if "Node_Type" in node and isinstance(node.get("Node_ID"), int):
                found.setdefault(node["Node_ID"], node)
            waiting.extend(v for v in node.values() if isinstance(v, dict | list))
        else:
            waiting.extend(v for v in cast(list[Any], item) if isinstance(v, dict | list))
    return found


class SourceFiles:
    """The texts of the files that p4c names, from the working folder; an empty text for what can't be read: then the
    nodes of that file have no place of their own."""

    def __init__(self, program: Path | None = None) -> None:
        self.program = program

    def __call__(self, name: str) -> Source:
        candidates = [Path(name)]
        if self.program is not None and Path(name).name == self.program.name:
            candidates.append(self.program)
        for path in candidates:
            try:
                return Source(name, path.read_text("utf-8-sig", errors="replace"))
            except (OSError, ValueError):
                continue
        return Source(name, "")
