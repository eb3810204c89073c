"""The rate that is planned for when none is given."""

from __future__ import annotations

import dataclasses
from math import floor, log10, sqrt

from cora.analysis.graph import StateGraph
from cora.model.evaluate import measure, throughput
from cora.model.placement import Placement
from cora.model.resources import resource_rows
from cora.model.schema import Model
from cora.plan.request import DEFAULT_HOST_CORES, Solver
from cora.plan.strategies import run_strategy
from cora.plan.task import Task, all_on, host_only, sustained_pps
from cora.traffic.profile import Profile

SHARE_OF_NIC = 0.75
"""The rest of the NIC's cores is for packets that are handed over and come back, which cost it more than others."""
WORTH_SPLITTING = 1.02
"""The split reaches so many times the rate that the NIC reaches alone, or the NIC might as well do everything."""
NODES = 2_000
"""Of the search for the highest rate: a good split is enough here."""


def default_rate_pps(graph: StateGraph, profile: Profile, model: Model, solver: Solver | None = None) -> float:
    """A rate at which a split is worth something on this target, to three digits.

    If the NIC could run the whole program, but passes more packets where it serves the hits and the host does the rest,
    it is the geometric mean of these two rates: too much for the NIC alone, and all hits stay on it. Else it is the
    smallest of what the wire carries at the trace's mean frame size, what the host alone reaches with
    `DEFAULT_HOST_CORES` cores (or all that the model has), and three quarters of what the cores of the NIC could do if
    they ran the whole program.

    Of `solver` only its time limit matters: within it, a good split is enough here.
    """
    cores = min(DEFAULT_HOST_CORES, model.host.count.value)
    task = Task(
        graph,
        profile,
        model,
        "max-rate",
        profile.rate_pps,
        cores,
        dataclasses.replace(solver or Solver(), node_limit=NODES),
    )
    return _three_digits(_beyond_the_nic(task) or _reachable(task))


def _three_digits(rate: float) -> float:
    digit = 10.0 ** (floor(log10(rate)) - 2)
    return floor(rate / digit) * digit


def _beyond_the_nic(task: Task) -> float | None:
    """Between what the NIC reaches alone and what the best split reaches; None if there is nothing between."""
    scenario = task.scenario(-1)
    if len(scenario.engines) == 1:
        return None
    alone = sustained_pps(task, all_on(scenario, scenario.engines[-2].name))
    if alone <= 0:
        return None
    split = _hits_on_the_nic(task, alone / 2)
    reached = sustained_pps(task, split) if split is not None else 0.0
    return sqrt(alone * reached) if reached >= WORTH_SPLITTING * alone else None


def _hits_on_the_nic(task: Task, rate_pps: float) -> Placement | None:
    """How a NIC that owns no table with timeouts would be used at a rate that leaves it room: it serves what copies
    can serve, and the host does the rest. None if that is nothing."""
    engines = tuple(
        dataclasses.replace(e, sweep=None, capabilities=dataclasses.replace(e.capabilities, expires_entries=False))
        for e in task.model.engines[:-1]
    )
    model = dataclasses.replace(task.model, engines=(*engines, task.model.host))
    roomy = dataclasses.replace(task, model=model, objective="min-cores", rate_pps=rate_pps, host_cores=None)
    return run_strategy("ilp", roomy).placement


def _reachable(task: Task) -> float:
    """What host, wire and three quarters of the NIC reach. Working sets grow with the rate, so the limit at a rate must
    be found where both agree."""
    rate = task.rate_pps
    for _ in range(20):
        limits = [_limit(task, rate, task.model.host.name, 1.0)]
        limits += [_limit(task, rate, engine.name, SHARE_OF_NIC) for engine in task.model.stage_engines[-2:-1]]
        rate, before = min(limits), rate
        if abs(rate - before) < 1e-4 * before:
            break
    return rate


def _limit(task: Task, rate_pps: float, engine: str, share: float) -> float:
    """The rate that the wire, the links, and the cores of one engine carry if it runs everything."""
    scenario = task.scenario(-1, rate_pps)
    alone = host_only(scenario) if engine == task.model.host.name else all_on(scenario, engine)
    rows = resource_rows(scenario, measure(scenario, alone), task.host_cores)
    shown = "host" if engine == task.model.host.name else engine
    cores = {f"{shown} cores", f"{shown} threads"}
    own = [row for row in rows if row.resource in cores]
    others = [row for row in rows if row.resource not in cores and not row.resource.endswith("insertions")]
    reached = throughput(rate_pps, tuple(others))[0] if others else float("inf")
    return min(reached, share * throughput(rate_pps, tuple(own))[0]) if own else reached
