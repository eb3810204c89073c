"""Random programs, placed at random: the split answers and remembers exactly what the whole does."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, note, target
from hypothesis import strategies as st
from program_inputs import packet_lists
from random_nfs import random_nf
from split_helpers import FAR, NEAR, Event, compare, copy_plan, frame, mini_traffic, plan_for
from strategies import Knobs, program_settings, programs

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.diagnostics import UserError
from cora.ir.cfg import map_end, map_op, substitute
from cora.ir.check import check_program
from cora.ir.interp import run
from cora.ir.nodes import Const, Expr, Program
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.ir.text import print_program
from cora.plan.plan import Plan
from cora.split import split_program
from cora.split.engines import Split

KNOBS = Knobs(copies=False, handoffs=False, free_emits=False)
MAY_REFUSE = {"C0703", "C0706", "C0707", "C0709", "C0710"}


def from_a_front_end(program: Program) -> Program:
    """The program without `$resume`, which only split programs read."""

    def zero(expr: Expr) -> Expr:
        return substitute(expr, {"$resume": Const(0, 8)})

    blocks = tuple(
        replace(b, ops=tuple(map_op(op, zero) for op in b.ops), end=map_end(b.end, zero)) for b in program.blocks
    )
    return replace(program, blocks=blocks)


def events_from(packets: list[Packet], seed: int) -> list[Event]:
    """The packets again and again, later each time, with the control plane in between."""
    rng = random.Random(seed)
    events: list[Event] = []
    now = packets[0].time_ns
    for _ in range(4):
        for packet in packets:
            now += rng.choice((0, 1, 5, 200))
            events.append(Packet(packet.data, packet.port, now, packet.seed))
            if rng.random() < 0.1:
                events.append(("evict", rng.randrange(1 << 30)))
            if rng.random() < 0.1:
                events.append(("sweep", now))
    return events


def random_plan(graph: StateGraph, rng: random.Random) -> Plan:
    """Copies where they are allowed, or for some groups one owner; any stages near that this permits."""
    if rng.random() < 0.6:
        share = rng.choice((0.0, 0.0, 0.1))
        away = [s.index for s in graph.stages[1:] if rng.random() < share]
        return copy_plan(graph, rng.choice((1, 2, 100)), away)
    modes: dict[str, tuple[str, str]] = {}
    for group in graph.groups:
        modes[group.name] = ("exclusive", NEAR) if rng.random() < 0.5 else ("exclusive", FAR)
        if group.replicable and rng.random() < 0.5:
            modes[group.name] = ("replicated", FAR)
    near = [s.index for s in graph.stages if s.index == 0 or rng.random() < 0.6]
    return plan_for(graph, near, modes, rng.choice((1, 100)))


def split_at_random(graph: StateGraph, rng: random.Random) -> Split | None:
    """A split of a random plan that isn't refused, or None if all are. In some of them packets start over."""
    for _ in range(6):
        plan = replace(random_plan(graph, rng), starts_over=rng.random() < 0.3)
        try:
            return split_program(graph, plan)
        except UserError as refused:
            assert {d.code for d in refused.diagnostics} <= MAY_REFUSE | {"C0708", "C0714"}
    return None


@given(programs(KNOBS), packet_lists(), st.integers(0, 1 << 30))
@program_settings(40)
def test_analysis_keeps_the_meaning(program, packets, seed) -> None:
    graph = analyse(program)
    check_program(graph.program)
    assert sorted(b for s in graph.stages for b in s.blocks) == sorted(b.name for b in graph.program.blocks)
    whole, staged = Store(program), Store(graph.program)
    for event in events_from(packets, seed):
        if isinstance(event, Packet):
            assert run(program, whole, event) == run(graph.program, staged, event)
    assert whole.snapshot() == staged.snapshot()


@given(programs(KNOBS), packet_lists(), st.integers(0, 1 << 30))
@program_settings(80)
def test_split_equals_whole(program, packets, seed) -> None:
    program = from_a_front_end(program)
    graph = analyse(program)
    split = split_at_random(graph, random.Random(seed))
    if split is None:
        return
    for engine in split.engines:
        note(print_program(engine.program))
    difference, runner = compare(program, split, events_from(packets, seed))
    target(min(runner.figures.hits, runner.figures.answers), label="packets both ways")
    assert difference is None


def nf_frame(rng: random.Random, port: int) -> bytes:
    if rng.random() < 0.02:
        return b"short"
    flags = rng.choice((0, 0, 0, 0, 1, 2, 3))
    return frame(rng.randrange(3), rng.randrange(3), rng.randrange(2), rng.randrange(2), rng.randrange(3), flags)


@pytest.mark.parametrize("part", range(4))
def test_random_network_functions(part: int) -> None:
    """Those have hits: counted over all of them, so that a generator that loses its way is noticed."""
    hits = answers = updates = split_count = 0
    for seed in range(part * 30, part * 30 + 30):
        program = random_nf(seed)
        split = split_at_random(analyse(program), random.Random(seed))
        if split is None or len(split.engines) == 1:
            continue
        difference, runner = compare(program, split, mini_traffic(seed, 90, nf_frame))
        assert difference is None, f"seed {seed}"
        split_count += 1
        hits += runner.figures.hits
        answers += runner.figures.answers
        updates += runner.figures.update_only
    assert split_count > 15 and hits > 100 and answers > 200 and updates > 5
