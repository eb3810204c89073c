"""Splits of small network functions: packet by packet and in their final state the same as the whole."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from mini_programs import mini_firewall, mini_nat, mini_trap
from split_helpers import (
    FAR,
    NEAR,
    compare,
    copy_plan,
    firewall_frame,
    mini_traffic,
    nat_frame,
    plan_for,
    trap_frame,
)

from cora.analysis import analyse
from cora.diagnostics import UserError
from cora.ir.nodes import Access, Program
from cora.ir.text import parse_program, print_program
from cora.split import split_program, whole

CASES = [(mini_nat, nat_frame), (mini_firewall, firewall_frame), (mini_trap, trap_frame)]
Make = Callable[[], Program]
Frame = Callable[[random.Random, int], bytes]


@pytest.mark.parametrize(("make", "frame"), CASES)
@pytest.mark.parametrize("copies", [1, 3, 100])
def test_split_equals_whole(make: Make, frame: Frame, copies: int) -> None:
    program = make()
    graph = analyse(program)
    split = split_program(graph, copy_plan(graph, copies))
    for seed in range(4):
        difference, runner = compare(program, split, mini_traffic(seed, 500, frame), compiled=seed % 2 == 0)
        assert difference is None
        figures = runner.figures
        assert figures.hits > 10 and figures.hand_offs > 20 and figures.answers > 10
        assert figures.hits + figures.hand_offs == figures.packets


@pytest.mark.parametrize(("make", "frame"), CASES)
def test_any_copyable_stage_may_run_on_the_host(make: Make, frame: Frame) -> None:
    program = make()
    graph = analyse(program)
    accepted = 0
    for stage in graph.stages[1:]:
        try:
            split = split_program(graph, copy_plan(graph, 3, away=(stage.index,)))
        except UserError as refused:
            assert {d.code for d in refused.diagnostics} <= {"C0703", "C0706", "C0707"}
            continue
        accepted += 1
        difference, _ = compare(program, split, mini_traffic(stage.index, 250, frame))
        assert difference is None
    assert accepted >= len(graph.stages) // 2


@pytest.mark.parametrize(("make", "frame"), CASES)
def test_whole_placements(make: Make, frame: Frame) -> None:
    program = make()
    graph = analyse(program)
    every = [s.index for s in graph.stages]
    for near, engine in ((every, NEAR), ([], FAR)):
        split = split_program(graph, plan_for(graph, near, {}))
        assert [e.engine for e in split.engines] == [engine]
        assert split == whole(graph.program, engine)
        assert compare(program, split, mini_traffic(1, 200, frame))[0] is None


def test_an_exclusive_state_of_the_near_engine_needs_no_copies() -> None:
    """Where everything but a drop runs near, the flow table may live there alone."""
    program = mini_firewall()
    graph = analyse(program)
    away = [s.index for s in graph.stages if s.name.startswith("lookup rules")]
    modes = {"conns": ("exclusive", NEAR)}
    near = [s.index for s in graph.stages if s.index not in away]
    with pytest.raises(UserError) as refused:  # the miss inserts behind the rules
        split_program(graph, plan_for(graph, near, modes))
    assert {d.code for d in refused.value.diagnostics} == {"C0710"}


def test_counters_and_tables_are_on_every_engine_that_uses_them() -> None:
    graph = analyse(mini_nat())
    split = split_program(graph, copy_plan(graph))
    near, far = split.engines
    assert near.faces_wire and not far.faces_wire
    assert "drops" in near.copies and "drops" in far.owns
    assert near.program.state("outbound").capacity == 4
    assert far.program.state("outbound").capacity == 6
    assert near.program.state("slot_last").capacity == far.program.state("slot_last").capacity


def test_splitting_is_deterministic_and_prints() -> None:
    for make, _ in CASES:
        first = split_program(analyse(make()), copy_plan(analyse(make())))
        second = split_program(analyse(make()), copy_plan(analyse(make())))
        assert first == second
        for engine in first.engines:
            assert parse_program(print_program(engine.program)) == engine.program


def test_the_owner_takes_back_what_it_may_access_and_nothing_twice() -> None:
    split = split_program(analyse(mini_nat()), copy_plan(analyse(mini_nat())))
    near = split.engine(NEAR).program
    exits = [b for b in near.blocks if not b.name.startswith("ask.")]
    evicted = [(op.state, op.key) for b in exits for op in b.ops if isinstance(op, Access) and op.kind == "evict"]
    assert [state for state, _ in evicted] == ["outbound"]
    layout = split.layout(FAR, 1)
    probes = [f for f in layout.fields if f.name.startswith("$max")]
    assert len(probes) == 2  # one value a candidate slot
