"""What packets cost the host, split and whole: interleaved rounds at full speed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.lab.accounting import Accounting
from cora.lab.client import SHORTEST_FRAME
from cora.lab.player import LONGEST_FRAME, MOST_PACKETS, Player
from cora.lab.topology import Bed
from cora.lab.wiring import Wired, wired
from cora.split.engines import Split

Quartiles = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A split (or the whole program) and the bed on which it is measured."""

    split: Split
    bed: Bed


@dataclass(frozen=True, slots=True)
class Round:
    """One play of the trace: what a packet cost the host, and how many packets came back."""

    host_ns_per_packet: float
    delivered: int


@dataclass(frozen=True, slots=True)
class CostResult:
    packets: int
    """Played in each round."""
    whole: tuple[Round, ...]
    split: tuple[Round, ...]
    """Rounds are interleaved: the n-th of one was measured next to the n-th of the other."""

    @property
    def ratios(self) -> list[float]:
        """Host cost of the split over that of the whole program, by round."""
        pairs = zip(self.split, self.whole, strict=True)
        return [s.host_ns_per_packet / w.host_ns_per_packet for s, w in pairs if w.host_ns_per_packet]


def quartiles(values: Sequence[float]) -> Quartiles:
    """Lower quartile, median, upper quartile; of one value, the value itself."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    first, second, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, second, third


def host_cost(
    player: Player,
    store: Callable[[], Store],
    packets: Sequence[Packet],
    alone: Configuration,
    divided: Configuration,
    rounds: int,
    show: Callable[[str], None],
) -> CostResult:
    """Measures the whole program (`alone`) and a split in turn. Each play begins without state, as the trace does:
    opening flows is part of what traffic costs."""
    playable = [p for p in packets if SHORTEST_FRAME <= len(p.data) <= LONGEST_FRAME][:MOST_PACKETS]
    player.load(playable)
    measured: tuple[list[Round], list[Round]] = ([], [])
    with Accounting() as accounting:
        for number in range(rounds):
            show(f"host cost: round {number + 1} of {rounds}")
            for found, what in zip(measured, (alone, divided), strict=True):
                with wired(what.split, store(), what.bed, player.sink_fd, verify=False) as running:
                    found.append(_play(player, accounting, running, what.bed, len(playable)))
    return CostResult(len(playable), tuple(measured[0]), tuple(measured[1]))


def _play(player: Player, accounting: Accounting, running: Wired, place: Bed, packets: int) -> Round:
    player.rewind()
    player.connect(place.client)
    before = [accounting.cost(device.index) for device in running.host]
    delivered_before = player.received
    player.play(next(iter(place.client.values())), packets)
    running.settle()
    costs = [accounting.cost(d.index) - b for d, b in zip(running.host, before, strict=True)]
    return Round(sum(c.ns for c in costs) / packets, player.received - delivered_before)
