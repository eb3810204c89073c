"""`--simulate`: a plan's machine simulated packet by packet, beside the model's figures."""

from __future__ import annotations

from rich.console import Console

from cora.cli.steps import Job
from cora.model import load_model
from cora.model.figures import Latency, duration
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.plan.plan import Plan
from cora.plan.render import plain_table
from cora.plan.request import PlanRequest
from cora.plan.reserve import without_reserved
from cora.plan.stale import relaxed
from cora.simulate.against import Comparison, against
from cora.simulate.trips import take_trips


def simulated(job: Job, target: str, plan: Plan, placement: Placement, request: PlanRequest) -> Comparison:
    """The plan's placement at its rate, with the packets that it was made for."""
    model = without_reserved(load_model(target), request.reserve)
    graph = placement.on(relaxed(job.graph, request.allow_stale))
    scenario = Scenario(graph, job.profile, model, plan.rate_pps, placement.tier, reordering=request.allow_reordering)
    job.show("following each packet")
    trips = take_trips(graph, job.replay.packets, job.store(), job.profiling)
    given = request.cores if request.objective == "max-rate" else None
    return against(
        scenario, placement, trips, host_cores=None if given is None else max(1, round(given)), show=job.show
    )


def print_comparison(plan: Plan, found: Comparison) -> None:
    """The model's figures beside those of the simulation."""
    console = Console()
    console.print()
    cores = f"{found.host_cores} host core{'s' if found.host_cores > 1 else ''}"
    console.print(
        f"{plan.target} simulated with {cores}: {found.simulated_pps / 1e6:.3f} Mpps; the model says "
        f"{found.model_pps / 1e6:.3f} Mpps ({found.throughput_error:+.1%}), limited by {found.bottleneck}"
    )
    table = plain_table("Latency: model / simulated", "load", "Mpps", "mean", "p50", "p99", numbers=[0, 1, 2, 3, 4])
    for row in found.loads:
        table.add_row(f"{row.share:.0%}", f"{row.rate_pps / 1e6:.3f}", *_pairs(row.model, row.simulated))
    console.print(table)


def _pairs(model: Latency, seen: Latency) -> tuple[str, ...]:
    pairs = ((model.mean_ns, seen.mean_ns), (model.p50_ns, seen.p50_ns), (model.p99_ns, seen.p99_ns))
    return tuple(f"{duration(a)} / {duration(b)}" for a, b in pairs)
