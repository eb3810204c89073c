"""May this placement run at all? The rules of `docs/architecture.md`, on every path and not only those seen."""

from __future__ import annotations

from cora.model.placement import Placement
from cora.model.routes import Transition
from cora.model.scenario import Scenario


def why_illegal(scenario: Scenario, placement: Placement) -> str:
    """The first rule that a placement breaks, in words; "" if it breaks none."""
    for reason in (_bad_options(scenario, placement), _bad_stages(scenario, placement)):
        if reason:
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
    if here != there:
        if step.edge.conflict:
            return f"no packet may cross from {source.name} to {target.name}: {step.edge.conflict}"
        if reason := scenario.cannot_carry(here, there, step.edge):
            return f"no packet may cross from {source.name} to {target.name}: {reason}"
        for stage in scenario.routes.rerun[source.index, target.index]:
            if not can_rerun(scenario, placement, stage, there):
                return f"{there} would have to run {graph.stages[stage].name} again and may not"
    return _bad_probe(scenario, placement, step) if step.after == "cold" else ""


def can_rerun(scenario: Scenario, placement: Placement, stage: int, engine: str) -> bool:
    """An engine that takes a packet up may run an earlier stage again."""
    groups = scenario.stage_groups(stage)
    return not scenario.can_run(stage, engine) and all(
        scenario.allows(stage, group, "cold", engine, placement.groups[group]) for group in groups
    )


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
    conflict = next((e.conflict for e in scenario.graph.edges if e.source == target and e.conflict), "")
    return f"{here} cannot hand off the packets that {name} misses: {conflict}" if conflict else ""
