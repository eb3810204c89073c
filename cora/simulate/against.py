"""The model beside the simulation: what a placement carries, and how long packets take, by load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cora.model.evaluate import evaluate
from cora.model.figures import Latency
from cora.model.latency import Latencies
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.simulate.run import Simulation, whole_host_cores
from cora.simulate.trips import Trips

LOADS = (0.3, 0.5, 0.7, 0.8, 0.9)
"""Shares of the throughput that the model says."""


@dataclass(frozen=True, slots=True)
class AtLoad:
    share: float
    """Of the model's throughput."""
    rate_pps: float
    model: Latency
    simulated: Latency


@dataclass(frozen=True, slots=True)
class Comparison:
    """With whole host cores, since the simulation has no others."""

    host_cores: int
    model_pps: float
    bottleneck: str
    simulated_pps: float
    loads: tuple[AtLoad, ...]

    @property
    def throughput_error(self) -> float:
        """Of the model, as a share of what was simulated."""
        return self.model_pps / self.simulated_pps - 1


def against(
    scenario: Scenario,
    placement: Placement,
    trips: Trips,
    *,
    host_cores: int | None = None,
    loads: Sequence[float] = LOADS,
    packets: int = 10_000,
    seed: int = 1,
    show: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Compares for a feasible placement. `host_cores`: as many as keep the host no busier than 80% at the scenario's
    rate, if None. `packets` are measured for each figure, after others to warm up."""
    cores = host_cores or whole_host_cores(evaluate(scenario, placement))
    evaluation = evaluate(scenario, placement, float(cores))
    simulation = Simulation(scenario, placement, trips, cores, seed)
    show("simulating at full load")
    full = simulation.throughput(evaluation.throughput_pps, packets)
    rows: list[AtLoad] = []
    for share in loads:
        rate_pps = share * evaluation.throughput_pps
        show(f"simulating {rate_pps:,.0f} packets/s")
        model = Latencies(scenario, evaluation, float(cores), rate_pps / scenario.rate_pps).all()
        simulated = simulation.at_rate(rate_pps, packets).forwarded
        assert simulated is not None
        rows.append(AtLoad(share, rate_pps, model, simulated))
    return Comparison(cores, evaluation.throughput_pps, evaluation.bottleneck, full.rate_pps, tuple(rows))
