"""What far knows of the frame that it answers: which keys it named, whose copies have left, and which cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cora.ir.cfg import block_map, header_names, names, op_writes, reachable
from cora.ir.nodes import Access, Assign, Const, Expr, Op, Program, Var
from cora.split.gates import STAMP, cell_index, cell_slot, whole_flag
from cora.split.placement import Placement
from cora.split.restart import Cell, RestartPoint, Taken

Key = tuple[Expr, ...]
ENTER = "resume"


def entry_block(point: int) -> str:
    """Far's block where frames of a restart point enter."""
    return f"{ENTER}.{point}"


@dataclass(frozen=True, slots=True)
class NamedKey:
    """The n-th key of a flow table that frames name; `key` is valid on far at every verdict."""

    state: str
    key: Key
    flag: Var | None
    """Whether the frame at hand names it; None: every frame that comes to the verdict does."""


@dataclass(frozen=True, slots=True)
class NamedCell:
    """The n-th cell of a gate. `slot` is 0 where the frame at hand names none; `registers` are those that it guards."""

    gate: str
    slot: Var
    registers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What the frames name that may come to a verdict."""

    keys: tuple[NamedKey, ...]
    cells: tuple[NamedCell, ...]
    wholes: tuple[str, ...]
    """The gates of whole registers."""
    had: tuple[Var, ...]
    """Whether near had a copy or record of a key, one variable a key and restart point."""
    ordered: bool
    """Some name the slot of their flow; of the others it is 0."""

    @property
    def stamp(self) -> Var | None:
        return STAMP if self.keys or self.cells or self.wholes or self.ordered else None


class Frames:
    """What the restart points name, seen from far's verdicts."""

    def __init__(self, program: Program, placement: Placement, points: Sequence[RestartPoint]) -> None:
        """`program` is far's, with an entry block for each restart point."""
        self.program = program
        self.placement = placement
        self.points = points
        blocks = block_map(program.blocks)
        headers = header_names(program)
        self._reach = {p.point: reachable(program.blocks, (entry_block(p.point),)) for p in points}
        self._written = {
            p.point: frozenset[str]().union(
                *(op_writes(op, headers) for name in self._reach[p.point] for op in blocks[name].ops)
            )
            for p in points
        }
        self._copied = {p.point: self._copies_of_keys(p) for p in points}

    def capture(self, point: RestartPoint) -> tuple[Op, ...]:
        """What far's entry block remembers of what a frame names, behind the operations that compute the keys."""
        ops: list[Op] = []
        for taken in point.evicts:
            ops += [*self._copied[point.point][_slot(taken).name][0], Assign(_flag(taken), Const(1, 1))]
        ops += (Assign(c.slot, cell_slot(self.program, c.register, c.index, c.guard)) for c in point.cells)
        return (*ops, *(Assign(whole_flag(gate), Const(1, 1)) for gate in point.wholes))

    def _copies_of_keys(self, point: RestartPoint) -> dict[str, tuple[tuple[Op, ...], Key]]:
        """By slot: the operations that keep the key, and what to call it. A key that nothing overwrites stays."""
        found: dict[str, tuple[tuple[Op, ...], Key]] = {}
        for taken in point.evicts:
            slot = _slot(taken)
            fields = self.program.state(taken.state).key
            if not any(names(e) & self._written[point.point] for e in taken.key) and self._only_key(slot, taken.key):
                found[slot.name] = (), taken.key
                continue
            kept = tuple(Var(f"$named{slot.name[5:]}.{f.name}", f.width) for f in fields)
            ops = tuple(Assign(var, e) for var, e in zip(kept, taken.key, strict=True))
            found[slot.name] = ops, kept
        return found

    def _only_key(self, slot: Var, key: Key) -> bool:
        """Whether this is the key at the slot's place at every restart point, and changed after none."""
        return all(
            taken.key == key and not any(names(e) & self._written[p.point] for e in key)
            for p in self.points
            for taken in p.evicts
            if taken.slot == slot
        )

    def at(self, verdict: str) -> Named:
        """What the frames name that may come to this block."""
        coming = [p for p in self.points if verdict in self._reach[p.point]]
        keys: dict[str, NamedKey] = {}
        cells: dict[str, NamedCell] = {}
        for point in coming:
            for taken in point.evicts:
                slot = _slot(taken)
                always = all(any(t.slot == slot for t in p.evicts) for p in coming)
                key = self._copied[point.point][slot.name][1]
                keys[slot.name] = NamedKey(taken.state, key, None if always else _flag(taken))
            for cell in point.cells:
                cells[cell.slot.name] = NamedCell(cell.gate, cell.slot, self._registers(cell))
        had = tuple(taken.received[0] for p in coming for taken in p.evicts)
        wholes = tuple(dict.fromkeys(gate for p in coming for gate in p.wholes))
        return Named(tuple(keys.values()), tuple(cells.values()), wholes, had, any(p.ordered for p in coming))

    def _registers(self, cell: Cell) -> tuple[str, ...]:
        gates: Mapping[str, str] = self.placement.gates.of_register
        return tuple(s.name for s in self.program.states if gates.get(s.name) == cell.gate)


def _slot(taken: Taken) -> Var:
    assert taken.slot is not None
    return taken.slot


def _flag(taken: Taken) -> Var:
    """Whether a frame names the key at this place of a table."""
    return Var(f"$names{_slot(taken).name[5:]}", 1)


def current_cell(program: Program, cell: NamedCell, register: str, prefix: str) -> tuple[Access, tuple[Var, ...]]:
    """Reads what far has in a cell."""
    values = tuple(Var(f"{prefix}.{register}.{f.name}", f.width) for f in program.state(register).values)
    return Access(register, "read", (cell_index(program, register, cell.slot),), (), values), values
