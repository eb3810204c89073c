"""The rate that is planned for when none is given."""

from __future__ import annotations

from math import floor, log10

from cora.analysis.graph import StateGraph
from cora.model.evaluate import measure, throughput
from cora.model.resources import resource_rows
from cora.model.schema import Model
from cora.plan.request import DEFAULT_HOST_CORES
from cora.plan.strategies import Task, all_on, host_only
from cora.traffic.profile import Profile

SHARE_OF_NIC = 0.75
"""The rest of the NIC's cores is for packets that are handed over and come back, which cost it more than others."""


def default_rate_pps(graph: StateGraph, profile: Profile, model: Model) -> float:
    """A rate at which offload is worth something on this target, to three digits: the smallest of what the wire
    carries at the trace's mean frame size, what the host alone reaches with `DEFAULT_HOST_CORES` cores (or all that
    the model has), and three quarters of what the cores of the NIC could do if they ran the whole program."""
    start = profile.rate_pps
    task = Task(graph, profile, model, "max-rate", start, min(DEFAULT_HOST_CORES, model.host.count.value), 1)
    # Working sets grow with the rate, so the limit at a rate must be found where both agree.
    rate = start
    for _ in range(20):
        limits = [_limit(task, rate, model.host.name, 1.0)]
        limits += [_limit(task, rate, engine.name, SHARE_OF_NIC) for engine in model.stage_engines[-2:-1]]
        rate, before = min(limits), rate
        if abs(rate - before) < 1e-4 * before:
            break
    digit = 10.0 ** (floor(log10(rate)) - 2)
    return floor(rate / digit) * digit


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
