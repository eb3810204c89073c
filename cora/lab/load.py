"""A split under load: many packets in flight through a relay, rows asked for at random, and a verdict on all of it.

The clock is virtual and the same for the packets of a burst, so that timers and random numbers are those of the
reference. What a packet should become may depend on the order in which the halves of the split get to packets of
*different* flows; the outcome is right if it is that of the unsplit program for some order that keeps each connection's
own. Three orders are tried (`cora.lab.verdict`): that of arrival, that in which the owner got the packets that were
handed off, and that in which packets took effect.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from cora.diagnostics import error
from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Sent
from cora.ir.store import Snapshot, Store
from cora.lab.churn import Asked, Churn
from cora.lab.client import Client
from cora.lab.judge import LONGEST_FRAME, Judge
from cora.lab.player import MOST_PACKETS, Player
from cora.lab.relay import Relay, RelayOptions, RelayReport
from cora.lab.table_batches import TableBatches, Versions
from cora.lab.tags import TAG_BYTES, tag_of, tagged
from cora.lab.topology import MTU_BYTES, bed
from cora.lab.verdict import Finding, judged
from cora.lab.wiring import Wired, wired
from cora.split.engines import Split

_PATIENCE_S = 10.0
_ROOM_BYTES = 200
"""Left for the hand-off header."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    pps: float = 20_000.0
    burst: int = 32
    """Packets that are played at once; they have the same virtual time."""
    rest_bursts: int = 0
    """After so many bursts nothing is played until no frame is between the engines; 0: never."""
    churn_per_s: float = 0.0
    """Rows that the control plane asks for by probes, at random."""
    batches_per_s: float = 0.0
    """Batches of changes to tables, one back and one forth."""
    relay: RelayOptions = RelayOptions()

    def check(self) -> LoadOptions:
        """The options, if they make sense; C0841."""
        often = max(self.churn_per_s, self.batches_per_s), min(self.churn_per_s, self.batches_per_s)
        if not 0 < self.pps <= 10**7 or not (often[0] <= 10**6 and often[1] >= 0):
            raise error(
                "C0841",
                f"{self.pps:g} packets/s with {self.churn_per_s:g} probes/s and {self.batches_per_s:g} batches/s "
                "cannot be",
                help="give a rate above 0, and probes and batches from 0 up",
            )
        self.relay.check()
        return self


@dataclass(frozen=True, slots=True)
class LoadRun:
    """What came of playing packets at load, judged against the order of processing that explains it best."""

    played: int
    left_out: int
    """Packets that can't be played with a tag: too long, or the program writes over the place where the tag is."""
    rate_pps: float
    """At which they were really played."""
    most_waiting: int
    """Frames that were in the relay at once."""
    asked: tuple[Asked, ...]
    """What the control plane asked for."""
    batches: int
    """Of changes to tables that it made."""
    relay: RelayReport | None
    finding: Finding
    state: Snapshot
    """Of the split, its copies folded in."""
    counters: dict[str, dict[str, int]]

    @property
    def clean(self) -> bool:
        return self.finding.clean


def load_run(
    program: Program,
    split: Split,
    store: Callable[[], Store],
    ports: Sequence[int],
    packets: Sequence[Packet],
    connections: Sequence[int],
    options: LoadOptions,
    *,
    steering: str = "",
) -> LoadRun:
    """Plays up to MOST_PACKETS packets once. Needs root; C0844 if no packet can be played, C0845 if packets are still
    under way long after the last one was played."""
    options.check()
    usable = _usable(program, store(), packets, connections)
    if not usable:
        raise error(
            "C0844",
            "none of the trace's packets can be played under load",
            help=f"the lab plays frames of 14 to {LONGEST_FRAME - TAG_BYTES} bytes",
        )
    timed = _in_bursts([packets[n] for n in usable], options.burst)
    play = tagged(timed, [connections[n] for n in usable]).packets
    names = [e.engine for e in split.engines]
    with contextlib.ExitStack() as stack:
        stack.enter_context(_one_cpu())
        player, judge = stack.enter_context(Player()), stack.enter_context(Judge())
        place = stack.enter_context(bed(ports, names, steering=steering, relay=len(names) > 1))
        running = stack.enter_context(
            wired(split, store(), place, judge.fd, verify=True, relay_fd=player.pass_fd),
        )
        judge.connect(place.client)
        client = stack.enter_context(Client(place.client))
        link = place.links[0] if place.links else None
        relay = None if link is None else stack.enter_context(Relay(link, split, options.relay))
        churn = None if link is None else stack.enter_context(Churn(running, split, link))
        batches = stack.enter_context(TableBatches(running, split, store().tables, link, options.relay))
        paced = _Paced(client, running, relay, churn, batches, options)
        starts = paced.play(play)
        if not batches.finish():
            raise _stuck("a batch's frame never reached the host")
        if churn is not None:
            churn.clear(lambda: _settle(running, relay, paced.asked()))
        _settle(running, relay, paced.asked())
        report = relay.report() if relay is not None else None
        state = running.snapshot(split)
        asked = tuple(churn.asked) if churn is not None else ()
        versions = Versions(batches.contents, paced.met)
        finding = judged(program, store, play, starts, report, judge, state, asked, versions)
        return LoadRun(
            len(play),
            len(packets) - len(play),
            paced.rate_pps,
            paced.most_waiting,
            asked,
            batches.begun,
            report,
            finding,
            state,
            running.counters(),
        )


@contextlib.contextmanager
def _one_cpu() -> Generator[None]:
    """This thread and the relay that it starts share a CPU, and so do the engines, which run where frames are sent
    from: the engine at the wire must do one thing at a time (docs/limits.md)."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[os.getpid() % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _usable(program: Program, store: Store, packets: Sequence[Packet], connections: Sequence[int]) -> list[int]:
    """The numbers of packets that can be played: they fit, and the program leaves their tag alone."""
    step = compile_program(program)
    longest = min(LONGEST_FRAME, MTU_BYTES - _ROOM_BYTES) - TAG_BYTES
    found: list[int] = []
    for number, packet in enumerate(tagged(packets, connections).packets):
        if not 14 <= len(packet.data) - TAG_BYTES <= longest:
            continue
        result = step(store, packet)
        if not isinstance(result, Sent) or tag_of(result.data) == tag_of(packet.data):
            found.append(number)
        if len(found) == MOST_PACKETS:
            break
    return found


def _in_bursts(packets: Sequence[Packet], burst: int) -> list[Packet]:
    """The packets with the time and seed of the first one of their burst."""
    return [
        replace(p, time_ns=packets[n - n % burst].time_ns, seed=packets[n - n % burst].seed)
        for n, p in enumerate(packets)
    ]


class _Paced:
    """Plays bursts on a schedule. Before the clock moves on, all packets played must have come in."""

    def __init__(
        self,
        client: Client,
        running: Wired,
        relay: Relay | None,
        churn: Churn | None,
        batches: TableBatches,
        options: LoadOptions,
    ) -> None:
        self._client, self._running, self._relay, self._options = client, running, relay, options
        self._churn, self._batches = churn, batches
        self.met: list[int] = []
        """By packet, how many batches counted when it came in."""
        self.most_waiting = 0
        self.rate_pps = 0.0

    def play(self, packets: Sequence[Packet]) -> list[int]:
        """By packet, when it was played (time.monotonic_ns)."""
        options, running = self._options, self._running
        gap_ns = int(options.burst / options.pps * 1e9)
        began = due = time.monotonic_ns()
        starts: list[int] = []
        owed = 0.0
        for nth, first in enumerate(range(0, len(packets), options.burst)):
            count = min(options.burst, len(packets) - first)
            if options.rest_bursts and nth % options.rest_bursts == 0:
                self._rest()
            while (wait_ns := due - time.monotonic_ns()) > 0:
                time.sleep(wait_ns / 1e9)
            due = max(due + gap_ns, time.monotonic_ns() - 4 * gap_ns)  # a pause is not made up for at once
            running.set_clock(packets[first].time_ns, packets[first].seed)
            for packet in packets[first : first + count]:
                starts.append(time.monotonic_ns())
                self.met.append(self._batches.counting)
                self._client.send(packet.port, packet.data)
            self._wait_for(first + count)
            if self._relay is not None:
                self.most_waiting = max(self.most_waiting, self._relay.counts.waiting)
            owed += options.churn_per_s * count / options.pps
            if self._churn is not None:
                self._churn.stir(int(owed), packets[first].time_ns)
            owed -= int(owed)
            self._batches.stir(math.ceil(options.batches_per_s * (first + count) / options.pps))
        self.rate_pps = len(packets) / max(time.monotonic_ns() - began, 1) * 1e9
        return starts

    def asked(self) -> int:
        """Frames of the control plane that have been sent."""
        return self._batches.plane.asked + (0 if self._churn is None else len(self._churn.asked))

    def _rest(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while self._relay is not None and not _idle(self._running, self._relay, self.asked()):
            if time.monotonic() > deadline:
                raise _stuck("frames between the engines are missing")
            time.sleep(0.0002)

    def _wait_for(self, received: int) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while self._running.received() < received:
            if time.monotonic() > deadline:
                raise _stuck(f"{received - self._running.received():,} packets never reached the first engine")
            time.sleep(0.0001)


def _settle(running: Wired, relay: Relay | None, probes: int) -> None:
    """Waits until nothing is under way; so many probes have been sent."""
    deadline = time.monotonic() + _PATIENCE_S

    def idle() -> bool:
        if relay is None:
            return True
        if time.monotonic() > deadline:
            raise _stuck("frames between the engines are missing")
        return _idle(running, relay, probes)

    running.settle(idle)


def _idle(running: Wired, relay: Relay, probes: int) -> bool:
    """Whether the relay has got all frames, so many probes among them, and holds none, as far as it could keep up."""
    outer, inner = (engine.stats()["handed_off"] for engine in running.engines)
    return relay.idle(outer, inner + probes) or bool(relay.counts.overrun)


def _stuck(what: str) -> Exception:
    return error(
        "C0845",
        f"packets are still under way {_PATIENCE_S:g} s after they were played: {what}",
        help="play more slowly (--pps), or close what else uses this machine",
    )
