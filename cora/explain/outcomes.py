"""What becomes of each packet under a plan: served by the NIC, or the one reason why it isn't.

Whether the copies of a packet's entries are on the NIC comes from the causal residency simulation. Why they are not is
found by what would have helped: the simulation is run again with room for all copies, without the insertion budget,
and without the delay of activation, and the first of these that serves the packet is its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cora.explain.changes import Inputs
from cora.explain.subjects import host_of
from cora.model.scenario import Scenario
from cora.plan import Plan
from cora.plan.reasons import access_words
from cora.traffic.headers import parse_headers
from cora.traffic.observe import Observation
from cora.traffic.residency import simulate
from cora.traffic.take_profile import ProfileOptions

NIC = "nic"
REASONS: dict[str, str] = {
    NIC: "the NIC serves it",
    "cold": "cold",
    "table full": "the NIC's table was full",
    "insert budget": "the insertion budget was used up",
    "activating": "its copy was on its way",
    "state change": "it changes state",
    "unsafe": "serving it on the NIC would be unsafe",
    "capability": "the NIC can't do it",
    "fragment": "it is a fragment",
    "pinned": "the plan was asked for that",
    "cost": "it saves nothing",
}
"""Outcome -> in words."""


@dataclass(frozen=True, slots=True)
class Fate:
    outcome: str
    words: str
    hot: bool
    class_name: str
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Copies:
    """By packet, 1 if it is served: under the plan's tier, and with each limit lifted."""

    served: bytearray
    lifted: tuple[tuple[str, str, bytearray], ...]
    """(reason, words, by packet)."""


def fates(
    scenario: Scenario,
    plan: Plan,
    inputs: Inputs,
    seen: Observation,
    options: ProfileOptions,
    frames: Sequence[bytes],
    wanted: Sequence[int],
) -> list[Fate]:
    """The fate of each wanted packet (indices into the observation)."""
    copies = _copies(scenario, seen, options)
    names = {(c.path, c.verdict): c.name for c in inputs.profile.classes}
    placed = {s.stage: (s.hot, s.cold) for s in plan.stages}
    host = host_of(plan)
    found: list[Fate] = []
    for index in wanted:
        kind = seen.classes[index]
        path, name = kind[0], names.get(kind, seen.names[kind])
        lookup = next((i for i, stage in enumerate(path) if scenario.is_lookup(stage)), len(path))
        hot = lookup == len(path) or bool(copies.served[index])
        engines = {placed[s][0 if hot or i < lookup else 1] for i, s in enumerate(path)}
        if host not in engines:
            found.append(Fate(NIC, REASONS[NIC], hot, name, path))
            continue
        fragment = parse_headers(frames[index]).fragment is not None
        by_hot = host not in {placed[s][0] for s in path}
        if by_hot and not hot:
            reason, words = _cold(copies, index)
        else:
            reason, words = _placed(scenario, plan, inputs, path)
        if fragment and reason != "pinned":
            words = f"{words} (fragments take their own path: later ones carry no ports)"
            reason = "fragment"
        found.append(Fate(reason, words, hot, name, path))
    return found


def _copies(scenario: Scenario, seen: Observation, options: ProfileOptions) -> _Copies:
    """The simulation in the tier of the plan (none: nothing is ever served from copies)."""
    profile = scenario.profile
    if scenario.tier < 0:
        return _Copies(bytearray(len(seen.visits)), ())
    last = scenario.tier in profile.largest_tiers
    room = None if last else profile.tier(scenario.tier).entries
    budget = profile.insertions_per_tick

    def run(room: int | None, budget: int | None, activation_ns: int) -> bytearray:
        return simulate(
            seen.visits,
            seen.table_of,
            room,
            activation_ns=activation_ns,
            tick_ns=options.tick_ns,
            reclaim=options.reclaim,
            insertions_per_tick=budget,
            records=scenario.records,
        ).served

    now = profile.activation_ns
    lifted: list[tuple[str, str, bytearray]] = []
    if budget is not None:
        words = f"{budget} copies a tick were installed before its own"
        lifted.append(("insert budget", words, run(room, None, now)))
    if room is not None:
        lifted.append(
            ("table full", f"all {room} copies that the NIC has room for were others'", run(None, budget, now))
        )
    delay = f"its copy takes {now / 1000:g} us to serve, and it came earlier"
    lifted.append(("activating", delay, run(room, budget, 0)))
    return _Copies(run(room, budget, now), tuple(lifted))


def _cold(copies: _Copies, index: int) -> tuple[str, str]:
    """Why a packet that hits found no copy."""
    for reason, words, served in copies.lifted:
        if served[index]:
            return reason, words
    return "cold", "its entry was not on the NIC: it was new, had been taken back for a change, or had idled out there"


def _placed(scenario: Scenario, plan: Plan, inputs: Inputs, path: tuple[int, ...]) -> tuple[str, str]:
    """Why a path ends on the host even for resident packets."""
    graph, host = scenario.graph, host_of(plan)
    if pin := _pin(scenario, inputs, path, host):
        return "pinned", pin
    if len(scenario.engines) == 1:
        return "capability", f"{plan.target} has no NIC engine that runs stages"
    engine = scenario.engines[-2]
    homes = {s.group: s for s in plan.states}
    held = graph.holdable & {s.group for s in plan.states if s.owner == host}
    for stage in path:
        if reason := scenario.can_run(stage, engine.name):
            return "capability", f"{graph.stages[stage].name}: {reason}"
    for position, stage in enumerate(path):
        for site in graph.stages[stage].accesses:
            group = graph.groups[scenario.group_index[site.state]]
            home = homes[group.name]
            if home.owner != host or (home.mode == "sharded" and site.on_record):
                continue
            if not group.replicable:
                return "unsafe", f"it {access_words(site)}, of which there must be no copy"
            if not site.on_copy:
                return "state change", f"it {access_words(site)}, and only the owner, {host}, may"
        if position and (conflict := graph.edge(path[position - 1], stage).conflict(held)):
            return "unsafe", f"{graph.stages[stage].name}: {conflict}"
    if any(scenario.is_lookup(stage) for stage in path):
        return "cold", "it misses the copies, and only the owner knows whether there is an entry"
    return "cost", "the host has to see its packets anyway, or it would save nothing"


def _pin(scenario: Scenario, inputs: Inputs, path: tuple[int, ...], host: str) -> str:
    names = {scenario.graph.stages[stage].name for stage in path}
    states = {site.state for stage in path for site in scenario.graph.stages[stage].accesses}
    request = inputs.request
    pins = [f"{name} is pinned to {e}" for name, e in request.pin_stages if name in names and e == host]
    pins += [f"{name} is pinned to {e}" for name, e in request.pin_states if name in states and e == host]
    pins += [f"{name} is kept off {e}" for name, e in request.exclude if name in names | states and e != host]
    return "; ".join(pins)
