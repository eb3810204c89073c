"""Takes a profile: runs the staged program over replayed packets and sums up what matters to the planner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.ir.store import Store
from cora.traffic.hot_cells import hot_cells
from cora.traffic.observe import Observation, Observer, observe
from cora.traffic.profile import Profile, ResidencyTier, StateLoad, TableReuse, TrafficClass
from cora.traffic.replay import Replay
from cora.traffic.residency import Residency, simulate
from cora.traffic.reuse import concatenated, table_reuse
from cora.traffic.sizes import size_histogram


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
    insertions_per_tick: int | None = None
    """The most copies that are installed between two ticks; None: as many as come."""


def take_profile(graph: StateGraph, replay: Replay, store: Store, options: ProfileOptions | None = None) -> Profile:
    """The profile of the replayed packets on `graph.program`. `store` is fresh, with its entries, and is changed.

    The tiers are those of `options` that are too small for everything, and one more that holds all.
    """
    options = options or ProfileOptions()
    return profile_of(graph, replay, observe(graph, replay.packets, store, options.tick_ns), options)


def profile_of(graph: StateGraph, replay: Replay, seen: Observation, options: ProfileOptions) -> Profile:
    """The profile of packets that were observed already; see `take_profile`."""
    return _Part(graph, replay, seen, options).profile()


def split_profile(
    graph: StateGraph, replay: Replay, store: Store, share: float, options: ProfileOptions | None = None
) -> tuple[Profile, Profile]:
    """The profiles of the first `share` of the packets and of the rest: to plan on one and score on the other.

    The rest finds states, copies on the NIC and recently used entries as the first part left them. Its tiers are those
    of the first part, at the same room for each copy of the trace: the rest is a trace with another rate, so that at
    one planned rate as many copies of it share a NIC as the ratio of the two rates says. Raises `UserError` C0512
    for a share that leaves nothing on one of the sides.
    """
    options = options or ProfileOptions()
    cut = round(share * len(replay.packets))
    if not 0 < cut < len(replay.packets):
        raise error(
            "C0512",
            f"a share of {share:g} of {len(replay.packets):,} packets leaves nothing on one side",
            where=replay.name,
            help="give a share between 0 and 1, such as 0.5, and a trace with more packets",
        )
    observer = Observer(graph, store, options.tick_ns)
    parts: list[Observation] = []
    for packets in (replay.packets[:cut], replay.packets[cut:]):
        for packet in packets:
            observer(store, packet)
        parts.append(observer.finish())
    head, rest = replay.part(0, cut, "first part"), replay.part(cut, len(replay.packets), "rest")
    first = profile_of(graph, head, parts[0], options)
    before = _Before(parts[0], max(head.connections) + 1, tuple(t.entries for t in first.tiers), first.rate_pps)
    return first, _Part(graph, rest, parts[1], options, before).profile()


@dataclass(frozen=True, slots=True)
class _Before:
    """What came before the packets that are profiled."""

    seen: Observation
    connections: int
    tiers: tuple[int, ...]
    rate_pps: float


@dataclass(frozen=True)
class _Part:
    """A run of packets and what was seen of them, after what came before."""

    graph: StateGraph
    replay: Replay
    seen: Observation
    options: ProfileOptions
    before: _Before | None = None

    @property
    def duration_s(self) -> float:
        # A capture of one instant has no rate of its own: it is taken for a second's traffic.
        return self.replay.duration_ns / 1e9 or 1.0

    @property
    def rate_pps(self) -> float:
        return len(self.replay.packets) / self.duration_s

    def profile(self) -> Profile:
        replay, seen, options = self.replay, self.seen, self.options
        sizes = np.array([len(p.data) for p in replay.packets], dtype=np.int64)
        tiers, served = self.tiers()
        record_tiers, by_record = self.record_tiers(tiers)
        flows = np.unique(np.array(replay.connections, dtype=np.int64))
        new_flows = int((flows >= self.before.connections).sum()) if self.before else len(flows)
        return Profile(
            trace=replay.name,
            packets=len(replay.packets),
            bytes=int(sizes.sum()),
            flows=len(flows),
            duration_s=self.duration_s,
            rate_pps=self.rate_pps,
            flow_arrivals_per_s=new_flows / self.duration_s,
            classes=_classes(seen, sizes, served, by_record, [stage.name for stage in self.graph.stages]),
            tiers=tiers,
            states=tuple(self.load(name) for name in seen.cells),
            block_packets={b.name: seen.block_packets[b.name] for b in self.graph.program.blocks},
            size_histogram=size_histogram(sizes),
            activation_ns=options.activation_ns,
            hindsight_coverage=_hindsight(seen, replay, options.tick_ns, [t.entries for t in tiers]),
            insertions_per_tick=options.insertions_per_tick,
            reuse=self.reuse(),
            record_tiers=record_tiers,
        )

    def load(self, name: str) -> StateLoad:
        seen, cells = self.seen, self.seen.cells[name]
        accesses = cells.total()
        hot = hot_cells(self.graph.program.state(name), cells)
        share = hot[0].share if hot else 0.0
        return StateLoad(name, seen.entries_peak[name], seen.inserts[name], accesses, share, hot)

    def tiers(self) -> tuple[tuple[ResidencyTier, ...], np.ndarray]:
        """The tiers, and for each (row) and packet (column) whether it is served."""
        if self.before is None:
            everything = self.simulate(None)
            sizes = [size for size in self.options.tiers if size < everything.peak]
            runs = [*(self.simulate(size) for size in sizes), everything]
            sizes.append(everything.peak)
        else:
            ratio = self.rate_pps / self.before.rate_pps
            sizes = [max(1, round(size * ratio)) for size in self.before.tiers]
            runs = [self.simulate(size) for size in sizes]
        return _tiers(sizes, runs), _served(runs)

    def record_tiers(self, tiers: Sequence[ResidencyTier]) -> tuple[tuple[ResidencyTier, ...], np.ndarray | None]:
        """The same sizes with records on the NIC; nothing if no group gains by that."""
        if not self.graph.sharded_groups:
            return (), None
        sizes = [tier.entries for tier in tiers]
        last = None if self.before is None else sizes[-1]
        runs = [self.simulate(size, records=True) for size in (*sizes[:-1], last)]
        return _tiers(sizes, runs), _served(runs)

    def simulate(self, capacity: int | None, *, records: bool = False) -> Residency:
        warm = self.before.seen.visits if self.before else []
        options = self.options
        return simulate(
            [*warm, *self.seen.visits] if warm else self.seen.visits,
            self.seen.table_of,
            capacity,
            activation_ns=options.activation_ns,
            tick_ns=options.tick_ns,
            reclaim=options.reclaim,
            insertions_per_tick=options.insertions_per_tick,
            records=records,
            since=len(warm),
        )

    def reuse(self) -> tuple[TableReuse, ...]:
        seen = [self.before.seen, self.seen] if self.before else [self.seen]
        since = len(self.before.seen.visits) if self.before else 0
        times_ns = concatenated([[v.time_ns for v in part.visits] for part in seen])
        found: list[TableReuse] = []
        for state in self.seen.uses:
            uses = [part.uses[state] for part in seen]
            packets = concatenated([u.packet for u in uses])
            packets[len(packets) - len(uses[-1].packet) :] += since
            table = table_reuse(state, packets, concatenated([u.entry for u in uses]), times_ns, since)
            if table is not None:
                found.append(table)
        return tuple(found)


def _tiers(sizes: Sequence[int], runs: Sequence[Residency]) -> tuple[ResidencyTier, ...]:
    return tuple(
        ResidencyTier(size, r.hits, r.promotions, r.peak, r.refused) for size, r in zip(sizes, runs, strict=True)
    )


def _served(runs: Sequence[Residency]) -> np.ndarray:
    return np.array([np.frombuffer(r.served, dtype=np.uint8) for r in runs], dtype=bool)


def _classes(
    seen: Observation,
    sizes: np.ndarray,
    served: np.ndarray,
    by_record: np.ndarray | None,
    stages: Sequence[str],
) -> tuple[TrafficClass, ...]:
    """Classes, the largest first."""
    numbers = {kind: n for n, kind in enumerate(dict.fromkeys(seen.classes))}
    class_of = np.array([numbers[kind] for kind in seen.classes], dtype=np.int64)
    packets = np.bincount(class_of, minlength=len(numbers))
    total = np.bincount(class_of, weights=sizes, minlength=len(numbers))
    by_tier = _cumulative(class_of, served, len(numbers))
    with_records = None if by_record is None else _cumulative(class_of, by_record, len(numbers))
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
            record_packets=() if with_records is None else tuple(int(x) for x in with_records[:, n]),
        )
        for kind, n in numbers.items()
    ]
    return _unique(sorted(classes, key=lambda c: (-c.packets, c.example)), stages)


def _cumulative(class_of: np.ndarray, served: np.ndarray, classes: int) -> np.ndarray:
    """Served packets by tier and class. A larger NIC can serve a packet less by chance (its copies were on the way just
    then). What is stated for a tier is what it and all larger ones serve, so that tiers are cumulative and no class is
    overstated."""
    by_tier = np.array([np.bincount(class_of, weights=row, minlength=classes) for row in served])
    return np.minimum.accumulate(by_tier[::-1], axis=0)[::-1]


def _unique(classes: Sequence[TrafficClass], stages: Sequence[str]) -> tuple[TrafficClass, ...]:
    """The classes; of several with one name, all but the first with the first stage by which they differ from it, and
    with a number where that isn't enough. `stages`: the names of the stages."""
    firsts: dict[str, TrafficClass] = {}
    taken: Counter[str] = Counter()
    result: list[TrafficClass] = []
    for c in classes:
        first = firsts.setdefault(c.name, c)
        apart = next((stages[s] for s in c.path if s not in first.path), "")
        name = f"{c.name} via {apart}" if apart else c.name
        taken[name] += 1
        result.append(replace(c, name=name if taken[name] == 1 else f"{name} ({taken[name]})"))
    return tuple(result)


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
