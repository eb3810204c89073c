"""A placement: what the planner chooses and the evaluator scores. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.analysis.graph import StateGraph

Mode = Literal["exclusive", "replicated", "sharded", "merged"]
Bucket = Literal["hot", "cold"]
BUCKETS: tuple[Bucket, Bucket] = ("hot", "cold")


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """Where a state group lives. `holder` is the engine beside the owner that has copies, partial sums, or, in mode
    `sharded`, the records that the owner has given it ("" if none), and `memory` the memory of the holder, or of the
    owner if there is no holder."""

    mode: Mode
    owner: str
    holder: str
    memory: str

    def holds(self, engine: str) -> bool:
        """Whether an engine has copies or records. Its part of what is merged is its own: no owner reads it again."""
        return engine == self.holder and self.mode != "merged"


@dataclass(frozen=True, slots=True)
class Placement:
    """Engines by stage and choices by group, in the order of the graph; `tier` is the index of the residency tier that
    partial copies are sized for, -1 for no copies."""

    hot: tuple[str, ...]
    cold: tuple[str, ...]
    groups: tuple[GroupChoice, ...]
    tier: int
    starts_over: bool = False
    """Packets that leave an engine start over on the next (`StateGraph.from_the_start`)."""

    def on(self, graph: StateGraph) -> StateGraph:
        """The graph by whose rules it is a placement."""
        return graph.from_the_start() if self.starts_over else graph

    def engine(self, stage: int, bucket: Bucket) -> str:
        return self.hot[stage] if bucket == "hot" else self.cold[stage]

    def held(self, engine: str) -> frozenset[int]:
        """The groups (their numbers) of which an engine has copies or records, whose owner reads them again."""
        return frozenset(i for i, choice in enumerate(self.groups) if choice.holds(engine))
