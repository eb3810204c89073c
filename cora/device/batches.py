"""Batches of changes to tables in engines that run in the kernel: the plane of `cora.split.rollout`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cora.device.bpf import wait_for_programs
from cora.device.loader import LoadedEngine
from cora.ir.batch import Batch
from cora.ir.store import Table
from cora.split.engines import Split
from cora.split.generations import DRAINED, VERSION
from cora.split.rollout import Rollout, ask_frame


@dataclass(slots=True)
class LoadedPlane:
    """`send` sends a frame to the engine that faces the wire, by the link on which the other one's answers travel."""

    split: Split
    engines: Callable[[], Sequence[LoadedEngine]]
    """Those that run now."""
    send: Callable[[bytes], None]
    patience_s: float = 0.0
    """A frame that finds out whether packets are still out, and hasn't come after so long, is sent again."""
    done: int = 0
    """How many batches count."""
    asked: int = 0
    """Frames sent."""
    _asked_at: float = 0.0

    def begin(self, batch: Batch) -> Rollout:
        """A batch, to be brought in step by step (`Rollout.advance`), and then counted (`finish`)."""
        return Rollout(self.split, self, batch, self.done + 1)

    def finish(self, rollout: Rollout) -> None:
        assert rollout.done
        self.done += 1

    def apply(self, batch: Batch) -> None:
        """The whole batch. Waits for packets that are under way. StoreError or UserError if it can't be made."""
        rollout = self.begin(batch)
        while not rollout.done:
            if not rollout.advance():
                time.sleep(self.patience_s / 10)
        self.finish(rollout)

    # ------------------------------------------------------------ what a rollout needs

    def tables(self) -> Mapping[str, Table]:
        twins = () if self.split.batches is None else dict(self.split.batches.twins).values()
        return {n: t for e in self.engines() for n, t in e.written.tables.items() if n not in twins}

    def bring(self, engine: str, generation: int, tables: Mapping[str, Table]) -> None:
        next(e for e in self.engines() if e.engine.engine == engine).bring(generation, tables)

    def flip(self, version: int) -> None:
        for engine in self.engines():
            if VERSION in engine.written.registers:
                engine.write_register(VERSION, 0, (version,))
        wait_for_programs()
        self._asked_at = 0.0

    def ask(self, number: int) -> None:
        now = time.monotonic()
        if now - self._asked_at >= self.patience_s:
            self._asked_at = now
            self.asked += 1
            self.send(ask_frame(self.split, number))

    def drained(self) -> int:
        engine = next(e for e in self.engines() if DRAINED in e.written.registers)
        return engine.read_cell(DRAINED, 0)[0]
