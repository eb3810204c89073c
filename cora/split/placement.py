"""What a plan means for the splitter: which engine is near, which is far, and what the near one may touch."""

from __future__ import annotations

from dataclasses import dataclass

from cora.analysis.crossing import CopiedStates, copied_states
from cora.analysis.graph import StateGraph
from cora.analysis.updates import max_registers
from cora.analysis.values import constant_states, interpret
from cora.diagnostics import error
from cora.plan.plan import Plan, StatePlacement
from cora.split.gates import Gates, make_gates
from cora.split.order import NO_HOLES, Holes


@dataclass(frozen=True, slots=True)
class Placement:
    """`near` faces the wire and hands packets off to `far`, which owns every state that near holds copies of."""

    near: str
    far: str
    near_stages: frozenset[int]
    copy_entries: dict[str, int]
    """By flow table with partial copies or records on near: how many entries."""
    rules: CopiedStates
    owned_near: frozenset[str]
    """States that packets change, and that only near may touch."""
    shared: frozenset[str]
    """States that every engine may use on its own: constants, and counters, which are summed."""
    sharded: frozenset[str]
    """Flow tables whose entries on near are the records themselves; they are among the `copied` ones."""
    held: frozenset[str]
    """The groups of which near holds copies or records."""
    gates: Gates
    starts_over: bool
    """Packets that are handed off carry no variables."""
    parallel: bool
    """Near's packets arrive on another core than frames come back on: it compares and exchanges."""
    holes: Holes = NO_HOLES
    """Where packets of a flow could overtake each other if nothing more were done."""

    @property
    def copied(self) -> frozenset[str]:
        return self.rules.copied

    @property
    def max_registers(self) -> frozenset[str]:
        return self.rules.copied & self.rules.max_registers


def only_engine(graph: StateGraph, plan: Plan) -> str | None:
    """The one engine that runs everything, if there is one."""
    if len(plan.stages) != len(graph.stages) or plan.program != graph.program.name:
        raise error(
            "C0701",
            f"the plan has {len(plan.stages)} stages of {plan.program}; the program has {len(graph.stages)} of "
            f"{graph.program.name}",
            help="the plan was made for another program or another version of it: make it again with `cora compile`",
        )
    engines = {engine for stage in plan.stages for engine in (stage.hot, stage.cold)}
    return next(iter(engines)) if len(engines) == 1 else None


def read_plan(graph: StateGraph, plan: Plan) -> Placement:
    """The placement that a plan with more than one engine asks for; raises UserError (C07xx) if it isn't supported."""
    far = plan.engines[-1]
    near = _near_engine(plan, far)
    near_stages = frozenset(s.stage for s in plan.stages if s.hot == near)
    if 0 not in near_stages:
        raise error(
            "C0703",
            f"{near} runs stages, but packets are parsed on {plan.stages[0].hot}",
            help="an engine nearer to the wire must run what comes before: place the first stages there too",
        )
    program = graph.program
    constant = constant_states(program)
    counters = frozenset(s.name for s in program.states if s.kind == "counter")
    replicated = frozenset[str]()
    sharded = frozenset[str]()
    owned_near: set[str] = set()
    held: set[str] = set()
    entries: dict[str, int] = {}
    _check_partition(graph, plan)
    for placed in plan.states:
        changing = [s for s in placed.states if s not in constant | counters]
        if not changing:
            continue
        if placed.mode in ("replicated", "sharded"):
            if near in placed.copies_on:
                _check_owner(placed, far)
                if placed.mode == "sharded":
                    _check_sharded(graph, placed)
                    sharded |= frozenset(changing)
                else:
                    _check_replicated(graph, placed)
                replicated |= frozenset(changing)
                held.add(placed.group)
            entries |= {s: max(1, placed.copy_entries) for s in changing if program.state(s).kind == "flow_table"}
        elif placed.owner == near:
            owned_near |= set(changing)
    flow = interpret(program)
    largest = max_registers(program, flow)
    rules = copied_states(program, replicated, largest)
    return Placement(
        near=near,
        far=far,
        near_stages=near_stages,
        copy_entries={s: n for s, n in entries.items() if s in replicated},
        rules=rules,
        owned_near=frozenset(owned_near),
        shared=constant | counters,
        sharded=sharded,
        held=frozenset(held),
        starts_over=plan.starts_over,
        gates=make_gates(graph, rules, near_stages, frozenset(held), parallel=plan.parallel),
        parallel=plan.parallel,
    )


def _near_engine(plan: Plan, far: str) -> str:
    used = {engine for stage in plan.stages for engine in (stage.hot, stage.cold)}
    near = [engine for engine in plan.engines if engine in used and engine != far]
    if len(near) != 1 or used - set(near) - {far}:
        raise error(
            "C0702",
            f"stages run on {', '.join(sorted(used))}; only one engine beside {far} may run stages",
            help="pin the stages of all but one of them, or choose a target with fewer engines",
        )
    return near[0]


def _check_owner(placed: StatePlacement, far: str) -> None:
    if placed.owner != far:
        raise error(
            "C0704",
            f"{placed.group} is {placed.mode} but owned by {placed.owner}",
            help=f"only {far}, where packets end up that no copy can serve, can own a {placed.mode} state",
        )


def _check_sharded(graph: StateGraph, placed: StatePlacement) -> None:
    group = next(g for g in graph.groups if g.name == placed.group)
    if not group.shardable:
        first, second, reason = group.shard_conflicts[0]
        raise error(
            "C0712",
            f"the records of {placed.group} can't be sharded: {reason}",
            first.span,
            label=f"{first.kind} {first.state} here, {second.kind} {second.state} there",
            help="place the group on one engine (mode exclusive), or give copies of it (mode replicated)",
        )


def _check_partition(graph: StateGraph, plan: Plan) -> None:
    """All sharded groups of a plan tell packets apart by one key."""
    sharded = {placed.group for placed in plan.states if placed.mode == "sharded"}
    if len(sharded) > 1 and not any(sharded <= set(partition.groups) for partition in graph.partitions):
        raise error(
            "C0713",
            f"{' and '.join(sorted(sharded))} can't both be sharded: one packet may need records of different shards",
            help="shard one of them, and place the other on one engine or replicate it",
        )


def _check_replicated(graph: StateGraph, placed: StatePlacement) -> None:
    group = next(g for g in graph.groups if g.name == placed.group)
    if not group.replicable:
        first, second, reason = group.conflicts[0]
        raise error(
            "C0705",
            f"{placed.group} can't be replicated: {reason}",
            first.span,
            label=f"{first.kind} {first.state} here, {second.kind} {second.state} there",
            help="place the group on one engine (mode exclusive)",
        )
