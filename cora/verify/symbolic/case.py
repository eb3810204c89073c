"""A concrete case: a packet and the states before it. It runs in the interpreter, whole and split."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from cora.ir.interp import run
from cora.ir.meters import MAX_BURST, MeterCell, MeterRates
from cora.ir.nodes import Entry, KeyMatch, Program, State
from cora.ir.packets import Dropped, Packet, Sent
from cora.ir.store import FlowEntry, FlowTable, Store, Table
from cora.split.engines import Split
from cora.split.run import SplitRunner
from cora.verify.compare import state_difference

Values = tuple[int, ...]
Stored = tuple[Values, int]
"""Values and the time of last use of an entry."""


@dataclass(frozen=True, slots=True)
class FlowCase:
    """One key of a flow table: what the owner has and what near's copy is. The whole program has their combination."""

    key: Values
    owner: Stored | None
    copy: Stored | None


@dataclass(frozen=True, slots=True)
class StateCase:
    """What is in a state before the packet. Registers: (index, newest values, the owner's values). Meters: (index, the
    colour that the packet gets). `full`: as many other entries as fit, at the owner and among the copies."""

    name: str
    default: Values | None = None
    rows: tuple[tuple[Values, Values], ...] = ()
    flows: tuple[FlowCase, ...] = ()
    cells: tuple[tuple[int, Values, Values], ...] = ()
    colours: tuple[tuple[int, int], ...] = ()
    full: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, slots=True)
class Case:
    frame: bytes
    port: int
    time_ns: int
    seed: int
    states: tuple[StateCase, ...]

    @property
    def packet(self) -> Packet:
        return Packet(self.frame, self.port, self.time_ns, self.seed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case has shown. `difference` is "" if whole and split did the same."""

    expected: Sent | Dropped
    got: Sent | Dropped
    difference: str


def replay(program: Program, split: Split, case: Case) -> Outcome:
    """Runs a case through the whole program and the split, and compares outputs and states."""
    whole = Store(program)
    runner = SplitRunner(split, compiled=False)
    for state in case.states:
        _prepare(state, program.state(state.name), whole, runner)
    before = state_difference(whole.snapshot(), runner.snapshot(), program)
    if before:
        raise AssertionError(f"the case begins with unequal states: {before}")
    expected = run(program, whole, case.packet)
    assert isinstance(expected, Sent | Dropped)
    got = runner.run(case.packet)
    difference = "" if got == expected else f"expected {expected}, got {got}"
    difference = difference or state_difference(whole.snapshot(), runner.snapshot(), program)
    broken = runner.broken_copies()
    return Outcome(expected, got, difference or (broken[0] if broken else ""))


def _prepare(case: StateCase, state: State, whole: Store, runner: SplitRunner) -> None:
    near = runner.stores[runner.wire.engine]
    others = [store for name, store in runner.stores.items() if name != runner.wire.engine]
    far = others[0] if others else near
    stores = (whole, *runner.stores.values())
    match state.kind:
        case "table":
            for store in stores:
                if state.name in store.tables:
                    store.tables[state.name] = _table(case, state)
        case "flow_table":
            copied = state.name in runner.wire.copies
            owner = far if state.name in far.flow_tables and (copied or state.name not in runner.wire.owns) else near
            copies = near.flow_tables[state.name] if copied else None
            _prepare_flows(case, whole.flow_tables[state.name], owner.flow_tables[state.name], copies, runner)
        case "register":
            for index, newest, behind in case.cells:
                for store in stores:
                    if state.name in store.registers:
                        values = behind if store is far and store is not near else newest
                        store.registers[state.name].cells[index] = values
        case "meter":
            for index, colour in case.colours:
                for store in stores:
                    if state.name in store.meters:
                        store.meters[state.name].cells[index] = _cell_for(colour)
        case _:
            pass


_OFFERED = 0
"""The mark of a record that was offered before the first stamp was taken."""


def _table(case: StateCase, state: State) -> Table:
    rows: list[Entry] = []
    for key, values in case.rows:
        matches: list[KeyMatch] = []
        for field, value in zip(state.key, key, strict=True):
            extra = {"exact": 0, "lpm": field.width, "range": value}.get(field.match, (1 << field.width) - 1)
            matches.append(KeyMatch(value, extra))
        rows.append(Entry(tuple(matches), values))
    default = case.default if case.default is not None else (state.default or (0,) * len(state.values))
    return Table(state, default, rows)


def _prepare_flows(
    case: StateCase, whole: FlowTable, owner: FlowTable, copies: FlowTable | None, runner: SplitRunner
) -> None:
    sharded = case.name in runner.wire.records
    for flow in case.flows:
        if flow.owner is None:
            continue
        values, last = flow.owner
        owner.entries[flow.key] = FlowEntry(values, last)
        if copies is not None and flow.copy is not None:
            copies.entries[flow.key] = FlowEntry(*flow.copy)
            owner.entries[flow.key].mark = _OFFERED if sharded else None
            values, last = flow.copy if sharded else (values, max(last, flow.copy[1]))
        whole.entries[flow.key] = FlowEntry(values, last)
    fill_owner, fill_copies = case.full
    kept = {flow.key for flow in case.flows}
    for number in count():
        copy_it = copies is not None and fill_copies and len(copies.entries) < copies.state.capacity
        key = _key(whole.state, number)
        no_room = len(owner.entries) >= owner.state.capacity
        if key is None or no_room or not (copy_it or fill_owner):
            return
        if key not in kept:
            tables = (whole, owner, copies) if copies is not None and copy_it else (whole, owner)
            for table in tables:
                offered = sharded and table is owner and copies is not None and copy_it
                table.entries[key] = FlowEntry((0,) * len(whole.state.values), 0, _OFFERED if offered else None)


def _key(state: State, number: int) -> Values | None:
    """The `number`-th key of a table; None behind the last one."""
    key: list[int] = []
    for field in reversed(state.key):
        number, part = divmod(number, 1 << field.width)
        key.append(part)
    return None if number else tuple(reversed(key))


def _cell_for(colour: int) -> MeterCell:
    """A meter cell that gives a packet this colour, if it asks for tokens and comes in green."""
    peak = 0 if colour == 0 else MAX_BURST
    return MeterCell.full(MeterRates(0, MAX_BURST if colour == 1 else 0, 0, peak))
