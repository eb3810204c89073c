"""Runs packets one at a time through a split's programs in the kernel, with the results of the interpreter.

A packet enters the engine that faces the wire and travels along the hand-offs until it is sent or dropped. Frames go
through BPF_PROG_TEST_RUN; time, seed and port through a map that the programs read when loaded with `verify`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from cora.device.batches import LoadedPlane
from cora.device.bpf import TestRun
from cora.device.loader import LoadedEngine
from cora.device.ring import Ring
from cora.diagnostics import error
from cora.ir.batch import Batch
from cora.ir.meters import MeterRates
from cora.ir.nodes import Entry
from cora.ir.packets import DigestMessage, Dropped, HandedOff, Packet, Result, Sent
from cora.ir.store import Key, Snapshot, Store, Values
from cora.split import handoff
from cora.split.combine import combined_snapshot
from cora.split.engines import EngineProgram, Split
from cora.split.gates import restart_base
from cora.split.probes import Ask, probe_frame

_SENT, _DROPPED = 1, 2  # `VERDICT_...` in targets/xdp/cora.h
_TIME_SEED_AND_PORT = 2  # `cora_config.is_virtual`
_MOST_HOPS = 16


class EngineRun:
    """One loaded engine with its verdicts and inputs as memory: a packet costs one system call."""

    def __init__(self, engine: EngineProgram, split: Split) -> None:
        self.loaded = LoadedEngine(engine, split, verify=True)
        self.split = split
        self.entries = {name: TestRun(fd) for name, fd in self.loaded.object.programs.items()}
        self._config = self.loaded.map("cora_config").memory()
        self._verdict = self.loaded.map("cora_verdict").memory()
        ring = self.loaded.object.maps.get("cora_digests")
        self._ring = Ring(ring.fd, ring.max_entries) if ring is not None else None

    def close(self) -> None:
        self._config.close()
        self._verdict.close()
        if self._ring is not None:
            self._ring.close()
        self.loaded.close()

    def wire(self, packet: Packet) -> tuple[Result, bytes]:
        """Runs a packet from the wire; the bytes are the frame as the program left it."""
        inputs = (_TIME_SEED_AND_PORT, packet.time_ns, packet.seed, packet.port)
        struct.pack_into("<4Q", self._config, 0, *inputs)
        return self._run("cora_wire", packet.data)

    def inner(self, frame: bytes) -> tuple[Result, bytes]:
        """Runs a frame from another engine."""
        return self._run("cora_inner", frame)

    def _run(self, entry: str, frame: bytes) -> tuple[Result, bytes]:
        run = self.entries[entry]
        if not run.SHORTEST_FRAME <= len(frame) <= run.LONGEST_FRAME:
            raise error(
                "C0806",
                f"a frame of {len(frame)} bytes: the kernel runs frames of {run.SHORTEST_FRAME} to {run.LONGEST_FRAME}",
                help="leave out such frames, or cut the capture (tcpdump -s)",
            )
        struct.pack_into("<Q", self._verdict, 0, 0)
        _, data = run(frame)
        kind, port, reason = struct.unpack_from("<3Q", self._verdict, 0)
        digests = self._digests() if self._ring is not None else ()
        if kind == _SENT:
            return Sent(port, data, digests), data
        if kind == _DROPPED:
            return Dropped(self.loaded.layout.reasons[reason], digests), data
        if not kind:
            raise RuntimeError(f"the program of engine {self.loaded.engine.engine} ended without a verdict")
        target = self.split.engines[port].engine
        fixed = handoff.unpack_fixed(data)
        _, values, carried = handoff.unpack(self.split.layout(target, fixed.resume), data)
        return HandedOff(target, fixed.resume, values, carried, digests), data

    def _digests(self) -> tuple[DigestMessage, ...]:
        assert self._ring is not None
        found: list[DigestMessage] = []
        for record in self._ring.drain():
            number, count = struct.unpack_from("<II", record)
            fields = (int.from_bytes(record[8 + 16 * n : 24 + 16 * n], "little") for n in range(count))
            found.append(DigestMessage(self.loaded.layout.receivers[number], tuple(fields)))
        return tuple(found)


class KernelRunner:
    """A split in the kernel, one packet at a time. Use it as a context manager, or close it."""

    def __init__(self, split: Split, entries: Iterable[tuple[str, Entry]] = (), store: Store | None = None) -> None:
        """Loads all engines. `entries` are (table, row) writes of the control plane, given to every engine that has
        the table; `store` is a state to begin with, given to the engine that owns each part of it."""
        self.split = split
        self.engines: dict[str, EngineRun] = {}
        try:
            for engine in split.engines:
                self.engines[engine.engine] = EngineRun(engine, split)
        except BaseException:
            self.close()
            raise
        for state, entry in entries:
            self.add_entry(state, entry)
        if store is not None:
            for engine in self.engines.values():
                engine.loaded.fill(store)
        self.flush()
        self.batches = LoadedPlane(split, lambda: [e.loaded for e in self.engines.values()], self._control)
        """By which batches of changes to tables come in step by step; `apply_batch` takes all steps."""

    def __enter__(self) -> KernelRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for engine in self.engines.values():
            engine.close()
        self.engines.clear()

    # ------------------------------------------------------------ control plane

    def _holders(self, state: str) -> list[LoadedEngine]:
        return [e.loaded for e in self.engines.values() if any(s.name == state for s in e.loaded.engine.program.states)]

    def add_entry(self, state: str, entry: Entry) -> None:
        """Adds a row to a table on every engine that has it; it counts from the next `flush`."""
        for engine in self._holders(state):
            engine.add_entry(state, entry)

    def set_default(self, state: str, values: tuple[int, ...]) -> None:
        for engine in self._holders(state):
            engine.set_default(state, values)

    def write_register(self, state: str, index: int, values: tuple[int, ...]) -> None:
        """Sets a cell on the owner and in every copy."""
        for engine in self._holders(state):
            engine.write_register(state, index, values)

    def write_meter(self, state: str, index: int, rates: MeterRates) -> None:
        for engine in self._holders(state):
            engine.write_meter(state, index, rates)

    def flush(self) -> None:
        for engine in self.engines.values():
            engine.loaded.flush()

    @property
    def wire(self) -> LoadedEngine:
        return next(e.loaded for e in self.engines.values() if e.loaded.engine.faces_wire)

    def evict(self, state: str, key: Key) -> bool:
        """Takes a copy of an entry back: its timer goes to the owner, or the whole record. False if there is none."""
        held = state in self.wire.engine.copies and key in self.wire.flows(state)
        if held:
            self.probe(state, key, Ask.TAKE_BACK, 0)
        return held

    def sweep(self, now_ns: int) -> int:
        """Removes what has expired, whatever timers copies and records have; says how many entries."""
        swept = 0
        for owner in [e.loaded for e in self.engines.values()]:
            for state in [s.state.name for s in owner.layout.states if s.form == "flow"]:
                if state not in owner.engine.owns:
                    continue
                before = len(owner.flows(state))
                if state in self.wire.engine.copies:
                    for key in self.wire.flows(state):
                        self.probe(state, key, Ask.EXPIRE, now_ns)
                owner.sweep(state, now_ns)
                swept += before - len(owner.flows(state))
        return swept

    def probe(self, state: str, key: Key, ask: Ask, time_ns: int, values: Values = ()) -> None:
        """Asks for a row of a flow table of which the engine at the wire has copies (see `cora.split.probes`)."""
        self._control(probe_frame(self.split, state, key, ask, time_ns, values=values))

    def _control(self, frame: bytes) -> None:
        """Runs a frame of the control plane until it ends."""
        result, frame = self.engines[self.wire.engine.engine].inner(frame)
        while isinstance(result, HandedOff):
            result, frame = self.engines[result.engine].inner(frame)

    def apply_batch(self, batch: Batch) -> None:
        """Changes tables: each packet meets all of it or nothing. StoreError or UserError if it can't be made."""
        self.batches.apply(batch)

    def restart(self) -> None:
        """Loads the engine at the wire anew: it has nothing but what the control plane wrote, and its stamps begin
        behind all that far can ever have seen."""
        wire, far = self.split.engines[0], self.split.engines[-1]
        old = self.engines[wire.engine]
        new = EngineRun(wire, self.split)
        new.loaded.fill(old.loaded.written)
        new.loaded.flush()
        new.loaded.begin(restart_base(self.engines[far.engine].loaded.last_seen()))
        self.engines[wire.engine] = new
        old.close()

    # ------------------------------------------------------------ packets

    def run(self, packet: Packet) -> Result:
        """Runs a packet until it is sent or dropped; digests of all engines are collected."""
        at = self.wire.engine.engine
        result, frame = self.engines[at].wire(packet)
        digests = result.digests
        hops = 0
        while isinstance(result, HandedOff):
            hops += 1
            if hops > _MOST_HOPS:
                raise RuntimeError(f"a packet was handed off {hops} times")
            result, frame = self.engines[result.engine].inner(frame)
            digests += result.digests
        if digests == result.digests:
            return result
        if isinstance(result, Sent):
            return Sent(result.port, result.data, digests)
        return Dropped(result.reason, digests)

    # ------------------------------------------------------------ what came of it

    def snapshot(self) -> Snapshot:
        """The states of their owners, as of one unsplit program."""
        engines = {name: e.loaded for name, e in self.engines.items()}
        parts = {name: loaded.snapshot() for name, loaded in engines.items()}
        return combined_snapshot(self.split, parts, {name: loaded.marks() for name, loaded in engines.items()})

    def stats(self) -> dict[str, dict[str, int]]:
        """By engine: packets received from the wire, served there, handed off, installs of copies and so on."""
        return {name: engine.loaded.stats() for name, engine in self.engines.items()}
