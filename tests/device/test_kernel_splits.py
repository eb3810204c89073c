"""Whole and split network functions in the kernel: the results and the state of the interpreter."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from kernel_helpers import SHORTEST, padded
from mini_programs import mini_firewall, mini_flows, mini_nat
from split_helpers import copy_plan, firewall_frame, mini_traffic, nat_frame, plan_for, shard_plan
from split_helpers import frame as mini_frame

from cora.analysis import analyse
from cora.device.kernel_run import EngineRun, KernelRunner
from cora.ir.interp import run
from cora.ir.nodes import Program
from cora.ir.packets import HandedOff, Packet
from cora.ir.store import Store
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.plan.plan import Plan
from cora.split import SplitRunner, split_program, whole
from cora.split.engines import Split
from cora.split.probes import Ask, act
from cora.verify.run import Verification

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]

Frame = Callable[[random.Random, int], bytes]
CASES = [(mini_nat, nat_frame), (mini_firewall, firewall_frame)]


def ask_for_one_row(store: Store, runner: SplitRunner, kernel: KernelRunner, number: int) -> None:
    """The control plane takes a copy or record back, or does something else to the row."""
    tables = runner.stores[runner.wire.engine].flow_tables
    held = [(p.state, key) for p in runner.split.probes for key in tables[p.state].entries]
    if not held:
        return
    (name, key), ask = held[0], Ask(number % len(Ask))
    if ask == Ask.TAKE_BACK:
        assert kernel.evict(name, key) == runner.evict(name, key)
        return
    values = (0,) * len(tables[name].state.values)
    for side in (runner, kernel):
        side.probe(name, key, ask, 0, values)
    act(store.flow_tables[name], ask, key, values, 0)


def compare(program: Program, split: Split, frame: Frame, seed: int) -> KernelRunner:
    """Packets, sweeps and evictions through the interpreter, the split runner and the kernel; states at each event of
    the control plane and at the end. The closed runner, for its split."""
    store, runner = Store(program), SplitRunner(split)
    near = runner.wire.engine
    with KernelRunner(split) as kernel:
        for event in mini_traffic(seed, 400, frame):
            if isinstance(event, Packet):
                packet = padded(event)
                expected = run(program, store, packet)
                assert runner.run(packet) == expected
                assert kernel.run(packet) == expected
                continue
            if event[0] == "sweep":
                assert kernel.sweep(event[1]) == runner.sweep(event[1]) == store.sweep(event[1])
            else:
                ask_for_one_row(store, runner, kernel, event[1])
            assert kernel.snapshot() == store.snapshot()
        assert kernel.snapshot() == runner.snapshot() == store.snapshot()
        stats = kernel.stats()
    assert stats[near]["served"] == runner.figures.hits
    assert stats[near]["handed_off"] == runner.figures.hand_offs + runner.figures.probes
    return kernel


@pytest.mark.parametrize(("make", "frame"), CASES)
@pytest.mark.parametrize("copies", [1, 3, 100])
def test_split_in_the_kernel(make: Callable[[], Program], frame: Frame, copies: int) -> None:
    program = make()
    graph = analyse(program)
    compare(program, split_program(graph, copy_plan(graph, copies)), frame, copies)


def flows_frame(rng: random.Random, port: int) -> bytes:
    flags = rng.choice((0, 0, 0, 0, 1, 2, 4, 6))
    return mini_frame(rng.randrange(1, 4), rng.randrange(2), rng.randrange(2), 7, 6, flags)


@pytest.mark.parametrize(("make", "frame"), [(mini_firewall, firewall_frame), (mini_flows, flows_frame)])
@pytest.mark.parametrize("entries", [1, 2, 100])
def test_records_in_the_kernel(make: Callable[[], Program], frame: Frame, entries: int) -> None:
    program = make()
    graph = analyse(program)
    compare(program, split_program(graph, shard_plan(graph, entries)), frame, entries)


@pytest.mark.parametrize(("make", "frame"), CASES)
def test_the_engine_at_the_wire_starts_anew(make: Callable[[], Program], frame: Frame) -> None:
    """As in the split runner: the same becomes of the packets afterwards, and the state is the same."""
    split = split_program(analyse(make()), copy_plan(analyse(make())))
    runner = SplitRunner(split)
    packets = [padded(event) for event in mini_traffic(5, 300, frame) if isinstance(event, Packet)]
    with KernelRunner(split) as kernel:
        for number, packet in enumerate(packets):
            if number in (100, 200):
                runner.restart()
                kernel.restart()
            assert kernel.run(packet) == runner.run(packet)
        assert kernel.snapshot() == runner.snapshot()
        served = kernel.stats()[runner.wire.engine]["served"]
    assert 0 < served < runner.figures.hits  # those since the last start


@pytest.mark.parametrize(("make", "frame"), CASES)
def test_all_on_the_host_or_unsplit(make: Callable[[], Program], frame: Frame) -> None:
    program = make()
    graph = analyse(program)
    compare(program, split_program(graph, plan_for(graph, [], {})), frame, 7)
    compare(program, whole(program), frame, 8)


def test_a_hand_off_is_the_frame_that_the_split_runner_packs() -> None:
    program = mini_nat()
    graph = analyse(program)
    split = split_program(graph, copy_plan(graph, 3))
    wire = next(e for e in split.engines if e.faces_wire)
    near = EngineRun(wire, split)
    packet = padded(Packet(nat_frame(random.Random(1), 0), 0, 5000, 9))
    try:
        result, _ = near.wire(packet)
        expected = run(wire.program, Store(wire.program), packet)
        assert isinstance(result, HandedOff) and result == expected
    finally:
        near.close()


@pytest.mark.parametrize("name", ["nat", "firewall"])
def test_bundled_functions(name: str) -> None:
    spec = load_nf(name)
    program = build_program(spec)
    graph = analyse(program)
    split = split_program(graph, copy_plan(graph, 1000))
    report = Verification(spec, program, split, kernel=True).run((), 400, "no trace")
    assert [d.text for phase in report.phases for d in phase.comparison.differences] == []
    assert report.phases[-1].served > 50 and report.phases[-1].handed_off > 50


def test_the_bundled_firewall_with_records_on_the_nic() -> None:
    """It serves what changes a connection, too: only new ones and what it hasn't got go to the host."""
    spec = load_nf("firewall")
    program = build_program(spec)
    graph = analyse(program)
    served: list[int] = []
    for plan in (shard_plan(graph, 1000), copy_plan(graph, 1000)):
        report = Verification(spec, program, split_program(graph, plan), kernel=True).run((), 400, "no trace")
        assert [d.text for phase in report.phases for d in phase.comparison.differences] == []
        served.append(report.phases[-1].served)
    assert served[0] > served[1]


def test_the_kernel_cannot_run_shorter_frames_than_an_ethernet_header() -> None:
    from cora.diagnostics import UserError

    with KernelRunner(whole(mini_nat())) as kernel, pytest.raises(UserError) as caught:
        kernel.run(Packet(bytes(SHORTEST - 1), 0, 0))
    assert caught.value.diagnostics[0].code == "C0806"


@pytest.mark.parametrize(("make", "frame"), CASES)
@pytest.mark.parametrize("plan", [copy_plan, shard_plan])
def test_split_for_two_cores_in_the_kernel(
    make: Callable[[], Program], frame: Frame, plan: Callable[..., Plan]
) -> None:
    """One packet at a time it does the same."""
    program = make()
    graph = analyse(program)
    compare(program, split_program(graph, replace(plan(graph, 3), parallel=True)), frame, 3)
