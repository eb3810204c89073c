"""`explain_flow`: what became of the packets of one flow under a plan, and the one reason why the host sees some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cora.explain.answer import SCHEMA, FlowAnswer, FlowClass, FlowOutcome
from cora.explain.flow_key import flow_text, kind_text, same_flow
from cora.explain.outcomes import NIC, REASONS, Fate, fates
from cora.explain.solver import Solver
from cora.ir.store import Store
from cora.model.scenario import Scenario
from cora.plan import Plan
from cora.plan.reasons import percent
from cora.traffic.headers import FlowKey, parse_headers
from cora.traffic.observe import observe
from cora.traffic.replay import Replay
from cora.traffic.take_profile import ProfileOptions


@dataclass(frozen=True, slots=True)
class _Flow:
    """The packets that an answer is about, by index."""

    packets: tuple[int, ...]
    connections: int
    found: bool


def explain_flow(solver: Solver, replay: Replay, store: Store, wanted: FlowKey) -> FlowAnswer:
    """What the plan does with a flow of the replayed traffic; `store` is fresh, with its entries, and is changed.

    A flow that isn't in the traffic is answered with all flows of its kind (IP version and protocol).
    """
    plan, options = solver.plan, ProfileOptions()
    scenario = solver.now.scenario
    seen = observe(solver.inputs.graph, replay.packets, store, options.tick_ns)
    chosen = _find(replay, wanted)
    solver.show(f"following {len(chosen.packets):,} packets")
    known = fates(scenario, plan, solver.inputs, seen, options, [p.data for p in replay.packets], chosen.packets)
    classes = Counter(fate.class_name for fate in known)
    served = Counter(fate.class_name for fate in known if fate.outcome == NIC)
    outcomes = Counter((fate.outcome, fate.words) for fate in known)
    kinds = Counter(fate.outcome for fate in known if fate.outcome != NIC)
    reason = kinds.most_common(1)[0][0] if kinds else ""
    words = next((words for (outcome, words), _ in outcomes.most_common() if outcome == reason), "")
    return FlowAnswer(
        SCHEMA,
        plan.program,
        plan.target,
        flow_text(wanted),
        chosen.found,
        kind_text(wanted),
        chosen.connections,
        len(known),
        tuple(FlowClass(name, count, served[name]) for name, count in classes.most_common()),
        sum(fate.hot for fate in known),
        _owners(scenario, plan, known),
        tuple(FlowOutcome(outcome, count, words) for (outcome, words), count in outcomes.most_common()),
        reason,
        _summary(chosen, wanted, known, reason, words),
    )


def _find(replay: Replay, wanted: FlowKey) -> _Flow:
    """All packets of the connections that have a packet of the wanted flow, however they look after a translation."""
    keys = [parse_headers(packet.data).flow for packet in replay.packets]
    connections = {c for c, key in zip(replay.connections, keys, strict=True) if key and same_flow(wanted, key)}
    found = bool(connections)
    if not found:
        kind = wanted[:2]
        connections = {c for c, key in zip(replay.connections, keys, strict=True) if key and key[:2] == kind}
    packets = tuple(i for i, c in enumerate(replay.connections) if c in connections)
    return _Flow(packets, len(connections), found)


def _owners(scenario: Scenario, plan: Plan, known: Sequence[Fate]) -> tuple[tuple[str, str], ...]:
    states = {s.group: s for s in plan.states}
    groups = dict.fromkeys(g for fate in known for stage in fate.path for g in scenario.stage_groups(stage))
    changing = [scenario.graph.groups[g] for g in groups if _changes(scenario, g)]
    return tuple((group.name, states[group.name].owner) for group in changing)


def _changes(scenario: Scenario, group: int) -> bool:
    return any(facts.update not in ("read_only", "add") for facts in scenario.graph.groups[group].states)


def _summary(chosen: _Flow, wanted: FlowKey, known: Sequence[Fate], reason: str, words: str) -> str:
    if not known:
        return f"it is not in the traffic, and neither is any other {kind_text(wanted)} flow: nothing can be said of it"
    served = sum(fate.outcome == NIC for fate in known)
    share = percent(served / len(known))
    if not chosen.found:
        first = f"it is not in the traffic; of the packets of its {chosen.connections} {kind_text(wanted)} connections"
    else:
        first = f"of its {len(known)} packets"
    text = f"{first} the NIC serves {served} ({share})"
    return f"{text}; the rest: {REASONS[reason]}: {words}" if reason else text
