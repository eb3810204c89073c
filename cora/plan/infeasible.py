"""When nothing fits: which constraints conflict, in the user's words."""

from __future__ import annotations

import dataclasses

from cora.diagnostics import Diagnostic, UserError
from cora.model.evaluate import Evaluation
from cora.model.placement import Placement
from cora.model.resources import Row, quantity, resources
from cora.model.scenario import Scenario
from cora.plan.ilp import Restriction
from cora.plan.reasons import bytes_words
from cora.plan.solve import solve


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


def conflicts(scenario: Scenario, restriction: Restriction, node_limit: int) -> list[str]:
    """A smallest set of constraints that cannot hold together, in words: of the pins and the resources, each is left
    out in turn, and stays out if the rest conflicts without it."""
    graph = scenario.graph
    parts: list[tuple[str, Restriction]] = [
        (f"{what.name}: {quantity(what.capacity, what.unit)} there", Restriction(relaxed=frozenset({what.name})))
        for what in resources(scenario, None)
    ]
    for stage, engine in restriction.pin_stages:
        parts.append((f"{graph.stages[stage].name} is pinned to {engine}", Restriction(pin_stages=((stage, engine),))))
    for group, engine in restriction.pin_groups:
        words = f"{graph.groups[group].name} is pinned to {engine}"
        if engine != scenario.engines[-1].name and (why := scenario.cannot_own(group, scenario.model.engine(engine))):
            words = f"{words}, but {why}"
        parts.append((words, Restriction(pin_groups=((group, engine),))))
    kept: list[str] = []
    for words, part in parts:
        fewer = _without(restriction, part)
        if solve(scenario, "min-cores", fewer, None, node_limit) is None:
            restriction = fewer
        else:
            kept.append(words)
    return kept


def _without(restriction: Restriction, part: Restriction) -> Restriction:
    """The restriction without the pins of `part`, and with its resources relaxed."""
    return dataclasses.replace(
        restriction,
        relaxed=restriction.relaxed | part.relaxed,
        pin_stages=tuple(p for p in restriction.pin_stages if p not in part.pin_stages),
        pin_groups=tuple(p for p in restriction.pin_groups if p not in part.pin_groups),
    )
