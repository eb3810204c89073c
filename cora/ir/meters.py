"""Two-rate three-colour meters (RFC 2698) in whole numbers, so that every executor gives the same colours.

A cell has two buckets of tokens. The committed one fills with `cir` tokens a second up to `cbs`, the peak one with
`pir` up to `pbs`. Tokens are kept in billionths: in `elapsed_ns` nanoseconds exactly `elapsed_ns * cir` billionths come
in, so nothing is ever rounded. What a token is (a byte, a packet) is the program's business: it says how many a packet
costs.

For a packet at `now_ns` that costs `amount` tokens and comes in with `colour`, in this order:

1. `elapsed_ns = max(0, now_ns - last_ns)`, and `last_ns = max(last_ns, now_ns)`;
2. `committed = min(cbs * 10^9, committed + elapsed_ns * cir)`, and `peak` likewise with `pbs` and `pir`;
3. red in, or `peak < amount * 10^9`: red, and no tokens are taken;
   else the cost is taken from `peak`, and
   yellow in, or `committed < amount * 10^9`: yellow;
   else the cost is taken from `committed` too: green.

A cell that the control plane has not configured, or an index outside of the meter, has endless tokens: the colour
stays. Buckets are full when they are configured, with `last_ns = 0`. A colour other than red and yellow counts as
green.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RED: Final = 0
GREEN: Final = 1
YELLOW: Final = 2
"""As in PNA and PSA; the IR has them in 8 bits."""

BILLIONTHS: Final = 10**9
MAX_BURST: Final = (1 << 32) - 1
"""Tokens of a full bucket: billionths of as many fit 62 bits."""
MAX_RATE: Final = (1 << 62) - 1


@dataclass(frozen=True, slots=True)
class MeterRates:
    """Rates in tokens a second, bursts in tokens."""

    cir: int
    cbs: int
    pir: int
    pbs: int

    def problem(self) -> str:
        """What is wrong with the rates, or ""."""
        if not (0 <= self.cbs <= MAX_BURST and 0 <= self.pbs <= MAX_BURST):
            return f"bursts are from 0 to {MAX_BURST} tokens"
        if not (0 <= self.cir <= MAX_RATE and 0 <= self.pir <= MAX_RATE):
            return f"rates are from 0 to {MAX_RATE} tokens a second"
        if self.pir < self.cir:
            return f"the peak rate {self.pir} is below the committed rate {self.cir}"
        return ""


@dataclass(slots=True)
class MeterCell:
    """A configured cell; tokens in billionths."""

    rates: MeterRates
    committed: int
    peak: int
    last_ns: int = 0

    @classmethod
    def full(cls, rates: MeterRates) -> MeterCell:
        return cls(rates, rates.cbs * BILLIONTHS, rates.pbs * BILLIONTHS)

    def execute(self, now_ns: int, amount: int, colour: int) -> int:
        """The packet's colour; takes what it costs."""
        elapsed_ns = max(0, now_ns - self.last_ns)
        self.last_ns = max(self.last_ns, now_ns)
        self.committed = min(self.rates.cbs * BILLIONTHS, self.committed + elapsed_ns * self.rates.cir)
        self.peak = min(self.rates.pbs * BILLIONTHS, self.peak + elapsed_ns * self.rates.pir)
        cost = amount * BILLIONTHS
        if colour == RED or self.peak < cost:
            return RED
        self.peak -= cost
        if colour == YELLOW or self.committed < cost:
            return YELLOW
        self.committed -= cost
        return GREEN


def plain_colour(colour: int) -> int:
    """The colour of a packet that no tokens are asked for."""
    return colour if colour in (RED, YELLOW) else GREEN
