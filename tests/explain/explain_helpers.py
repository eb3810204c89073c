"""Inputs for explanations: the hand-made NAT on NICs that lack something, and the bundled NFs on their own traffic."""

from __future__ import annotations

import dataclasses
import functools

from hand_made import nat_graph, nat_profile

from cora.cli.steps import Job, find_spec
from cora.explain.changes import Change, Inputs, flows_change, machine_changes, rate_change
from cora.explain.solver import Solver
from cora.model import load_model
from cora.model.schema import Model
from cora.plan import Plan, PlanRequest, make_plan


def without_sweeping(model: Model) -> Model:
    """The model whose NIC engines can't get rid of idle entries."""
    engines = tuple(
        dataclasses.replace(
            e, sweep=None, capabilities=dataclasses.replace(e.capabilities, expires_entries=False)
        )
        for e in model.engines[:-1]
    )  # fmt: skip
    return dataclasses.replace(model, engines=(*engines, model.host))


def without_insertion(model: Model) -> Model:
    """The model whose NIC engines can't insert while they forward."""
    engines = tuple(
        dataclasses.replace(e, capabilities=dataclasses.replace(e.capabilities, data_plane_insert=False))
        for e in model.engines[:-1]
    )
    return dataclasses.replace(model, engines=(*engines, model.host))


def with_memory(model: Model, capacity_bytes: float) -> Model:
    """The model whose NIC memories all have this size."""
    memories = tuple(
        m if m.engine == model.host.name
        else dataclasses.replace(m, capacity_bytes=dataclasses.replace(m.capacity_bytes, value=capacity_bytes))
        for m in model.memories
    )  # fmt: skip
    return dataclasses.replace(model, memories=memories)


@functools.cache
def hand_solver(what: str = "", **request: object) -> Solver:
    """The NAT in nine stages on the Agilio, or on one that is without "sweeping", "insertion" or "memory"."""
    model = load_model("agilio-cx")
    if "sweeping" in what:
        model = without_sweeping(model)
    if "insertion" in what:
        model = without_insertion(model)
    if "memory" in what:  # the registers fit, the table doesn't
        model = with_memory(model, 1_400_000.0)
    return Solver.of(Inputs(nat_graph(), nat_profile(), model, PlanRequest(**request)))  # type: ignore[arg-type]


@functools.cache
def job(name: str) -> Job:
    """A bundled NF with its own traffic."""
    return Job(find_spec(name))


@functools.cache
def small_job(name: str) -> Job:
    """A bundled NF with a short traffic of the same kind."""
    spec = find_spec(name)
    generate = {**spec.traffic.generate, "packets": 3000, "flows": 100}
    return Job(dataclasses.replace(spec, traffic=dataclasses.replace(spec.traffic, generate=generate)))


@functools.cache
def bundled_solver(name: str, target: str) -> Solver:
    """A bundled NF on a target at its default rate."""
    return Solver.of(Inputs(job(name).graph, job(name).profile, load_model(target), PlanRequest()))


def solved_again(solver: Solver, settings: tuple[tuple[str, float], ...]) -> Plan:
    """The plan with changed figures, made by the planner itself and not by the solver that is tested."""
    rate, flows = rate_change(solver.plan.rate_pps), flows_change(solver.plan.flows)
    changes: dict[str, Change] = {c.name: c for c in (*machine_changes(solver.inputs.model), rate, flows)}
    inputs = solver.inputs
    for name, value in settings:
        inputs = changes[name].apply(inputs, value)
    return make_plan(inputs.graph, inputs.profile, inputs.model, inputs.request)
