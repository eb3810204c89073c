"""A table program for a match-action engine (an eSwitch): ordered rules over the bits of a packet's headers. Pure data.

A rule matches masked bits of the port that a packet came in by and of the first bytes of its frame. The first rule that
matches decides; a packet that none matches goes inwards, to the engine that runs the program. What such an engine
can do is all that a rule can say: match, set fields, count down the TTL, keep checksums right, count, restart a timer,
forward, drop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.diagnostics import Span

PROFILE = "match_action"
PORT_BITS = 16
FRAME_BYTES = 80
"""A rule sees so much of a frame: the headers up to TCP over IPv6."""
KEY_BITS = PORT_BITS + 8 * FRAME_BYTES


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    limit: str
    help: str


_LEAVE = "leave it to the next engine"
_LIMITS = (
    Limit("compare", "a key is compared with a value, not with another field", _LEAVE),
    Limit("state-change", "no register or entry of the program is changed", "leave the change to the next engine"),
    Limit("state-index", "a register is read only where the flow says which cell", "offload flow by flow"),
    Limit("hash", "nothing is hashed into the program's own state", "offload flow by flow: then the hash is known"),
    Limit("insert", "a new flow is set up by the next engine", "the control plane adds its rule then"),
    Limit("time", "time is only known as the idle time of a rule", "compare with an idle time that packets restart"),
    Limit("meter", "a meter of the program is shared by rules and read back", _LEAVE),
    Limit("message", "no packet or record is made up", _LEAVE),
    Limit("no-key", "only fields that the device parses are keys", "match another field"),
    Limit("no-action", "outermost headers: fields are set to values, the TTL is counted down", _LEAVE),
    Limit("checksum", "checksums are kept right, and nothing else is done to them", "update them as RFC 1624 says"),
    Limit("headers", "headers leave in the order in which they came, none more and none less", _LEAVE),
    Limit("parser", "a header stands at one place on a way", "leave packets of that form to the next engine"),
    Limit("size", "a flow takes a bounded number of rules", "simplify the conditions"),
)  # fmt: skip
LIMITS = {limit.name: limit for limit in _LIMITS}
SOURCE = "DPDK mlx5 guide (rewrites, counters, ageing); what it lacks is derived from it"


@dataclass(frozen=True, slots=True)
class Bits:
    """`width` bits at `offset` (from the start of the port, most significant first)."""

    offset: int
    width: int

    @property
    def shift(self) -> int:
        return KEY_BITS - self.offset - self.width

    def mask(self) -> int:
        return ((1 << self.width) - 1) << self.shift

    def of(self, number: int) -> int:
        return number >> self.shift & (1 << self.width) - 1


PORT = Bits(0, PORT_BITS)


def frame_bits(byte: int, bit: int, width: int) -> Bits:
    """`width` bits from bit `bit` (0 the first) behind byte `byte` of the frame."""
    return Bits(PORT_BITS + 8 * byte + bit, width)


@dataclass(frozen=True, slots=True)
class Match:
    """Numbers of `KEY_BITS` bits: a key matches if its bits of `mask` are those of `value`."""

    mask: int = 0
    value: int = 0

    def both(self, other: Match) -> Match | None:
        """What both match; None if nothing does."""
        if (self.value ^ other.value) & self.mask & other.mask:
            return None
        return Match(self.mask | other.mask, self.value | other.value)

    def within(self, other: Match) -> bool:
        """All that this matches, the other matches too."""
        return self.mask & other.mask == other.mask and self.value & other.mask == other.value

    def known(self, bits: Bits) -> bool:
        return self.mask & bits.mask() == bits.mask()


@dataclass(frozen=True, slots=True)
class SetField:
    bits: Bits
    value: int


@dataclass(frozen=True, slots=True)
class AddField:
    """The field plus `amount`, modulo its width."""

    bits: Bits
    amount: int


Rewrite = SetField | AddField


@dataclass(frozen=True, slots=True)
class Timer:
    """What the control plane restarts when it sees that a rule was used: an entry of a flow table, or the cell of a
    register that holds the time of the last packet."""

    state: str
    key: tuple[int, ...]


Verdict = Literal["forward", "drop", "inwards"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a packet. Checksums of IPv4, TCP, UDP and ICMP that cover a rewritten field are kept right."""

    verdict: Verdict
    port: int = 0
    rewrites: tuple[Rewrite, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    """(counter, index) of the program to which the rule's own counter is added."""
    timers: tuple[Timer, ...] = ()
    idle_ns: int = 0
    """The rule is taken away when it was not used for so long; 0: it stays."""
    reason: str = ""
    """Of a packet that is dropped."""


INWARDS = Outcome("inwards")


@dataclass(frozen=True, slots=True)
class Rule:
    match: Match
    outcome: Outcome
    min_bytes: int = 0
    """A shorter frame goes inwards."""
    depends: tuple[Timer, ...] = ()
    """Cells and entries of which the rule holds a copy: it must be made anew when one changes."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Packets that go inwards, and why."""

    limit: Limit
    what: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class TableProgram:
    """`rules` in the order in which they are tried; `unfit` once for each limit, text and line."""

    name: str
    rules: tuple[Rule, ...]
    unfit: tuple[Unfit, ...]
