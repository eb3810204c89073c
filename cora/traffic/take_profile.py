"""Takes a profile: runs the staged program over replayed packets and sums up what matters to the planner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cora.analysis.graph import StateGraph
from cora.ir.store import Store
from cora.traffic.observe import Observation, observe
from cora.traffic.profile import Profile, ResidencyTier, StateLoad, TrafficClass
from cora.traffic.replay import Replay
from cora.traffic.residency import Residency, simulate

SIZE_BOUNDS = (64, 128, 256, 512, 1024, 1518, 9018, 65_550)
"""Upper bounds of the size classes in bytes: those of RFC 2819's etherStats, with jumbo frames beyond."""


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    activation_ns: int = 50_000
    """From a packet's hand-off until its entries' copies serve: the way to the host and back, with its queues."""
    tick_ns: int = 10**9
    """How often expired entries and copies are swept."""
    tiers: tuple[int, ...] = (4, 16, 64, 256, 1024, 4096, 16_384, 65_536)
    """Sizes of the NIC's copies to simulate, ascending. Small ones matter: at k times the trace's rate, room for C
    entries serves like room for C / k does on the trace."""
    reclaim: bool = True
    """Once a tick also take back copies of a full table that were not used since the tick before. Without it, a small
    NIC fills with copies of flows that have ended, until their timeouts (hours, for TCP) have passed."""


def take_profile(graph: StateGraph, replay: Replay, store: Store, options: ProfileOptions | None = None) -> Profile:
    """The profile of the replayed packets on `graph.program`. `store` is fresh, with its entries, and is changed.

    The tiers are those of `options` that are too small for everything, and one more that holds all.
    """
    options = options or ProfileOptions()
    seen = observe(graph, replay.packets, store, options.tick_ns)
    sizes = np.array([len(p.data) for p in replay.packets], dtype=np.int64)
    tiers, served = _tiers(seen, options)
    flows = np.unique(np.array(replay.connections, dtype=np.int64), return_counts=True)[1]
    # A capture of one instant has no rate of its own: it is taken for a second's traffic.
    duration_s = replay.duration_ns / 1e9 or 1.0
    return Profile(
        trace=replay.name,
        packets=len(replay.packets),
        bytes=int(sizes.sum()),
        flows=len(flows),
        duration_s=duration_s,
        rate_pps=len(replay.packets) / duration_s,
        flow_arrivals_per_s=len(flows) / duration_s,
        classes=_classes(seen, sizes, served),
        tiers=tiers,
        states=tuple(_load(name, cells, seen) for name, cells in seen.cells.items()),
        block_packets={b.name: seen.block_packets[b.name] for b in graph.program.blocks},
        size_histogram=_histogram(sizes),
        activation_ns=options.activation_ns,
        hindsight_coverage=_hindsight(seen, replay, options.tick_ns, [t.entries for t in tiers]),
    )


def _tiers(seen: Observation, options: ProfileOptions) -> tuple[tuple[ResidencyTier, ...], np.ndarray]:
    """The tiers, and for each (row) and packet (column) whether it is served."""

    def run(capacity: int | None) -> Residency:
        return simulate(
            seen.visits,
            seen.table_of,
            capacity,
            activation_ns=options.activation_ns,
            tick_ns=options.tick_ns,
            reclaim=options.reclaim,
        )

    everything = run(None)
    sizes = [size for size in options.tiers if size < everything.peak]
    runs = [*(run(size) for size in sizes), everything]
    served = np.array([np.frombuffer(r.served, dtype=np.uint8) for r in runs], dtype=bool)
    tiers = tuple(
        ResidencyTier(size, r.hits, r.promotions, r.peak)
        for size, r in zip([*sizes, everything.peak], runs, strict=True)
    )
    return tiers, served


def _classes(seen: Observation, sizes: np.ndarray, served: np.ndarray) -> tuple[TrafficClass, ...]:
    """Classes, the largest first."""
    numbers = {kind: n for n, kind in enumerate(dict.fromkeys(seen.classes))}
    class_of = np.array([numbers[kind] for kind in seen.classes], dtype=np.int64)
    packets = np.bincount(class_of, minlength=len(numbers))
    total = np.bincount(class_of, weights=sizes, minlength=len(numbers))
    by_tier = np.array([np.bincount(class_of, weights=row, minlength=len(numbers)) for row in served])
    # A larger NIC can serve a packet less by chance (its copies were on the way just then). What is stated for a tier
    # is what it and all larger ones serve, so that tiers are cumulative and no class is overstated.
    by_tier = np.minimum.accumulate(by_tier[::-1], axis=0)[::-1]
    first = np.unique(class_of, return_index=True)[1]
    classes = [
        TrafficClass(
            name=seen.names[kind],
            path=kind[0],
            verdict=kind[1],
            packets=int(packets[n]),
            bytes=int(total[n]),
            resident_packets=tuple(int(x) for x in by_tier[:, n]),
            example=int(first[n]),
        )
        for kind, n in numbers.items()
    ]
    return _unique(sorted(classes, key=lambda c: (-c.packets, c.example)))


def _unique(classes: Sequence[TrafficClass]) -> tuple[TrafficClass, ...]:
    """The classes, with a number behind names that came before."""
    seen: Counter[str] = Counter()
    result: list[TrafficClass] = []
    for c in classes:
        seen[c.name] += 1
        result.append(c if seen[c.name] == 1 else replace(c, name=f"{c.name} ({seen[c.name]})"))
    return tuple(result)


def _load(name: str, cells: Counter[tuple[int, ...]], seen: Observation) -> StateLoad:
    accesses = cells.total()
    hottest = max(cells.values(), default=0)
    return StateLoad(
        state=name,
        entries_peak=seen.entries_peak[name],
        inserts=seen.inserts[name],
        accesses=accesses,
        hottest_share=hottest / accesses if accesses else 0.0,
    )


def _histogram(sizes: np.ndarray) -> tuple[tuple[int, int], ...]:
    bounds = np.array(SIZE_BOUNDS)
    places = np.minimum(np.searchsorted(bounds, sizes), len(bounds) - 1)
    counts = np.bincount(places, minlength=len(bounds))
    return tuple((bound, int(n)) for bound, n in zip(SIZE_BOUNDS, counts, strict=True) if n)


def _hindsight(seen: Observation, replay: Replay, tick_ns: int, sizes: Sequence[int]) -> tuple[float, ...]:
    """By tier, the share of packets that could be served if each tick's busiest flows had their copies in time."""
    servable = np.array([v.servable for v in seen.visits], dtype=bool)
    without_copy = servable & np.array([not v.needs for v in seen.visits], dtype=bool)
    tick = np.array([v.time_ns // tick_ns for v in seen.visits], dtype=np.int64)[servable & ~without_copy]
    flow = np.array(replay.connections, dtype=np.int64)[servable & ~without_copy]
    pairs, packets = np.unique(np.stack((tick, flow)), axis=1, return_counts=True)
    order = np.lexsort((-packets, pairs[0]))
    ticks, packets = pairs[0][order], packets[order]
    rank = np.arange(len(ticks)) - np.searchsorted(ticks, ticks)
    always = int(without_copy.sum())
    return tuple(float((always + packets[rank < size].sum()) / len(servable)) for size in sizes)
