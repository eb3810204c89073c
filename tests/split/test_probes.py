"""Probes: what the control plane asks for is done to the split's rows as to those of the whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mini_programs import mini_flows, mini_nat
from split_helpers import NEAR, copy_plan, frame, shard_plan

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.plan.plan import Plan
from cora.split import SplitRunner, split_program
from cora.split.handoff import unpack
from cora.split.probes import Ask, act, probe_frame

CASES = [(mini_nat, copy_plan, "outbound"), (mini_flows, shard_plan, "flows")]


@pytest.mark.parametrize("ask", Ask, ids=lambda a: a.name)
@pytest.mark.parametrize(("make", "plan", "table"), CASES)
def test_what_a_probe_asks_for_is_done(
    make: Callable[[], Program], plan: Callable[[StateGraph], Plan], table: str, ask: Ask
) -> None:
    """Near gets back what is left, unless it was to give it back."""
    program = make()
    runner, store = SplitRunner(split_program(analyse(program), plan(analyse(program)))), Store(program)
    step = compile_program(program)
    for now in range(5):
        packet = Packet(frame(1, 99, 0, 7, 6), 0, 1000 + now)
        assert step(store, packet) == runner.run(packet)
    rows, copies = store.flow_tables[table], runner.stores[NEAR].flow_tables[table]
    (key,) = rows.entries
    assert copies.used(key)
    values = tuple(v + 1 for v in rows.entries[key].values)
    for time_ns, expired in (1000, False), (10**6, True):
        runner.probe(table, key, ask, time_ns, values)
        act(rows, ask, key, values, time_ns)
        assert store.snapshot() == runner.snapshot() and not runner.broken_copies()
        gone = ask == Ask.DELETE or (ask == Ask.EXPIRE and expired)
        assert bool(rows.entries) == (not gone)
        assert bool(copies.used(key)) == (not gone and ask != Ask.TAKE_BACK)


def test_a_probe_on_the_wire_is_what_near_gets() -> None:
    split = split_program(analyse(mini_nat()), copy_plan(analyse(mini_nat())))
    sent = probe_frame(split, "outbound", (1, 2, 6), Ask.PUT, 7, values=(5,), carried=b"tag")
    fixed, values, carried = unpack(split.layout(NEAR, split.probes[0].ask), sent)
    assert (fixed.resume, fixed.time_ns, values) == (split.probes[0].ask, 7, (1, 2, 6, Ask.PUT, 5))
    assert len(carried) == 64 and carried.endswith(b"tag")
