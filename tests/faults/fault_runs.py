"""What the unsplit program does with packets and with a control plane that asks for rows and sweeps, once; and where a
split first does something else, interpreted or in the kernel."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from split_helpers import Event

from cora.device.kernel_run import KernelRunner
from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result
from cora.ir.store import Key, Snapshot, Store, Values
from cora.nf.build import fresh_store, load_writes
from cora.nf.entries import Write, apply_entries
from cora.nf.spec import load_nf
from cora.split import SplitRunner
from cora.split.engines import Split
from cora.split.probes import Ask, act
from cora.traffic.assign import port_rules
from cora.traffic.generate_spec import generate_spec
from cora.verify.packets import ProgramPackets

_ASKS, _SWEEPS = 0.03, 0.005
"""So many of a bundled function's packets come behind what a control plane does."""
_ASKED = (*[Ask.TAKE_BACK] * 4, *[Ask.EXPIRE] * 3, *[Ask.DELETE] * 2, Ask.PUT)
_LOOKS = 200
"""The state counts after one packet in so many."""


class Runner(Protocol):
    """`SplitRunner` or `KernelRunner`."""

    def run(self, packet: Packet) -> Result: ...
    def sweep(self, now_ns: int) -> int: ...
    def probe(self, state: str, key: Key, ask: Ask, time_ns: int, values: Values = ()) -> None: ...
    def snapshot(self) -> Snapshot: ...


@dataclass(frozen=True, slots=True)
class Sweep:
    now_ns: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The control plane asks for a row of a flow table of which the NIC may have a copy or record."""

    state: str
    key: Key
    ask: Ask
    time_ns: int
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet, and what became of it."""

    packet: Packet
    result: Result


@dataclass(frozen=True, slots=True)
class Difference:
    step: int
    got: Result | None
    """None: the state differs."""


@dataclass(frozen=True)
class Recording:
    """What one program did step by step, and its state after some of the steps."""

    name: str
    program: Program
    writes: tuple[Write, ...]
    steps: tuple[Sent | Sweep | Asked, ...]
    states: Mapping[int, Snapshot]
    """By the number of the step."""

    def interpreted(self, split: Split) -> Difference | None:
        """The first difference of a split in the interpreter."""
        return self._first_difference(SplitRunner(split, self.writes))

    def in_the_kernel(self, split: Split) -> Difference | None:
        store = Store(self.program)
        apply_entries(store, self.writes)
        with KernelRunner(split, store=store) as runner:
            return self._first_difference(runner)

    def _first_difference(self, runner: Runner) -> Difference | None:
        for number, step in enumerate(self.steps):
            match step:
                case Sent(packet, result):
                    got = runner.run(packet)
                    if got != result:
                        return Difference(number, got)
                case Sweep(now_ns):
                    runner.sweep(now_ns)
                case Asked(state, key, ask, time_ns, values):
                    runner.probe(state, key, ask, time_ns, values)
            if number in self.states and runner.snapshot() != self.states[number]:
                return Difference(number, None)
        return None


@dataclass
class _Recorder:
    """Runs the unsplit program. `asked` are the flow tables whose rows a control plane may ask for."""

    name: str
    program: Program
    asked: Collection[str]
    writes: tuple[Write, ...] = ()
    steps: list[Sent | Sweep | Asked] = field(default_factory=list["Sent | Sweep | Asked"])
    states: dict[int, Snapshot] = field(default_factory=dict[int, Snapshot])

    def __post_init__(self) -> None:
        self.store = Store(self.program)
        apply_entries(self.store, self.writes)
        self.step = compile_program(self.program)

    def run(self, packet: Packet) -> Result:
        result = self.step(self.store, packet)
        self.steps.append(Sent(packet, result))
        return result

    def sweep(self, now_ns: int) -> None:
        self.store.sweep(now_ns)
        self.steps.append(Sweep(now_ns))

    def ask(self, ask: Ask, now_ns: int, rng: random.Random) -> None:
        """Asks for some row, if there is one. What it is to hold (`PUT`) another row has."""
        tables = self.store.flow_tables
        rows = sorted((name, key) for name in self.asked for key in tables[name].entries)
        if not rows:
            return
        state, key = rng.choice(rows)
        values = tables[state].entries[rng.choice([k for name, k in rows if name == state])].values
        asked = Asked(state, key, ask, now_ns, values if ask == Ask.PUT else ())
        act(tables[state], ask, key, asked.values, now_ns)
        self.steps.append(asked)

    def look(self) -> None:
        """The state after the last step counts."""
        if self.steps:
            self.states[len(self.steps) - 1] = self.store.snapshot()

    def recording(self) -> Recording:
        self.look()
        return Recording(self.name, self.program, self.writes, tuple(self.steps), self.states)


def of_events(name: str, program: Program, asked: Collection[str], events: Iterable[Event]) -> Recording:
    """Of the events of `mini_traffic`; the state counts after every step."""
    recorder = _Recorder(name, program, asked)
    now_ns = 0
    for event in events:
        if isinstance(event, Packet):
            now_ns = event.time_ns
            recorder.run(event)
        elif event[0] == "sweep":
            recorder.sweep(event[1])
        else:
            recorder.ask(Ask.TAKE_BACK, now_ns, random.Random(event[1]))
        recorder.look()
    return recorder.recording()


def of_function(name: str, program: Program, asked: Collection[str], packets: int, seed: int) -> Recording:
    """Of a bundled network function, with packets made from its program. A control plane asks for rows and sweeps now
    and then; the state counts at the end."""
    spec = load_nf(name)
    recorder = _Recorder(name, program, asked, load_writes(spec, program))
    store, traffic = fresh_store(spec, program), generate_spec(spec.traffic.generate)
    made = ProgramPackets(program, port_rules(spec), traffic, store=store, count=packets, seed=seed)
    rng = random.Random(seed)
    for packet in made:
        if rng.random() < _ASKS:
            recorder.ask(rng.choice(_ASKED), packet.time_ns, rng)
        if rng.random() < _SWEEPS:
            recorder.sweep(packet.time_ns)
        made.saw(recorder.run(packet))
        if not rng.randrange(_LOOKS):
            recorder.look()
    return recorder.recording()
