"""The machine of the simulation, against what is known exactly."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from cora.simulate.machine import Arrive, Delay, Leave, Machine, Pass, Post, Run, Step


def finished(machine: Machine, packets: list[tuple[float, tuple[Step, ...]]]) -> list[float]:
    """When each packet is done, by its place in the list; each begins at its time."""
    ends = [0.0] * len(packets)

    def begin(index: int, steps: tuple[Step, ...]) -> Callable[[], None]:
        def over() -> None:
            ends[index] = machine.now_ns

        return lambda: machine.send(steps, over)

    for index, (time_ns, steps) in enumerate(packets):
        machine.at(time_ns, begin(index, steps))
    machine.run(lambda: False)
    return ends


def machine(cores: int, threads: int) -> Machine:
    return Machine({"nic": (cores, threads)}, random.Random(1))


def on_nic(*steps: Step) -> tuple[Step, ...]:
    return (Arrive("nic"), *steps, Leave("nic"))


def test_one_thread_serves_one_packet_after_the_other_and_waits_with_it() -> None:
    steps = on_nic(Run(10), Pass("memory", 1, 100), Run(5))
    assert finished(machine(1, 1), [(0, steps), (0, steps)]) == [115, 230]


def test_threads_hide_waits_for_memory_and_share_their_core() -> None:
    steps = on_nic(Run(10), Pass("memory", 1, 100), Run(5))
    assert finished(machine(1, 2), [(0, steps), (0, steps)]) == [115, 125]


def test_a_core_runs_one_thread_until_that_waits() -> None:
    long, short = on_nic(Run(50)), on_nic(Run(1))
    assert finished(machine(1, 2), [(0, long), (10, short)]) == [50, 51]


def test_a_packet_without_a_thread_waits_for_the_first_that_is_free() -> None:
    assert finished(machine(2, 1), [(0, on_nic(Run(30))), (0, on_nic(Run(20))), (1, on_nic(Run(5)))]) == [30, 20, 25]


def test_a_server_takes_one_after_the_other_and_lets_go_early_or_late() -> None:
    link = (Pass("link", 10, 10 + 500),)
    slot = (Pass("slot", 10, 0),)
    assert finished(machine(1, 1), [(0, link), (0, link)]) == [510, 520]
    assert finished(machine(1, 1), [(0, slot), (0, slot), (0, slot)]) == [0, 10, 20]


def test_what_is_posted_keeps_nobody_waiting_until_too_much_is() -> None:
    steps = (Post("cell", 10, 2),)
    assert finished(machine(1, 1), [(0, steps)] * 4) == [0, 0, 10, 20]


def test_a_delay_keeps_nobody_else_waiting() -> None:
    assert finished(machine(1, 1), [(0, (Delay(7),)), (0, (Delay(7),))]) == [7, 7]


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_random_arrivals_wait_as_pollaczek_and_khinchine_say(load: float) -> None:
    """M/D/1: a mean wait of load / (1 - load) / 2 services."""
    rng, now, packets = random.Random(5), 0.0, list[tuple[float, tuple[Step, ...]]]()
    for _ in range(40_000):
        now += rng.expovariate(load / 100)
        packets.append((now, on_nic(Run(100))))
    ends = finished(machine(1, 1), packets)
    waits = [end - begin - 100 for end, (begin, _) in zip(ends, packets, strict=True)]
    assert sum(waits) / len(waits) == pytest.approx(100 * load / (1 - load) / 2, rel=0.08)
