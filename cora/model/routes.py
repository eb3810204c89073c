"""The ways of packets through stages, whatever the traffic: what a placement must respect on every path."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cora.analysis.graph import StageEdge, StateGraph
from cora.ir.cfg import closure
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
    reads: tuple[frozenset[int], ...]
    """By stage: the groups (their numbers) that it may read of which an engine beside the owner may hold something."""
    body: int
    """The stage behind the parser."""
    starts_over: bool
    """Packets that leave an engine carry nothing, and the next engine runs all stages from `body` on again."""
    behind: tuple[int, ...]
    """By stage: the stages that packets may come to from there, itself included, as a set of bits."""

    def rerun(self, restart: int, source: int) -> tuple[int, ...]:
        """The stages that the next engine runs again if it takes a packet up at `restart` that leaves after (or in)
        `source`; none if `restart` is the stage that follows. All of the body so far if packets start over."""
        ahead = self.behind[self.body if self.starts_over else restart]
        return tuple(s for s, behind in enumerate(self.behind) if ahead >> s & 1 and behind >> source & 1)

    def ahead(self, stage: int) -> tuple[int, ...]:
        """The stages that packets may come to from there, itself included."""
        return tuple(s for s in range(len(self.behind)) if self.behind[stage] >> s & 1)

    def restart(self, path: tuple[int, ...], position: int, held: frozenset[int]) -> int:
        """From where on a packet is run again that leaves an engine, which holds something of these groups, before a
        position of its path."""
        if self.starts_over:
            return self.body
        return next((stage for stage in path[:position] if self.reads[stage] & held), path[position])


def find_routes(graph: StateGraph, lookups: frozenset[int]) -> Routes:
    """`lookups` are the stages that look up a flow table."""
    successors: dict[int, list[int]] = defaultdict(list)
    for edge in graph.edges:
        successors[edge.source].append(edge.target)
    before_lookup = closure([graph.stages[0].index], lambda s: () if s in lookups else successors[s])
    behind = closure([t for stage in lookups for t in successors[stage]], successors.__getitem__)
    cold = frozenset(behind | lookups)
    transitions = [Transition(edge, "hot", "hot") for edge in graph.edges]
    for edge in graph.edges:
        if edge.source in before_lookup and edge.source not in lookups and edge.target in lookups:
            transitions.append(Transition(edge, "hot", "cold"))
        if edge.source in cold:
            transitions.append(Transition(edge, "cold", "cold"))
    behind_of = _descendants(successors, len(graph.stages))
    return Routes(
        tuple(transitions),
        cold,
        frozenset(before_lookup - lookups),
        _reads(graph),
        graph.stage_of_block()[graph.program.body],
        graph.starts_over,
        tuple(behind_of),
    )


def _reads(graph: StateGraph) -> tuple[frozenset[int], ...]:
    may = graph.holdable
    group_of = {state: i for i, g in enumerate(graph.groups) if g.name in may for state in g.held_states}
    return tuple(
        frozenset(
            group_of[site.state]
            for site in stage.accesses
            if site.state in group_of and site.kind in ("lookup", "read", "rmw")
        )
        for stage in graph.stages
    )


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
