"""Engine programs in the kernel: compiled, loaded, with their states in reach of the control plane."""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from pathlib import Path

from cora.codegen.layout import (
    DIRECT_KEYS,
    INDEX_MAP,
    EngineLayout,
    LpmKey,
    Record,
    StateLayout,
    engine_layout,
    row_numbers,
)
from cora.device import features
from cora.device.bpf import Map, possible_cpus
from cora.device.compile import build_engine
from cora.device.direct import DirectRows
from cora.device.libbpf import LoadRefused, Object
from cora.device.refusal import keep_log, p4_span, read_log, refused_program
from cora.device.ticks import Ticks, ticks_within
from cora.diagnostics import UserError, error
from cora.ir.clock import clock_step_ns
from cora.ir.meters import BILLIONTHS, MeterCell, MeterRates
from cora.ir.nodes import Entry
from cora.ir.store import FlowEntry, Key, Snapshot, Store, Table, no_values
from cora.split.engines import EngineProgram, Split
from cora.split.gates import SEEN
from cora.split.generations import other_generation
from cora.split.rollout import state_of

_STATS = (
    "received", "received_bytes", "entered", "sent", "dropped", "handed_off", "served", "inserts", "inserts_refused",
    "installs",
)  # fmt: skip
"""The members of `struct cora_stats` in targets/xdp/cora.h."""


PORTS_MAP = ".bss.ports"
"""`cora_interfaces` in targets/xdp/cora.h: by index of an interface modulo its slots, the index and the port."""
_SLOT = struct.Struct("<II")


def connect_port(ports: Map, ifindex: int, port: int) -> None:
    with ports.memory() as memory:
        _SLOT.pack_into(memory, ifindex % (ports.value_bytes // _SLOT.size) * _SLOT.size, ifindex, port)


class LoadedEngine:
    """One engine program in the kernel. Control-plane writes have the form of `cora.ir.store.Store`; they reach the
    kernel with `flush`. Close it (or leave its `with` block) to free it."""

    def __init__(
        self, engine: EngineProgram, split: Split, *, verify: bool = False, object_file: Path | None = None
    ) -> None:
        """Compiles and loads. `verify`: inputs come from `cora_config` and verdicts go to `cora_verdict`, for tests and
        lockstep replay. `object_file`: the engine program, compiled already. Raises UserError where the machine or the
        kernel's verifier says no."""
        problem = features.missing_error()
        if problem is not None:
            raise problem
        self.engine = engine
        self.layout: EngineLayout = engine_layout(engine.program)
        self.object_file = object_file or build_engine(engine, split)
        # Tests set the time themselves.
        ticks = Ticks() if verify else ticks_within(clock_step_ns(e.program for e in split.engines))
        try:
            self.object = _load(self.object_file, engine, verify, ticks)
        except _TooMuchToVerify:
            # One copy of the code for all kinds of packets has fewer ways through it.
            self.object_file = build_engine(engine, split, compact=True)
            self.object = _load(self.object_file, engine, verify, ticks, is_last=True)
        self._shadow = Store(engine.program)
        self._stored: dict[str, dict[bytes, tuple[int, bytes]]] = {}
        """By table that isn't scanned and key: the first number of the key, and what the kernel holds."""
        self._direct = {
            s.state.name: DirectRows(self.map(INDEX_MAP), n, self.map(s.rows))
            for n, s in enumerate(s for s in self.layout.states if s.direct)
            if INDEX_MAP in self.object.maps  # compact programs have no arrays beside hashes
        }
        self._dirty = {s.state.name for s in self.layout.states if s.state.kind == "table"}
        for state in self.layout.states:
            initial = no_values(state.state)
            if state.form == "array" and any(initial):
                value = state.value.pack(initial)
                cells = [(n.to_bytes(4, "little"), value) for n in range(state.state.capacity)]
                self.map(state.map).update_many(cells)
        self.flush()

    def __enter__(self) -> LoadedEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.object.close()

    def map(self, name: str) -> Map:
        return self.object.maps[name]

    def program(self, entry: str) -> int:
        """The file descriptor of `cora_wire` or `cora_inner`."""
        return self.object.programs[entry]

    # ------------------------------------------------------------ control plane

    def connect_port(self, ifindex: int, port: int) -> None:
        """Packets that come in by this interface have that port from now on."""
        connect_port(self.map(PORTS_MAP), ifindex, port)

    def add_entry(self, state: str, entry: Entry) -> None:
        """Adds a row to a table; it counts from the next `flush`."""
        for each in self._generations(state):
            self._shadow.add_entry(each, entry)
            self._dirty.add(each)

    def set_default(self, state: str, values: tuple[int, ...]) -> None:
        for each in self._generations(state):
            self._shadow.set_default(each, values)
            self._dirty.add(each)

    def _generations(self, table: str) -> list[str]:
        """The states that hold a table: two, where batches of changes count at once."""
        other = other_generation(table)
        return [table, other] if other in self._shadow.tables else [table]

    def bring(self, generation: int, tables: Mapping[str, Table]) -> None:
        """Gives tables of a generation, where they are here, the rows and defaults of these."""
        for name, table in tables.items():
            if (state := state_of(name, generation)) in self._shadow.tables:
                self._shadow.tables[state].become(table)
                self._dirty.add(state)
        self.flush()

    def write_register(self, state: str, index: int, values: tuple[int, ...]) -> None:
        """Sets a cell of a register, at once."""
        self._shadow.write_register(state, index, values)
        layout = self.layout.state(state)
        self.map(layout.map).update(index.to_bytes(4, "little"), layout.value.pack(values))

    def read_cell(self, state: str, index: int) -> tuple[int, ...]:
        """What packets have made of a cell of a register."""
        layout = self.layout.state(state)
        return layout.value.unpack(self.map(layout.map).lookup(index.to_bytes(4, "little")) or bytes(layout.value.size))

    def write_meter(self, state: str, index: int, rates: MeterRates) -> None:
        """Configures a cell of a meter, at once; its buckets are full then."""
        self._shadow.write_meter(state, index, rates)
        self.put_meter(state, index, MeterCell.full(rates))

    def put_meter(self, state: str, index: int, cell: MeterCell) -> None:
        """Sets a cell of a meter with what is in its buckets, at once."""
        layout, rates = self.layout.state(state), cell.rates
        sizes = rates.cir, rates.cbs * BILLIONTHS, rates.pir, rates.pbs * BILLIONTHS
        values = (1, *sizes, cell.committed, cell.peak, cell.last_ns)
        self.map(layout.map).update(index.to_bytes(4, "little"), layout.value.pack(values))

    def put_flow(self, state: str, key: tuple[int, ...], values: tuple[int, ...], last_ns: int) -> None:
        """Stores an entry of a flow table, at once."""
        layout = self.layout.state(state)
        assert isinstance(layout.key, Record)
        self.map(layout.map).update(layout.key.pack(key), layout.pack_entry(values, last_ns, 0))

    def fill_table(self, state: str, table: Table) -> None:
        """Takes over the rows and the default of a table; they count from the next `flush`."""
        for each in self._generations(state):
            self._shadow.tables[each].become(table)
            self._dirty.add(each)

    def fill(self, store: Store) -> None:
        """Takes over what a store holds of this engine's states: tables, registers and meters in copies too, flow
        tables if they are its own. Rows and defaults of tables count from the next `flush`."""
        names = {s.name for s in self.engine.program.states}
        for state in self.engine.program.states:  # a table's second generation stands behind it
            if state.name in store.tables:
                self.fill_table(state.name, store.tables[state.name])
        for name in store.registers.keys() & names:
            for index, values in store.registers[name].cells.items():
                self.write_register(name, index, values)
        for name in store.meters.keys() & names:
            for index, cell in store.meters[name].cells.items():
                self.put_meter(name, index, cell)
        for name in store.flow_tables.keys() & names & set(self.engine.owns):
            for key, entry in store.flow_tables[name].entries.items():
                self.put_flow(name, key, entry.values, entry.last_ns)

    @property
    def written(self) -> Store:
        """What the control plane has written: rows and defaults of tables, cells of registers and meters."""
        return self._shadow

    def begin(self, base: int) -> None:
        """Starts all gates with this stamp, before the first packet (`cora.ir.store.Gate.begin`)."""
        for layout in self.layout.states:
            if layout.form == "gate":
                slots = range(1, layout.state.capacity)
                cells = [(slot.to_bytes(4, "little"), layout.value.pack((base, 0))) for slot in slots]
                first = bytes(4), layout.value.pack((base, base))
                self.map(layout.map).update_many([first, *cells])

    def last_seen(self) -> int:
        """The stamp of the last frame that has come from the engine at the wire; 0: none has."""
        if all(s.state.name != SEEN for s in self.layout.states):
            return 0
        layout = self.layout.state(SEEN)
        cell = self.map(layout.map).lookup((1).to_bytes(4, "little"))
        return 0 if cell is None else layout.value.unpack(cell)[1]

    def flush(self) -> None:
        """Brings added rows and changed defaults into the kernel. Raises UserError for rows that a map can't hold."""
        for name in sorted(self._dirty):
            self._write_table(self.layout.state(name))
        self._dirty.clear()

    def _write_table(self, layout: StateLayout) -> None:
        table = self._shadow.tables[layout.state.name]
        direct = self._direct.get(layout.state.name)
        blank = (0,) * (2 * len(layout.state.key)) if layout.form == "rows" else ()
        default = layout.value.pack((*blank, *table.default))
        if direct is not None:
            direct.set_default(default)
        else:
            self.map(layout.default).update(bytes(4), default)
        if layout.form == "rows":
            self._write_rows(layout, table.rows)
            return
        if layout.form == "lpm" and len({row.priority for row in table.rows}) > 1:
            raise error(
                "C0803",
                f"table {layout.state.name}: rows have different priorities, but the longest prefix decides in its map",
                layout.state.span,
                help="leave the priorities of lpm rows out, or make one key ternary",
            )
        winners: dict[bytes, Entry] = {}
        for row in table.rows:
            key = _row_key(layout, row)
            if key not in winners or row.priority > winners[key].priority:
                winners[key] = row
        self._store_rows(layout, winners)

    def _store_rows(self, layout: StateLayout, winners: Mapping[bytes, Entry]) -> None:
        """New rows come first, where there is room: then a key that keeps some row always has one."""
        stored = self._stored.setdefault(layout.state.name, {})
        gone = [key for key in stored if key not in winners]
        has_room = len(stored.keys() | winners.keys()) <= layout.state.capacity
        for key in () if has_room else gone:
            self._remove_row(layout, key, stored.pop(key))
        for key, row in winners.items():
            value = layout.value.pack(row.values)
            number = row.key[0].value
            if key in stored and stored[key] == (number, value):
                continue
            if self._is_direct(layout, number):
                self._direct[layout.state.name].put(number, value)
            else:
                self.map(layout.map).update(key, value)
            stored[key] = number, value
        for key in gone if has_room else ():
            self._remove_row(layout, key, stored.pop(key))

    def _is_direct(self, layout: StateLayout, number: int) -> bool:
        """Whether the row of a key that begins with this number stands in an array."""
        return layout.state.name in self._direct and number < DIRECT_KEYS

    def _remove_row(self, layout: StateLayout, key: bytes, row: tuple[int, bytes]) -> None:
        if self._is_direct(layout, row[0]):
            self._direct[layout.state.name].remove(row[0])
        else:
            self.map(layout.map).delete(key)

    def _write_rows(self, layout: StateLayout, rows: list[Entry]) -> None:
        room = self.map(layout.map).max_entries
        if len(rows) > room:
            raise error(
                "C0804",
                f"table {layout.state.name}: {len(rows)} rows, but the XDP program scans at most {room}",
                layout.state.span,
                help="use fewer rows, exact or lpm keys, or plan the table for another engine",
            )
        for n, row in enumerate(_ranked(layout, rows)):
            numbers = row_numbers(layout, [(m.value, m.extra) for m in row.key])
            self.map(layout.map).update(n.to_bytes(4, "little"), layout.value.pack((*numbers, *row.values)))
        self.map(layout.count).update(bytes(4), len(rows).to_bytes(4, "little"))

    # ------------------------------------------------------------ what the data plane has done

    def flows(self, state: str) -> dict[tuple[int, ...], tuple[tuple[int, ...], int]]:
        """The stored entries of a flow table, expired ones too: key -> (values, time of the last use). Copies that are
        leaving aren't among them."""
        leaving = state in self.engine.copies
        return {k: (e.values, e.last_ns) for k, e in self._entries(state).items() if not leaving or e.mark is None}

    def marks(self) -> dict[str, dict[Key, int]]:
        """By flow table the marks of its entries, as `Store.marks` gives them."""
        tables = [s.state.name for s in self.layout.states if s.form == "flow"]
        return {t: {k: e.mark for k, e in self._entries(t).items() if e.mark is not None} for t in tables}

    def _entries(self, state: str) -> dict[Key, FlowEntry]:
        layout = self.layout.state(state)
        assert isinstance(layout.key, Record)
        entries = {layout.key.unpack(key): layout.unpack_entry(data) for key, data in self.map(layout.map).items()}
        return {k: FlowEntry(v, last, mark - (1 << 32) if mark else None) for k, (v, last, mark) in entries.items()}

    def remove_flow(self, state: str, key: tuple[int, ...]) -> bool:
        """Removes an entry of a flow table. False: there is none."""
        layout = self.layout.state(state)
        assert isinstance(layout.key, Record)
        return self.map(layout.map).delete(layout.key.pack(key))

    def sweep(self, state: str, now_ns: int) -> int:
        """Removes the expired entries of a flow table; says how many."""
        timeouts = self.layout.state(state).state.idle_timeouts_ns
        if not timeouts:
            return 0
        expired: list[tuple[int, ...]] = []
        for key, (values, last_ns) in self.flows(state).items():
            profile = min(values[0], len(timeouts) - 1) if len(timeouts) > 1 else 0
            if now_ns - last_ns > timeouts[profile]:
                expired.append(key)
        return sum(self.remove_flow(state, key) for key in expired)

    def snapshot(self) -> Snapshot:
        """What the data plane has made of its states, in the form of `Store.snapshot`."""
        found: Snapshot = {}
        for layout in self.layout.states:
            if layout.state.kind == "table":
                continue
            name, kernel = layout.state.name, self.map(layout.map)
            match layout.form:
                case "flow":
                    found[name] = {k: (e.values, e.last_ns) for k, e in self._entries(name).items()}
                case "array":
                    untouched = layout.value.pack(no_values(layout.state))
                    found[name] = {n: layout.value.unpack(data) for n, data in kernel.cells(untouched)}
                case "counters":
                    cells = kernel.cells(bytes(kernel.stored_bytes))
                    found[name] = {n: _summed(data) for n, data in cells}
                case "meters":
                    cells = kernel.cells(bytes(kernel.stored_bytes))
                    found[name] = {n: layout.value.unpack(data)[5:] for n, data in cells}
                case _:
                    pass
        return found

    def stats(self) -> dict[str, int]:
        """Counts of this engine since it was loaded, over all CPUs."""
        data = self.map("cora_stats").lookup(bytes(4)) or b""
        size = len(data) // possible_cpus()
        per_cpu = [struct.unpack_from(f"<{len(_STATS)}Q", data, n * size) for n in range(possible_cpus())]
        return dict(zip(_STATS, map(sum, zip(*per_cpu, strict=True)), strict=True))


def _summed(data: bytes) -> tuple[int, int]:
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    return sum(words[0::2]) & (1 << 64) - 1, sum(words[1::2]) & (1 << 64) - 1


def _row_key(layout: StateLayout, row: Entry) -> bytes:
    values = [m.value for m in row.key]
    if isinstance(layout.key, LpmKey):
        return layout.key.pack(values, row.key[layout.key.order[-1]].extra)
    assert layout.key is not None
    return layout.key.pack(values)


def _ranked(layout: StateLayout, rows: list[Entry]) -> list[Entry]:
    """The order in which rows win: priority, then prefix length, then as they came."""

    def prefix_bits(row: Entry) -> int:
        return sum(m.extra for f, m in zip(layout.state.key, row.key, strict=True) if f.match == "lpm")

    return sorted(rows, key=lambda row: (-row.priority, -prefix_bits(row)))


class _TooMuchToVerify(Exception):
    """The kernel's verifier has looked at a million instructions and given up."""


def _load(path: Path, engine: EngineProgram, verify: bool, ticks: Ticks, *, is_last: bool = False) -> Object:
    rodata = {".rodata.cora": int(verify).to_bytes(4, "little"), ".rodata.tick": ticks.packed()}
    try:
        return Object(path, rodata)
    except LoadRefused as problem:
        if problem.code == errno.EPERM:
            raise error(
                "C0802", "the kernel refused to load a program: no permission",
                help="run as root, or grant CAP_BPF and CAP_NET_ADMIN",
            ) from None  # fmt: skip
        if problem.code == errno.E2BIG and not is_last:
            raise _TooMuchToVerify from None
    try:
        return Object(path, rodata, verbose=True)
    except LoadRefused as problem:
        raise _refused(path, engine, problem) from None


def _refused(path: Path, engine: EngineProgram, problem: LoadRefused) -> UserError:
    log, lines = refused_program(problem.logs, path)
    source = path.with_suffix(".c")
    refusal = read_log(log, source.read_text() if source.exists() else "", lines)
    kept = keep_log("\n".join(problem.logs.values()), path)
    place = f" (from {refusal.p4})" if refusal.p4 else ""
    at = f", at instruction {refusal.instruction}" if refusal.instruction else ""
    return error(
        "C0805",
        f"the kernel's verifier refused the program of engine {engine.engine}: {refusal.reason}{place}",
        p4_span(refusal.p4, engine.program),
        label=refusal.reason,
        help=f"the whole log is in {kept}; the generated C is {source}"
        + (f", line {refusal.c_line}" if refusal.c_line else "")
        + f"{at}; a simpler expression or fewer branches at that place may help",
    )
