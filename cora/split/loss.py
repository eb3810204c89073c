"""What is lost when the engine at the wire starts anew with nothing: all that only it knew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cora.ir.store import FlowTable, Key, Register, Store, Values
from cora.split.engines import EngineProgram


@dataclass(frozen=True, slots=True)
class Lost:
    """What each is now, or (`counts`) how much of it is missing. What had been told to the owner before, in a frame
    that may still be on its way, isn't lost."""

    timers: tuple[tuple[str, Key, int], ...] = ()
    """Entries of copied flow tables: (table, key, time of the last use that the owner knows of)."""
    records: tuple[tuple[str, Key, Values, int], ...] = ()
    """Sharded records that were changed on the engine: (table, key, values, last use), as the owner offered them."""
    cells: tuple[tuple[str, int, Values], ...] = ()
    """Of registers of class `max`."""
    counts: tuple[tuple[str, int, tuple[int, int]], ...] = ()
    """Of counters: (counter, index, packets and bytes)."""
    states: tuple[str, ...] = ()
    """States that the engine owned. They are as the program declares them, with the entries of the control plane."""


def lost_with(engine: EngineProgram, store: Store, owner: Store, written: Iterable[str]) -> Lost:
    """`store`: the engine's at the end; `written`: registers of class `max` that it writes itself."""
    tables = [name for name in engine.copies if name in store.flow_tables]
    timers = [t for name in tables if name not in engine.records for t in _timers(name, store, owner)]
    records = [r for name in tables if name in engine.records for r in _records(name, store, owner)]
    cells = [c for name in written if name in engine.copies for c in _cells(engine, name, store, owner)]
    counts = [
        (name, index, count)
        for name, counter in store.counters.items()
        if name in engine.copies
        for index, count in sorted(counter.cells.items())
    ]
    return Lost(tuple(timers), tuple(records), tuple(cells), tuple(counts), engine.owns)


def _timers(name: str, store: Store, owner: Store) -> Iterable[tuple[str, Key, int]]:
    theirs: FlowTable = owner.flow_tables[name]
    for key, entry in sorted(store.flow_tables[name].entries.items()):
        held = theirs.entries.get(key)
        if entry.mark is None and held is not None and held.last_ns < entry.last_ns:
            yield name, key, held.last_ns


def _records(name: str, store: Store, owner: Store) -> Iterable[tuple[str, Key, Values, int]]:
    theirs: FlowTable = owner.flow_tables[name]
    for key, entry in sorted(store.flow_tables[name].entries.items()):
        held = theirs.entries.get(key)
        if entry.mark is None and held is not None and (held.values, held.last_ns) != (entry.values, entry.last_ns):
            yield name, key, held.values, held.last_ns


def _cells(engine: EngineProgram, name: str, store: Store, owner: Store) -> Iterable[tuple[str, int, Values]]:
    gate = store.gates.get(dict(engine.cells).get(name, ""))
    theirs: Register = owner.registers[name]
    for index, values in sorted(store.registers[name].cells.items()):
        told = gate is not None and not gate.idle(index + 1)
        if not told and values != theirs.read(index):
            yield name, index, theirs.read(index)
