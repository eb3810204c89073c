"""Runs a staged program over packets and notes what each did: its path through the stages, accesses and verdict.

An `Observer` stands in for the program in a replay, so that one run makes both the packets and the observation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cora.analysis.graph import StateGraph
from cora.ir.compiled import compile_program
from cora.ir.foreign import as_if_zero
from cora.ir.interp import Dropped, Packet, Result, Sent, Trace, TracedAccess
from cora.ir.store import FlowTable, Key, Store
from cora.traffic.residency import NEVER, Visit


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What the blocks that a packet visits say of it."""

    stages: tuple[int, ...]
    on_copies: bool
    """None of its accesses to a replicable group needs the owner."""
    on_records: bool
    """The same where what may be sharded with gain has its records on the NIC."""


@dataclass(slots=True)
class Observation:
    """What a run showed. Lists have one element a packet."""

    classes: list[tuple[tuple[int, ...], str]] = field(default_factory=list[tuple[tuple[int, ...], str]])
    """(path through the stages, verdict)."""
    visits: list[Visit] = field(default_factory=list[Visit])
    table_of: list[int] = field(default_factory=list[int])
    """By entry of `visits`, the number of its flow table."""
    names: dict[tuple[tuple[int, ...], str], str] = field(default_factory=dict[tuple[tuple[int, ...], str], str])
    """By class; of packets that fared differently on one path, what they have in common."""
    deeds: dict[tuple[tuple[int, ...], str], list[Deeds]] = field(
        default_factory=dict[tuple[tuple[int, ...], str], list["Deeds"]]
    )
    """By class, what its packets did with the states, once for each way through the blocks."""
    block_packets: Counter[str] = field(default_factory=Counter[str])
    cells: dict[str, Counter[Key]] = field(default_factory=dict[str, Counter[Key]])
    """By state, accesses by key."""
    inserts: Counter[str] = field(default_factory=Counter[str])
    entries_peak: dict[str, int] = field(default_factory=dict[str, int])
    uses: dict[str, Uses] = field(default_factory=dict[str, "Uses"])
    """By flow table."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What a packet did, for names: by flow table the outcomes in order, the registers and meters, the tables."""

    flow_tables: tuple[tuple[str, tuple[str, ...]], ...]
    cells: tuple[str, ...]
    tables: tuple[str, ...]


@dataclass(slots=True)
class Uses:
    """The entries of a flow table that packets found or made, in order; once a packet each."""

    packet: list[int] = field(default_factory=list[int])
    """Index in the observation."""
    entry: list[int] = field(default_factory=list[int])
    """Number of the entry in its table."""


def observe(graph: StateGraph, packets: Sequence[Packet], store: Store, tick_ns: int) -> Observation:
    """Runs `graph.program` on the packets, which are exactly as the NF sees them; `store` (fresh) is changed."""
    observer = Observer(graph, store, tick_ns)
    for packet in packets:
        observer(store, packet)
    return observer.finish()


class Observer:
    """Runs `graph.program` packet by packet on one `store` (fresh, with its entries) and remembers.

    Once a `tick_ns` of the packets' time expired entries are swept, as the control plane does. `finish` gives what was
    seen since the last `finish`; states and the numbers of entries go on.
    """

    def __init__(self, graph: StateGraph, store: Store, tick_ns: int) -> None:
        self.store = store
        self.tick_ns = tick_ns
        self.next_tick_ns = 0
        self.run = compile_program(as_if_zero(graph.program), trace=True)
        self.trace = Trace(all_states=True)
        self.stage_of = graph.stage_of_block()
        replicable = {facts.name for g in graph.groups if g.replicable for facts in g.states}
        self.owner_only = {
            site.block
            for stage in graph.stages
            for site in stage.accesses
            if not site.on_copy and site.state in replicable
        }
        sharded = graph.sharded_groups
        records = {facts.name for g in graph.groups if g.name in sharded for facts in g.states}
        self.not_on_records = {
            site.block
            for stage in graph.stages
            for site in stage.accesses
            if not (site.on_record if site.state in records else site.on_copy) and site.state in replicable
        }
        partial = [s for g in graph.groups for s, form in g.copies if form == "partial"]
        self.partial = {name: number for number, name in enumerate(partial)}
        self.states = tuple(s.name for s in graph.program.states)
        self.entries: dict[tuple[str, Key], int] = {}
        self.table_of: list[int] = []
        self.used: dict[str, dict[Key, int]] = {name: {} for name in store.flow_tables}
        self.paths: dict[tuple[str, ...], PathFacts] = {}
        self.named: set[tuple[tuple[str, ...], str]] = set()
        self.seen = self._fresh()

    def __call__(self, store: Store, packet: Packet) -> Result:
        """The next packet. `store` is the observer's own."""
        if packet.time_ns >= self.next_tick_ns:
            store.sweep(packet.time_ns)
            self.next_tick_ns = (packet.time_ns // self.tick_ns + 1) * self.tick_ns
        self.trace.clear()
        result = self.run(store, packet, trace=self.trace)
        self.note(packet.time_ns, result, self.trace)
        return result

    def _fresh(self) -> Observation:
        held = {name: len(table.entries) for name, table in self.store.flow_tables.items()}
        return Observation(
            table_of=self.table_of,
            cells={name: Counter() for name in self.states},
            entries_peak={name: held.get(name, 0) for name in self.states},
            uses={name: Uses() for name in self.store.flow_tables},
        )

    def note(self, time_ns: int, result: Result, trace: Trace) -> None:
        blocks = tuple(trace.blocks)
        path = self.paths.get(blocks)
        if path is None:
            path = self.paths[blocks] = self._path(blocks)
        self.seen.block_packets.update(blocks)
        verdict = result.reason if isinstance(result, Dropped) else "forward"
        kind = (path.stages, verdict)
        self.seen.classes.append(kind)
        if (blocks, verdict) not in self.named:
            self.named.add((blocks, verdict))
            self.seen.deeds.setdefault(kind, []).append(_deeds(trace.accesses, self.store))
        self._accesses(trace.accesses)
        self.seen.visits.append(self._visit(time_ns, path, trace.accesses, isinstance(result, Sent)))

    def _path(self, blocks: tuple[str, ...]) -> PathFacts:
        stages: list[int] = []
        for block in blocks:
            if not stages or stages[-1] != self.stage_of[block]:
                stages.append(self.stage_of[block])
        on_copies, on_records = (bad.isdisjoint(blocks) for bad in (self.owner_only, self.not_on_records))
        return PathFacts(tuple(stages), on_copies, on_records)

    def _accesses(self, accesses: list[TracedAccess]) -> None:
        seen = self.seen
        packet = len(seen.visits)
        for state, kind, key, hit in accesses:
            seen.cells[state][key] += 1
            uses = seen.uses.get(state)
            if uses is None or not hit:
                continue
            if kind == "insert":
                seen.inserts[state] += 1
                size = len(self.store.flow_tables[state].entries)
                seen.entries_peak[state] = max(seen.entries_peak[state], size)
            number = self.used[state].setdefault(key, len(self.used[state]))
            # Most accesses of a packet to a table are to the entry that it has just looked up.
            if not uses.packet or uses.packet[-1] != packet or uses.entry[-1] != number:
                uses.packet.append(packet)
                uses.entry.append(number)

    def _visit(self, time_ns: int, path: PathFacts, accesses: list[TracedAccess], sent: bool) -> Visit:
        needs: list[int] = []
        kept: dict[int, int] = {}
        keys: list[int] = []
        found = True
        for state, kind, key, hit in accesses:
            if state not in self.partial:
                continue
            entry = self._entry(state, key)
            if entry not in keys:
                keys.append(entry)
                table = self.store.flow_tables[state]
                if key in table.entries:
                    kept[entry] = _expires_ns(table, key)
            if kind == "lookup":
                needs.append(entry)
                found = found and hit
        servable, by_record = path.on_copies and found, path.on_records and found
        return Visit(time_ns, servable, tuple(needs), tuple(keys), tuple(kept.items()), sent, by_record)

    def _entry(self, state: str, key: Key) -> int:
        number = self.entries.get((state, key))
        if number is None:
            number = self.entries[state, key] = len(self.entries)
            self.table_of.append(self.partial[state])
        return number

    def finish(self) -> Observation:
        """What was seen. The peaks of states that only grow are their sizes at the end."""
        seen = self.seen
        store, peak = self.store, seen.entries_peak
        peak |= {name: len(t.rows) for name, t in store.tables.items()}
        peak |= {name: len(r.cells) for name, r in store.registers.items()}
        peak |= {name: len(c.cells) for name, c in store.counters.items()}
        peak |= {name: len(m.cells) for name, m in store.meters.items()}
        seen.names = {kind: _name(deeds, kind[1]) for kind, deeds in seen.deeds.items()}
        self.seen = self._fresh()
        self.named.clear()
        return seen


def _expires_ns(table: FlowTable, key: Key) -> int:
    entry = table.entries[key]
    timeout_ns = table.timeout_ns(entry)
    return NEVER if timeout_ns is None else entry.last_ns + timeout_ns


_OUTCOMES = {
    ("lookup", True): "hit",
    ("lookup", False): "miss",
    ("insert", True): "insert",
    ("insert", False): "full",
    ("delete", True): "delete",
    ("update", True): "update",
}


def _deeds(accesses: list[TracedAccess], store: Store) -> Deeds:
    outcomes: dict[str, list[str]] = {}
    for state, kind, _, hit in accesses:
        if state in store.flow_tables and (word := _OUTCOMES.get((kind, hit))) is not None:
            words = outcomes.setdefault(state, [])
            if words[-1:] != [word]:
                words.append(word)
    cells = store.registers.keys() | store.meters.keys()
    return Deeds(
        tuple((state, tuple(words)) for state, words in outcomes.items()),
        tuple(dict.fromkeys(a.state for a in accesses if a.state in cells)),
        tuple(dict.fromkeys(f"{a.state} {_OUTCOMES['lookup', a.hit]}" for a in accesses if a.state in store.tables)),
    )


def _name(deeds: list[Deeds], verdict: str) -> str:
    """A class in words, by what all its packets did with the flow tables: "sessions miss, insert: forward", or
    "sessions hit or miss: forward" where some hit. Without any, by the registers and meters that they accessed, or by
    the tables that they looked up."""
    tables = _common([tuple(state for state, _ in d.flow_tables) for d in deeds])
    parts = [_outcomes(state, [dict(d.flow_tables)[state] for d in deeds]) for state in tables]
    words = parts or _common([d.cells for d in deeds]) or _common([d.tables for d in deeds])
    return f"{', '.join(words) or 'no state'}: {verdict}"


def _common(lists: list[tuple[str, ...]]) -> list[str]:
    return [word for word in lists[0] if all(word in other for other in lists)]


def _outcomes(state: str, ways: list[tuple[str, ...]]) -> str:
    """ "sessions hit, update" if all packets did just that, else how it began: "sessions hit or miss"."""
    if len(set(ways)) == 1:
        return f"{state} {', '.join(ways[0])}"
    return f"{state} {' or '.join(sorted({words[0] for words in ways}))}"
