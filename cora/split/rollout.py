"""How a batch of changes to tables comes to count: beside the old entries, at once, and the old ones go when no packet
needs them any more.

1. *install*: the generation that no packet has gets the new entries, on every engine.
2. *flip*: packets that come in from now on have that generation.
3. *drain*: a frame goes through near to far. Links keep the order of frames: when far has it, far has all packets that
   near had handed off before the flip. If the frame is lost another one is sent; a packet that was lost needs no entry.
4. *remove*: the other generation becomes the same. Only now may what the batch has freed be given out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cora.ir.batch import Batch, changed
from cora.ir.store import Table
from cora.split.engines import Split, Step
from cora.split.generations import other_generation
from cora.split.handoff import Fixed, pack

_NUMBERS = 1 << 32
SHORTEST_BYTES = 64
"""Of what a frame of a batch carries in place of a packet: enough for any link."""


class Plane(Protocol):
    """What brings batches into running engines: interpreter, kernel, lab."""

    def tables(self) -> Mapping[str, Table]:
        """The tables as packets that come in meet them (of the first generation, between batches)."""
        ...

    def bring(self, engine: str, generation: int, tables: Mapping[str, Table]) -> None:
        """Gives tables of a generation, where the engine has them, the rows and defaults of these."""
        ...

    def flip(self, version: int) -> None:
        """Packets that come in from now on have this generation, and none is being served that came before."""
        ...

    def ask(self, number: int) -> None:
        """Sends a frame with the batch's number through near to far, unless one may still come."""
        ...

    def drained(self) -> int:
        """The number that far has noted last."""
        ...


def state_of(table: str, generation: int) -> str:
    return other_generation(table) if generation else table


def ask_frame(split: Split, number: int) -> bytes:
    """The frame of `Plane.ask`, for the engine that faces the wire."""
    assert split.batches is not None
    layout = split.layout(split.engines[0].engine, split.batches.ask)
    body = bytes(SHORTEST_BYTES)
    return pack(layout, Fixed(split.batches.ask, 0, len(body), 0, 0), (number,), body)


@dataclass(slots=True)
class Rollout:
    """A batch under way, the `number`-th from 1. One at a time. StoreError if it can't be made; nothing has changed."""

    split: Split
    plane: Plane
    batch: Batch
    number: int
    old: dict[str, Table] = field(init=False)
    new: dict[str, Table] = field(init=False)
    taken: int = 0
    """Steps that have been taken."""

    def __post_init__(self) -> None:
        tables = self.plane.tables()
        self.new = changed(tables, self.batch)
        self.old = {name: tables[name].copy() for name in self.new}

    @property
    def steps(self) -> tuple[Step, ...]:
        if self.split.batches is None:
            return tuple(Step("install", e.engine) for e in self.split.engines)
        return self.split.batches.steps

    @property
    def done(self) -> bool:
        return self.taken == len(self.steps)

    @property
    def flipped(self) -> bool:
        """Whether packets that come in now meet the new entries."""
        return self.split.batches is None or self.split.batches.flipped(self.taken)

    def advance(self) -> bool:
        """Takes the next step; False if that has to wait for frames that are under way. Ask again then."""
        step = self.steps[self.taken]
        version = self.number % 2 if self.split.batches is not None else 0
        match step.kind:
            case "install":
                self._install(step.engine, version)
            case "flip":
                self.plane.flip(version)
            case "drain":
                number = self.number % _NUMBERS
                if self.plane.drained() != number:
                    self.plane.ask(number)
                    return False
            case "remove":
                self.plane.bring(step.engine, 1 - version, self.new)
        self.taken += 1
        return True

    def _install(self, engine: str, version: int) -> None:
        try:
            self.plane.bring(engine, version, self.new)
        except BaseException:
            for step in self.steps[: self.taken + 1]:
                self.plane.bring(step.engine, version, self.old)
            raise
