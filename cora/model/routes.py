"""The ways of packets through stages, whatever the traffic: what a placement must respect on every path."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cora.analysis.graph import StageEdge, StateGraph
from cora.model.placement import Bucket


@dataclass(frozen=True, slots=True)
class Transition:
    """A packet goes along an edge; it was placed by `before` at the source and is placed by `after` at the target (a
    cold packet is placed as a hot one until its first flow-table lookup)."""

    edge: StageEdge
    before: Bucket
    after: Bucket


@dataclass(frozen=True, slots=True)
class Routes:
    transitions: tuple[Transition, ...]
    after_lookup: frozenset[int]
    """Stages that cold packets reach as such: lookups of flow tables and what may follow one."""
    unlooked: frozenset[int]
    """Stages that a packet may reach before it has looked up any flow table."""
    rerun: dict[tuple[int, int], tuple[int, ...]]
    """By edge (source, target): the stages that the next engine runs again if the packet changes engine there."""


def find_routes(graph: StateGraph, lookups: frozenset[int]) -> Routes:
    """`lookups` are the stages that look up a flow table."""
    successors: dict[int, list[int]] = defaultdict(list)
    for edge in graph.edges:
        successors[edge.source].append(edge.target)
    before_lookup = _reach(successors, [graph.stages[0].index], stop=lookups)
    behind = _reach(successors, [t for stage in lookups for t in successors[stage]], stop=frozenset())
    cold = frozenset(behind | lookups)
    transitions = [Transition(edge, "hot", "hot") for edge in graph.edges]
    for edge in graph.edges:
        if edge.source in before_lookup and edge.source not in lookups and edge.target in lookups:
            transitions.append(Transition(edge, "hot", "cold"))
        if edge.source in cold:
            transitions.append(Transition(edge, "cold", "cold"))
    behind_of = _descendants(successors, len(graph.stages))
    rerun = {(edge.source, edge.target): _between(behind_of, edge) for edge in graph.edges}
    return Routes(tuple(transitions), cold, frozenset(before_lookup - lookups), rerun)


def _reach(successors: dict[int, list[int]], start: list[int], stop: frozenset[int]) -> set[int]:
    """Stages reachable from `start` (included) without leaving a stage of `stop`."""
    found: set[int] = set()
    waiting = list(start)
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            if stage not in stop:
                waiting.extend(successors[stage])
    return found


def _descendants(successors: dict[int, list[int]], count: int) -> list[int]:
    """By stage, the stages that packets may come to from there, itself included, as a set of bits."""
    found: dict[int, int] = {}
    for start in range(count):
        waiting = [start]
        while waiting:
            stage = waiting[-1]
            missing = [t for t in successors[stage] if t not in found]
            if missing and stage not in found:
                waiting.extend(missing)
                continue
            waiting.pop()
            reached = 1 << stage
            for target in successors[stage]:
                reached |= found[target]
            found[stage] = reached
    return [found[stage] for stage in range(count)]


def _between(behind_of: list[int], edge: StageEdge) -> tuple[int, ...]:
    """The stages from the restart to the end of an edge's source."""
    if edge.restart == edge.target:
        return ()
    ahead = behind_of[edge.restart]
    return tuple(s for s, behind in enumerate(behind_of) if ahead >> s & 1 and behind >> edge.source & 1)
