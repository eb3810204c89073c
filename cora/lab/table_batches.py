"""A control plane that changes tables back and forth, a batch at a time, while packets flow.

A batch takes some rows out of each table, gives others the values of their neighbours, and the default those of a row;
the next one undoes that. Packets come between the steps that bring it in (`cora.split.rollout`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from cora.device.batches import LoadedPlane
from cora.ir.batch import Batch, Change, Delete, Insert, Modify, SetDefault, changed
from cora.ir.store import Table
from cora.lab.client import open_socket
from cora.lab.relay import RelayOptions
from cora.lab.topology import Link
from cora.lab.wiring import Wired
from cora.split.engines import Split
from cora.split.rollout import Rollout

_LONGEST_S = 10.0
"""So long may a batch wait for its frames."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What tables held, for the reference."""

    tables: Sequence[Mapping[str, Table]]
    """After so many batches."""
    met: Sequence[int]
    """By packet: how many batches counted when it came in."""


class TableBatches:
    """Close it, or use it as a context manager."""

    def __init__(
        self, running: Wired, split: Split, tables: Mapping[str, Table], link: Link | None, relay: RelayOptions
    ) -> None:
        """`tables`: what the engines hold; `link`: between two engines; `relay`: what stands in it."""
        self.contents = [{n: t.copy() for n, t in tables.items() if not t.state.const_entries}]
        self._dice = random.Random(1)
        self._undo: list[Change] = []
        self._socket = None if link is None else open_socket(link.inner)
        patience_s = 0.02 + 4e-3 * (relay.delay_ms + relay.hold_ms)
        self.plane = LoadedPlane(split, lambda: running.engines, self._send, patience_s)
        self._rollout: Rollout | None = None

    def __enter__(self) -> TableBatches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()

    def _send(self, frame: bytes) -> None:
        assert self._socket is not None
        self._socket.send(frame)

    @property
    def begun(self) -> int:
        return len(self.contents) - 1

    @property
    def counting(self) -> int:
        """How many batches count for a packet that comes in now."""
        return self.plane.done + (self._rollout is not None and self._rollout.flipped)

    def stir(self, due: int) -> None:
        """Takes a step, of the next batch if none is under way and fewer than are due have begun."""
        if self._rollout is None:
            if self.begun >= due or not any(t.rows for t in self.contents[0].values()):
                return
            batch = self._next()
            self._rollout = self.plane.begin(batch)
            self.contents.append({**self.contents[-1], **changed(self.contents[-1], batch)})
        rollout = self._rollout
        while rollout.advance() and not rollout.done and rollout.steps[rollout.taken].kind in ("drain", "remove"):
            pass  # at once, as nobody but the frames that are out need the old entries
        if rollout.done:
            self.plane.finish(rollout)
            self._rollout = None

    def finish(self) -> bool:
        """Takes the steps that are left. False: its frames don't come."""
        deadline = time.monotonic() + _LONGEST_S
        while self._rollout is not None and time.monotonic() < deadline:
            self.stir(0)
            time.sleep(0.001)
        return self._rollout is None

    def _next(self) -> Batch:
        if self._undo:
            batch, self._undo = Batch(tuple(self._undo)), []
            return batch
        made: list[Change] = []
        for name, table in sorted(self.contents[-1].items()):
            if not table.rows:
                continue
            order = list(range(len(table.rows)))
            self._dice.shuffle(order)
            made.append(SetDefault(name, table.rows[order[-1]].values))
            self._undo.append(SetDefault(name, table.default))
            third = (len(order) + 2) // 3
            for at in order[:third]:
                row = table.rows[at]
                made.append(Delete(name, row.key, row.priority))
                self._undo.append(Insert(name, row))
            for at in order[third : 2 * third]:
                row = table.rows[at]
                made.append(Modify(name, replace(row, values=table.rows[at - 1].values)))
                self._undo.append(Modify(name, row))
        return Batch(tuple(made))
