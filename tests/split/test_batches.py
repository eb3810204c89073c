"""Batches of changes to tables: what they do to tables, and which splits have two generations of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mini_programs import mini_nat
from split_helpers import copy_plan

from cora.analysis import analyse
from cora.ir.batch import Batch, Change, Delete, Insert, Modify, changed
from cora.ir.errors import StoreError
from cora.ir.nodes import Entry, Field, KeyField, KeyMatch, State
from cora.ir.store import ROW, Table, Values
from cora.split import SplitRunner, split_program
from cora.split.generations import at_rest

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


def test_tables_have_two_generations_where_batches_are_asked_for() -> None:
    graph = analyse(mini_nat())
    plan = copy_plan(graph)
    plain, split = split_program(graph, plan), split_program(graph, replace(plan, batches=True))
    assert plain.batches is None
    assert split.batches is not None and dict(split.batches.twins) == {"pools": "pools.$other"}
    assert at_rest(split).engines[0].program != split.engines[0].program


def test_a_split_runner_makes_a_batch_count() -> None:
    graph = analyse(mini_nat())
    runner = SplitRunner(split_program(graph, replace(copy_plan(graph), batches=True)))
    pools = runner.tables()["pools"]
    row = Entry(tuple(KeyMatch(1) for _ in pools.state.key), (0,) * len(pools.state.values))
    runner.apply_batch(Batch((Insert("pools", row),)))
    holding = [t for s in runner.stores.values() for n, t in s.tables.items() if n.startswith("pools")]
    assert len(holding) == 3 and all(t.rows[-1].key == row.key for t in holding)
    with pytest.raises(StoreError):
        runner.apply_batch(Batch((Insert("pools", row),)))
