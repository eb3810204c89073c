"""What a packet asks of a machine under a placement, step by step.

The rules of who runs what are those of the splitter (docs/splitting.md): a packet whose entries are not resident learns
that at its first lookup and goes on at the engine that has them; an engine takes a packet up where the copies that it
has read begin, and parses it again; answers pass the engines that handed the packet over.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cora.ir.nodes import Access
from cora.ir.store import Key
from cora.model.costs import AccessCount, access_cost, access_cycles, access_shape, op_cycles
from cora.model.evaluate import owner_left_alone
from cora.model.legality import probes
from cora.model.placement import Bucket, Placement
from cora.model.scenario import CHANGING, HAND_OFF_BYTES, SMALLEST_FRAME_BYTES, Scenario
from cora.model.schema import AccessCost, Engine, Link, Memory
from cora.simulate.machine import Arrive, Delay, Leave, Pass, Post, Run, Step
from cora.simulate.trips import Trip, Visited

STORES = 56
"""Stores that a core may have under way before it waits: the store buffer of a Skylake core (Intel 64 and IA-32
Architectures Optimization Reference Manual)."""


class Itineraries:
    """Steps of packets on one machine, under one placement, with the working sets of the scenario's rate."""

    def __init__(self, scenario: Scenario, placement: Placement, promotions_each: float = 0.0) -> None:
        """`promotions_each`: copies that are given for each packet that misses and comes back."""
        self.scenario = scenario
        self.promotions_each = promotions_each
        self.holders = scenario.holders(placement)
        self.model = scenario.model
        self.placement = placement
        self.outer = scenario.model.engines[0].name
        self.states = {state.name: state for state in scenario.graph.program.states}
        self.ops = {
            block.name: tuple(op for op in block.ops if isinstance(op, Access))
            for block in scenario.graph.program.blocks
        }
        self.counted = {block: self._counted(block) for block in self.ops}
        self._ns_a_cycle = {engine.name: 1e9 / engine.clock_hz.value for engine in self.model.engines}
        self._stage_ns: dict[tuple[Visited, str, int], float] = {}
        groups = range(len(placement.groups))
        self.left_alone = [owner_left_alone(scenario, placement, group) for group in groups]

    def _counted(self, block: str) -> tuple[AccessCount | None, ...]:
        """By access of a block, what the model counts of it; None for kinds that cost nothing."""
        found = iter(self.scenario.block_counts[block].accesses)
        shapes = (access_shape(self.states[op.state], op.kind) for op in self.ops[block])
        return tuple(None if shape is None else next(found) for shape in shapes)

    def entry(self, trip: Trip) -> tuple[Step, ...]:
        """Onto the wire, until the last bit is in."""
        wire = self.model.wire
        steps: list[Step] = [Pass("line in", self._line_ns(trip), self._line_ns(trip))]
        if wire.packet_rate is not None:
            steps.append(Pass("MAC", 1e9 / wire.packet_rate.value, 0.0))
        return tuple(steps)

    def steps(self, trip: Trip, *, resident: bool) -> tuple[Step, ...]:
        """From the last bit in to the first one out, or to the drop."""
        return tuple(_joined(_Walk(self, trip, resident=resident).steps()))

    def exit(self, trip: Trip) -> Step:
        """Waits for the wire, until the first bit can go out."""
        return Pass("line out", self._line_ns(trip), 0.0)

    def _line_ns(self, trip: Trip) -> float:
        wire = self.model.wire
        return 8e9 * (trip.frame_bytes + wire.framing_bytes) / wire.line_rate_bps.value

    # ------------------------------------------------------------ numbers

    def ns(self, engine: str, cycles: float) -> float:
        return cycles * self._ns_a_cycle[engine]

    def link(self, link: Link, way: str, frame_bytes: float) -> Iterator[Step]:
        if link.packet_rate is not None:
            yield Pass((link.name, "packets"), 1e9 / link.packet_rate.value, 0.0)
        bits_ns = 8e9 * (frame_bytes + link.overhead_bytes) / link.bandwidth_bps.value
        yield Pass((link.name, way), bits_ns, bits_ns + link.latency_ns.value)

    def packet(self, engine: str) -> Iterator[Step]:
        """An engine counts the packet against what it can pass."""
        rate = self.model.engine(engine).packet_rate
        if rate is not None:
            yield Pass((engine, "packets"), 1e9 / rate.value, 0.0)

    def wire_delay(self) -> Iterator[Step]:
        latency = self.model.wire.latency_ns
        if latency is not None and latency.value:
            yield Delay(latency.value)

    # ------------------------------------------------------------ on an engine

    def stage(self, visited: Visited, keys: list[Key], engine: str, frame_bytes: int, *, left: bool) -> Iterator[Step]:
        """A visit to a stage. `left`: the packet's entries are among those that the copies leave to the owner."""
        what = self.model.engine(engine)
        known = (visited, engine, frame_bytes)
        if known not in self._stage_ns:
            cycles = sum(op_cycles(self.scenario.block_counts[b], what, frame_bytes) for b in visited.blocks)
            self._stage_ns[known] = self.ns(engine, cycles)
        yield Run(self._stage_ns[known])
        accesses = (pair for b in visited.blocks for pair in zip(self.ops[b], self.counted[b], strict=True))
        for (op, count), key in zip(accesses, keys, strict=True):
            if count is not None:
                yield from self.access(op, count, key, what, left=left)

    def access(self, op: Access, count: AccessCount, key: Key, engine: Engine, *, left: bool) -> Iterator[Step]:
        cost = access_cost(engine, count.shape)
        if cost is None:
            return
        group = self.scenario.group_index[op.state]
        choice = self.placement.groups[group]
        memory = self.model.memory_on(engine.name, choice.memory)
        used = self._working_set(op.state, group, engine.name, left=left)
        cycles = access_cycles(engine, memory, count, cost, used, self.scenario.entries(op.state))
        yield Run(self.ns(engine.name, cycles))
        if op.kind == "insert" and self.states[op.state].kind == "flow_table":
            yield from self.insertion(engine)
        yield from self._operations(cost, memory, engine.name)
        if cost.reads and memory.spot_read_rate_per_s is not None:
            yield Pass((memory.name, op.state, key, "read"), cost.reads * 1e9 / memory.spot_read_rate_per_s.value, 0.0)
        if op.kind in CHANGING and memory.cell_rate_per_s is not None:
            cell, service_ns = (memory.name, op.state, key), 1e9 / memory.cell_rate_per_s.value
            # A core with a cache stores and goes on; the memory of a NIC's threads does one after the other.
            yield Post(cell, service_ns, STORES) if engine.threads.value == 1 else Pass(cell, service_ns, 0.0)

    def insertion(self, engine: Engine, entries: float = 1.0) -> Iterator[Step]:
        """Waits until the tables of an engine can take so many entries more."""
        rate = engine.capabilities.insert_rate_per_s
        if rate is not None:
            yield Pass((engine.name, "insertions"), entries * 1e9 / rate.value, 0.0)

    def _working_set(self, state: str, group: int, engine: str, *, left: bool) -> float:
        scenario, choice = self.scenario, self.placement.groups[group]
        entries = scenario.entries(state)
        if scenario.kinds[state] == "flow_table":
            if choice.mode in ("replicated", "sharded") and engine == choice.holder:
                return scenario.copied_entries(state)
            if left and engine == choice.owner and self.left_alone[group]:
                return entries - scenario.copied_entries(state)
        return entries

    def _operations(self, cost: AccessCost, memory: Memory, engine: str) -> Iterator[Step]:
        kinds = (
            ("read", cost.reads, memory.read_rate_per_s, memory.read_latency_cycles),
            ("write", cost.writes, memory.write_rate_per_s, memory.write_latency_cycles),
            ("atomic", cost.atomics, memory.atomic_rate_per_s, memory.atomic_latency_cycles),
        )
        for kind, count, rate, latency in kinds:
            service_ns = 0.0 if rate is None else 1e9 / rate.value
            latency_ns = self.ns(engine, latency.value) if cost.blocking else 0.0
            for _ in range(round(count)):
                yield Pass((memory.name, kind), service_ns, latency_ns)


class _Walk:
    """One packet under one placement."""

    def __init__(self, plan: Itineraries, trip: Trip, *, resident: bool) -> None:
        self.plan = plan
        self.scenario = plan.scenario
        self.trip = trip
        self.resident = resident
        path = [visited.stage for visited in trip.way]
        self.path = tuple(path)
        lookups = self.scenario.lookups
        self.lookup = next((i for i, stage in enumerate(path) if stage in lookups), len(path))
        self.keys: list[list[Key]] = []
        at = 0
        for visited in trip.way:
            count = sum(len(plan.ops[block]) for block in visited.blocks)
            self.keys.append(list(trip.keys[at : at + count]))
            at += count

    def bucket(self, position: int) -> Bucket:
        return "hot" if self.resident or position < self.lookup else "cold"

    def steps(self) -> Iterator[Step]:
        plan, size = self.plan, float(self.trip.frame_bytes)
        here = plan.placement.engine(self.path[0], self.bucket(0))
        visited = [here]
        yield from plan.wire_delay()
        if here != plan.outer:
            yield from plan.packet(plan.outer)
            for link in plan.model.links_between(plan.outer, here):
                yield from plan.link(link, "inwards", size)
        yield from self.received(here)
        for position, stage in enumerate(self.path):
            bucket = self.bucket(position)
            engine = plan.placement.engine(stage, bucket)
            if bucket == "cold" and self.asks_first(position, here):
                yield from self.at(position, here, left=False)
            if engine != here:
                yield from self.crossing(position, here, engine)
                visited.append(engine)
                here = engine
            yield from self.at(position, engine, left=bucket == "cold")
        yield from self.home(visited)

    def at(self, position: int, engine: str, *, left: bool) -> Iterator[Step]:
        visited = self.trip.way[position]
        return self.plan.stage(visited, self.keys[position], engine, self.trip.frame_bytes, left=left)

    def asks_first(self, position: int, here: str) -> bool:
        """It looks among the copies before it is known that it isn't resident."""
        stage, before = self.path[position], self.path[position - 1]
        hot = self.plan.placement.hot
        return hot[stage] == here == hot[before] and probes(self.scenario, self.plan.placement, stage, here)

    def received(self, engine: str) -> Iterator[Step]:
        yield from self.plan.packet(engine)
        yield Arrive(engine)
        yield Run(self.plan.ns(engine, self.plan.model.engine(engine).receive_cycles.value))

    def crossing(self, position: int, here: str, there: str) -> Iterator[Step]:
        plan = self.plan
        restart = self.scenario.routes.restart(self.path, position, plan.placement.held(here))
        carried = self.trip.frame_bytes + HAND_OFF_BYTES + self.scenario.live_bits(restart) / 8
        links = plan.model.links_between(here, there)
        yield from self.hop(links, here, there, carried)
        start = self.path.index(restart) if restart in self.path[:position] else position
        for again in sorted({0, *range(start, position)} if position else {}):
            yield from self.at(again, there, left=False)

    def hop(self, links: tuple[Link, ...], here: str, there: str, carried: float) -> Iterator[Step]:
        """Over one link or several; engines between pay their share without keeping the packet."""
        plan = self.plan
        yield Run(plan.ns(here, sum(link.send_cycles.value for link in links if link.source == here)))
        yield Leave(here)
        for link in links:
            yield from plan.link(link, "inwards", carried)
            if link.target != there:
                relayed = link.receive_cycles.value + sum(x.send_cycles.value for x in links if x.source == link.target)
                yield from (Arrive(link.target), Run(plan.ns(link.target, relayed)), Leave(link.target))
        yield from self.received(there)
        yield Run(plan.ns(there, sum(link.receive_cycles.value for link in links if link.target == there)))

    def home(self, visited: list[str]) -> Iterator[Step]:
        """The verdict, and the way back."""
        plan, trip = self.plan, self.trip
        last = visited[-1]
        update = not trip.forwarded and len(visited) > 1 and self.scenario.writes_register(self.path)
        if trip.forwarded or update:
            yield Run(plan.ns(last, plan.model.engine(last).transmit_cycles.value))
        yield Leave(last)
        if not trip.forwarded and not update:
            return
        frame = float(trip.frame_bytes) if trip.forwarded else float(SMALLEST_FRAME_BYTES)
        for outer, inner in reversed(list(pairwise(visited))):
            yield from self.back(outer, inner, frame)
        if not trip.forwarded:
            return
        for link in reversed(plan.model.links_between(plan.outer, visited[0])):
            yield from plan.link(link, "outwards", frame)
        yield from plan.wire_delay()
        yield plan.exit(trip)

    def back(self, outer: str, inner: str, frame: float) -> Iterator[Step]:
        plan = self.plan
        engine = plan.model.engine(outer)
        in_band = engine.capabilities.in_band
        if self.trip.forwarded and not self.resident and outer in plan.holders:
            yield from plan.insertion(engine, plan.promotions_each)
        for link in reversed(plan.model.links_between(outer, inner)):
            yield from plan.link(link, "outwards", frame + (HAND_OFF_BYTES if in_band else 0))
        if not in_band:  # the frame leaves without passing the engine's program
            return
        yield from plan.packet(outer)
        cycles = engine.receive_cycles.value + (engine.transmit_cycles.value if self.trip.forwarded else 0.0)
        yield from (Arrive(outer), Run(plan.ns(outer, cycles)), Leave(outer))


def _joined(steps: Iterator[Step]) -> Iterator[Step]:
    """Computations in a row become one, and what takes no time goes."""
    time_ns = 0.0
    for step in steps:
        if isinstance(step, Run):
            time_ns += step.time_ns
            continue
        if isinstance(step, Pass) and not step.service_ns and not step.after_ns:
            continue
        if time_ns:
            yield Run(time_ns)
            time_ns = 0.0
        yield step
    assert not time_ns
