"""What each event in a packet's life asks of the machine: arriving, running a stage, crossing, leaving.

A charge is a linear combination of *meters*: (what, where) -> amount for one packet. Evaluator and optimiser use the
same charges; the one multiplies them by rates along the paths of a placement, the other by its variables.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cora.analysis.graph import StateFacts
from cora.model.placement import GroupChoice
from cora.model.scenario import HAND_OFF_BYTES, SMALLEST_FRAME_BYTES, PathLoad, Scenario
from cora.model.schema import Link, Memory

What = Literal[
    "cycles", "wait", "packets", "inserts", "code",  # of an engine
    "read", "write", "atomic", "bytes", "entries",  # of a memory
    "spot",  # of a memory: reads of the hottest place of each state
    "inwards", "outwards", "passages",  # of a link: bits each way, packets
    "cell",  # changes of the hottest cell of `memory/state`
]  # fmt: skip
Meter = tuple[What, str]
Charge = dict[Meter, float]


def add(total: Charge, charge: Charge, times: float = 1.0) -> None:
    """total += times * charge"""
    for meter, amount in charge.items():
        total[meter] = total.get(meter, 0.0) + times * amount


def _sum(charges: Iterable[Charge]) -> Charge:
    total: Charge = {}
    for charge in charges:
        add(total, charge)
    return total


class Charges:
    """The charges of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.model = scenario.model
        self._memories: dict[tuple[str, str], Memory] = {}
        self._accesses: dict[tuple[int, int, str, str, bool, bool], Charge] = {}

    # ------------------------------------------------------------ on the way in

    def arrive(self, engine: str, frame_bytes: float) -> Charge:
        """From the wire to the first engine that runs a stage."""
        outer = self.model.engines[0].name
        charge: Charge = {("packets", outer): 1.0, ("cycles", engine): self.model.engine(engine).receive_cycles.value}
        charge["packets", engine] = 1.0
        for link in self.model.links_between(outer, engine):
            add(charge, self._inwards(link, frame_bytes))
        return charge

    def _inwards(self, link: Link, frame_bytes: float) -> Charge:
        return {("inwards", link.name): 8 * (frame_bytes + link.overhead_bytes), ("passages", link.name): 1.0}

    def _outwards(self, link: Link, frame_bytes: float) -> Charge:
        return {("outwards", link.name): 8 * (frame_bytes + link.overhead_bytes), ("passages", link.name): 1.0}

    def cross(self, here: str, there: str, frame_bytes: float, live_bits: int) -> Charge:
        """Handing a packet over, and receiving it; without what the receiver runs again."""
        charge: Charge = {("packets", there): 1.0, ("cycles", there): self.model.engine(there).receive_cycles.value}
        for link in self.model.links_between(here, there):
            add(charge, self._inwards(link, frame_bytes + HAND_OFF_BYTES + live_bits / 8))
            add(charge, {("cycles", link.source): link.send_cycles.value})
            add(charge, {("cycles", link.target): link.receive_cycles.value})
        return charge

    # ------------------------------------------------------------ on an engine

    def stage(self, stage: int, engine: str) -> Charge:
        """A visit to a stage, without its accesses to states."""
        return {("cycles", engine): self.scenario.stage_cycles(stage, engine)}

    def memory_on(self, engine: str, choice: GroupChoice) -> Memory:
        """Where an engine that accesses a group finds it."""
        found = self._memories.get((engine, choice.memory))
        if found is None:
            found = self._memories[engine, choice.memory] = self.model.memory_on(engine, choice.memory)
        return found

    def access(self, stage: int, group: int, engine: str, choice: GroupChoice, *, left: bool = False) -> Charge:
        """The accesses of a visit to a stage to the states of a group; `left` as in `Scenario.access`."""
        memory = self.memory_on(engine, choice)
        copy = choice.mode in ("replicated", "sharded") and engine == choice.holder
        key = (stage, group, engine, memory.name, copy, left)
        charge = self._accesses.get(key)
        if charge is None:
            charge = self._access(stage, group, engine, memory, copy=copy, left=left)
            self._accesses[key] = charge
        return charge

    def _access(self, stage: int, group: int, engine: str, memory: Memory, *, copy: bool, left: bool) -> Charge:
        what = self.scenario.access(stage, group, engine, memory, copy=copy, left=left)
        charge: Charge = {
            ("cycles", engine): what.cycles,
            ("wait", engine): what.wait_cycles,
            ("read", memory.name): what.reads,
            ("write", memory.name): what.writes,
            ("atomic", memory.name): what.atomics,
            ("spot", memory.name): what.spot_reads,
            ("inserts", engine): self.scenario.inserts(stage, group),
        }
        for state in {site.state for site in self.scenario.stage_sites(stage, group)}:
            charge["cell", f"{memory.name}/{state}"] = self.scenario.cell_changes(stage, state)
        return {meter: amount for meter, amount in charge.items() if amount}

    # ------------------------------------------------------------ on the way out

    def finish(self, load: PathLoad, last: str) -> Charge:
        """The last engine transmits what is forwarded."""
        return {("cycles", last): self.model.engine(last).transmit_cycles.value} if load.forwarded else {}

    def go_back(self, load: PathLoad, outer: str, inner: str) -> Charge:
        """From an engine back to the one that handed over to it: the answer, or only an update if the packet is
        dropped after it has changed a register."""
        engine = self.model.engine(outer)
        links = self.model.links_between(outer, inner)
        if not engine.capabilities.in_band:  # the frame leaves without passing the engine's program
            passing = links if load.forwarded else ()
            return _sum(self._outwards(link, load.mean_bytes) for link in passing)
        if load.forwarded:
            frame, cycles = load.mean_bytes, engine.receive_cycles.value + engine.transmit_cycles.value
            charge: Charge = {("packets", outer): 1.0, ("cycles", outer): cycles}
        elif load.writes_register:
            frame = SMALLEST_FRAME_BYTES
            charge = {("packets", outer): 1.0, ("cycles", outer): engine.receive_cycles.value}
            charge["cycles", inner] = self.model.engine(inner).transmit_cycles.value
        else:
            return {}
        return _sum((charge, *(self._outwards(link, frame + HAND_OFF_BYTES) for link in links)))

    def to_wire(self, load: PathLoad, first: str) -> Charge:
        """From the first engine out through what lies before it."""
        links = self.model.links_between(self.model.engines[0].name, first) if load.forwarded else ()
        return _sum(self._outwards(link, load.mean_bytes) for link in links)

    # ------------------------------------------------------------ not by packet

    def promotions(self, holder: str) -> Charge:
        """Per second: copies given by the host and taken by `holder`, as the residency simulation counts them."""
        per_s = self.scenario.promotions_per_s
        charge: Charge = {("inserts", holder): per_s}
        for engine in (self.model.host, self.model.engine(holder)):
            if engine.promotion_cycles is not None:
                charge["cycles", engine.name] = per_s * engine.promotion_cycles.value
        return charge

    def residence(self, group: int, choice: GroupChoice) -> Charge:
        """Bytes of the memories of the owner and of the holder. A sum in parts takes two places for each value: the
        engine's own part, and what it knows of the others'."""
        what = self.scenario.graph.groups[group]
        scenario = self.scenario
        parts = 2 if scenario.stale_ms(group, choice) and choice.mode == "merged" else 1
        own = self.model.memories_of(choice.owner)[0] if choice.holder else self.model.memory(choice.memory)
        charge: Charge = {("bytes", own.name): parts * sum(scenario.owned_bytes(f.name, own) for f in what.states)}
        charge["entries", own.name] = sum(scenario.stored(f.name) for f in what.states)
        if not choice.holder:
            for facts in what.states:
                add(charge, self._sweeping(facts, choice.owner, copy=False))
            return charge
        memory = self.model.memory(choice.memory)
        charge["bytes", memory.name] = parts * sum(scenario.copy_bytes(f.name, memory) for f in what.states)
        partial = scenario.is_partial(group, choice)
        held = scenario.copied_entries if partial else scenario.stored
        charge["entries", memory.name] = sum(held(f.name) for f in what.states)
        for facts in what.states if partial else ():
            add(charge, self._sweeping(facts, choice.holder, copy=True))
        add(charge, self._renewing(group, choice, memory))
        return charge

    def _renewing(self, group: int, choice: GroupChoice, memory: Memory) -> Charge:
        """Per second: the control plane renews copies that may be stale, and fetches the parts of a sum."""
        charge: Charge = {}
        holder, host = self.model.engine(choice.holder), self.model.host
        each = holder.sweep.per_entry_ns.value * host.clock_hz.value / 1e9 if holder.sweep is not None else 0.0
        if not each and host.promotion_cycles is not None:
            each = host.promotion_cycles.value
        ways = 2 if choice.mode == "merged" else 1
        for state, cells_per_s in self.scenario.renewed_per_s(group, choice).items():
            bits = 8 * cells_per_s * self.scenario.facts[state].entry_bytes
            add(charge, {("cycles", host.name): ways * each * cells_per_s, ("write", memory.name): cells_per_s})
            if ways == 2:
                add(charge, {("read", memory.name): cells_per_s})
            for link in self.model.links_between(choice.holder, host.name):
                add(charge, {("outwards", link.name): bits, **({("inwards", link.name): bits} if ways == 2 else {})})
        return charge

    def _sweeping(self, facts: StateFacts, engine: str, *, copy: bool) -> Charge:
        """Per second: the host's control plane reads the timers of entries on another engine over the link."""
        there, host = self.model.engine(engine), self.model.host
        looked_at = self.scenario.swept_per_s(facts.name, there, copy=copy)
        if there.sweep is None or not looked_at:
            return {}
        charge: Charge = {("cycles", host.name): looked_at * there.sweep.per_entry_ns.value * host.clock_hz.value / 1e9}
        for link in self.model.links_between(engine, host.name):
            charge["inwards", link.name] = looked_at * 8 * facts.entry_bytes
        return charge

    def code(self, stage: int, engine: str) -> Charge:
        return {("code", engine): self.scenario.stage_instructions(stage)}


def again_stages(load: PathLoad, position: int, restart: int) -> tuple[int, ...]:
    """What the next engine runs again before the stage at `position`: the parser, and the path from `restart` on."""
    before = load.path[:position]
    start = before.index(restart) if restart in before else position
    return (*before[: min(1, start)], *before[start:])
