"""A split on the soft NIC: exact first (lockstep), then its cost beside that of the whole program, then under load."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result
from cora.ir.store import Snapshot, Store
from cora.lab.client import Client, Received
from cora.lab.cost import Configuration, CostResult, host_cost
from cora.lab.load import LoadOptions, LoadRun, load_run
from cora.lab.lockstep import LockstepResult, lockstep
from cora.lab.player import Player
from cora.lab.topology import Bed, bed, sweep
from cora.lab.wiring import wired
from cora.split import whole
from cora.split.engines import Split


@dataclass(frozen=True, slots=True)
class LabReport:
    lockstep: LockstepResult
    counters: dict[str, dict[str, int]]
    """By engine, what it counted in the lockstep run."""
    state: Snapshot
    """The split's state after the lockstep run, its copies folded in."""
    cost: CostResult | None
    """None if it was not asked for, or the split has one engine: then there is nothing to compare."""
    load: LoadRun | None
    """The judged run with packets in flight, if it was asked for."""


@dataclass
class Lab:
    """What to run: a program, its split, the packets and what the reference made of them."""

    program: Program
    split: Split
    ports: tuple[int, ...]
    store: Callable[[], Store]
    """Gives a fresh state with the control plane's entries."""
    show: Callable[[str], None] = lambda _: None
    steering: str = ""
    """The name of an engine in front of all others that only steers."""

    def run(
        self,
        packets: Sequence[Packet],
        expected: Sequence[Result],
        rounds: int,
        *,
        output: Callable[[Packet, Received], None] = lambda _, __: None,
        connections: Sequence[int] = (),
        options: LoadOptions | None = None,
    ) -> LabReport:
        """Needs root. Everything that it makes in the kernel is gone when it returns, however it returns. `output` is
        told each frame that comes back in lockstep; with `options` the packets (of these connections) are played once
        more, many in flight, and judged."""
        sweep()
        if options is not None:
            options.check()
        with Player() as player:
            exact, counters, state = self._lockstep(player, packets, expected, output)
            cost = self._cost(player, packets, rounds) if rounds and len(self.split.engines) > 1 else None
        judged = None
        if options is not None:
            self.show("under load, with packets in flight between the engines")
            judged = load_run(
                self.program, self.split, self.store, self.ports, packets, connections, options, steering=self.steering
            )
        return LabReport(exact, counters, state, cost, judged)

    def _lockstep(
        self,
        player: Player,
        packets: Sequence[Packet],
        expected: Sequence[Result],
        output: Callable[[Packet, Received], None],
    ) -> tuple[LockstepResult, dict[str, dict[str, int]], Snapshot]:
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
                result = lockstep(running, client, packets, expected, progress, output)
            return result, running.counters(), running.snapshot(self.split)

    def _cost(self, player: Player, packets: Sequence[Packet], rounds: int) -> CostResult:
        alone = whole(self.program)
        with self._bed(alone) as host_bed, self._bed(self.split) as nic_bed:
            one, other = Configuration(alone, host_bed), Configuration(self.split, nic_bed)
            return host_cost(player, self.store, packets, one, other, rounds, self.show)

    def _bed(self, split: Split) -> contextlib.AbstractContextManager[Bed]:
        return bed(self.ports, [e.engine for e in split.engines], steering=self.steering)
