"""What can run a network function packet by packet: the interpreter or the kernel, the whole program or a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result, Trace
from cora.ir.store import Snapshot, Store


class Executor(Protocol):
    """Keeps state from packet to packet."""

    @property
    def name(self) -> str:
        """What reports call it: "interpreter, split"."""
        ...

    def run(self, packet: Packet) -> Result:
        """What becomes of the packet; never a hand-off: those happen inside."""
        ...

    def snapshot(self) -> Snapshot:
        """The state that the data plane has written, see `Store.snapshot`."""
        ...


class Runner(Protocol):
    """An executor without a name: `SplitRunner`, `KernelRunner`."""

    def run(self, packet: Packet) -> Result: ...

    def snapshot(self) -> Snapshot: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A runner with the name that reports call it."""

    name: str
    runner: Runner

    def run(self, packet: Packet) -> Result:
        return self.runner.run(packet)

    def snapshot(self) -> Snapshot:
        return self.runner.snapshot()


class Reference:
    """The unsplit program, compiled to Python; what all others are compared with. Each run leaves its `trace`."""

    name = "interpreter, whole"

    def __init__(self, program: Program, store: Store) -> None:
        self._step = compile_program(program, trace=True)
        self._store = store
        self.trace = Trace(all_states=True)

    def run(self, packet: Packet) -> Result:
        self.trace.clear()
        return self._step(self._store, packet, trace=self.trace)

    def snapshot(self) -> Snapshot:
        return self._store.snapshot()
