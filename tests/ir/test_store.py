"""What tables match, what flow tables hold, and what the control plane may do."""

from __future__ import annotations

import pytest
from ir_texts import program

from cora.ir.errors import StoreError
from cora.ir.nodes import Entry, Field, KeyField, KeyMatch, State
from cora.ir.store import FlowTable, Store, Table, no_values


@pytest.fixture
def store() -> Store:
    return Store(program(""))


def table(*rows: Entry, kinds: tuple[str, ...] = ("exact",), const: bool = False) -> Table:
    key = tuple(KeyField(f"k{i}", 8, kind) for i, kind in enumerate(kinds))  # pyright: ignore[reportArgumentType]
    state = State("t", "table", key, (Field("v", 8),), 4, entries=rows, const_entries=const)
    return Table(state, no_values(state), list(rows))


def row(value: int, *matches: tuple[int, int], priority: int = 0) -> Entry:
    return Entry(tuple(KeyMatch(*m) for m in matches), (value,), priority)


@pytest.mark.parametrize(
    ("kind", "match", "hits", "misses"),
    [
        ("exact", (5, 0), [5], [4, 6]),
        ("lpm", (0xA0, 4), [0xA0, 0xAF], [0x9F, 0xB0]),
        ("lpm", (0xA0, 0), [0, 255], []),
        ("ternary", (0x81, 0x81), [0x81, 0xFF], [0x80, 0x01]),
        ("range", (3, 5), [3, 4, 5], [2, 6]),
        ("optional", (5, 255), [5], [4]),
        ("optional", (5, 0), [0, 5, 255], []),
    ],
)
def test_match_kinds(kind: str, match: tuple[int, int], hits: list[int], misses: list[int]) -> None:
    made = table(row(1, match), kinds=(kind,))
    assert [made.find((k,)) for k in hits] == [(1,)] * len(hits)
    assert [made.find((k,)) for k in misses] == [None] * len(misses)


def test_priority_beats_prefix_beats_order() -> None:
    kinds = ("lpm", "ternary")
    anything = (0, 0)
    made = table(row(1, (0xA0, 4), anything), row(2, (0xA0, 8), anything), row(3, (0xA0, 8), anything), kinds=kinds)
    assert made.find((0xA0, 0)) == (2,)
    made.add(row(4, (0, 0), anything, priority=1))
    assert made.find((0xA0, 0)) == (4,)


def test_the_first_of_two_equal_exact_rows_wins() -> None:
    assert table(row(1, (7, 0)), row(2, (7, 0))).find((7,)) == (1,)


def test_a_new_row_is_seen_after_a_lookup_was_remembered() -> None:
    made = table(kinds=("ternary",))
    assert made.find((7,)) is None
    made.add(row(1, (7, 255)))
    assert made.find((7,)) == (1,)


def test_rows_that_do_not_fit_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no table nowhere"):
        store.add_entry("nowhere", row(1, (0, 0)))
    with pytest.raises(StoreError, match="needs 2 key fields and 2 values"):
        store.add_entry("rules", row(1, (0, 0)))
    store.add_entry("rules", Entry((KeyMatch(0), KeyMatch(0)), (1, 1)))
    with pytest.raises(StoreError, match="is full: it has room for 4"):
        store.add_entry("rules", Entry((KeyMatch(0), KeyMatch(0)), (1, 1)))
    with pytest.raises(StoreError, match="const entries"):
        table(const=True).add(row(1, (0, 0)))


def test_defaults(store: Store) -> None:
    assert store.tables["rules"].default == (9, 9)
    store.set_default("rules", (1, 5))
    assert store.tables["rules"].default == (1, 5)
    with pytest.raises(StoreError, match="needs 2 values"):
        store.set_default("rules", (1,))


def test_expired_entries_take_up_room_until_they_are_swept(store: Store) -> None:
    flows = store.flow_tables["flows"]
    assert flows.put((1,), (10, 1), 0)
    assert flows.put((2,), (20, 2), 50)
    assert flows.lookup((1,), 100) == (10, 1)
    assert flows.lookup((1,), 101) is None
    assert not flows.put((3,), (30, 3), 101)
    assert flows.put((1,), (11, 1), 101), "a key that is there can always be overwritten"
    assert store.sweep(151) == 1
    assert flows.put((3,), (30, 3), 151)


def test_the_profile_chooses_the_timeout(store: Store) -> None:
    flows = store.flow_tables["profiled"]
    for profile, lasts in ((0, 10), (1, 20), (2, 20)):
        flows.put((1,), (profile, 5), 0)
        assert flows.lookup((1,), lasts) is not None
        assert flows.lookup((1,), lasts + 1) is None


def test_without_timeouts_entries_stay(store: Store) -> None:
    flows = store.flow_tables["eternal"]
    flows.put((1,), (5,), 0)
    assert flows.lookup((1,), 1 << 63) == (5,)
    assert store.sweep(1 << 63) == 0


def test_an_entry_from_the_future_is_fresh(store: Store) -> None:
    flows: FlowTable = store.flow_tables["flows"]
    flows.put((1,), (5, 5), 1000)
    assert flows.lookup((1,), 10) == (5, 5)


def test_registers_from_the_control_plane(store: Store) -> None:
    store.write_register("cells", 2, (8, 8))
    assert store.registers["cells"].read(2) == (8, 8)
    assert store.registers["cells"].read(1) == (7, 1)
    assert store.registers["cells"].read(4) == (0, 0)
    with pytest.raises(StoreError, match="4 is outside"):
        store.write_register("cells", 4, (1, 1))
    with pytest.raises(StoreError, match="has 2 values"):
        store.write_register("cells", 0, (1,))
    with pytest.raises(StoreError, match="no register rules"):
        store.write_register("rules", 0, (1,))


def test_a_snapshot_leaves_out_what_is_as_at_first(store: Store) -> None:
    store.write_register("cells", 0, (7, 1))
    store.write_register("cells", 1, (0, 0))
    store.counters["hits"].count(1, 60)
    store.flow_tables["eternal"].put((1,), (5,), 4)
    assert store.snapshot() == {
        "flows": {},
        "profiled": {},
        "eternal": {(1,): ((5,), 4)},
        "cells": {1: (0, 0)},
        "hits": {1: (1, 60)},
    }
