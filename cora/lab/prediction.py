"""What the model of the soft NIC says that a plan's split and the whole program cost the host, for the same traffic."""

from __future__ import annotations

from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.load import HOST_SIGN
from cora.model.placement import GroupChoice, Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan.plan import Plan, StatePlacement
from cora.traffic.profile import Profile

MODEL = "softnic"


@dataclass(frozen=True, slots=True)
class Prediction:
    """Host time a packet, without the share of a core that the host pays at rest."""

    whole_ns: float
    split_ns: float

    @property
    def ratio(self) -> float:
        return self.split_ns / self.whole_ns


def predict_cost(graph: StateGraph, profile: Profile, plan: Plan, host: str = "") -> Prediction | None:
    """For the traffic at its own rate. The plan may be for another target: its engines but the host are taken for the
    soft NIC's. `host`: a model file whose host takes the place of the soft NIC's. None if the model says that the plan
    can't be on a soft NIC."""
    model = load_model(f"{MODEL}{HOST_SIGN}{host}" if host else MODEL)
    host = model.host.name
    everything = Placement(
        hot=(host,) * len(graph.stages),
        cold=(host,) * len(graph.stages),
        groups=tuple(GroupChoice("exclusive", host, "", _memory(model, host)) for _ in graph.groups),
        tier=-1,
    )
    whole = _host_ns(Scenario(graph, profile, model, profile.rate_pps, -1), everything)
    placement = _as_planned(graph, profile, plan, model)
    split = _host_ns(Scenario(placement.on(graph), profile, model, profile.rate_pps, placement.tier), placement)
    return None if whole is None or split is None else Prediction(whole, split)


def _host_ns(scenario: Scenario, placement: Placement) -> float | None:
    evaluation = evaluate(scenario, placement)
    floor = scenario.model.host.floor_cores
    cores = evaluation.host_cores - (floor.value if floor is not None else 0.0)
    return cores / scenario.rate_pps * 1e9 if evaluation.rows else None


def _as_planned(graph: StateGraph, profile: Profile, plan: Plan, model: Model) -> Placement:
    """The plan with the soft NIC's names."""
    nic, host = (engine.name for engine in model.stage_engines)
    names = {name: host if name == plan.engines[-1] else nic for name in plan.used_engines}
    by_group = {placed.group: placed for placed in plan.states}
    groups: list[GroupChoice] = []
    for group in graph.groups:
        placed = by_group[group.name]
        owner = names[placed.owner]
        holder = names[placed.copies_on[0]] if placed.copies_on else ""
        groups.append(GroupChoice(placed.mode, owner, holder, _memory(model, holder or owner)))
    return Placement(
        hot=tuple(names[stage.hot] for stage in plan.stages),
        cold=tuple(names[stage.cold] for stage in plan.stages),
        groups=tuple(groups),
        tier=_tier(profile, plan.states),
        starts_over=plan.starts_over,
    )


def _memory(model: Model, engine: str) -> str:
    return model.memories_of(engine)[0].name


def _tier(profile: Profile, states: tuple[StatePlacement, ...]) -> int:
    """The tier of copies (or of records) whose size is nearest to what the plan has room for."""
    entries = max((s.copy_entries for s in states), default=0)
    if not entries:
        return -1
    records = any(s.mode == "sharded" for s in states)
    first, tiers = (len(profile.tiers), profile.record_tiers) if records else (0, profile.tiers)
    if not tiers:
        return -1
    sizes = [abs(tier.entries - entries) for tier in tiers]
    return first + sizes.index(min(sizes))
