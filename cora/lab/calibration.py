"""What operations cost this host: probes run in situ, on veth pairs, in interleaved rounds; their differences count.

The time is that of the kernel's receive processing (`cora.lab.accounting`), so that it holds what a packet really
costs: the driver, the program with its caches as they are between packets, and sending. Other work on the machine
disturbs all probes of a round alike at best; medians over rounds, and what the rounds differ by, tell how far to trust
a figure."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cora.codegen.layout import Record
from cora.device.loader import LoadedEngine
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.lab.accounting import Accounting
from cora.lab.player import Player
from cora.lab.probes import Probe, frames, probes
from cora.lab.topology import Bed, bed, sweep
from cora.lab.wiring import Wired, connected, loaded

PACKETS = 32_768
"""Played for each probe in a round."""
FEWEST_ROUNDS = 5
_BATCH = 10_000
_NARROWEST, _RESOLUTION_NS = 0.35, 5.0
"""A span is at least so wide to either side, as a share of its value and for each packet: rounds of one run are more
alike than two runs are."""
_LOOSE = {"crossing": 1.2}
"""Shares for what depends most on the other work of the machine: waking up, and caches as others have left them."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A parameter in ns: the median over rounds, and a span that holds all rounds and should hold another run."""

    ns: float
    low_ns: float
    high_ns: float


@dataclass(frozen=True, slots=True)
class Calibration:
    figures: Mapping[str, Figure]
    """By parameter, as `Probe.parameter` names it."""
    rounds: int


def calibrate(
    rounds: int, limit_s: float, show: Callable[[str], None], every: Sequence[Probe] | None = None
) -> Calibration:
    """Measures the probes `rounds` times in turn, or fewer if `limit_s` seconds have passed, but FEWEST_ROUNDS. Needs
    root; everything that it makes in the kernel is gone when it returns."""
    began = time.monotonic()
    sweep()
    every = probes() if every is None else every
    measured: list[dict[str, float]] = []
    with contextlib.ExitStack() as stack:
        player = stack.enter_context(Player())
        player.load([Packet(frame, 0, 0, 0) for frame in frames(PACKETS)])
        accounting = stack.enter_context(Accounting())
        alone = stack.enter_context(bed((0,), ("host",)))
        pair = stack.enter_context(bed((0,), ("near", "far")))
        running: list[tuple[Probe, Bed, tuple[LoadedEngine, ...]]] = []
        for number, probe in enumerate(every):
            show(f"building measurement programs: {number + 1} of {len(every)}")
            engines = stack.enter_context(loaded(probe.split, Store(probe.split.engines[-1].program), verify=False))
            _fill(engines[-1], probe.filled)
            running.append((probe, alone if len(engines) == 1 else pair, engines))
        while len(measured) < rounds and (len(measured) < FEWEST_ROUNDS or time.monotonic() - began < limit_s):
            show(f"measuring: round {len(measured) + 1} of {rounds}")
            at = len(measured) * 7 % len(running)
            taken = {p.name: _play(player, accounting, p, b, e) for p, b, e in (*running[at:], *running[:at])}
            measured.append(taken)
    return Calibration(figures(every, measured), len(measured))


def _fill(engine: LoadedEngine, entries: int) -> None:
    if not entries:
        return
    layout = engine.layout.state("t")
    assert isinstance(layout.key, Record)
    value = layout.pack_entry((1,), 0)
    for start in range(0, entries, _BATCH):
        keys = range(start, min(start + _BATCH, entries))
        engine.map(layout.map).update_many([(layout.key.pack((key,)), value) for key in keys])


def _play(player: Player, accounting: Accounting, probe: Probe, place: Bed, engines: tuple[LoadedEngine, ...]) -> float:
    """ns of the measured engine for each packet that is played."""
    with connected(engines, place, player.pass_fd) as running:
        player.rewind()
        player.connect(place.client)
        before = _spent(accounting, running)
        player.play(next(iter(place.client.values())), PACKETS)
        running.settle()
        return (_spent(accounting, running) - before) / PACKETS


def _spent(accounting: Accounting, running: Wired) -> int:
    return sum(accounting.cost(device.index).ns for device in running.host)


# ---------------------------------------------------------------- figures


def figures(every: Sequence[Probe], rounds: Sequence[Mapping[str, float]]) -> dict[str, Figure]:
    """What an operation costs by each round: the difference to the base in that round, without what `also` explains."""
    found: dict[str, Figure] = {}
    for probe in every:
        if not probe.parameter:
            continue
        known = sum(found[name].ns * times for name, times in probe.also)
        values: list[float] = []
        for measured in rounds:
            whole = measured[probe.name] - (measured[probe.base] if probe.base else 0.0)
            values.append(whole / probe.times - known / probe.times)
        found[probe.parameter] = _figure(values, _LOOSE.get(probe.parameter, _NARROWEST), _RESOLUTION_NS / probe.times)
    return found


def _figure(values: Sequence[float], share: float, resolution_ns: float) -> Figure:
    kept = [max(value, 0.0) for value in values]
    middle = statistics.median(kept)
    margin = max(middle * share, resolution_ns)
    return Figure(middle, max(min(*kept, middle - margin), 0.0), max(*kept, middle + margin))
