"""One function under one traffic on one machine: every strategy at every rate, by the same evaluator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cora.cli.steps import Job
from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.schema import Model
from cora.plan.planner import latencies
from cora.plan.ranges import ranges
from cora.plan.request import Solver
from cora.plan.strategies import run_strategy
from cora.plan.task import Outcome, Task, all_on, host_only
from evaluation.grid import STRATEGIES, Grid, Traffic, job

NODES = 2_000
"""Of each search for a highest rate, which solves the integer program several times."""
THROUGHPUT = ("host-only", "state-only", "traffic-only", "ilp")
"""The strategies whose highest rate on one host core is asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy at one rate; None where it has no placement that holds. The planned rate is the offered one; for the
    objective `max-rate` it is what the strategy reaches with one host core."""

    function: str
    traffic: str
    skewed: bool
    target: str
    objective: str
    share_of_line_rate: float
    strategy: str
    rate_mpps: float
    feasible: bool
    reason: str
    host_cores: float | None
    nic_cores: float | None
    throughput_mpps: float | None
    bottleneck: str
    latency_mean_us: float | None
    latency_p99_us: float | None
    gap: float | None
    solve_s: float
    nic_alone_fits: bool
    """All of it on the NIC would hold at this rate."""
    saved_low: float | None = None
    """Ours: the share of host cores saved where the numbers of the model are at the ends that are worst for it."""


def rows(function: str, traffic: Traffic, grid: Grid) -> Iterator[Row]:
    """All strategies at all rates of the grid, on all its machines."""
    made = job(function, traffic, grid.packets)
    for target in grid.targets:
        model = load_model(target)
        for share in grid.shares:
            yield from _at_rate(made, traffic, model, share)
        yield from _highest(made, traffic, model)


def _line_rate_pps(made: Job, model: Model) -> float:
    wire = model.wire
    bits = 8 * (made.profile.bytes / made.profile.packets + wire.framing_bytes)
    carried = wire.line_rate_bps.value / bits
    return carried if wire.packet_rate is None else min(carried, wire.packet_rate.value)


def task_at(made: Job, model: Model, share_of_line_rate: float) -> Task:
    """What every strategy is asked for at one rate."""
    rate_pps = share_of_line_rate * _line_rate_pps(made, model)
    return Task(made.graph, made.profile, model, "min-cores", rate_pps, None, Solver())


def _at_rate(made: Job, traffic: Traffic, model: Model, share: float) -> Iterator[Row]:
    task = task_at(made, model, share)
    alone = task.scenario(-1)
    fits = evaluate(alone, all_on(alone, alone.engines[-2].name)).feasible
    for strategy in STRATEGIES:
        began = time.perf_counter()
        outcome = run_strategy(strategy, task)
        solve_s = time.perf_counter() - began
        row = _row(made, traffic, outcome, share, solve_s, fits)
        yield _at_worst(row, outcome, task) if strategy == "ilp" and outcome.feasible else row


def _at_worst(row: Row, outcome: Outcome, task: Task) -> Row:
    assert outcome.placement is not None
    found = ranges(outcome.scenario, outcome.placement, host_only(task.scenario(-1)), None, 1.0)
    return replace(row, saved_low=found.saved.low)


def _highest(made: Job, traffic: Traffic, model: Model) -> Iterator[Row]:
    """The highest rates with one host core beside the NIC: throughput at the same resources."""
    task = Task(made.graph, made.profile, model, "max-rate", made.profile.rate_pps, 1.0, Solver(node_limit=NODES))
    for strategy in THROUGHPUT:
        began = time.perf_counter()
        outcome = run_strategy(strategy, task)
        yield _row(made, traffic, outcome, 0.0, time.perf_counter() - began, False)


def _row(made: Job, traffic: Traffic, outcome: Outcome, share: float, solve_s: float, fits: bool) -> Row:
    held, found = outcome.feasible, outcome.evaluation
    scenario = outcome.scenario
    latency = latencies(outcome).all() if held else None
    gap = None
    if held and outcome.host_cores is None:
        gap = max(0.0, found.host_cores - outcome.bound) / found.host_cores if found.host_cores else 0.0
    return Row(
        function=made.spec.name,
        traffic=traffic.name,
        skewed=traffic.skewed,
        target=scenario.model.name,
        objective="min-cores" if outcome.host_cores is None else "max-rate",
        share_of_line_rate=share,
        strategy=outcome.strategy,
        rate_mpps=scenario.rate_pps / 1e6 if held or outcome.host_cores is None else 0.0,
        feasible=held,
        reason=found.reason,
        host_cores=found.host_cores if held else None,
        nic_cores=found.nic_cores if held else None,
        throughput_mpps=found.throughput_pps / 1e6 if held else None,
        bottleneck=found.bottleneck,
        latency_mean_us=_us(None if latency is None else latency.mean_ns),
        latency_p99_us=_us(None if latency is None else latency.p99_ns),
        gap=gap,
        solve_s=solve_s,
        nic_alone_fits=fits,
    )


def _us(time_ns: float | None) -> float | None:
    return None if time_ns is None else time_ns / 1e3
