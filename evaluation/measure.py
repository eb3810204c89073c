"""One function under one traffic on one machine: every strategy at every rate, by the same evaluator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cora.cli.steps import Job
from cora.model.schema import Model
from cora.plan.planner import latencies
from cora.plan.ranges import ranges
from cora.plan.request import Solver, Strategy
from cora.plan.strategies import run_strategy
from cora.plan.task import Outcome, Task, host_only, sustained_pps
from evaluation.grid import MOST_OF_LINE_RATE, OTHERWISE, STRATEGIES, Grid, Machine, Traffic, job

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
    machine: str
    objective: str
    load: float
    """The rate over the highest one at which everything runs on the NIC alone; 0 for `max-rate`."""
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
    stateful: float
    """The share of packets that use a state that packets change, counters and digests apart."""
    saved_low: float | None = None
    """Ours: the share of host cores saved where the numbers of the model are at the ends that are worst for it."""


def rows(function: str, traffic: Traffic, grid: Grid) -> Iterator[Row]:
    """All strategies at all rates of the grid, on all its machines."""
    made = job(function, traffic, grid.packets)
    for machine in grid.machines:
        model = machine.model()
        for load in grid.loads:
            found = _at_rate(made, task_at(made, model, load))
            yield from (_row(made, traffic, machine, load, one) for one in found)
        yield from (_row(made, traffic, machine, 0.0, one) for one in _highest(made, model))


def _line_rate_pps(made: Job, model: Model) -> float:
    wire = model.wire
    bits = 8 * (made.profile.bytes / made.profile.packets + wire.framing_bytes)
    carried = wire.line_rate_bps.value / bits
    return carried if wire.packet_rate is None else min(carried, wire.packet_rate.value)


def task_at(made: Job, model: Model, load: float) -> Task:
    """What every strategy is asked for at one rate."""
    task = Task(made.graph, made.profile, model, "min-cores", made.profile.rate_pps, None, Solver())
    line_pps = _line_rate_pps(made, model)
    alone = run_strategy("nic-only", task).placement
    alone_pps = 0.0 if alone is None else sustained_pps(task, alone)
    return replace(task, rate_pps=min(load * (alone_pps or OTHERWISE * line_pps), MOST_OF_LINE_RATE * line_pps))


@dataclass(frozen=True, slots=True)
class _One:
    """An outcome with what else a row says."""

    outcome: Outcome
    solve_s: float
    fits: bool = False
    saved_low: float | None = None


def _at_rate(made: Job, task: Task) -> Iterator[_One]:
    fits = run_strategy("nic-only", task).feasible
    for strategy in STRATEGIES:
        outcome, solve_s = _timed(strategy, task)
        low = _saved_at_worst(outcome, task) if strategy == "ilp" and outcome.feasible else None
        yield _One(outcome, solve_s, fits, low)


def _timed(strategy: Strategy, task: Task) -> tuple[Outcome, float]:
    began = time.perf_counter()
    outcome = run_strategy(strategy, task)
    return outcome, time.perf_counter() - began


def _saved_at_worst(outcome: Outcome, task: Task) -> float:
    assert outcome.placement is not None
    return ranges(outcome.scenario, outcome.placement, host_only(task.scenario(-1)), None, 1.0).saved.low


def _highest(made: Job, model: Model) -> Iterator[_One]:
    """The highest rates with one host core beside the NIC: throughput at the same resources."""
    task = Task(made.graph, made.profile, model, "max-rate", made.profile.rate_pps, 1.0, Solver(node_limit=NODES))
    for strategy in THROUGHPUT:
        yield _One(*_timed(strategy, task))


def _row(made: Job, traffic: Traffic, machine: Machine, load: float, one: _One) -> Row:
    outcome, found = one.outcome, one.outcome.evaluation
    held, given_cores = outcome.feasible, outcome.host_cores is not None or load == 0.0
    latency = latencies(outcome).all() if held else None
    gap = max(0.0, found.host_cores - outcome.bound) / found.host_cores if held and not given_cores else None
    return Row(
        function=made.spec.name,
        traffic=traffic.name,
        skewed=traffic.skewed,
        machine=machine.name,
        objective="max-rate" if given_cores else "min-cores",
        load=load,
        strategy=outcome.strategy,
        rate_mpps=outcome.scenario.rate_pps / 1e6 if held or not given_cores else 0.0,
        feasible=held,
        reason=found.reason,
        host_cores=found.host_cores if held else None,
        nic_cores=found.nic_cores if held else None,
        throughput_mpps=found.throughput_pps / 1e6 if held else None,
        bottleneck=found.bottleneck,
        latency_mean_us=_us(None if latency is None else latency.mean_ns),
        latency_p99_us=_us(None if latency is None else latency.p99_ns),
        gap=gap,
        solve_s=one.solve_s,
        nic_alone_fits=one.fits,
        stateful=_stateful(made),
        saved_low=one.saved_low,
    )


def _stateful(made: Job) -> float:
    """Of the trace's packets."""
    stages = made.graph.stages
    changed = {s.name for group in made.graph.groups for s in group.states if s.update not in ("read_only", "add")}
    using = {stage.index for stage in stages if any(access.state in changed for access in stage.accesses)}
    return sum(c.packets for c in made.profile.classes if not using.isdisjoint(c.path)) / made.profile.packets


def _us(time_ns: float | None) -> float | None:
    return None if time_ns is None else time_ns / 1e3
