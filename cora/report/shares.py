"""How much of the traffic passes each stage, edge and group of states."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.plan.plan import Plan
from cora.traffic.profile import Profile


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of all packets, 0 to 1; what is missing has none."""

    stages: dict[int, float]
    edges: dict[tuple[int, int], float]


def shares_of(graph: StateGraph, plan: Plan | None, profile: Profile | None) -> Shares | None:
    """From the profile, or else from the plan's classes; None without either."""
    if profile is not None:
        return _along((c.packets / profile.packets, c.path) for c in profile.classes)
    if plan is not None:
        index = {stage.name: stage.index for stage in graph.stages}
        return _along((c.share, tuple(index[name] for name, _, _ in c.path)) for c in plan.classes)
    return None


def _along(paths: Iterable[tuple[float, tuple[int, ...]]]) -> Shares:
    stages: dict[int, float] = {}
    edges: dict[tuple[int, int], float] = {}
    for share, path in paths:
        for stage in path:
            stages[stage] = stages.get(stage, 0.0) + share
        for edge in itertools.pairwise(path):
            edges[edge] = edges.get(edge, 0.0) + share
    return Shares(stages, edges)
