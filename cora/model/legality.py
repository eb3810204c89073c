"""May this placement run at all? The rules of `docs/architecture.md`, on every path and not only those seen."""

from __future__ import annotations

from collections.abc import Sequence

from cora.analysis.graph import Way
from cora.model.placement import GroupChoice, Placement
from cora.model.routes import Transition
from cora.model.scenario import Scenario


def why_illegal(scenario: Scenario, placement: Placement) -> str:
    """The first rule that a placement breaks, in words; "" if it breaks none."""
    for rule in (_bad_options, _bad_stages, _bad_misses):
        if reason := rule(scenario, placement):
            return reason
    for transition in scenario.routes.transitions:
        if reason := _bad_transition(scenario, placement, transition):
            return reason
    return ""


def _bad_options(scenario: Scenario, placement: Placement) -> str:
    for index, choice in enumerate(placement.groups):
        if choice not in scenario.options(index):
            owner = scenario.model.engine(choice.owner)
            reason = scenario.cannot_own(index, owner) if not choice.holder else ""
            name, engine = scenario.graph.groups[index].name, choice.holder or choice.owner
            return reason or f"{name} cannot be {choice.mode} on {engine}"
    groups = zip(scenario.graph.groups, placement.groups, strict=True)
    sharded = {group.name for group, choice in groups if choice.mode == "sharded"}
    if len(sharded) > 1 and not any(sharded <= set(partition.groups) for partition in scenario.graph.partitions):
        return (
            f"{' and '.join(sorted(sharded))} cannot both be sharded: one packet may need records of different shards"
        )
    return ""


def _bad_stages(scenario: Scenario, placement: Placement) -> str:
    for stage in scenario.graph.stages:
        index = stage.index
        if index not in scenario.routes.after_lookup and placement.hot[index] != placement.cold[index]:
            return f"{stage.name}: nothing tells resident packets from others there"
        for bucket in ("hot", "cold"):
            engine = placement.engine(index, bucket)
            if reason := scenario.can_run(index, engine):
                return f"{stage.name}: {reason}"
            for group in scenario.stage_groups(index):
                known = scenario.known_as(index, bucket)
                if not scenario.allows(index, group, known, engine, placement.groups[group]):
                    return f"{stage.name} may not run on {engine}: {scenario.graph.groups[group].name} lives elsewhere"
    return ""


def _bad_transition(scenario: Scenario, placement: Placement, step: Transition) -> str:
    graph = scenario.graph
    source, target = graph.stages[step.edge.source], graph.stages[step.edge.target]
    here = placement.engine(source.index, step.before)
    there = placement.engine(target.index, step.after)
    if scenario.order[there] < scenario.order[here]:
        return f"{target.name} lies outwards of {source.name}"
    if here != there and (reason := _cannot_leave(scenario, placement, step.edge.ways, here, there, source.index)):
        return f"no packet may cross from {source.name} to {target.name}: {reason}"
    return _bad_probe(scenario, placement, step) if step.after == "cold" else ""


def _bad_misses(scenario: Scenario, placement: Placement) -> str:
    """Packets that miss what an engine holds of a table leave in the middle of a stage, for its owner: the host."""
    host = scenario.engines[-1].name
    for stage in scenario.graph.stages:
        here = placement.hot[stage.index]
        if here != host and (reason := _cannot_leave(scenario, placement, stage.misses, here, host, stage.index)):
            return f"{here} cannot hand off the packets that {stage.name} misses: {reason}"
    return ""


def _cannot_leave(
    scenario: Scenario, placement: Placement, ways: Sequence[Way], here: str, there: str, source: int
) -> str:
    """Why packets that come on one of these ways may not leave an engine for another, "" if all may."""
    groups = scenario.graph.groups
    held = placement.held(here)
    names = frozenset(groups[g].name for g in held)
    records = frozenset(groups[g].name for g in held if placement.groups[g].mode == "sharded")
    options = [(choice,) for choice in placement.groups]
    for way in ways:
        if not way.taken(names):
            continue
        if reason := way.why_not(names, records) or cannot_restart(scenario, way.restart, source, here, there):
            return reason
        for group in needed_elsewhere(scenario, way.restart, source, here, there, options):
            stage = scenario.graph.stages[way.restart].name
            return f"{there} would go on at {stage}, and would need {groups[group].name}, which is elsewhere"
    return ""


def cannot_restart(scenario: Scenario, restart: int, source: int, here: str, there: str) -> str:
    """Why packets that leave an engine after (or in) the stage `source` can't be taken up at a stage by another one,
    wherever states live; "" if they can."""
    if reason := scenario.cannot_carry(here, there, restart):
        return reason
    again = (scenario.can_run(stage, there) for stage in scenario.structure.rerun(restart, source))
    return next((reason for reason in again if reason), "")


def needed_elsewhere(
    scenario: Scenario, restart: int, source: int, here: str, there: str, options: Sequence[Sequence[GroupChoice]]
) -> dict[int, tuple[int, ...]]:
    """Groups that keep packets from being taken up at a stage, each with those of its `options` (their numbers) under
    which it does: what the next engine runs again it can't access there, or the engine that the packet leaves has for
    itself what may be accessed from that stage on."""
    found: dict[int, set[int]] = {}
    for stage in scenario.structure.rerun(restart, source):
        for group in scenario.stage_groups(stage):
            for i, choice in enumerate(options[group]):
                if not scenario.allows(stage, group, "cold", there, choice) or scenario.repeats(stage, group, choice):
                    found.setdefault(group, set()).add(i)
    for group in scenario.changing_ahead(restart):
        for i, choice in enumerate(options[group]):
            if choice.owner == here:
                found.setdefault(group, set()).add(i)
    return {group: tuple(sorted(indices)) for group, indices in sorted(found.items())}


def probes(scenario: Scenario, placement: Placement, stage: int, engine: str) -> bool:
    """Cold packets learn on an engine, at this stage, that they are not resident: it looks up a partial copy there."""
    return (
        stage in scenario.lookups
        and placement.hot[stage] == engine
        and placement.cold[stage] != engine
        and bool(_partial_groups(scenario, placement, stage, engine))
    )


def partial_group(scenario: Scenario, placement: Placement, stage: int, engine: str) -> int:
    """The group from whose copies an engine learns at a stage that `probes` that a packet is not resident."""
    return _partial_groups(scenario, placement, stage, engine)[0]


def _partial_groups(scenario: Scenario, placement: Placement, stage: int, engine: str) -> list[int]:
    """The groups of which an engine has copies, and that only resident packets may access there at a stage."""
    return [
        group
        for group in scenario.stage_groups(stage)
        if placement.groups[group].holder == engine
        and not scenario.allows(stage, group, "cold", engine, placement.groups[group])
    ]


def _bad_probe(scenario: Scenario, placement: Placement, step: Transition) -> str:
    """Resident and other packets that are still on one engine may part only where that engine looks up a copy."""
    source, target = step.edge.source, step.edge.target
    here = placement.engine(source, step.before)
    if here != placement.hot[source] or placement.hot[target] == placement.cold[target]:
        return ""
    name = scenario.graph.stages[target].name
    if placement.hot[target] != here or not probes(scenario, placement, target, here):
        return f"{name}: nothing tells resident packets from others there"
    return ""
