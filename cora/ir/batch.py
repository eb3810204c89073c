"""Changes of tables by the control plane that count together: a packet meets all of them or none.

    Batch((Insert("rules", entry), Delete("rules", key, priority), SetDefault("policy", values)))

An entry is named by its key and its priority. How a split makes them count at once: `cora.split.rollout`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from cora.ir.errors import StoreError
from cora.ir.nodes import Entry, KeyMatch
from cora.ir.store import Table, Values, numbered


@dataclass(frozen=True, slots=True)
class Insert:
    """A new entry, behind all others."""

    state: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Modify:
    """Other values for the entry with this one's key and priority, which keeps its place."""

    state: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Delete:
    state: str
    key: tuple[KeyMatch, ...]
    priority: int = 0


@dataclass(frozen=True, slots=True)
class SetDefault:
    """What a lookup that misses gives: `action`, then the parameters of every action."""

    state: str
    values: Values


Change = Insert | Modify | Delete | SetDefault


@dataclass(frozen=True, slots=True)
class Batch:
    changes: tuple[Change, ...]
    """Made in this order."""


def changed(tables: Mapping[str, Table], batch: Batch) -> dict[str, Table]:
    """The tables that a batch concerns, as they are after it; those given stay as they are.

    The numbers of rows that it removes, by which direct counters and meters are found, aren't given to others: packets
    that came before may still use them. Raises StoreError for a change that can't be made."""
    made: dict[str, Table] = {}
    for change in batch.changes:
        old = tables.get(change.state)
        if old is None:
            raise StoreError(f"there is no table {change.state} that batches can change")
        if old.state.const_entries:
            raise StoreError(f"table {change.state} has const entries; a batch can't change it")
        _make(made.setdefault(change.state, old.copy()), change, old.numbers())
    return made


def _make(table: Table, change: Change, kept: frozenset[int]) -> None:
    match change:
        case Insert(state, entry):
            if any((r.key, r.priority) == (entry.key, entry.priority) for r in table.rows):
                raise StoreError(f"table {state} has an entry of this key and priority {entry.priority} already")
            table.add(entry, kept)
        case Modify(state, entry):
            at = table.place(entry.key, entry.priority)
            if len(entry.values) != len(table.state.values):
                raise StoreError(f"an entry of table {state} needs {len(table.state.values)} values")
            number = next(iter(_numbers_of(table, at)), 0)
            table.rows[at] = replace(entry, values=numbered(table.state, entry.values, number))
        case Delete(_, key, priority):
            del table.rows[table.place(key, priority)]
        case SetDefault(state, values):
            if len(values) != len(table.state.values):
                raise StoreError(f"the default of table {state} needs {len(table.state.values)} values")
            table.default = numbered(table.state, values, table.state.capacity)
        case _:
            assert_never(change)


def _numbers_of(table: Table, at: int) -> frozenset[int]:
    return Table(table.state, table.default, [table.rows[at]]).numbers()
