"""Runs a split one packet at a time, as the engines would: every hand-off is packed into a frame and unpacked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cora.ir.batch import Batch
from cora.ir.compiled import compile_program
from cora.ir.interp import run as interpret
from cora.ir.meters import MeterRates
from cora.ir.nodes import Program
from cora.ir.packets import DigestMessage, Dropped, Entered, HandedOff, Packet, Result, Sent, Trace
from cora.ir.store import FlowTable, Key, Register, Snapshot, Store, Table, Values
from cora.nf.entries import Write, apply_entries
from cora.split.combine import combined_snapshot, written_registers
from cora.split.engines import EngineProgram, Split
from cora.split.gates import last_seen, restart_base
from cora.split.generations import DRAINED, VERSION
from cora.split.handoff import Fixed, pack, unpack, unpack_fixed
from cora.split.loss import Lost, lost_with
from cora.split.probes import Ask, probe_values
from cora.split.rollout import Rollout, state_of

Runner = Callable[..., Result]


@dataclass(slots=True)
class Figures:
    """What has happened since the runner was made."""

    packets: int = 0
    hits: int = 0
    """Packets that the engine at the wire finished alone (all of them, if there is only one engine)."""
    hand_offs: int = 0
    """Packets that it handed off."""
    answers: int = 0
    """Frames that came back to it, those included that only bring updates."""
    update_only: int = 0
    """Frames that came back without a packet to send."""
    installs: int = 0
    """Copies made."""
    evictions: int = 0
    """Copies taken back, by hand-offs and by the control plane."""
    probes: int = 0
    """Frames of the control plane."""


class SplitRunner:
    """The engines of a split with their stores. `entries` go to every engine that has the state."""

    def __init__(self, split: Split, entries: Iterable[Write] = (), *, compiled: bool = True) -> None:
        self.split = split
        self.figures = Figures()
        self._writes = tuple(entries)
        self.stores = {e.engine: Store(e.program) for e in split.engines}
        self._runners = {e.engine: _runner(e.program, compiled) for e in split.engines}
        self._layouts = {(x.target, x.resume): x for x in split.layouts}
        self.wire = next(e for e in split.engines if e.faces_wire)
        self._maxima = written_registers(self.wire)
        self.batches = 0
        """How many batches of changes to tables count."""
        for engine in split.engines:
            self._set_up(self.stores[engine.engine], engine)

    def _set_up(self, store: Store, engine: EngineProgram) -> None:
        names = {s.name for s in engine.program.states}
        apply_entries(store, [w for w in self._writes if w.state in names])
        for table, twin in self._twins():
            if twin in store.tables:
                store.tables[twin].become(store.tables[table])

    def _twins(self) -> tuple[tuple[str, str], ...]:
        return () if self.split.batches is None else self.split.batches.twins

    # ------------------------------------------------------------ packets

    def run(self, packet: Packet, traces: dict[str, Trace] | None = None) -> Sent | Dropped:
        """Sends one packet through; digests of all engines are in the result, in order. `traces`, one an engine, need
        `compiled=False`."""
        self.figures.packets += 1
        copies = self._copies()
        engine, entered, carried = self.wire.engine, None, packet
        digests: tuple[DigestMessage, ...] = ()
        while True:
            trace = None if traces is None else traces[engine]
            result = self._runners[engine](self.stores[engine], carried, entered=entered, trace=trace)
            digests += result.digests
            if not isinstance(result, HandedOff):
                if entered is None:
                    self.figures.hits += 1
                elif engine == self.wire.engine and isinstance(result, Dropped):
                    self.figures.update_only += 1
                if entered is not None and engine == self.wire.engine:
                    self.figures.installs += self._copies() - copies
                return replace(result, digests=digests)
            engine, entered, carried = self._cross(result, carried)
            if engine == self.wire.engine:
                self.figures.answers += 1
            else:
                self.figures.hand_offs += 1
                left = self._copies()
                self.figures.evictions += copies - left
                copies = left

    def step(self, engine: str, packet: Packet, entered: Entered | None = None) -> Result:
        """What one engine does with a packet from the wire, or with a frame that has entered."""
        return self._runners[engine](self.stores[engine], packet, entered=entered, trace=None)

    def _cross(self, result: HandedOff, packet: Packet) -> tuple[str, Entered, Packet]:
        """The frame on the wire between two engines, and what the receiver makes of it."""
        length = len(packet.data) if packet.length is None else packet.length
        fixed = Fixed(result.resume, packet.port, length, packet.time_ns, packet.seed)
        frame = pack(self._layouts[result.engine, result.resume], fixed, result.values, result.frame)
        layout = self._layouts[result.engine, unpack_fixed(frame).resume]
        got, values, data = unpack(layout, frame)
        received = Packet(data, got.port, got.time_ns, got.seed, got.length)
        return result.engine, Entered(got.resume, values), received

    # ------------------------------------------------------------ the control plane

    def sweep(self, now_ns: int) -> int:
        """Removes what has expired, whatever timers copies and records have; says how many entries."""
        swept = 0
        for name, copy, owner in self._copied_tables():
            for key in list(copy.entries):
                stored = key in owner.entries
                self.probe(name, key, Ask.EXPIRE, now_ns)
                swept += stored and key not in owner.entries
            swept += owner.sweep(now_ns)  # nothing is under way, so what near hasn't got needs no probe
        copied = {name for name, _, _ in self._copied_tables()}
        for store in self.stores.values():
            swept += sum(t.sweep(now_ns) for name, t in store.flow_tables.items() if name not in copied)
        return swept

    def evict(self, state: str, key: Key) -> bool:
        """Takes one copy or record back: its timer goes to the owner, or all of it. False if there is none."""
        held = any(name == state and copy.used(key) is not None for name, copy, _ in self._copied_tables())
        if held:
            self.probe(state, key, Ask.TAKE_BACK, 0)
        return held

    def probe(self, state: str, key: Key, ask: Ask, time_ns: int, values: Values = ()) -> None:
        """Asks for a row of a flow table of which the engine at the wire has copies (see `cora.split.probes`)."""
        self.figures.probes += 1
        copies = self._copies()
        probe, brought = probe_values(self.split, state, key, ask, values)
        engine, entered, carried = self.wire.engine, Entered(probe.ask, brought), Packet(b"", 0, time_ns)
        while isinstance(result := self.step(engine, carried, entered), HandedOff):
            engine, entered, carried = self._cross(result, carried)
        self.figures.evictions += max(copies - self._copies(), 0)

    def restart(self, base: int | None = None) -> Lost:
        """The engine at the wire starts anew with nothing but what the control plane wrote, while frames of before may
        be out: what is lost. Its stamps begin with `base`, or behind all that far can ever have seen."""
        store, far = self.stores[self.wire.engine], self.stores[self.split.engines[-1].engine]
        lost = lost_with(self.wire, store, far, sorted(self._maxima))
        version = store.registers[VERSION].read(0)[0] if VERSION in store.registers else 0
        fresh = Store(self.wire.program)
        self._set_up(fresh, self.wire)
        store.restore(fresh.save())  # without the rows of tables, which stay
        for gate in store.gates.values():
            gate.begin(restart_base(last_seen(far)) if base is None else base)
        if VERSION in store.registers:
            store.write_register(VERSION, 0, (version,))
        return lost

    def write_register(self, state: str, index: int, values: tuple[int, ...]) -> None:
        """Sets a cell on every engine that has the register. For a register of class `max`, a control plane must not
        write values that are ahead of the packets' time."""
        for store in self.stores.values():
            if state in store.registers:
                store.write_register(state, index, values)

    def write_meter(self, state: str, index: int, rates: MeterRates) -> None:
        for store in self.stores.values():
            if state in store.meters:
                store.write_meter(state, index, rates)

    def apply_batch(self, batch: Batch) -> None:
        """Changes tables: each packet meets all of it or nothing. StoreError if it can't be made."""
        rollout = Rollout(self.split, self, batch, self.batches + 1)
        while not rollout.done:
            rollout.advance()
        self.batches += 1

    def tables(self) -> Mapping[str, Table]:
        twins = {twin for _, twin in self._twins()}
        return {n: t for store in self.stores.values() for n, t in store.tables.items() if n not in twins}

    def bring(self, engine: str, generation: int, tables: Mapping[str, Table]) -> None:
        held = self.stores[engine].tables
        for name, table in tables.items():
            if (state := state_of(name, generation)) in held:
                held[state].become(table)

    def flip(self, version: int) -> None:
        self.write_register(VERSION, 0, (version,))

    def ask(self, number: int) -> None:
        assert self.split.batches is not None
        engine, entered, carried = self.wire.engine, Entered(self.split.batches.ask, (number,)), Packet(b"", 0, 0)
        while isinstance(result := self.step(engine, carried, entered), HandedOff):
            engine, entered, carried = self._cross(result, carried)

    def drained(self) -> int:
        cells = [s.registers[DRAINED] for s in self.stores.values() if DRAINED in s.registers]
        return cells[0].read(0)[0]

    # ------------------------------------------------------------ what the state is

    def snapshot(self) -> Snapshot:
        """The state of the whole, as `Store.snapshot` gives it: what copies are ahead with is in it."""
        parts = {name: store.snapshot() for name, store in self.stores.items()}
        return combined_snapshot(self.split, parts, {name: store.marks() for name, store in self.stores.items()})

    def broken_copies(self) -> list[str]:
        """What is wrong with the copies; empty if the split keeps its promises. For tests and `cora verify`."""
        wrong: list[str] = []
        for name, copy, owner in self._copied_tables():
            for key, entry in copy.entries.items():
                held = owner.entries.get(key)
                if entry.mark is None and (
                    held is None or (held.values != entry.values and name not in self.wire.records)
                ):
                    wrong.append(f"{name}{key}: copy {entry}, owner {held}")
        for name, copy, owner in self._copied_registers():
            for index in sorted(copy.cells.keys() | owner.cells.keys()):
                mine, theirs = copy.read(index), owner.read(index)
                ahead = name in self._maxima and all(a >= b for a, b in zip(mine, theirs, strict=True))
                if mine != theirs and not ahead:
                    wrong.append(f"{name}[{index}]: copy {mine}, owner {theirs}")
        return wrong

    def _copied_tables(self) -> list[tuple[str, FlowTable, FlowTable]]:
        near = self.stores[self.wire.engine].flow_tables
        return [
            (name, near[name], self.stores[engine.engine].flow_tables[name])
            for engine in self.split.engines
            for name in engine.owns
            if engine is not self.wire and name in near
        ]

    def _copied_registers(self) -> list[tuple[str, Register, Register]]:
        near = self.stores[self.wire.engine].registers
        return [
            (name, near[name], self.stores[engine.engine].registers[name])
            for engine in self.split.engines
            for name in engine.owns
            if engine is not self.wire and name in near
        ]

    def _copies(self) -> int:
        return sum(e.mark is None for _, copy, _ in self._copied_tables() for e in copy.entries.values())


def _runner(program: Program, compiled: bool) -> Runner:
    if compiled:
        return compile_program(program)

    def run(store: Store, packet: Packet, *, entered: Entered | None, trace: Trace | None) -> Result:
        return interpret(program, store, packet, entered=entered, trace=trace)

    return run
