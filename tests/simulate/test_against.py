"""The model and the simulation, which share no formula, on plans of bundled functions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from cora.analysis import analyse
from cora.ir.nodes import Access
from cora.ir.packets import Packet
from cora.model import load_model
from cora.model.evaluate import evaluate
from cora.model.scenario import Scenario
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.plan.task import all_on, host_only
from cora.simulate.against import Comparison, against
from cora.simulate.itinerary import Itineraries
from cora.simulate.machine import Arrive, Leave, Pass, Run
from cora.simulate.trips import Trips, take_trips
from cora.traffic.assign import port_rules
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.replay import replay
from cora.traffic.take_profile import take_profile

LOADS = (0.3, 0.7)


@cache
def traffic(nf: str) -> tuple[Scenario, Trips]:
    """On BlueField-2, at a million packets a second, without copies."""
    spec = load_nf(nf)
    program = build_program(spec)
    graph = analyse(program)
    capture = generate(generate_spec(spec.traffic.generate), nf)
    packets = replay(capture, graph.program, fresh_store(spec, program), port_rules(spec)).part(0, 3000, nf)
    profile = take_profile(graph, packets, fresh_store(spec, program))
    trips = take_trips(graph, packets.packets, fresh_store(spec, program))
    return Scenario(graph, profile, load_model("bluefield2"), 1e6, -1), trips


def on(nf: str, machine: str) -> tuple[Scenario, Trips]:
    scenario, trips = traffic(nf)
    return scenario.on(load_model(machine)), trips


@cache
def compared(nf: str, machine: str, engine: str) -> Comparison:
    scenario, trips = on(nf, machine)
    placement = host_only(scenario) if engine == "host" else all_on(scenario, engine)
    return against(scenario, placement, trips, host_cores=2, loads=LOADS, packets=3_000)


CASES = (("nat", "softnic", "host"), ("nat", "agilio-cx", "nic"), ("heavy_hitter", "bluefield2", "arm"))


@pytest.mark.parametrize("case", CASES)
def test_throughputs_agree_within_a_twentieth(case: tuple[str, str, str]) -> None:
    assert abs(compared(*case).throughput_error) < 0.05


@pytest.mark.parametrize("case", CASES)
def test_latencies_agree_below_four_fifths_of_the_throughput(case: tuple[str, str, str]) -> None:
    for row in compared(*case).loads:
        assert row.model.unloaded_ns == pytest.approx(row.simulated.unloaded_ns, rel=0.02)
        assert row.model.mean_ns == pytest.approx(row.simulated.mean_ns, rel=0.1)
        assert row.model.p99_ns == pytest.approx(row.simulated.p99_ns, rel=0.25)


def test_a_simulation_gives_the_same_figures_again() -> None:
    scenario, trips = on("nat", "softnic")
    placement = host_only(scenario)
    runs = [against(scenario, placement, trips, host_cores=1, loads=(0.5,), packets=500) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_broken_model_is_told() -> None:
    """The check can fail: with twice the cost of receiving in one of them, throughputs are apart."""
    scenario, trips = on("nat", "softnic")
    placement = host_only(scenario)
    one = against(scenario, placement, trips, host_cores=1, loads=(), packets=2_000)
    model = scenario.model
    host = model.host
    dearer = replace(host, receive_cycles=replace(host.receive_cycles, value=4 * host.receive_cycles.value))
    other = scenario.on(replace(model, engines=(*model.engines[:-1], dearer)))
    assert evaluate(other, placement, 1.0).throughput_pps < 0.9 * one.simulated_pps


def test_a_packet_takes_its_own_steps() -> None:
    """A dropped packet doesn't leave; one that goes out leaves by the wire, after all that it computes."""
    scenario, trips = on("nat", "softnic")
    made = Itineraries(scenario, host_only(scenario))
    sent = next(t for t in trips.trips if t.forwarded)
    dropped = next(t for t in trips.trips if not t.forwarded)
    ways = [[type(step) for step in made.steps(trip, resident=False)] for trip in (sent, dropped)]
    assert [way.count(Arrive) for way in ways] == [way.count(Leave) for way in ways] == [1, 1]
    assert isinstance(made.steps(sent, resident=False)[-1], Pass)
    assert ways[1][-1] is Leave
    assert all(Run in way for way in ways)


def test_a_trip_has_a_key_for_each_access() -> None:
    scenario, trips = traffic("nat")
    blocks = {block.name: block for block in scenario.graph.program.blocks}
    for trip in trips.trips:
        names = [name for visited in trip.way for name in visited.blocks]
        assert len(trip.keys) == sum(isinstance(op, Access) for name in names for op in blocks[name].ops)


def test_an_empty_packet_is_a_trip_too() -> None:
    spec = load_nf("nat")
    program = build_program(spec)
    graph = analyse(program)
    trips = take_trips(graph, [Packet(b"", 0, 1)], fresh_store(spec, program))
    assert not trips.trips[0].forwarded and trips.trips[0].way
