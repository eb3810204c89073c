"""The states of a split's engines as those of one unsplit program; the one place that says how copies count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cora.ir.cfg import block_map, reachable
from cora.ir.nodes import Access, StateKind
from cora.ir.store import Key, Snapshot, later
from cora.split.engines import EngineProgram, Split

Cells = dict[Any, Any]
Marks = Mapping[str, Mapping[Key, int]]
"""By flow table and key: the stamps of an engine's entries that carry a mark: they are leaving or were offered."""


def combined_snapshot(split: Split, parts: Mapping[str, Snapshot], marks: Mapping[str, Marks]) -> Snapshot:
    """The engines' snapshots (by name) as that of one unsplit program.

    What counts is the owner's state, and of a copy what it may be ahead with: timers of entries that the owner has, the
    maxima that its engine writes itself, its own counts. Everything else in a copy is a reading of the owner's and
    counts for nothing, even where it differs. Records count where they are; one that is leaving is still there if the
    owner hasn't taken it.
    """
    owned: Snapshot = {}
    for engine in split.engines:
        owned |= {s: dict(parts[engine.engine][s]) for s in engine.owns if s in parts[engine.engine]}
    kinds: dict[str, StateKind] = {s.name: s.kind for e in split.engines for s in e.program.states}
    for engine in split.engines:
        maxima = written_registers(engine)
        for state in engine.copies:
            copy = parts[engine.engine].get(state, {})
            if state in engine.records:
                owner = next(e.engine for e in split.engines if state in e.owns)
                left, offered = (marks[name].get(state, {}) for name in (engine.engine, owner))
                owned[state] |= {key: record for key, record in copy.items() if _is_here(left, offered, key)}
            elif state in owned and (kinds[state] != "register" or state in maxima):
                _merge(kinds[state], owned[state], copy)
    return owned


def written_registers(engine: EngineProgram) -> frozenset[str]:
    """Registers that the engine writes itself, not only when an answer says so: of copies, those are of class `max`."""
    program = engine.program
    blocks = block_map(program.blocks)
    own = reachable(program.blocks, (program.blocks[0].name,))
    ops = (op for name in own for op in blocks[name].ops)
    return frozenset(op.state for op in ops if isinstance(op, Access) and op.kind == "write")


def _is_here(left: Mapping[Key, int], offered: Mapping[Key, int], key: Key) -> bool:
    return key not in left or (key in offered and later(left[key], offered[key]))


def _merge(kind: StateKind, owned: Cells, copy: Cells) -> None:
    for key, there in copy.items():
        here = owned.get(key)
        match kind:
            case "flow_table" if here is not None:
                owned[key] = (here[0], max(here[1], there[1]))
            case "register":  # of class `max`: a cell that isn't there is 0
                owned[key] = there if here is None else tuple(map(max, here, there))
            case "counter":
                owned[key] = there if here is None else (here[0] + there[0], here[1] + there[1])
            case _:
                pass  # a copy of an entry that the owner no longer has is never looked at again
