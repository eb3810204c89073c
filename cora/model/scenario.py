"""A program, its traffic at one rate, and a machine: the coefficients that the evaluator and the optimiser share.

Rates and costs of stages are constants of a scenario, so that every demand is linear in where things are placed.
A class whose path looks up no flow table is *hot* as a whole: no lookup can send it away from the NIC. Otherwise its
packets that are resident in the chosen tier are hot and the rest is *cold*; up to its first lookup in a flow table a
cold packet is indistinguishable from a hot one and runs where those run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cora.analysis.graph import AccessSite, StateFacts, StateGraph
from cora.diagnostics import error
from cora.model.contexts import cannot_follow
from cora.model.costs import OpCounts, access_cost, access_cycles, op_cycles
from cora.model.placement import Bucket, GroupChoice, Placement
from cora.model.routes import Routes
from cora.model.schema import Engine, Memory, Model
from cora.model.structure import structure_of
from cora.traffic.profile import Profile
from cora.traffic.scale import ScaledClass, ScaledProfile, at_rate

HAND_OFF_BYTES = 40
"""Fixed part of the hand-off header, see `cora.split.handoff`."""
CHANGING = ("update", "touch", "write", "rmw", "count", "meter", "insert")
"""Kinds of accesses that change a cell."""
SMALLEST_FRAME_BYTES = 60
"""What carries an answer without a packet: an update-only frame."""


@dataclass(frozen=True, slots=True)
class AccessDemand:
    """What one access costs: cycles, cycles of waiting, and operations on the memory."""

    cycles: float = 0.0
    wait_cycles: float = 0.0
    reads: float = 0.0
    writes: float = 0.0
    atomics: float = 0.0
    spot_reads: float = 0.0
    """Reads of the state's hottest entry or cell."""


@dataclass(frozen=True, slots=True)
class PathLoad:
    """A traffic class at the scenario's rate. `lookup` is the position in `path` of the first flow-table lookup."""

    name: str
    path: tuple[int, ...]
    verdict: str
    rate_pps: float
    hot_pps: float
    mean_bytes: float
    lookup: int | None
    writes_register: bool
    """It changes a register that a copy could follow: dropped on the owner, it still sends an update back."""

    @property
    def forwarded(self) -> bool:
        return self.verdict == "forward"

    def buckets(self) -> tuple[tuple[Bucket, float], ...]:
        """(bucket, packets/s) of the buckets that hold packets."""
        loads: tuple[tuple[Bucket, float], ...] = (("hot", self.hot_pps), ("cold", self.rate_pps - self.hot_pps))
        return tuple((bucket, pps) for bucket, pps in loads if pps > 1e-9 * self.rate_pps)

    def bucket_at(self, position: int, bucket: Bucket) -> Bucket:
        """The bucket by which the stage at a position of the path is placed."""
        return "hot" if self.lookup is None or position < self.lookup else bucket


class Scenario:
    """`tier` is the number of a tier (`Profile.tier`) or -1; `rate_pps` > 0. C0624 if graph and profile don't match.

    `reordering`: the user allows that packets of a flow overtake each other while its entry is installed, so that
    engines that answers don't pass may hold copies of entries."""

    def __init__(
        self,
        graph: StateGraph,
        profile: Profile,
        model: Model,
        rate_pps: float,
        tier: int,
        *,
        reordering: bool = False,
    ) -> None:
        _check(graph, profile)
        self.reordering = reordering
        self.graph = graph
        self.profile = profile
        self.model = model
        self.rate_pps = rate_pps
        self.tier = tier
        self.traffic: ScaledProfile = at_rate(profile, rate_pps)
        self.engines: tuple[Engine, ...] = model.stage_engines
        self.order: dict[str, int] = {engine.name: i for i, engine in enumerate(self.engines)}
        structure = structure_of(graph)
        self.structure = structure
        self.group_index: dict[str, int] = structure.group_index
        self.facts: dict[str, StateFacts] = structure.facts
        self.kinds: dict[str, str] = structure.kinds
        self.named_groups: dict[str, int] = structure.named_groups
        self._loads = {load.state: load for load in self.traffic.states}
        self._cycles: dict[tuple[int, str], float] = {}
        self._demands: dict[tuple[int, int, str, str, bool, bool], AccessDemand] = {}
        self._cannot_run: dict[tuple[int, str], str] = {}

    def on(self, model: Model) -> Scenario:
        """The same program and traffic on another machine; what doesn't depend on the machine is not computed again."""
        other = Scenario(self.graph, self.profile, model, self.rate_pps, self.tier, reordering=self.reordering)
        for name in ("mean_bytes", "classes", "block_visits"):
            other.__dict__[name] = getattr(self, name)
        same = {a.name for a in model.engines for b in self.model.engines if a is b}
        same_memories = {a.name for a in model.memories for b in self.model.memories if a is b}
        other._cycles.update((key, cost) for key, cost in self._cycles.items() if key[1] in same)
        other._demands.update(
            (key, cost) for key, cost in self._demands.items() if key[2] in same and key[3] in same_memories
        )
        return other

    def changing_ahead(self, stage: int) -> frozenset[int]:
        """The groups that packets change and that may be accessed from a stage on."""
        return self.structure.changing_ahead[stage]

    # ------------------------------------------------------------ traffic

    @cached_property
    def mean_bytes(self) -> float:
        return self.traffic.bytes_per_s / self.rate_pps

    @cached_property
    def classes(self) -> tuple[PathLoad, ...]:
        return tuple(self._path_load(c) for c in self.traffic.classes if c.rate_pps > 0)

    def _path_load(self, traffic_class: ScaledClass) -> PathLoad:
        path = traffic_class.path
        lookup = next((i for i, stage in enumerate(path) if self.is_lookup(stage)), None)
        if lookup is None:
            hot_pps = traffic_class.rate_pps
        else:
            hot_pps = traffic_class.served_pps(self.tier) if self.tier >= 0 else 0.0
        writes = self.writes_register(path)
        mean_bytes = traffic_class.bytes_per_s / traffic_class.rate_pps
        name, verdict, rate = traffic_class.name, traffic_class.verdict, traffic_class.rate_pps
        return PathLoad(name, path, verdict, rate, min(hot_pps, rate), mean_bytes, lookup, writes)

    def writes_register(self, path: Iterable[int]) -> bool:
        """Whether one of the stages changes a register that a copy could follow."""
        return any(
            self.kinds[site.state] == "register" and not site.on_copy
            for stage in path
            for site in self.graph.stages[stage].accesses
        )

    @property
    def lookups(self) -> frozenset[int]:
        """Stages that look up a flow table."""
        return self.structure.lookups

    def is_lookup(self, stage: int) -> bool:
        return stage in self.lookups

    @property
    def routes(self) -> Routes:
        return self.structure.routes

    def hot_lookups(self, group: int) -> tuple[int, ...]:
        """Stages in which resident packets look up a flow table of the group."""
        visited = {s for c in self.classes if c.hot_pps > 0 and c.lookup is not None for s in c.path}
        tables = {f.name for f in self.graph.groups[group].states if self.kinds[f.name] == "flow_table"}
        return tuple(
            stage
            for stage in sorted(self.lookups & visited)
            if any(site.kind == "lookup" and site.state in tables for site in self.graph.stages[stage].accesses)
        )

    def is_partial(self, group: int, choice: GroupChoice) -> bool:
        """The choice gives an engine copies of single entries."""
        forms = {form for _, form in self.graph.groups[group].copies}
        return choice.mode == "sharded" or (choice.mode == "replicated" and "partial" in forms)

    def holders(self, placement: Placement) -> tuple[str, ...]:
        """The engines that are given copies of single entries, by name."""
        choices = enumerate(placement.groups)
        return tuple(sorted({choice.holder for group, choice in choices if self.is_partial(group, choice)}))

    @property
    def records(self) -> bool:
        """The NIC has records of what may be sharded, not copies: its shares of the traffic are those of that mode."""
        return self.tier >= len(self.profile.tiers)

    def _gives_records(self, group: int) -> bool:
        return self.records and self.graph.groups[group].name in self.graph.sharded_groups

    @property
    def promotions_per_s(self) -> float:
        return self.traffic.tier(self.tier).promotions_per_s if self.tier >= 0 else 0.0

    # ------------------------------------------------------------ state sizes

    def entries(self, state: str) -> float:
        """Entries of a state at the scenario's rate, at least 1."""
        load = self._loads.get(state)
        used = load.entries_peak if load is not None else 0.0
        return max(used, float(self.structure.rows[state]), 1.0)

    def hottest_share(self, state: str) -> float:
        load = self._loads.get(state)
        return load.hottest_share if load is not None else 0.0

    def copied_entries(self, state: str) -> float:
        """Entries of a flow table for which a copy of the chosen tier has room."""
        return min(self.traffic.tier(self.tier).entries, self.entries(state)) if self.tier >= 0 else 0.0

    def owned_bytes(self, state: str, memory: Memory) -> float:
        """Bytes of a whole state: its declared capacity, or what the traffic needs if that is more."""
        facts = self.facts[state]
        if self.kinds[state] in ("register", "counter", "meter"):
            return facts.capacity * facts.entry_bytes
        return self._table_bytes(facts, max(float(facts.capacity), self.entries(state)), memory)

    def copy_bytes(self, state: str, memory: Memory) -> float:
        """Bytes of what an engine beside the owner holds of a state."""
        if self.kinds[state] == "flow_table":
            return self._table_bytes(self.facts[state], self.copied_entries(state), memory)
        return self.owned_bytes(state, memory)

    def stored(self, state: str) -> float:
        """Entries or cells that a whole state takes where it lives."""
        if self.kinds[state] in ("register", "counter", "meter"):
            return float(self.facts[state].capacity)
        return max(float(self.facts[state].capacity), self.entries(state))

    def swept_per_s(self, state: str, engine: Engine, *, copy: bool) -> float:
        """Entries of a flow table on `engine` that the host's control plane looks at each second for idle ones. Those
        that have been idle too long stay until then."""
        if engine.sweep is None or not self.graph.program.state(state).idle_timeouts_ns:
            return 0.0
        interval_s = engine.sweep.interval_ns.value / 1e9
        load = self._loads.get(state)
        inserts_per_s = load.inserts_per_s if load is not None and not copy else 0.0
        entries = self.copied_entries(state) if copy else self.entries(state)
        return entries / interval_s + inserts_per_s

    @staticmethod
    def _table_bytes(facts: StateFacts, entries: float, memory: Memory) -> float:
        return entries * (facts.entry_bytes + memory.entry_overhead_bytes.value) / memory.load_factor.value

    # ------------------------------------------------------------ costs of stages

    @property
    def block_counts(self) -> dict[str, OpCounts]:
        return self.structure.counts

    @cached_property
    def block_visits(self) -> dict[str, float]:
        """Executions of a block for each packet that visits its stage."""
        visits = dict.fromkeys(range(len(self.graph.stages)), 0)
        for traffic_class in self.profile.classes:
            for stage in traffic_class.path:
                visits[stage] += traffic_class.packets
        seen = self.profile.block_packets
        return {
            block: seen.get(block, 0) / visits[stage.index] if visits[stage.index] else 1.0
            for stage in self.graph.stages
            for block in stage.blocks
        }

    def stage_cycles(self, stage: int, engine: str) -> float:
        """Cycles of a visit to a stage, without its accesses."""
        cost = self._cycles.get((stage, engine))
        if cost is None:
            what = self.model.engine(engine)
            cost = sum(
                self.block_visits[block] * op_cycles(self.block_counts[block], what, self.mean_bytes)
                for block in self.graph.stages[stage].blocks
            )
            self._cycles[stage, engine] = cost
        return cost

    def stage_instructions(self, stage: int) -> float:
        return self.structure.instructions[stage]

    def stage_groups(self, stage: int) -> tuple[int, ...]:
        """The state groups that a stage touches."""
        return tuple(self.structure.sites[stage])

    def stage_sites(self, stage: int, group: int) -> tuple[AccessSite, ...]:
        """The accesses of a stage to the states of a group."""
        return self.structure.sites[stage].get(group, ())

    def access(
        self, stage: int, group: int, engine: str, memory: Memory, *, copy: bool = False, left: bool = False
    ) -> AccessDemand:
        """The accesses of a visit to `stage` to the states of a group, on `engine`, with the state in `memory`. The
        working set is that of the copy (`copy`), of what is left to the owner (`left`), or the whole state."""
        key = stage, group, engine, memory.name, copy, left
        found = self._demands.get(key)
        if found is None:
            found = self._demands[key] = self._demand(stage, group, engine, memory, copy=copy, left=left)
        return found

    def _demand(self, stage: int, group: int, engine: str, memory: Memory, *, copy: bool, left: bool) -> AccessDemand:
        total = [0.0] * 6
        what = self.model.engine(engine)
        for block, access in self.structure.accesses(stage, group):
            cost = access_cost(what, access.shape)
            if cost is None:
                continue
            weight = self.block_visits[block]
            used = self._working_set(access.state, copy=copy, left=left)
            cycles = access_cycles(what, memory, access, cost, used, self.entries(access.state))
            wait = (
                cost.reads * memory.read_latency_cycles.value
                + cost.writes * memory.write_latency_cycles.value
                + cost.atomics * memory.atomic_latency_cycles.value
            )
            of_one_place = cost.reads * self.hottest_share(access.state)
            waited = wait if cost.blocking else 0.0
            for i, value in enumerate((cycles, waited, cost.reads, cost.writes, cost.atomics, of_one_place)):
                total[i] += weight * value
        return AccessDemand(*total)

    def _working_set(self, state: str, *, copy: bool, left: bool) -> float:
        if self.kinds[state] == "flow_table":
            if copy:
                return self.copied_entries(state)
            if left:
                return self.entries(state) - self.copied_entries(state)
        return self.entries(state)

    def cell_changes(self, stage: int, state: str) -> float:
        """Changes of the state's hottest cell for each visit to a stage."""
        sites = [s for s in self.graph.stages[stage].accesses if s.state == state and s.kind in CHANGING]
        return sum(self.block_visits[site.block] for site in sites) * self.hottest_share(state)

    def inserts(self, stage: int, group: int) -> float:
        """Insertions into flow tables of a group for each visit to a stage."""
        return sum(self.block_visits[s.block] for s in self.stage_sites(stage, group) if s.kind == "insert")

    # ------------------------------------------------------------ what is allowed

    def can_run(self, stage: int, engine: str) -> str:
        """Why an engine cannot run a stage, "" if it can."""
        reason = self._cannot_run.get((stage, engine))
        if reason is None:
            what = self.model.engine(engine)
            reasons = (self.cannot_access(site, what) for site in self.graph.stages[stage].accesses)
            reason = self._cannot_call(stage, what) or next((r for r in reasons if r), "")
            reason = reason or self._cannot_end(stage, what)
            self._cannot_run[stage, engine] = reason
        return reason

    def _cannot_call(self, stage: int, engine: Engine) -> str:
        """Only the host runs externs that Cora doesn't know."""
        called = self.structure.calls[stage]
        if not called or engine.name == self.engines[-1].name:
            return ""
        return f"{engine.name} cannot run {called}(), which only the host may"

    def _cannot_end(self, stage: int, engine: Engine) -> str:
        if engine.capabilities.forwards or not self.structure.forwards[stage]:
            return ""
        return f"{engine.name} cannot send a packet out, only drop it or pass it inwards"

    def live_bits(self, restart: int) -> int:
        """What travels with a packet that is taken up at a stage, beyond the header of every hand-off."""
        return 0 if self.routes.starts_over else self.graph.stages[restart].live_bits

    def cannot_carry(self, here: str, there: str, restart: int) -> str:
        """Why what a packet needs that is taken up at a stage cannot travel between two engines, "" if it can."""
        bits = self.live_bits(restart)
        for link in self.model.links_between(here, there):
            limit = link.metadata_bits
            if limit is not None and bits > limit.value:
                return f"{bits} bits would have to travel over {link.name}, which carries {limit.value:g}"
        return ""

    def cannot_access(self, site: AccessSite, engine: Engine) -> str:
        able = engine.capabilities
        needed = "rmw" if site.kind == "meter" else site.kind
        if needed not in able.accesses:
            return f"{engine.name} cannot {site.kind} ({site.state})"
        if site.kind == "insert" and not able.data_plane_insert:
            return f"{engine.name} cannot insert into {site.state} while it forwards"
        if site.kind == "lookup":
            missing = {k.match for k in self.graph.program.state(site.state).key} - set(able.matches)
            if missing:
                return f"{engine.name} has no {' or '.join(sorted(missing))} match, which {site.state} needs"
        return ""

    def cannot_own(self, group: int, engine: Engine) -> str:
        """Why an engine other than the host cannot own a group, "" if it can."""
        for facts in self.graph.groups[group].states:
            state = self.graph.program.state(facts.name)
            removed = engine.capabilities.expires_entries or engine.sweep is not None
            if state.kind == "flow_table" and state.idle_timeouts_ns and not removed:
                return f"{engine.name} cannot own {facts.name}: nothing there removes idle entries"
        return self.cannot_store(group, engine)

    def cannot_store(self, group: int, engine: Engine) -> str:
        """Why an entry of a group doesn't fit into the tables of an engine, "" if it does."""
        longest = engine.capabilities.entry_bytes
        for facts in self.graph.groups[group].states:
            if longest is not None and facts.entry_bytes > longest.value:
                return f"{engine.name} holds entries of {longest.value:g} bytes at most; {facts.name} needs more"
        return ""

    def cannot_copy(self, group: int, engine: Engine) -> str:
        """Why an engine cannot hold copies of a group that may be copied, "" if it can."""
        able, what = engine.capabilities, self.graph.groups[group]
        if not able.holds_copies:
            return f"{engine.name} cannot hold copies"
        if not able.in_band and self._changing(group):
            partial = {form for _, form in what.copies} == {"partial"}
            if not ((partial and self.reordering) or (what.stale_ms and not what.summed)):
                help = " (--allow-reordering lets the control plane install them)" if partial else ""
                return f"answers don't pass {engine.name}, so copies of {what.name} would not follow its changes{help}"
        elif self._changing(group) and (reason := cannot_follow(self.model, engine)):
            return reason
        return self.cannot_store(group, engine)

    def _changing(self, group: int) -> bool:
        """Whether packets change what copies of a group would hold."""
        what = self.graph.groups[group]
        return any(facts.update != "read_only" for facts in what.states)

    def options(self, group: int) -> tuple[GroupChoice, ...]:
        """All ways in which a group may live on the machine, the host's own first."""
        return self._options[group]

    @cached_property
    def _options(self) -> tuple[tuple[GroupChoice, ...], ...]:
        return tuple(self._find_options(group) for group in range(len(self.graph.groups)))

    def _find_options(self, group: int) -> tuple[GroupChoice, ...]:
        what = self.graph.groups[group]
        host = self.engines[-1].name
        found = [GroupChoice("exclusive", host, "", self.model.memories_of(host)[0].name)]
        forms = {form for _, form in what.copies}
        for engine in self.engines[:-1]:
            owns = not self.cannot_own(group, engine)
            for memory in self.model.memories_of(engine.name):
                if owns:
                    found.append(GroupChoice("exclusive", engine.name, "", memory.name))
                if (forms == {"merged"} or what.summed) and not self.cannot_store(group, engine):
                    found.append(GroupChoice("merged", host, engine.name, memory.name))
                if forms == {"merged"}:
                    continue
                if self._gives_records(group):
                    if not self.cannot_shard(group, engine):
                        found.append(GroupChoice("sharded", host, engine.name, memory.name))
                elif forms and not (self.cannot_copy(group, engine) or (forms == {"partial"} and self.tier < 0)):
                    found.append(GroupChoice("replicated", host, engine.name, memory.name))
        return tuple(found)

    def cannot_shard(self, group: int, engine: Engine) -> str:
        """Why an engine cannot be given the records of a group that may be sharded, "" if it can."""
        if not engine.capabilities.in_band:
            return f"answers don't pass {engine.name}, so it can't be given records"
        return self.cannot_copy(group, engine)

    def allows(self, stage: int, group: int, bucket: Bucket, engine: str, choice: GroupChoice) -> bool:
        """True if a stage may run on an engine for packets of a bucket as far as its accesses to a group go."""
        if engine == choice.owner:
            return True
        if engine != choice.holder:
            return False
        if choice.mode == "merged":
            return True
        if choice.mode == "sharded":
            return bucket == "hot" and all(site.on_record for site in self.stage_sites(stage, group))
        forms = dict(self.graph.groups[group].copies)
        return all(
            site.on_copy and (bucket == "hot" or forms.get(site.state) != "partial")
            for site in self.stage_sites(stage, group)
        )

    def repeats(self, stage: int, group: int, choice: GroupChoice) -> bool:
        """True if running a stage again on the next engine would change twice what each engine changes for itself.
        Where packets are taken up at the first copy that they have read, `Way.conflict` has said so already."""
        if not self.routes.starts_over:
            return False
        summed = choice.mode == "merged" and self.graph.groups[group].summed
        return summed and any(site.kind in ("write", "rmw") for site in self.stage_sites(stage, group))

    def stale_ms(self, group: int, choice: GroupChoice) -> float:
        """How far behind copies may be that are made only because the user allows it; 0 if they never are."""
        if not choice.holder or choice.mode == "sharded":
            return 0.0
        out_of_band = not self.model.engine(choice.holder).capabilities.in_band
        return self.graph.groups[group].stale_ms if choice.mode == "merged" or out_of_band else 0.0

    def renewed_per_s(self, group: int, choice: GroupChoice) -> dict[str, float]:
        """By state of a group whose copies may be stale: the cells that are renewed each second, at most: those changed
        in an interval, once each."""
        what, interval_s = self.graph.groups[group], self.stale_ms(group, choice) / 1e3
        if not interval_s:
            return {}
        changes = {f.name: self._loads[f.name].accesses_per_s if f.name in self._loads else 0.0 for f in what.states}
        return {f.name: min(changes[f.name], f.capacity / interval_s) for f in what.states}

    def known_as(self, stage: int, bucket: Bucket) -> Bucket:
        """The bucket by which a stage is allowed on an engine: what may come there before any lookup is not known to be
        resident, and so may not touch a copy that may be missing."""
        return "cold" if stage in self.routes.unlooked else bucket


def _check(graph: StateGraph, profile: Profile) -> None:
    stages = {stage.index for stage in graph.stages}
    if profile.packets <= 0 or not profile.classes or profile.rate_pps <= 0:
        raise error(
            "C0624", "the traffic profile has no packets", where=profile.trace, help="take it from a longer trace"
        )
    unknown = {stage for c in profile.classes for stage in c.path} - stages
    if unknown:
        raise error(
            "C0624",
            f"the profile visits stage {min(unknown)}, which {graph.program.name} doesn't have",
            where=profile.trace,
            help="take the profile again with this program",
        )
