"""The cheapest safe placement by brute force. Imports nothing of the planner but the plan's data classes."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from bf_explore import Explorer, Finding, Limits
from bf_placements import Enumeration, Scored
from bf_programs import SmallCase, small_case
from bf_unguarded import split_anyway

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.diagnostics import UserError
from cora.ir.store import Store
from cora.model import load_model
from cora.model.placement import Placement
from cora.model.schema import Model
from cora.split import split_program
from cora.traffic.profile import Profile
from cora.traffic.replay import Replay
from cora.traffic.take_profile import ProfileOptions, take_profile

MOST_STAGES = 11
TIE_CORES = 4e-6
"""What rounding inside the solver may make of two equal loads."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A small program with its graph, traffic, machine and rate: everything that a planner is asked about."""

    case: SmallCase
    graph: StateGraph
    profile: Profile
    model: Model
    rate_pps: float


def small_graph(seed: int) -> Graph | None:
    """The graph of a seed, or None if it has more than `MOST_STAGES` stages."""
    case = small_case(seed)
    graph = analyse(case.program)
    if len(graph.stages) > MOST_STAGES:
        return None
    rng = random.Random(f"traffic and machine {seed}")
    profile = _profile(case, graph, rng)
    return Graph(case, graph, profile, _machine(rng), rng.choice((0.3e6, 0.8e6, 1.5e6)))


def _profile(case: SmallCase, graph: StateGraph, rng: random.Random) -> Profile:
    packets = tuple(case.traffic(rng, 300, rng.choice((2, 3, 8))))
    flows = tuple(p.data[0] for p in packets)
    replay = Replay("random", packets, (), Store(graph.program), flows, (False,) * len(packets), 0, 0, 0)
    options = ProfileOptions(activation_ns=rng.choice((0, 5_000)), tick_ns=100_000, tiers=(2,))
    return take_profile(graph, replay, Store(graph.program), options)


def _machine(rng: random.Random) -> Model:
    """Two engines (a soft NIC) or three (a DPU whose switch passes packets on); what the NIC can do and hold varies, so
    that it can rarely do all."""
    model = load_model(rng.choice(("softnic", "bluefield2")))
    nic = model.stage_engines[0]
    beyond = ("update", "delete", "write", "rmw")
    able = replace(
        nic.capabilities,
        accesses=tuple(a for a in nic.capabilities.accesses if a not in beyond or rng.random() < 0.7),
        data_plane_insert=rng.random() < 0.3,
        expires_entries=False,
        holds_copies=rng.random() < 0.9,
    )
    nic = replace(nic, capabilities=able, sweep=nic.sweep if rng.random() < 0.5 else None)
    size, dearness = rng.choice((800.0, 2.0**28, 2.0**28)), rng.choice((0.0, 0.2, 1.0))
    memories = tuple(
        replace(m, capacity_bytes=replace(m.capacity_bytes, value=size)) if m.engine == nic.name else m
        for m in model.memories
    )
    links = tuple(
        replace(
            link,
            send_cycles=replace(link.send_cycles, value=dearness * link.send_cycles.value),
            receive_cycles=replace(link.receive_cycles, value=dearness * link.receive_cycles.value),
        )
        for link in model.links
    )
    engines = tuple(nic if e.name == nic.name else e for e in model.engines)
    return replace(model, engines=engines, memories=memories, links=links)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What running says of a placement, and what the splitter says."""

    finding: Finding | None
    refused: str
    """The splitter's reasons, "" if it accepts."""
    built: bool = True
    """False if no programs can be made of it: an engine would need a state that it doesn't have."""

    @property
    def safe(self) -> bool:
        return self.built and self.finding is None


class BruteForce:
    """Tries placements from the cheapest on."""

    def __init__(self, what: Graph, limits: Limits) -> None:
        self.what = what
        self.enumeration = Enumeration(what.graph, what.profile, what.model, what.rate_pps)
        self.explorer = Explorer(what.case, limits)
        self._known: dict[object, Judgement] = {}

    def judge(self, placement: Placement) -> Judgement:
        """Runs the split of a placement, with room for one copy and for two."""
        key = (placement.hot, tuple((g.mode, g.owner, g.holder) for g in placement.groups))
        if key not in self._known:
            self._known[key] = self._judge(placement)
        return self._known[key]

    def _judge(self, placement: Placement) -> Judgement:
        refused = ""
        for copies in (1, 2):
            plan = self.enumeration.plan(placement, copies)
            try:
                split = split_program(self.what.graph, plan)
            except UserError as error:
                refused = "; ".join(f"{d.code} {d.message}" for d in error.diagnostics)
                split = split_anyway(self.what.graph, plan)
            if split is None:
                return Judgement(None, refused, built=False)
            finding = self.explorer.difference(split)
            if finding is None and refused:
                finding = self.explorer.doubt(split)
            if finding is not None or len(split.engines) == 1:
                return Judgement(finding, refused)
        return Judgement(None, refused)

    def survey(self, count: int) -> list[Judgement]:
        """What running says of some placements, drawn at random whatever they cost."""
        every = list(self.enumeration.placements())
        rng = random.Random(f"survey {self.what.case.seed}")
        return [self.judge(p) for p in rng.sample(every, min(count, len(every)))]

    def search(self) -> Search:
        """From the cheapest placement on, down to the first that is safe and accepted by the splitter."""
        tried: list[tuple[Scored, Judgement]] = []
        for scored in self.enumeration.best_first():
            judgement = self.judge(scored.placement)
            tried.append((scored, judgement))
            if judgement.safe and not judgement.refused:
                break
        return Search(tuple(tried))


@dataclass(frozen=True, slots=True)
class Search:
    """The placements tried, the cheapest first."""

    tried: tuple[tuple[Scored, Judgement], ...]

    @property
    def best(self) -> tuple[Scored, Judgement] | None:
        """The cheapest safe placement, whether or not the splitter accepts it."""
        return next(((s, j) for s, j in self.tried if j.safe), None)

    @property
    def best_accepted(self) -> Scored | None:
        """The cheapest placement that is safe and that the splitter accepts."""
        return next((s for s, j in self.tried if j.safe and not j.refused), None)

    @property
    def unsound(self) -> tuple[tuple[Scored, Judgement], ...]:
        """Placements that the splitter accepts although running shows a difference."""
        return tuple((s, j) for s, j in self.tried if j.finding is not None and not j.refused)
