"""What travels with a packet from near to far: the variables that parsing doesn't give, and the copies taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cora.analysis.crossing import assigned_in_body, needs_name
from cora.analysis.graph import StateGraph
from cora.analysis.values import Flow, Site, identity, interpret, variable_widths
from cora.diagnostics import error
from cora.ir.cfg import liveness, names, op_exprs
from cora.ir.nodes import Expr, Op, Var
from cora.split.gates import ORDER_SLOT, REFRESH, SLOT_BITS, STAMP, STAMP_BITS, unnamed_write
from cora.split.placement import Placement

Key = tuple[Expr, ...]


def exit_block(stage: int) -> str:
    """Near's block that hands off to a restart stage."""
    return f"hand_off.{stage}"


@dataclass(frozen=True, slots=True)
class Taken:
    """One key of a state, and the variables that receive what near knows of it: for a flow table found and last (and
    the values, where near has whole records), for a register of class `max` its values."""

    state: str
    key: Key
    received: tuple[Var, ...]
    whole: bool = False
    """It is a record that moves, and not a copy that is dropped."""
    slot: Var | None = None
    """Of a flow-table key: the variable with its slot on near, the same for the n-th key of a table at every restart
    point."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a group of copied registers that far may read or write; `slot` as in `Taken`, on both engines."""

    register: str
    gate: str
    index: Expr
    slot: Var
    guard: frozenset[Expr]
    """Conditions without which far accesses it nowhere."""


@dataclass(frozen=True, slots=True)
class RestartPoint:
    """Where far takes packets up. All expressions are over variables as they are at the start of the stage."""

    stage: int
    header: str
    point: int
    carried: tuple[Var, ...]
    """Variables that travel; far receives them in variables of other names (the parser would overwrite these)."""
    key_ops: tuple[Op, ...]
    """What computes the temporaries in the keys."""
    evicts: tuple[Taken, ...]
    maxima: tuple[Taken, ...]
    cells: tuple[Cell, ...]
    wholes: tuple[str, ...]
    """Gates of registers in which far may write any cell."""
    ordered: bool = False
    """Frames name the slot of their flow, which packets on near meet nowhere else."""
    again: bool = False
    """Packets start over: far computes again what the body had set by then (`cora.split.again`)."""

    def incoming(self, var: Var) -> Var:
        return Var(f"$in{self.point}.{var.name}", var.width)

    @property
    def into(self) -> tuple[Var, ...]:
        received = (v for taken in (*self.evicts, *self.maxima) for v in taken.received)
        return (*(self.incoming(v) for v in self.carried), *received, *self.stamped)

    @property
    def stamped(self) -> tuple[Var, ...]:
        """What the frame carries of its stamp: nothing, if it names nothing."""
        order = (ORDER_SLOT,) if self.ordered else ()
        if not (self.evicts or self.cells or self.wholes or order):
            return ()
        return (STAMP, REFRESH, *order) if self.cells else (STAMP, *order)

    @property
    def inputs(self) -> frozenset[str]:
        """Names of all variables whose values at the start of the stage are needed to hand off."""
        exprs = [e for taken in (*self.evicts, *self.maxima) for e in taken.key]
        exprs += [e for c in self.cells for e in (c.index, *c.guard)]
        exprs += [e for op in self.key_ops for e in op_exprs(op)]
        return frozenset(v.name for v in self.carried).union(*(names(e) for e in exprs))


def restart_points(graph: StateGraph, placement: Placement, stages: Iterable[int]) -> tuple[RestartPoint, ...]:
    """The restart points of these stages, numbered from 1."""
    program = graph.program
    live = liveness(program).at_start
    assigned = assigned_in_body(program)
    widths = variable_widths(program)
    found: list[RestartPoint] = []
    for point, stage in enumerate(sorted(stages), start=1):
        header = graph.stages[stage].blocks[0]
        needed = tuple(Var(name, widths[name]) for name in sorted(live[header] & assigned[header]))
        again = bool(needed) and placement.starts_over
        carried = () if again else needed
        flow = interpret(program, (header,), identity, prefix=f"$k{point}.")
        evicted = _keys(flow, placement, ("lookup", "insert", "update", "delete"), placement.copied)
        evicted += [k for k in _keys(flow, placement, ("touch",), placement.sharded) if k not in evicted]
        tables = [(state, key) for state, key in evicted if program.state(state).kind == "flow_table"]
        evicts = [
            _taken(graph, placement, state, key, f"{point}.{i}", [s for s, _ in tables[:i]].count(state))
            for i, (state, key) in enumerate(tables)
        ]
        read = _keys(flow, placement, ("read",), placement.max_registers)
        maxima = [
            Taken(state, key, _maxima_vars(graph, state, f"$max{point}.{i}")) for i, (state, key) in enumerate(read)
        ]
        cells, wholes = _cells(flow, placement), _wholes(flow, placement)
        ops = flow.needed((*(e for taken in (*evicts, *maxima) for e in taken.key), *(c.index for c in cells)))
        ordered = exit_block(stage) in placement.holes.exits
        found.append(
            RestartPoint(
                stage, header, point, carried, tuple(ops), tuple(evicts), tuple(maxima), cells, wholes, ordered, again
            )
        )
    return tuple(found)


def _taken(graph: StateGraph, placement: Placement, state: str, key: Key, number: str, place: int) -> Taken:
    had, last = Var(f"$had{number}", 1), Var(f"$last{number}", 64)
    slot = Var(f"$slot.{state}.{place}", SLOT_BITS)
    if state not in placement.sharded:
        return Taken(state, key, (had, last), slot=slot)
    left = Var(f"$left{number}", STAMP_BITS)
    values = (Var(f"$record{number}.{f.name}", f.width) for f in graph.program.state(state).values)
    return Taken(state, key, (had, left, last, *values), whole=True, slot=slot)


def _cells(flow: Flow, placement: Placement) -> tuple[Cell, ...]:
    """The cells of copied registers that far may read or change, each once: registers of a group at one index are one.
    Of those that near can't name see `Gates.whole`."""
    gates = placement.gates.of_register
    found: dict[tuple[str, Expr], Cell] = {}
    for site in flow.sites:
        op = site.op
        if op.state not in gates or op.kind not in ("read", "write", "rmw"):
            continue
        gate = gates[op.state]
        for (index,) in site.keys or ():
            cell = found.get((gate, index))
            if cell is None:
                place = sum(g == gate for g, _ in found)
                cell = Cell(op.state, gate, index, Var(f"$cell.{gate[1:]}.{place}", SLOT_BITS), site.guard)
            found[gate, index] = replace(cell, guard=cell.guard & site.guard)
    return tuple(found.values())


def _wholes(flow: Flow, placement: Placement) -> tuple[str, ...]:
    gates = placement.gates
    found: dict[str, None] = {}
    for site in flow.sites:
        gate = gates.of_register.get(site.op.state)
        if gate is not None and unnamed_write(site, placement.rules, placement.parallel):
            if gate not in gates.whole:  # from the start of the program it looked as if near could name the cell
                raise _not_computable(site, placement)
            found[gate] = None
    return tuple(found)


def _maxima_vars(graph: StateGraph, state: str, prefix: str) -> tuple[Var, ...]:
    return tuple(Var(f"{prefix}.{f.name}", f.width) for f in graph.program.state(state).values)


def _keys(flow: Flow, placement: Placement, kinds: Sequence[str], states: frozenset[str]) -> list[tuple[str, Key]]:
    """Every key that these accesses may have, each once, in a fixed order."""
    found: dict[tuple[str, Key], None] = {}
    for site in flow.sites:
        op = site.op
        if op.state not in states or op.kind not in kinds:
            continue
        keys = site.keys
        if keys is None:
            records, is_max = op.state in placement.sharded, op.state in placement.max_registers
            if not needs_name(site, records=records, is_max=is_max):
                continue
            raise _not_computable(site, placement)
        found |= {(op.state, key): None for key in keys}
    return list(found)


def _not_computable(site: Site, placement: Placement):
    return error(
        "C0706",
        f"{placement.near} can't tell which entry of {site.op.state} {placement.far} will {site.op.kind}",
        site.op.span,
        label="the key depends on state, or may be computed in too many ways",
        help="compute the key before the first access to the state, in one way",
    )
