"""Runtime state of a program: what its tables, flow tables, registers, counters and meters hold between packets.

Everything here is exact and plain. The interpreter, compiled programs, the split runner and the verifier share it, so
that there is one place that says what an access does to a state (`AccessKind` in `cora.ir.nodes` is the contract).

Keys are tuples of unsigned integers, also where a key has one field. Times are nanoseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from cora.ir.errors import StoreError
from cora.ir.meters import MeterCell, MeterRates, plain_colour
from cora.ir.nodes import Entry, KeyField, KeyMatch, Program, State
from cora.ir.replicate import Replication

Key = tuple[int, ...]
Values = tuple[int, ...]

_MEMO_LIMIT = 1 << 16
_U64 = (1 << 64) - 1

PLACED, REFUSED = 1 << 32, 1 << 33
"""Of the mark of an entry, above its stamp: it isn't in use yet, or won't be (`State`)."""

Saved = tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]
"""See `Store.save`: flow tables; registers, counters and gates; meters."""
Snapshot = dict[str, dict[Any, Any]]
"""The data plane's state in comparable form, see `Store.snapshot`."""


def no_values(state: State) -> Values:
    """The values of a lookup that misses: the default of the state, or zeros."""
    return state.default or (0,) * len(state.values)


def matches(field: KeyField, match: KeyMatch, value: int) -> bool:
    """Whether one field of a row matches a value of the key."""
    if field.match == "exact":
        return value == match.value
    if field.match == "range":
        return match.value <= value <= match.extra
    if field.match == "lpm":
        shift = field.width - match.extra
        return value >> shift == match.value >> shift
    return value & match.extra == match.value & match.extra


ROW = "$row"
"""The value of a table's entries by which direct counters and meters find their cell: the row's number. The control
plane doesn't set it."""


def numbered(state: State, values: Values, row: int) -> Values:
    """The values of an entry with the number of its row, if the table's entries have one."""
    return tuple(row if f.name == ROW else v for f, v in zip(state.values, values, strict=True))


@dataclass(slots=True)
class Table:
    """A table that the control plane writes. `rows` stand in the order in which they were added."""

    state: State
    default: Values
    rows: list[Entry]
    _numbers: int = 0
    """Numbers of rows below this have been given away."""
    _exact: dict[Key, Entry] = field(default_factory=dict[Key, Entry])
    _ranked: list[Entry] = field(default_factory=list[Entry])
    _memo: dict[Key, Values | None] = field(default_factory=dict[Key, Values | None])
    _indexed: bool = False

    def __post_init__(self) -> None:
        self._numbers = max(self._numbers, len(self.rows))

    @property
    def exact_only(self) -> bool:
        return all(f.match == "exact" for f in self.state.key)

    def _prefix_bits(self, row: Entry) -> int:
        return sum(m.extra for f, m in zip(self.state.key, row.key, strict=True) if f.match == "lpm")

    def _index(self) -> None:
        # Python's sort is stable: rows of one rank keep the order in which they came.
        self._ranked = sorted(self.rows, key=lambda r: (-r.priority, -self._prefix_bits(r)))
        self._memo.clear()
        self._exact.clear()
        if self.exact_only:
            for row in self._ranked:
                self._exact.setdefault(tuple(m.value for m in row.key), row)
        self._indexed = True

    def add(self, row: Entry, kept: frozenset[int] = frozenset()) -> None:
        """Adds a row behind all others; raises StoreError if there is no room or the row doesn't fit. It doesn't get a
        number that is `kept`."""
        state = self.state
        if state.const_entries:
            raise StoreError(f"table {state.name} has const entries; nothing can be added")
        if len(self.rows) >= state.capacity:
            raise StoreError(f"table {state.name} is full: it has room for {state.capacity} entries")
        if len(row.key) != len(state.key) or len(row.values) != len(state.values):
            raise StoreError(
                f"an entry of table {state.name} needs {len(state.key)} key fields and {len(state.values)} values"
            )
        self.rows.append(replace(row, values=numbered(state, row.values, self._number(kept))))
        self._indexed = False

    def numbers(self) -> frozenset[int]:
        """The numbers of the rows, if they have some."""
        at = [n for n, f in enumerate(self.state.values) if f.name == ROW]
        return frozenset(row.values[n] for n in at for row in self.rows)

    def _number(self, kept: frozenset[int]) -> int:
        """The number of the next row: one that no row has had, as long as there are some."""
        if self._numbers < self.state.capacity:
            self._numbers += 1
            return self._numbers - 1
        used = self.numbers() | kept
        free = next((n for n in range(self.state.capacity) if n not in used), None)
        if free is None:
            raise StoreError(
                f"table {self.state.name}: the numbers of removed rows are free when the batch is done, and not before"
            )
        return free

    def place(self, key: tuple[KeyMatch, ...], priority: int) -> int:
        """Where the row of a key and priority stands; raises StoreError if there is none."""
        found = next((n for n, r in enumerate(self.rows) if (r.key, r.priority) == (key, priority)), None)
        if found is None:
            raise StoreError(f"table {self.state.name} has no entry of this key and priority {priority}")
        return found

    def copy(self) -> Table:
        return Table(self.state, self.default, list(self.rows), self._numbers)

    def become(self, other: Table) -> None:
        """Takes over rows and default, in place: compiled programs keep hold of the table."""
        self.default, self.rows, self._numbers = other.default, list(other.rows), other._numbers
        self._indexed = False

    def find(self, key: Key) -> Values | None:
        """The values of the row that wins for this key, or None."""
        if not self._indexed:
            self._index()
        if self._exact:
            row = self._exact.get(key)
            return row.values if row is not None else None
        if key in self._memo:
            return self._memo[key]
        fields = self.state.key
        found = next(
            (r.values for r in self._ranked if all(map(matches, fields, r.key, key))),
            None,
        )
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
        self._memo[key] = found
        return found


@dataclass(slots=True)
class FlowEntry:
    values: Values
    last_ns: int
    mark: int | None = None
    """The stamp with which a copy or record began to leave, or with which a record was offered; with `PLACED` or
    `REFUSED` the stamp of the frame that brought it. None: in use here."""


@dataclass(slots=True)
class FlowTable:
    """A table that the data plane writes. `entries` holds expired entries too, until they are swept or overwritten."""

    state: State
    entries: dict[Key, FlowEntry] = field(default_factory=dict[Key, FlowEntry])

    def timeout_ns(self, entry: FlowEntry) -> int | None:
        """The entry's idle timeout; a `$profile` beyond the list counts as the last one. None: it never expires."""
        timeouts = self.state.idle_timeouts_ns
        if not timeouts:
            return None
        if len(timeouts) == 1:
            return timeouts[0]
        return timeouts[min(entry.values[0], len(timeouts) - 1)]

    def fresh(self, entry: FlowEntry, now_ns: int) -> bool:
        """Whether the entry is in use: last used at most its timeout ago (also when last used after `now_ns`)."""
        timeout = self.timeout_ns(entry)
        return timeout is None or now_ns - entry.last_ns <= timeout

    def used(self, key: Key) -> FlowEntry | None:
        """The entry, fresh or not, if it is in use here."""
        entry = self.entries.get(key)
        return entry if entry is not None and entry.mark is None else None

    def lookup(self, key: Key, now_ns: int) -> Values | None:
        """The values of a present and fresh entry, else None. Doesn't restart the timer."""
        entry = self.used(key)
        return entry.values if entry is not None and self.fresh(entry, now_ns) else None

    def has_room(self, key: Key) -> bool:
        return key in self.entries or len(self.entries) < self.state.capacity

    def put(self, key: Key, values: Values, last_ns: int) -> bool:
        """Stores an entry, over the one of that key if there is one. False: the table is full, nothing changed."""
        if not self.has_room(key):
            return False
        self.entries[key] = FlowEntry(values, last_ns)
        return True

    def install(self, key: Key, values: Values, last_ns: int) -> bool:
        """Stores an entry that the other engine has sent, unless there is one. False: it isn't stored."""
        return key not in self.entries and self.put(key, values, last_ns)

    def place(self, key: Key, stamp: int, values: Values, last_ns: int) -> bool:
        """As `install`, but the entry isn't in use until it is accepted."""
        if not self.install(key, values, last_ns):
            return False
        self.entries[key].mark = PLACED | stamp
        return True

    def accept(self, key: Key, stamp: int) -> bool:
        """Takes what was placed with this stamp into use. False: it isn't there any more, or was refused."""
        entry = self.entries.get(key)
        if entry is None or entry.mark != PLACED | stamp:
            return False
        entry.mark = None
        return True

    def update(self, key: Key, field: str, value: int) -> bool:
        """Sets one value of a stored entry, fresh or not. False: there is none."""
        entry = self.used(key)
        if entry is None:
            return False
        at = next(i for i, f in enumerate(self.state.values) if f.name == field)
        entry.values = (*entry.values[:at], value, *entry.values[at + 1 :])
        return True

    def touch(self, key: Key, now_ns: int) -> bool:
        """Restarts the timer of a stored entry, fresh or not. False: there is none."""
        entry = self.used(key)
        if entry is None:
            return False
        entry.last_ns = now_ns
        return True

    def merge(self, key: Key, last_ns: int) -> bool:
        """Moves the timer of a stored entry forward to `last_ns`, never back. False: there is none."""
        entry = self.entries.get(key)
        if entry is None:
            return False
        entry.last_ns = max(entry.last_ns, last_ns)
        return True

    def remove(self, key: Key) -> FlowEntry | None:
        return self.entries.pop(key, None)

    def leave(self, key: Key, stamp: int) -> FlowEntry | None:
        """Marks an entry as leaving, if it isn't already; the entry as it was when it began to leave. What is placed is
        refused."""
        entry = self.entries.get(key)
        if entry is None or entry.mark is None:
            if entry is not None:
                entry.mark = stamp
            return entry
        if entry.mark & PLACED:
            entry.mark ^= PLACED | REFUSED
        return None if entry.mark & REFUSED else entry

    def forget(self, key: Key, stamp: int) -> bool:
        """Drops an entry that left, or was placed, with this stamp or an earlier one. False: there is none."""
        entry = self.entries.get(key)
        if entry is None or entry.mark is None or later(entry.mark, stamp):
            return False
        del self.entries[key]
        return True

    def offer(self, key: Key, stamp: int) -> bool:
        """Marks a stored entry with the stamp of the frame that is answered with it. False: there is none."""
        entry = self.entries.get(key)
        if entry is None:
            return False
        entry.mark = stamp
        return True

    def adopt(self, key: Key, record: FlowEntry | None) -> bool:
        """The other engine gives back what it has under a key; a record's mark is the stamp with which it left it. If
        it left after the entry was offered here it is the better one; else the offer was refused or lost."""
        entry = self.entries.get(key)
        if entry is None or entry.mark is None:
            return False
        taken = record is not None and record.mark is not None and later(record.mark, entry.mark)
        if taken and record is not None:
            entry.values, entry.last_ns = record.values, record.last_ns
        entry.mark = None
        return taken

    def sweep(self, now_ns: int) -> int:
        """Removes the entries that have expired; says how many."""
        expired = [key for key, entry in self.entries.items() if not self.fresh(entry, now_ns)]
        for key in expired:
            del self.entries[key]
        return len(expired)


def later(stamp: int, other: int) -> bool:
    """Whether a stamp was taken after another one, as long as fewer than 2^31 were taken between."""
    return 0 < (stamp - other) % (1 << 32) < 1 << 31


@dataclass(slots=True)
class Gate:
    """Which frames are out. `cells` holds (issued, returned) of the slots that were named; of slot 0 the last stamp
    taken, and the one with which the gate began."""

    state: State
    cells: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])

    def begin(self, base: int) -> None:
        """Starts anew while frames of before may be out, with a stamp later than all of theirs (0: the first start).
        What no frame has named since is busy."""
        self.cells.clear()
        self.cells[0] = (base, base)

    def stamp(self) -> int:
        """The next stamp; they begin with 1 and go round after 2^32."""
        last, base = self.cells.get(0, (0, 0))
        count = (last + 1) % (1 << 32)
        self.cells[0] = (count, base)
        return count

    def _names(self, slot: int) -> bool:
        return 0 < slot < self.state.capacity

    def _cell(self, slot: int) -> tuple[int, int]:
        return self.cells.get(slot) or (self.cells.get(0, (0, 0))[1], 0)

    def issue(self, slot: int, stamp: int) -> bool:
        if not self._names(slot):
            return False
        self.cells[slot] = (stamp, self._cell(slot)[1])
        return True

    def arrive(self, slot: int, stamp: int) -> bool:
        if not self._names(slot):
            return False
        self.cells[slot] = (self._cell(slot)[0], stamp)
        return True

    def send(self, slot: int) -> bool:
        return self._count(slot, 1, 0)

    def receive(self, slot: int) -> bool:
        return self._count(slot, 0, 1)

    def _count(self, slot: int, issued: int, returned: int) -> bool:
        if not self._names(slot):
            return False
        before = self._cell(slot)
        self.cells[slot] = (before[0] + issued) % (1 << 32), (before[1] + returned) % (1 << 32)
        return True

    def depart(self, slot: int) -> bool:
        """Nothing: who looks for it knows that the packet has left."""
        return self._names(slot)

    def idle(self, slot: int) -> bool:
        """Whether the last frame that named the slot has come back; then all earlier ones have too, or never will. Of a
        slot that counts: whether all have."""
        issued, returned = self._cell(slot) if self._names(slot) else (0, 0)
        return issued == returned

    def current(self, slot: int, stamp: int) -> bool:
        """Whether the frame with this stamp is the last that named the slot."""
        return self._names(slot) and self._cell(slot)[0] == stamp


@dataclass(slots=True)
class Register:
    """An array of `capacity` cells; `cells` holds those that were written."""

    state: State
    initial: Values
    cells: dict[int, Values] = field(default_factory=dict[int, Values])

    def read(self, index: int) -> Values:
        """The cell's values; zeros outside of the register."""
        if index >= self.state.capacity:
            return (0,) * len(self.initial)
        return self.cells.get(index, self.initial)

    def write(self, index: int, values: Values) -> bool:
        """Sets a cell. False: the index is outside of the register, nothing happened."""
        if index >= self.state.capacity:
            return False
        self.cells[index] = values
        return True

    def merge_max(self, index: int, values: Values) -> bool:
        """Sets each value of a cell to the larger of its own and the given one."""
        return self.write(index, tuple(map(max, self.read(index), values)))


@dataclass(slots=True)
class Counter:
    """An array of `capacity` pairs (packets, bytes), each of 64 bits; `cells` holds those that were counted in."""

    state: State
    cells: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])

    def count(self, index: int, length_bytes: int) -> bool:
        """Counts one packet. False: the index is outside of the counter, nothing happened."""
        if index >= self.state.capacity:
            return False
        packets, total = self.cells.get(index, (0, 0))
        self.cells[index] = ((packets + 1) & _U64, (total + length_bytes) & _U64)
        return True


@dataclass(slots=True)
class Meter:
    """An array of `capacity` meters; `cells` holds those that the control plane has configured."""

    state: State
    cells: dict[int, MeterCell] = field(default_factory=dict[int, MeterCell])

    def execute(self, index: int, now_ns: int, amount: int, colour: int) -> int:
        """The colour of a packet; see `cora.ir.meters`."""
        cell = self.cells.get(index)
        return plain_colour(colour) if cell is None else cell.execute(now_ns, amount, colour)


class Store:
    """The state of one engine: at first as `program` declares it, then as packets and the control plane change it."""

    def __init__(self, program: Program) -> None:
        self.tables: dict[str, Table] = {}
        self.flow_tables: dict[str, FlowTable] = {}
        self.registers: dict[str, Register] = {}
        self.counters: dict[str, Counter] = {}
        self.meters: dict[str, Meter] = {}
        self.replication = Replication()
        self.gates: dict[str, Gate] = {}
        for state in program.states:
            match state.kind:
                case "table":
                    self.tables[state.name] = Table(state, no_values(state), list(state.entries))
                case "flow_table":
                    self.flow_tables[state.name] = FlowTable(state)
                case "register":
                    self.registers[state.name] = Register(state, no_values(state))
                case "counter":
                    self.counters[state.name] = Counter(state)
                case "meter":
                    self.meters[state.name] = Meter(state)
                case "gate":
                    self.gates[state.name] = Gate(state)

    def add_entry(self, state: str, entry: Entry) -> None:
        """Adds a row to a table of the control plane; raises StoreError if it can't be."""
        self._table(state).add(entry)

    def set_default(self, state: str, values: Values) -> None:
        """Sets what a lookup that misses gives: `action`, then the parameters of every action."""
        table = self._table(state)
        if len(values) != len(table.state.values):
            raise StoreError(f"the default of table {state} needs {len(table.state.values)} values")
        table.default = numbered(table.state, values, table.state.capacity)

    def write_register(self, state: str, index: int, values: Values) -> None:
        """Sets a cell of a register from the control plane."""
        register = self.registers.get(state)
        if register is None:
            raise StoreError(f"there is no register {state}")
        if len(values) != len(register.initial):
            raise StoreError(f"a cell of register {state} has {len(register.initial)} values")
        if not register.write(index, values):
            raise StoreError(f"register {state} has {register.state.capacity} cells; {index} is outside of it")

    def write_meter(self, state: str, index: int, rates: MeterRates) -> None:
        """Configures a cell of a meter; its buckets are full then."""
        meter = self.meters.get(state)
        if meter is None:
            raise StoreError(f"there is no meter {state}")
        if not 0 <= index < meter.state.capacity:
            raise StoreError(f"meter {state} has {meter.state.capacity} cells; {index} is outside of it")
        problem = rates.problem()
        if problem:
            raise StoreError(f"meter {state}[{index}]: {problem}")
        meter.cells[index] = MeterCell.full(rates)

    def sweep(self, now_ns: int) -> int:
        """Removes the expired entries of all flow tables; says how many."""
        return sum(table.sweep(now_ns) for table in self.flow_tables.values())

    def snapshot(self) -> Snapshot:
        """What the data plane has made of its states, to compare.

        flow_table -> {key: (values, last_ns)}; register -> {index: values}, cells that differ from the initial ones;
        counter -> {index: (packets, bytes)}, cells that are not zero; meter -> {index: (committed, peak, last_ns)},
        cells that are configured.
        """
        snapshot: Snapshot = {}
        for name, table in self.flow_tables.items():
            snapshot[name] = {key: (e.values, e.last_ns) for key, e in table.entries.items()}
        for name, register in self.registers.items():
            snapshot[name] = {i: v for i, v in register.cells.items() if v != register.initial}
        for name, counter in self.counters.items():
            snapshot[name] = {i: c for i, c in counter.cells.items() if c != (0, 0)}
        for name, meter in self.meters.items():
            snapshot[name] = {i: (c.committed, c.peak, c.last_ns) for i, c in meter.cells.items()}
        return snapshot

    def marks(self) -> dict[str, dict[Key, int]]:
        """By flow table the marks of its entries."""
        tables = self.flow_tables.items()
        return {name: {k: e.mark for k, e in t.entries.items() if e.mark is not None} for name, t in tables}

    def save(self) -> Saved:
        """All that packets may have changed, as values that can be hashed and compared."""
        tables = (
            tuple(sorted((k, e.values, e.last_ns, e.mark) for k, e in t.entries.items()))
            for t in self.flow_tables.values()
        )
        cells = (
            tuple(sorted(x.cells.items()))
            for x in (*self.registers.values(), *self.counters.values(), *self.gates.values())
        )
        meters = (
            tuple(sorted((i, (c.rates, c.committed, c.peak, c.last_ns)) for i, c in m.cells.items()))
            for m in self.meters.values()
        )
        return tuple(tables), tuple(cells), tuple(meters)

    def restore(self, saved: Saved) -> None:
        """Goes back to what was saved, in place: compiled programs keep hold of the dictionaries."""
        tables, cells, meters = saved
        for table, rows in zip(self.flow_tables.values(), tables, strict=True):
            table.entries.clear()
            table.entries.update((key, FlowEntry(values, last, mark)) for key, values, last, mark in rows)
        for state, items in zip(
            (*self.registers.values(), *self.counters.values(), *self.gates.values()), cells, strict=True
        ):
            state.cells.clear()
            state.cells.update(items)
        for meter, items in zip(self.meters.values(), meters, strict=True):
            meter.cells.clear()
            meter.cells.update((index, MeterCell(*cell)) for index, cell in items)

    def _table(self, name: str) -> Table:
        table = self.tables.get(name)
        if table is None:
            raise StoreError(f"there is no table {name} for the control plane")
        return table
