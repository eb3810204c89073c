"""A control plane that takes copies back at random while packets flow, so that flows come and go all the time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from cora.lab.wiring import Wired

_LOOK_AGAIN = 32
"""Evictions after which the keys are read anew."""


@dataclass(slots=True)
class Churn:
    """Takes copies of flow-table entries from the first engine; their timers go to the owner, as they must.

    A record that has moved (mode sharded) is never taken: without a packet of its flow that isn't safe. The owner's
    timer is read and written back here in two steps, and so may undo what a packet does to the same entry within those
    microseconds.
    """

    running: Wired
    evictions: int = 0
    _keys: list[tuple[str, tuple[int, ...]]] = field(default_factory=list[tuple[str, tuple[int, ...]]])
    _dice: random.Random = field(default_factory=lambda: random.Random(1))

    def evict(self, count: int) -> None:
        """Up to `count` copies."""
        for _ in range(count):
            if not self._keys or self.evictions % _LOOK_AGAIN == 0:
                self._look()
            if not self._keys:
                return
            self._take(*self._keys.pop(self._dice.randrange(len(self._keys))))

    def _look(self) -> None:
        engine = self.running.engines[0]
        tables = [s.state.name for s in engine.layout.states if s.form == "flow"]
        copied = [t for t in tables if t in engine.engine.copies and t not in engine.engine.records]
        self._keys = [(table, key) for table in copied for key in engine.flows(table)]

    def _take(self, table: str, key: tuple[int, ...]) -> None:
        taken = self.running.engines[0].take_flow(table, key)
        if taken is None:
            return
        self.evictions += 1
        owner = next(e for e in self.running.engines if table in e.engine.owns)
        owner.merge_flow(table, key, taken[1])
