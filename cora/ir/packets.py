"""What goes into a run of a program and what comes out of it; the interpreter and compiled programs share these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from cora.ir.nodes import AccessKind


@dataclass(frozen=True, slots=True)
class Packet:
    """A frame at the door of an engine. `time_ns` is when it came in, on whatever clock the states use."""

    data: bytes
    port: int
    time_ns: int
    seed: int = 0
    length: int | None = None
    """Bytes of the frame as it first came in, if it has changed since (`data` is then what an engine handed on)."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The packet comes from another engine: it goes on at this resume point with the values of the hand-off.

    Its `data` is the carried frame; port, time, seed and length are those with which it came in by the wire.
    """

    resume: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DigestMessage:
    """What a `Digest` sent to the control plane."""

    receiver: str
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a `Copy` asked for; `cora.ir.replicate` makes packets of it."""

    to: Literal["session", "group", "again"]
    which: int
    resume: int
    values: tuple[int, ...]
    frame: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    port: int
    data: bytes
    digests: tuple[DigestMessage, ...] = ()
    copies: tuple[Copied, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    reason: str
    digests: tuple[DigestMessage, ...] = ()
    copies: tuple[Copied, ...] = ()


@dataclass(frozen=True, slots=True)
class HandedOff:
    engine: str
    resume: int
    values: tuple[int, ...]
    frame: bytes
    digests: tuple[DigestMessage, ...] = ()
    copies: tuple[Copied, ...] = ()


Result = Sent | Dropped | HandedOff


def first_difference(one: bytes, other: bytes) -> int:
    """The place of the first byte in which two frames differ, or the length of the shorter one."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


class TracedAccess(NamedTuple):
    """One access that a packet made. The key of a register or counter is its index.

    `hit` is whether the access found what it was for: lookup, a fresh entry (or a row); peek, evict, release,
    update, touch, delete and merge, a stored entry; insert, install and adopt, room; a register, counter or meter, an
    index inside of it. A `merge`, `merge_max` or `adopt` that was told `found` = 0 is not a hit.
    """

    state: str
    kind: AccessKind
    key: tuple[int, ...]
    hit: bool


@dataclass(slots=True)
class Trace:
    """Collects what packets do: the names of the blocks they visit and their accesses, in order.

    Accesses to flow tables always; those to tables, registers and counters if `all_states` is set. It only appends:
    use one trace a packet, or `clear` it between packets.
    """

    all_states: bool = False
    blocks: list[str] = field(default_factory=list[str])
    accesses: list[TracedAccess] = field(default_factory=list[TracedAccess])

    def clear(self) -> None:
        self.blocks.clear()
        self.accesses.clear()
