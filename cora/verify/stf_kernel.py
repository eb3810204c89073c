"""Packet tests in the kernel: the whole program, or a split of it, loaded with a virtual clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cora.device.kernel_run import KernelRunner
from cora.diagnostics import error
from cora.ir.errors import StoreError
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result
from cora.ir.store import Snapshot
from cora.nf.entries import AddEntry, SetDefault, Write, WriteMeter, WriteRegister


@dataclass(slots=True)
class KernelExecutor:
    """`program` is the unsplit one that `runner` runs, whole or split."""

    program: Program
    runner: KernelRunner
    name: str = "kernel"

    def run(self, packet: Packet) -> Result:
        return self.runner.run(packet)

    def snapshot(self) -> Snapshot:
        return self.runner.snapshot()

    def write(self, writes: Iterable[Write]) -> None:
        """Makes the writes on every engine that has the state; C0416 for one that is refused."""
        for write in writes:
            try:
                self._write(write)
            except StoreError as problem:
                help = "remove entries, or give the table more room"
                raise error("C0416", str(problem), write.span, help=help) from None
        self.runner.flush()

    def _write(self, write: Write) -> None:
        match write:
            case AddEntry(state, entry):
                self.runner.add_entry(state, entry)
            case SetDefault(state, values):
                self.runner.set_default(state, values)
            case WriteRegister(state, index, values):
                self.runner.write_register(state, index, values)
            case WriteMeter(state, index, rates):
                self.runner.write_meter(state, index, rates)
