"""A split on the soft NIC: exact first (lockstep), then under load, beside the whole program on the host."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result
from cora.ir.store import Snapshot, Store
from cora.lab.accounting import Accounting
from cora.lab.client import SHORTEST_FRAME, Client
from cora.lab.lockstep import LockstepResult, lockstep
from cora.lab.player import LONGEST_FRAME, MOST_PACKETS, Player
from cora.lab.topology import Bed, bed, sweep
from cora.lab.wiring import Wired, wired
from cora.split import whole
from cora.split.engines import Split


@dataclass(frozen=True, slots=True)
class Round:
    """One play of the trace: what a packet cost the host, and how many packets came back."""

    host_ns_per_packet: float
    delivered: int


@dataclass(frozen=True, slots=True)
class LoadResult:
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

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median, upper quartile of the ratios."""
        first, second, third = statistics.quantiles(self.ratios, n=4, method="inclusive")
        return first, second, third


@dataclass(frozen=True, slots=True)
class LabReport:
    lockstep: LockstepResult
    served: int
    handed_off: int
    installs: int
    state: Snapshot
    """The split's state after the lockstep run, its copies folded in."""
    load: LoadResult | None
    """None if the split has one engine: then there is nothing to compare."""


@dataclass
class Lab:
    """What to run: a program, its split, the packets and what the reference made of them."""

    program: Program
    split: Split
    ports: tuple[int, ...]
    store: Callable[[], Store]
    """Gives a fresh state with the control plane's entries."""
    show: Callable[[str], None] = lambda _: None

    def run(self, packets: Sequence[Packet], expected: Sequence[Result], rounds: int) -> LabReport:
        """Needs root. Everything that it makes in the kernel is gone when it returns, however it returns."""
        sweep()
        with Player() as player:
            exact, served, handed_off, installs, state = self._lockstep(player, packets, expected)
            load = self._load(player, packets, rounds) if rounds and len(self.split.engines) > 1 else None
        return LabReport(exact, served, handed_off, installs, state, load)

    def _lockstep(
        self, player: Player, packets: Sequence[Packet], expected: Sequence[Result]
    ) -> tuple[LockstepResult, int, int, int, Snapshot]:
        done = 0

        def progress(count: int) -> None:
            nonlocal done
            done += count
            if done % 500 == 0:
                self.show(f"lockstep on the soft NIC: {done:,} packets compared")

        with (
            self._bed(self.split) as place,
            wired(self.split, self.store(), place, player.pass_fd, verify=True) as running,
        ):
            with Client(place.client) as client:
                result = lockstep(running, client, packets, expected, progress)
            stats = running.engines[0].stats()
            state = running.snapshot(self.split)
        return result, stats["served"], stats["handed_off"], stats["installs"], state

    @contextlib.contextmanager
    def _bed(self, split: Split) -> Generator[Bed]:
        with bed(self.ports, two_engines=len(split.engines) > 1) as place:
            yield place

    def _load(self, player: Player, packets: Sequence[Packet], rounds: int) -> LoadResult:
        """Each play begins without state, as the trace does: opening flows is part of what traffic costs."""
        playable = [p for p in packets if SHORTEST_FRAME <= len(p.data) <= LONGEST_FRAME][:MOST_PACKETS]
        player.load(playable)
        whole_program = whole(self.program)
        on_host: list[Round] = []
        on_nic: list[Round] = []
        with Accounting() as accounting, self._bed(whole_program) as host_bed, self._bed(self.split) as nic_bed:
            for number in range(rounds):
                self.show(f"under load: round {number + 1} of {rounds}")
                for measured, split, place in ((on_host, whole_program, host_bed), (on_nic, self.split, nic_bed)):
                    with wired(split, self.store(), place, player.sink_fd, verify=False) as running:
                        measured.append(_play(player, accounting, running, place, len(playable)))
        return LoadResult(len(playable), tuple(on_host), tuple(on_nic))


def _play(player: Player, accounting: Accounting, running: Wired, place: Bed, packets: int) -> Round:
    player.rewind()
    player.connect(place.client)
    before = [accounting.cost(device.index) for device in running.host]
    delivered_before = player.received
    player.play(next(iter(place.client.values())), packets)
    running.settle()
    costs = [accounting.cost(d.index) - b for d, b in zip(running.host, before, strict=True)]
    return Round(sum(c.ns for c in costs) / packets, player.received - delivered_before)
