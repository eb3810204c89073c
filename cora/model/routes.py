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
    rerun = {(edge.source, edge.target): _between(graph, successors, edge) for edge in graph.edges}
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


def _between(graph: StateGraph, successors: dict[int, list[int]], edge: StageEdge) -> tuple[int, ...]:
    if edge.restart == edge.target:
        return ()
    ahead = _reach(successors, [edge.restart], stop=frozenset())
    return tuple(s for s in sorted(ahead) if edge.source in _reach(successors, [s], stop=frozenset()))
