"""Names a way through the engines so that a reader finds it: stages, and lines of the P4 program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.ir.nodes import Program
from cora.verify.symbolic.explore import Explorer, base_name
from cora.verify.symbolic.pairs import Pair


@dataclass(frozen=True, slots=True)
class Leg:
    """What a packet did on one engine."""

    engine: str
    stages: tuple[str, ...]
    lines: tuple[int, ...]
    blocks: tuple[str, ...]

    def text(self) -> str:
        parts = [f"{self.engine}:"]
        if self.stages:
            parts.append("stages " + ", ".join(self.stages) + ";")
        parts.append("lines " + " ".join(map(str, self.lines)) if self.lines else "blocks " + " ".join(self.blocks))
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Way:
    legs: tuple[Leg, ...]
    merged: bool
    """It stands for all ways that meet it."""


def way_of(explorer: Explorer, pair: Pair, graph: StateGraph | None) -> Way:
    """The way of a pair through the split."""
    programs = {"near": explorer.codes[explorer.near].program}
    names = {"near": explorer.near}
    for engine in explorer.split.engines:
        if engine.engine != explorer.near:
            programs["far"], names["far"] = engine.program, engine.engine
    legs = [
        Leg(names[role], tuple(_stages(trail, graph)), tuple(_lines(trail, programs[role])), trail)
        for role, trail in pair.every_trail
    ]
    return Way(tuple(legs), pair.merged)


def _stages(blocks: Iterable[str], graph: StateGraph | None) -> list[str]:
    """Each stage that the blocks come from, once, as far as their names tell."""
    if graph is None:
        return []
    of_block = graph.stage_of_block()
    found: dict[str, None] = {}
    for block in blocks:
        stage = of_block.get(block, of_block.get(base_name(block)))
        if stage is not None:
            found[graph.stages[stage].name] = None
    return list(found)


def _lines(blocks: Iterable[str], program: Program) -> list[int]:
    by_name = {b.name: b for b in program.blocks}
    found: dict[int, None] = {}
    for name in blocks:
        block = by_name[name]
        for span in (*(op.span for op in block.ops), block.end.span):
            if span is not None:
                found[span.line] = None
    return list(found)
