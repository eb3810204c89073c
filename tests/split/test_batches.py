"""Batches of changes to tables: what they do to tables, and which splits have two generations of them."""

from __future__ import annotations

import pytest
from mini_programs import mini_nat
from split_helpers import copy_plan

from cora.analysis import analyse
from cora.ir.batch import Batch, Change, Delete, Insert, Modify, changed
from cora.ir.errors import StoreError
from cora.ir.nodes import Access, Entry, Field, KeyField, KeyMatch, State
from cora.ir.store import ROW, Table, Values
from cora.split import split_program

COUNTED = State(
    "rules", "table", (KeyField("k", 8),), (Field("action", 8), Field(ROW, 8)), 3, default=(0, 3), actions=("n", "f")
)


def _rows(*numbers: int) -> list[Entry]:
    return [Entry((KeyMatch(10 + n),), (1, n)) for n in numbers]


def _after(table: Table, *changes: Change) -> dict[int, Values]:
    made = changed({"rules": table}, Batch(changes))["rules"]
    return {row.key[0].value: row.values for row in made.rows}


def test_numbers_of_removed_rows_are_free_when_the_batch_is_done() -> None:
    table = Table(COUNTED, (0, 3), _rows(0, 1, 2))
    gone, fresh = Delete("rules", (KeyMatch(11),)), Insert("rules", Entry((KeyMatch(20),), (1, 0)))
    with pytest.raises(StoreError, match="free when the batch is done"):
        _after(table, gone, fresh)
    without = changed({"rules": table}, Batch((gone,)))["rules"]
    assert [row.values[1] for row in table.rows] == [0, 1, 2]
    assert _after(without, fresh) == {10: (1, 0), 12: (1, 2), 20: (1, 1)}


def test_a_changed_row_keeps_its_number_and_its_place() -> None:
    table = Table(COUNTED, (0, 3), _rows(0, 1))
    other = Modify("rules", Entry((KeyMatch(10),), (0, 0)))
    assert list(_after(table, other).items()) == [(10, (0, 0)), (11, (1, 1))]


def test_only_tables_that_both_engines_look_up_for_a_packet_have_two_generations() -> None:
    graph = analyse(mini_nat())
    plan = copy_plan(graph)
    tables = {s.name for s in mini_nat().states if s.kind == "table"}
    split, never = split_program(graph, plan), split_program(graph, plan, batches=False)
    looked = [
        {op.state for b in e.program.blocks for op in b.ops if isinstance(op, Access)} & tables for e in never.engines
    ]
    assert never.batches is None and (split.batches is not None) == all(looked)
    always = split_program(graph, plan, batches=True)
    assert (always.batches is not None) == any(looked)
