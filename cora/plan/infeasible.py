"""When nothing fits: which constraints conflict, in the user's words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cora.diagnostics import Diagnostic, UserError
from cora.model.evaluate import Evaluation
from cora.model.placement import Placement
from cora.model.resources import Resource, Row, quantity, resources
from cora.model.scenario import Scenario
from cora.plan.ilp import Restriction
from cora.plan.reasons import bytes_words
from cora.plan.solve import least_demand, solve_first
from cora.plan.task import Task


class InfeasibleError(UserError):
    """No plan satisfies all constraints; the command line exits with status 3."""

    exit_status = 3


def infeasible(message: str, help: str, where: str = "") -> InfeasibleError:
    return InfeasibleError(Diagnostic("C0620", message, help=help, where=where))


def overload_words(scenario: Scenario, placement: Placement, row: Row) -> str:
    """A resource that is too small, and what fills it."""
    if row.unit == "B":
        memory = row.resource.removesuffix(" bytes")
        users = [g for g, c in enumerate(placement.groups) if c.memory == memory]
        flows = quantity(scenario.traffic.flows, "")
        if users:
            largest = max(users, key=lambda g: _size(scenario, placement, g))
            name = scenario.graph.groups[largest].name
            needs = bytes_words(scenario, largest, placement.groups[largest])
            return f"{name} needs {needs} at {flows} flows; {memory} has {quantity(row.capacity, row.unit)}"
    return row.overload()


def _size(scenario: Scenario, placement: Placement, group: int) -> float:
    memory = scenario.model.memory(placement.groups[group].memory)
    return sum(scenario.owned_bytes(f.name, memory) for f in scenario.graph.groups[group].states)


def evaluation_words(scenario: Scenario, placement: Placement | None, evaluation: Evaluation) -> str:
    """The reason of an evaluation with the sizes of what fills the memories; "" if it is feasible."""
    over = [row for row in evaluation.rows if row.overloaded and row.resource != "host cores"]
    if placement is None or not over:
        return evaluation.reason
    return "; ".join(overload_words(scenario, placement, row) for row in over)


@dataclass(frozen=True, slots=True)
class _Part:
    """A constraint that can be left out, alone."""

    words: str
    restriction: Restriction
    resource: Resource | None = None


def conflicts(task: Task, reserved: Mapping[str, str]) -> list[str]:
    """A smallest set of constraints that cannot hold together, in words: each in turn is left out, and stays out if the
    rest conflicts without it. `reserved` has words for what the user has reserved, by resource."""
    scenario, restriction = task.scenario(-1), task.restriction
    parts = [*_resource_parts(task, scenario), *_pin_parts(task, scenario), *_exclusion_parts(task)]
    kept: list[_Part] = []
    for part in parts:
        fewer = _without(restriction, part.restriction)
        if _possible(task, fewer):
            kept.append(part)
        else:
            restriction = fewer
    return [_words(task, scenario, restriction, part, reserved) for part in kept]


def _possible(task: Task, restriction: Restriction) -> bool:
    for tier in task.tiers:
        what = task.scenario(tier), task.objective, restriction, task.host_cores, task.solver
        if solve_first(*what)[0] is not None:
            return True
    return False


def _resource_parts(task: Task, scenario: Scenario) -> Iterator[_Part]:
    for what in resources(scenario, task.host_cores):
        there = f"{what.name}: {quantity(what.capacity, what.unit)} there"
        yield _Part(there, Restriction(relaxed=frozenset({what.name})), what)


def _pin_parts(task: Task, scenario: Scenario) -> Iterator[_Part]:
    graph, limits = task.graph, task.restriction
    for stage, engine in limits.pin_stages:
        words = f"{graph.stages[stage].name} is pinned to {engine}"
        if why := scenario.can_run(stage, engine):
            words = f"{words}, but {why}"
        yield _Part(words, Restriction(pin_stages=((stage, engine),)))
    for group, engine in limits.pin_groups:
        words = f"{graph.groups[group].name} is pinned to {engine}"
        if engine != scenario.engines[-1].name and (why := scenario.cannot_own(group, scenario.model.engine(engine))):
            words = f"{words}, but {why}"
        yield _Part(words, Restriction(pin_groups=((group, engine),)))


def _exclusion_parts(task: Task) -> Iterator[_Part]:
    graph, limits = task.graph, task.restriction
    for stage, engine in limits.exclude_stages:
        words = f"{graph.stages[stage].name} is excluded from {engine}"
        yield _Part(words, Restriction(exclude_stages=((stage, engine),)))
    for group, engine in limits.exclude_groups:
        words = f"{graph.groups[group].name} is excluded from {engine}"
        yield _Part(words, Restriction(exclude_groups=((group, engine),)))


def _words(task: Task, scenario: Scenario, restriction: Restriction, part: _Part, reserved: Mapping[str, str]) -> str:
    """A constraint that is kept; of a resource also what it is needed for, without it and all that was left out."""
    what = part.resource
    if what is None:
        return part.words
    aside = f" ({reserved[what.name]} reserved)" if what.name in reserved else ""
    relaxed = _without(restriction, part.restriction)
    demands = [least_demand(task.scenario(tier), relaxed, what, task.solver) for tier in task.tiers]
    found = [demand for demand in demands if demand is not None]
    if not found or min(found) <= what.capacity:
        return f"{part.words}{aside}"
    least = quantity(min(found), what.unit)
    if user := _memory_user(task, scenario, what):
        flows = quantity(scenario.traffic.flows, "")
        return f"{part.words}{aside}; {user} and what must be with it take {least} at {flows} flows"
    return f"{part.words}{aside}, at least {least} needed"


def _memory_user(task: Task, scenario: Scenario, what: Resource) -> str:
    """The largest of the groups that are pinned to a memory's engine; "" if none is."""
    memory = next((m for m in scenario.model.memories if what.name == f"{m.name} bytes"), None)
    if memory is None:
        return ""
    pinned = {g for g, engine in task.restriction.pin_groups if engine == memory.engine}
    pinned |= {
        group
        for stage, engine in task.restriction.pin_stages
        if engine == memory.engine
        for group in scenario.stage_groups(stage)
    }
    if not pinned:
        return ""
    groups = task.graph.groups
    largest = max(pinned, key=lambda g: sum(scenario.owned_bytes(f.name, memory) for f in groups[g].states))
    return groups[largest].name


def _without(restriction: Restriction, part: Restriction) -> Restriction:
    """The restriction without the pins and exclusions of `part`, and with its resources relaxed."""
    return dataclasses.replace(
        restriction,
        relaxed=restriction.relaxed | part.relaxed,
        pin_stages=tuple(p for p in restriction.pin_stages if p not in part.pin_stages),
        pin_groups=tuple(p for p in restriction.pin_groups if p not in part.pin_groups),
        exclude_stages=tuple(p for p in restriction.exclude_stages if p not in part.exclude_stages),
        exclude_groups=tuple(p for p in restriction.exclude_groups if p not in part.exclude_groups),
    )
