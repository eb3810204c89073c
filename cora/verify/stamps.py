"""States of a model check that differ only in how many stamps were taken are one: stamps count by their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cora.split.gates import STAMP_BITS, WHOLE

if TYPE_CHECKING:
    from cora.verify.modelcheck import Frame, State, Walking

Layouts = Mapping[tuple[str, int], Sequence[str]]
_STAMPS = ("stamp", "left")


def _is_stamp(field: str) -> bool:
    """Whether a field of the hand-off header holds a stamp: `$stamp`, `$out3.stamp`, `$left1.0`."""
    return field.endswith("stamp") or field.startswith("$left")


def ranked(state: State, layouts: Layouts, engines: tuple[str, str], gates: Sequence[str], far_gates: int) -> Any:
    """The state with stamps replaced by their ranks; `gates` are the names of near's, the last groups of its cells, and
    `far_gates` how many far has, which only tell where to begin after a restart. Slots that are idle are as if they had
        never been used, if nothing has their stamp: no frame that names them is under way. After a restart so are those
        that were never used, which are busy. Of slots that count frames, only how many are out counts."""
    near, far = engines
    links = ((far, state.outward), (near, state.homeward))
    cells = state.stores[0][1]
    first = len(cells) - len(gates)
    counts = [name.endswith(WHOLE) for name in gates]
    every = [dict(gate) for gate in cells[first:]]
    begun = [gate.get(0, (0, 0))[1] for gate in every]
    out = tuple(gate.get(1) and gate[1][0] - gate[1][1] for gate, c in zip(every, counts, strict=True) if c)
    gated = [(gate, base) for gate, base, c in zip(every, begun, counts, strict=True) if not c]
    marked = [[row[3] for row in table] for saved in state.stores for table in saved[0]]
    used = {0}.union(*(pair for gate, _ in gated for slot, pair in gate.items() if slot and pair[0] != pair[1]))
    used |= {_stamp(mark) for marks in marked for mark in marks if mark is not None}
    used |= {v for w in (state.arriving, state.returning) if w for n, v in w.moment.variables if _is_stamp(n)}
    used |= {v for engine, frames in links for f in frames for n, v in _fields(f, layouts, engine) if _is_stamp(n)}
    rank: dict[int | None, int | None] = {stamp: n for n, stamp in enumerate(sorted(used))}
    slots = [
        [(slot, pair) for slot, pair in sorted(gate.items()) if _counts(slot, pair, base, rank)] for gate, base in gated
    ]
    tables = tuple(
        tuple((*row[:3], _mark(row[3], rank)) for row in table) for saved in state.stores for table in saved[0]
    )
    waiting = tuple(d[1:] for d in state.waiting)
    (_, _, near_meters), (_, far_cells, far_meters), (_, *whole) = state.stores
    return (
        (tables, cells[:first], near_meters, far_cells[: len(far_cells) - far_gates], far_meters, *whole),
        tuple(tuple((slot, *_pair(pair, rank)) for slot, pair in gate) for gate in slots),
        tuple(tuple(_ranked(f, layouts, engine, rank) for f in frames) for engine, frames in links),
        (waiting, tuple(f.packet for f in state.homeward if f.answers >= 0)),
        (out, tuple(map(bool, begun))),
        (state.arrived, state.last_out, state.now_ns, state.losses, state.pauses, state.probes, state.doubles),
        (state.restarts, state.rollout),
        tuple(_walking(w, rank) for w in (state.arriving, state.returning)),
    )


def _counts(slot: int, pair: tuple[int, int], base: int, rank: Mapping[int | None, int | None]) -> bool:
    """Whether what a gate has of a slot matters: it differs from one that was never used."""
    if not slot:
        return False
    return pair[0] != base if base else pair[0] != pair[1] or pair[0] in rank


def _pair(pair: tuple[int, int], rank: Mapping[int | None, int | None]) -> tuple[int | None, ...]:
    """Ranks of what was issued and what returned; nothing of a slot that is idle, if nobody has the stamp."""
    return () if pair[0] == pair[1] and pair[0] not in rank else (rank[pair[0]], rank[pair[1]])


def _stamp(mark: int) -> int:
    """The stamp in the mark of an entry."""
    return mark & ((1 << STAMP_BITS) - 1)


def _mark(mark: int | None, rank: Mapping[int | None, int | None]) -> tuple[int | None, ...]:
    return () if mark is None else (mark >> STAMP_BITS, rank[_stamp(mark)])


def _walking(walking: Walking | None, rank: Mapping[int | None, int | None]) -> Any:
    if walking is None:
        return None
    at = walking.moment
    variables = tuple((name, rank[v] if _is_stamp(name) else v) for name, v in at.variables)
    frame = walking.frame and (walking.frame.data, walking.frame.echo, walking.frame.asked)
    return walking._replace(moment=at._replace(variables=variables), frame=None), frame


def _fields(frame: Frame, layouts: Layouts, engine: str) -> list[tuple[str, int]]:
    return list(zip(layouts[engine, frame.resume], frame.values, strict=True))


def _ranked(frame: Frame, layouts: Layouts, engine: str, rank: Mapping[int | None, int | None]) -> Any:
    values = tuple(rank[v] if _is_stamp(name) else v for name, v in _fields(frame, layouts, engine))
    return frame.packet, frame.resume, values, frame.data, frame.answers >= 0, frame.echo
