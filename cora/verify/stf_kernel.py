"""Packet tests in the kernel: the whole program, or a split of it, loaded with a virtual clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cora.device.kernel_run import KernelRunner
from cora.ir.nodes import Program
from cora.nf.entries import Write, apply_entries
from cora.verify.executors import Named


@dataclass(frozen=True, slots=True)
class KernelExecutor(Named):
    """`program` is the unsplit one that `runner` runs, whole or split."""

    runner: KernelRunner
    program: Program

    def write(self, writes: Iterable[Write]) -> None:
        """Makes the writes on every engine that has the state; C0416 for one that is refused."""
        apply_entries(self.runner, writes)
        self.runner.flush()
