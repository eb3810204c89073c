"""Scores the headlines again by simulation, which shares no formula with the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cora.plan.strategies import run_strategy
from cora.plan.task import Outcome, Task
from cora.simulate.run import Simulation, whole_host_cores
from cora.simulate.trips import Trips, take_trips
from evaluation.accounting import Scenario
from evaluation.grid import TRAFFICS, Grid, job
from evaluation.measure import task_at


@dataclass(frozen=True, slots=True)
class Rescored:
    """A scenario with what the simulation says of host-only and of ours, at the offered rate with whole cores."""

    scenario: Scenario
    host_only_cores: float
    """Busy, on average."""
    host_cores: float
    carried_mpps: float
    """Ours, at full load."""

    @property
    def saved(self) -> float:
        return 1 - self.host_cores / self.host_only_cores


def chosen(found: Sequence[Scenario], count: int) -> list[Scenario]:
    """The scenarios with the largest savings, and those with the largest ratios."""
    headlines = [s for s in found if s.headline]
    by_saved = sorted(headlines, key=lambda s: -s.saved())[: count - count // 2]
    by_ratio = sorted((s for s in headlines if s.ratio is not None), key=lambda s: -(s.ratio or 0.0))[: count // 2]
    unique = {s.name: s for s in (*by_saved, *by_ratio)}
    return list(unique.values())


def rescore(scenario: Scenario, grid: Grid) -> Rescored:
    """Plans the scenario again and simulates it."""
    ours = scenario.ours
    traffic = next(t for t in TRAFFICS if t.name == ours.traffic)
    made = job(ours.function, traffic, grid.packets)
    model = next(m for m in grid.machines if m.name == ours.machine).model()
    task = task_at(made, model, ours.load)
    trips = take_trips(made.graph, made.replay.packets, made.store(), made.profiling)
    ours_there, alone = (_simulation(run_strategy(name, task), trips) for name in ("ilp", "host-only"))
    assert ours.throughput_mpps is not None
    full = ours_there.throughput(ours.throughput_mpps * 1e6, grid.simulated_packets)
    return Rescored(scenario, _busy(alone, task, grid), _busy(ours_there, task, grid), full.rate_pps / 1e6)


def _simulation(outcome: Outcome, trips: Trips) -> Simulation:
    """With as many host cores as the placement needs."""
    assert outcome.placement is not None
    return Simulation(outcome.scenario, outcome.placement, trips, whole_host_cores(outcome.evaluation))


def _busy(simulation: Simulation, task: Task, grid: Grid) -> float:
    """Host cores that are busy at the offered rate."""
    offered = simulation.at_rate(task.rate_pps, grid.simulated_packets)
    return offered.busy_cores[task.model.host.name]
