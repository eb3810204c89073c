"""What each packet of the traffic does in the program: the simulation plays these, not averages over classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.ir.nodes import Access
from cora.ir.packets import Packet, Sent, TracedAccess
from cora.ir.store import Key, Store
from cora.traffic.observe import Observer
from cora.traffic.profile import Profile
from cora.traffic.residency import Visit, simulate
from cora.traffic.take_profile import ProfileOptions


@dataclass(frozen=True, slots=True)
class Visited:
    """A stage that a packet comes to: the blocks that it runs there."""

    stage: int
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trip:
    """One packet's way through the program."""

    way: tuple[Visited, ...]
    keys: tuple[Key, ...]
    """By access on the way, in order."""
    frame_bytes: int
    forwarded: bool


@dataclass(frozen=True, slots=True)
class Trips:
    """Of a trace, in order."""

    trips: tuple[Trip, ...]
    visits: tuple[Visit, ...]
    table_of: tuple[int, ...]
    options: ProfileOptions
    """With which the profile was taken."""

    def served(self, profile: Profile, tier: int) -> bytearray:
        """By packet, 1 if a NIC with the copies (or records) of a tier would have had all that it looks up."""
        if tier < 0:
            return bytearray(len(self.trips))
        options = self.options
        records = tier >= len(profile.tiers)
        holds_all = tier in profile.largest_tiers
        return simulate(
            self.visits,
            self.table_of,
            None if holds_all else profile.tier(tier).entries,
            activation_ns=profile.activation_ns,
            tick_ns=options.tick_ns,
            reclaim=options.reclaim,
            insertions_per_tick=profile.insertions_per_tick,
            records=records,
        ).served


def take_trips(
    graph: StateGraph, packets: Sequence[Packet], store: Store, options: ProfileOptions | None = None
) -> Trips:
    """Runs the packets, which are exactly as the network function sees them; `store` is fresh, with its entries."""
    options = options or ProfileOptions()
    observer = Observer(graph, store, options.tick_ns)
    stage_of = graph.stage_of_block()
    states_of = {
        block.name: tuple(op.state for op in block.ops if isinstance(op, Access)) for block in graph.program.blocks
    }
    ways: dict[tuple[str, ...], tuple[tuple[Visited, ...], tuple[str, ...]]] = {}
    trips: list[Trip] = []
    for packet in packets:
        result = observer(store, packet)
        blocks = tuple(observer.trace.blocks)
        found = ways.get(blocks)
        if found is None:
            found = ways[blocks] = (_way(blocks, stage_of), tuple(s for b in blocks for s in states_of[b]))
        keys = _keys(observer.trace.accesses, found[1])
        trips.append(Trip(found[0], keys, len(packet.data), isinstance(result, Sent)))
    seen = observer.finish()
    return Trips(tuple(trips), tuple(seen.visits), tuple(seen.table_of), options)


def _way(blocks: Sequence[str], stage_of: dict[str, int]) -> tuple[Visited, ...]:
    way: list[Visited] = []
    for block in blocks:
        stage = stage_of[block]
        if way and way[-1].stage == stage:
            way[-1] = Visited(stage, (*way[-1].blocks, block))
        else:
            way.append(Visited(stage, (block,)))
    return tuple(way)


def _keys(traced: Sequence[TracedAccess], states: tuple[str, ...]) -> tuple[Key, ...]:
    """The key of each access; the trace has one for each in the order of the blocks."""
    assert tuple(access.state for access in traced) == states
    return tuple(access.key for access in traced)
