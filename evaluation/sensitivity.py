"""How conclusions change: over the activation delay, the tick, the number of flows, and the model's ranges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cora.cli.steps import Job, find_spec
from cora.plan.ranges import ranges
from cora.plan.strategies import run_strategy
from cora.plan.task import host_only
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, generate_spec
from cora.traffic.take_profile import ProfileOptions
from evaluation.grid import Grid
from evaluation.measure import task_at

LOAD = 1.1
"""Times what the NIC does alone."""
ACTIVATIONS_NS = (10_000, 50_000, 1_000_000, 10_000_000)
TICKS_NS = (10**8, 10**9, 10**10)
FLOWS = (0.25, 1.0, 4.0)
"""Times as many as the function's own traffic has."""
LARGEST = 3
"""Numbers of the model that are told, those that matter most first."""


@dataclass(frozen=True, slots=True)
class Varied:
    """Shares of host-only's cores that are saved; None where nothing holds."""

    function: str
    machine: str
    what: str
    value: str
    ours: float | None
    state_only: float | None
    traffic_only: float | None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A number of a model and what it does to the share that ours saves."""

    function: str
    machine: str
    parameter: str
    confidence: str
    host_cores: str
    """At its ends."""
    breaks: str


def varied(grid: Grid) -> Iterator[Varied]:
    """One thing at a time, for each function and machine."""
    for function in grid.sensitivity:
        own = generate_spec(find_spec(function).traffic.generate)
        if grid.packets is not None:
            own = replace(own, packets=grid.packets)
        default = ProfileOptions()
        for delay in ACTIVATIONS_NS:
            yield from _saved(function, grid, own, replace(default, activation_ns=delay), "activation", _time(delay))
        for tick in TICKS_NS:
            yield from _saved(function, grid, own, replace(default, tick_ns=tick), "tick", _time(tick))
        for times in FLOWS:
            more = replace(own, flows=max(1, round(times * own.flows)))
            yield from _saved(function, grid, more, default, "flows", f"x {times:g}")


def uncertain(grid: Grid) -> Iterator[Uncertain]:
    """The numbers of each machine's model that matter most to our plans."""
    for function in grid.sensitivity:
        made = Job(find_spec(function))
        for machine in grid.machines:
            task = task_at(made, machine.model(), LOAD)
            outcome = run_strategy("ilp", task)
            if outcome.placement is None or not outcome.feasible:
                continue
            found = ranges(outcome.scenario, outcome.placement, host_only(task.scenario(-1)), None, 1.0)
            for number in found.sensitivities[:LARGEST]:
                high = number.host_cores.high
                ends = f"{number.host_cores.low:.3g} to {'no bound' if high is None else f'{high:.3g}'}"
                yield Uncertain(function, machine.name, number.parameter, number.confidence, ends, number.breaks)


def _saved(
    function: str, grid: Grid, spec: GenerateSpec, profiling: ProfileOptions, what: str, value: str
) -> Iterator[Varied]:
    made = Job(find_spec(function), profiling=profiling)
    made.capture = generate(spec, f"{function} ({what} {value})")
    for machine in grid.machines:
        task = task_at(made, machine.model(), LOAD)
        alone = run_strategy("host-only", task).evaluation
        shares: list[float | None] = []
        for strategy in ("ilp", "state-only", "traffic-only"):
            outcome = run_strategy(strategy, task)
            held = outcome.feasible and alone.feasible
            shares.append(1 - outcome.evaluation.host_cores / alone.host_cores if held else None)
        yield Varied(function, machine.name, what, value, shares[0], shares[1], shares[2])


def _time(ns: int) -> str:
    return f"{ns / 1e9:g} s" if ns >= 10**9 else f"{ns / 1e6:g} ms" if ns >= 10**6 else f"{ns / 1e3:g} us"
