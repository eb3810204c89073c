"""The model against the packet-level simulation, which shares none of its formulas: 200 random placements of random
small programs on four machines, some ten minutes.

    python benchmarks/simulator.py [PLACEMENTS]

Goals: throughput within 5% for each placement; p99 within 25% below 80% of the throughput. Exit status 1 if a
throughput is further off; latencies are a table of errors by load.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "bruteforce"))

from bf_placements import Enumeration
from bf_programs import small_case

from cora.analysis import analyse
from cora.ir.store import Store
from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.legality import why_illegal
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.simulate.against import Comparison, against
from cora.simulate.trips import Trips, take_trips
from cora.traffic.replay import Replay
from cora.traffic.take_profile import ProfileOptions, take_profile

PLACEMENTS = 200
MACHINES = ("agilio-cx", "bluefield2", "softnic", "host-x86")
LOADS = (0.3, 0.5, 0.7, 0.79, 0.9)
LARGEST_ERROR = 0.05
SEARCHED = 400
"""Placements of a program among which one is drawn."""


@dataclass(frozen=True, slots=True)
class Drawn:
    seed: int
    machine: str
    scenario: Scenario
    placement: Placement
    trips: Trips


def draw(seed: int) -> Drawn | None:
    """A program, its traffic, a machine, a rate and a placement that may be; None if the seed has none."""
    case, rng = small_case(seed), random.Random(f"simulate {seed}")
    graph = analyse(case.program)
    packets = tuple(case.traffic(rng, 400, rng.choice((2, 3, 8))))
    frames = tuple(replace(p, data=p.data.ljust(rng.choice((60, 60, 300, 1400)), b"\0")) for p in packets)
    flows = tuple(p.data[0] for p in packets)
    replay = Replay("random", frames, (), Store(graph.program), flows, (False,) * len(frames), 0, 0, 0)
    options = ProfileOptions(activation_ns=5_000, tick_ns=100_000, tiers=(2,))
    profile = take_profile(graph, replay, Store(graph.program), options)
    trips = take_trips(graph, frames, Store(graph.program), options)
    machine = rng.choice(MACHINES)
    model = load_model(machine)
    rate_pps = rng.choice((0.3e6, 1e6, 3e6))
    every = list(islice(Enumeration(graph, profile, model, rate_pps).placements(), SEARCHED))
    rng.shuffle(every)
    for placement in every:
        scenario = Scenario(graph, profile, model, rate_pps, placement.tier)
        if not why_illegal(scenario, placement) and evaluate(scenario, placement).throughput_pps:
            return Drawn(seed, machine, scenario, placement, trips)
    return None


def drawn(count: int) -> Iterator[Drawn]:
    seed = 0
    while count:
        found = draw(seed)
        seed += 1
        if found is not None:
            count -= 1
            yield found


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PLACEMENTS
    began = time.perf_counter()
    found: list[tuple[Drawn, Comparison]] = []
    for number, what in enumerate(drawn(count), start=1):
        cores = random.Random(what.seed).choice((1, 2, 4, 8))
        made = against(what.scenario, what.placement, what.trips, host_cores=cores, loads=LOADS, packets=6_000)
        found.append((what, made))
        if number % 20 == 0:
            print(f"{number} placements, {time.perf_counter() - began:.0f} s", flush=True)
    print_latencies([made for _, made in found])
    return print_throughputs(found)


def print_latencies(found: list[Comparison]) -> None:
    print("\nlatency of the model against the simulation (errors: median, and 90% are below)")
    for index, share in enumerate(LOADS):
        texts: list[str] = []
        for name in ("mean_ns", "p50_ns", "p99_ns"):
            rows = [(getattr(c.loads[index].model, name), getattr(c.loads[index].simulated, name)) for c in found]
            errors = sorted(abs(model / seen - 1) for model, seen in rows if model is not None)
            texts.append(f"{name[:-3]} {statistics.median(errors):6.1%} {errors[int(0.9 * len(errors))]:6.1%}")
        print(f"  at {share:4.0%} of the throughput: {'   '.join(texts)}")


def print_throughputs(found: list[tuple[Drawn, Comparison]]) -> int:
    errors = sorted(abs(made.throughput_error) for _, made in found)
    off = [(what, made) for what, made in found if abs(made.throughput_error) > LARGEST_ERROR]
    median = statistics.median(errors)
    print(f"\nthroughput: {len(errors)} placements, median error {median:.1%}, largest {errors[-1]:.1%}")
    for what, made in off:
        where = f"seed {what.seed} on {what.machine} with {made.host_cores} host cores"
        model = f"{made.model_pps / 1e6:.3f} Mpps ({made.bottleneck})"
        print(f"  beyond {LARGEST_ERROR:.0%}: {where}: model {model}, simulated {made.simulated_pps / 1e6:.3f}")
    return bool(off)


if __name__ == "__main__":
    raise SystemExit(main())
