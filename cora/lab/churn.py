"""A control plane that takes copies and records back, deletes and expires rows at random while packets flow.

It asks by probes (`cora.split.probes`) on the link from the owner to the engine at the wire, so that they meet whatever
the packets' frames meet there: delay, loss, the relay.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from cora.ir.store import Key
from cora.lab.client import open_socket
from cora.lab.tags import probe_tag
from cora.lab.topology import Link
from cora.lab.wiring import Wired
from cora.split.engines import Split
from cora.split.probes import Ask, probe_frame

_LOOK_AGAIN = 32
"""Probes after which the keys are read anew."""
_ASKS = (Ask.TAKE_BACK, Ask.TAKE_BACK, Ask.EXPIRE, Ask.DELETE)
"""What is asked for, each as often as the others."""
_MOST_ROUNDS = 50
"""Of asking again for what frames that were lost have left behind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a probe asked for; its number is its place in `Churn.asked`."""

    state: str
    key: Key
    ask: Ask
    time_ns: int


@dataclass(slots=True)
class Churn:
    """Close it, or use it as a context manager."""

    running: Wired
    split: Split
    link: Link
    asked: list[Asked] = field(default_factory=list[Asked])
    _keys: list[tuple[str, Key]] = field(default_factory=list[tuple[str, Key]])
    _dice: random.Random = field(default_factory=lambda: random.Random(1))
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._socket = open_socket(self.link.inner)

    def __enter__(self) -> Churn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def stir(self, count: int, time_ns: int) -> None:
        """Asks for something of up to `count` rows of which the engine at the wire has copies or records."""
        for _ in range(count):
            if not self._keys or len(self.asked) % _LOOK_AGAIN == 0:
                self._keys = [(t, key) for t in self._tables() for key in self.running.engines[0].flows(t)]
            if not self._keys:
                return
            state, key = self._keys.pop(self._dice.randrange(len(self._keys)))
            self._send(Asked(state, key, self._dice.choice(_ASKS), time_ns))

    def clear(self, settle: Callable[[], None]) -> None:
        """Asks for what is still leaving, as lost frames have left it, until nothing is; `settle` waits for answers."""
        for _ in range(_MOST_ROUNDS):
            settle()
            marks = self.running.engines[0].marks()
            leaving = [(t, key) for t in self._tables() for key in marks[t]]
            if not leaving:
                return
            for state, key in leaving:
                self._send(Asked(state, key, Ask.TAKE_BACK, 0))

    def _tables(self) -> list[str]:
        return [probe.state for probe in self.split.probes]

    def _send(self, asked: Asked) -> None:
        tag = probe_tag(len(self.asked))
        self.asked.append(asked)
        self._socket.send(probe_frame(self.split, asked.state, asked.key, asked.ask, asked.time_ns, carried=tag))
