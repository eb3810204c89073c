"""From a program to its state/traffic graph: the passes of the analysis, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cora.analysis.copies import Place, copy_forms, looked_up, runs_on_copy
from cora.analysis.crossing import assigned_in_body
from cora.analysis.dependencies import group_states
from cora.analysis.graph import (
    AccessSite,
    FieldFacts,
    Stage,
    StageEdge,
    StateFacts,
    StateGraph,
    StateGroup,
    UpdateClass,
)
from cora.analysis.merge import Cut, merged
from cora.analysis.shards import Layout, partitions, runs_on_record, shard_facts
from cora.analysis.specialise import Note, Rules, specialise
from cora.analysis.stages import Region, cut_blocks, regions, stage_names, with_entry
from cora.analysis.updates import entry_bytes, max_registers, state_class, update_classes
from cora.analysis.values import Flow, constant_states, interpret, variable_widths, worst
from cora.analysis.ways import Holding, Ways, find_ways
from cora.diagnostics import Span, error
from cora.ir.cfg import block_map, liveness
from cora.ir.nodes import Access, Block, Program, State
from cora.ir.replicate import first_copy, first_truncation


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far code is duplicated and cut apart."""

    stages: int = 64
    more_blocks: int = 1000
    """Blocks that duplication may add."""
    depth: int = 8
    """Outcomes of state-dependent branches by which code is duplicated, at most."""


def analyse(program: Program, bounds: Bounds | None = None) -> StateGraph:
    """The stages, state groups and edges of a program; `graph.program` is the program with its blocks cut so."""
    bounds = bounds or Bounds()
    _only_whole_packets(program)
    program = with_entry(program)
    # Which states belong together, and which registers only grow, decides where blocks are cut and duplicated.
    first_flow = interpret(program)
    groups = group_states(program)
    largest = max_registers(program, first_flow)
    group_of = {state: i for i, group in enumerate(groups) for state in group}
    cut = cut_blocks(program, group_of)
    staged, found, notes = _stages(cut, group_of, largest, bounds)
    # From here on everything is said of the staged program.
    flow = interpret(staged)
    stage_of = {block: r.index for r in found for block in r.blocks}
    places = _places(staged, flow, stage_of, max_registers(staged, flow))
    names = stage_names(staged, found, notes)
    stages = tuple(_stage(r, name, staged, places) for r, name in zip(found, names, strict=True))
    layout = Layout(staged, stage_of, {stage.index: stage.blocks[0] for stage in stages})
    state_groups = tuple(_group(layout, group, flow, places) for group in groups)
    ways = _ways(staged, stage_of, stages, state_groups, flow)
    bits = _live_bits(staged, stages)
    stages = tuple(
        replace(s, live_bits=n, misses=ways.misses.get(s.index, ()), asks=ways.asks.get(s.index, ()))
        for s, n in zip(stages, bits, strict=True)
    )
    edges = tuple(StageEdge(*pair, ways.edges[pair]) for pair in sorted(ways.edges))
    return StateGraph(staged, stages, edges, state_groups, partitions(layout, state_groups))


def _only_whole_packets(program: Program) -> None:
    """Raises C0755: nothing says yet on which engine a copy of a packet would go on; C0757 for truncated packets."""
    copy = first_copy(program)
    if copy is not None:
        raise error(
            "C0755", "a program that copies packets or sends them through again can't be split", copy.span,
            help="test it on the interpreter: cora test PROGRAM.p4 FILE.stf",
        )  # fmt: skip
    cut = first_truncation(program)
    if cut is not None:
        raise error(
            "C0757", "a program that truncates packets can't be split", cut.span,
            help="test it on the interpreter: cora test PROGRAM.p4 FILE.stf",
        )  # fmt: skip


def _stages(
    program: Program, group_of: Mapping[str, int], largest: frozenset[str], bounds: Bounds
) -> tuple[Program, list[Region], dict[str, Note]]:
    """Specialises as far as the bounds on blocks and stages allow; what still is too finely cut then is merged."""
    constant = constant_states(program)
    mutable = frozenset(
        s.name for s in program.states if s.kind in ("flow_table", "register", "meter") and s.name not in constant
    )
    flow_tables = frozenset(s.name for s in program.states if s.kind == "flow_table")
    records = _own_changes(program)
    room = len(program.blocks) + bounds.more_blocks
    apart = {state: group_of[state] for state in mutable}
    alike = dict.fromkeys(mutable, 0)
    depths = range(bounds.depth if flow_tables else 0, -1, -1)
    for groups, depth in ((apart, depths[0]), *((alike, depth) for depth in depths)):
        made = specialise(program, Rules(groups, flow_tables, largest, records, depth, True, room))
        if made is not None:
            staged, notes = made
            found = regions(staged, notes, group_of)
            if groups is apart and len(found) > bounds.stages:
                continue
            found = merged(staged, found, notes, constant, bounds.stages, Cut.STATELESS)
            if len(found) <= bounds.stages:
                return staged, found, notes
    # Three contexts at most: as it came, changed, bound to the owner.
    made = specialise(program, Rules(alike, flow_tables, largest, records, 0, False, 3 * len(program.blocks)))
    assert made is not None
    staged, notes = made
    found = regions(staged, notes, group_of)
    return staged, merged(staged, found, notes, constant, bounds.stages, Cut.OUTCOME), notes


def _own_changes(program: Program) -> frozenset[tuple[str, int]]:
    """The updates (block, index) that an engine may make which has the record."""
    known = looked_up(program)
    return frozenset(
        (block.name, index)
        for block in program.blocks
        for index, op in enumerate(block.ops)
        if isinstance(op, Access) and op.kind == "update" and runs_on_record(op, known[block.name, index])
    )


def _places(
    program: Program, flow: Flow, stage_of: Mapping[str, int], largest: frozenset[str]
) -> dict[str, list[Place]]:
    """By state: its accesses, in topological order."""
    known = looked_up(program)
    found: dict[str, list[Place]] = {state.name: [] for state in program.states}
    for facts in flow.sites:
        op = facts.op
        at = known[facts.block, facts.index]
        on_copy = runs_on_copy(op, at, largest)
        on_record = program.state(op.state).kind == "flow_table" and runs_on_record(op, at)
        stage = stage_of[facts.block]
        site = AccessSite(stage, facts.block, op.state, op.kind, facts.level, on_copy, op.span, on_record)
        found[op.state].append(Place(site, facts))
    return found


def _stage(r: Region, name: str, program: Program, places: Mapping[str, Sequence[Place]]) -> Stage:
    order = {block: i for i, block in enumerate(r.blocks)}
    inside = [p for sites in places.values() for p in sites if p.site.stage == r.index]
    inside.sort(key=lambda p: (order[p.facts.block], p.facts.index))
    blocks = block_map(program.blocks)
    return Stage(r.index, name, tuple(r.blocks), tuple(p.site for p in inside), _span_of(blocks[r.blocks[0]]))


def _span_of(block: Block) -> Span | None:
    spans = [op.span for op in block.ops if op.span is not None]
    return spans[0] if spans else block.end.span


def _group(layout: Layout, names: Sequence[str], flow: Flow, places: Mapping[str, Sequence[Place]]) -> StateGroup:
    program = layout.program
    states = [program.state(name) for name in names]
    classes = update_classes(program, flow)
    copies, conflicts = copy_forms(states, places, max_registers(program, flow))
    main = next((s.name for s in states if s.kind == "flow_table"), names[0])
    constant = constant_states(program)
    facts = tuple(_state_facts(s, classes[s.name], places[s.name], constant=s.name in constant) for s in states)
    shard_key, shard_conflicts = shard_facts(layout, states, places)
    return StateGroup(main, facts, copies, conflicts, shard_key, shard_conflicts)


def _state_facts(
    state: State, classes: Mapping[str, UpdateClass], places: Sequence[Place], *, constant: bool
) -> StateFacts:
    fields = tuple(
        FieldFacts(name, update, tuple(p.site for p in places if _writes(p, name))) for name, update in classes.items()
    )
    values: list[UpdateClass] = [update for name, update in classes.items() if name != "$last"]
    key = worst(p.site.key for p in places)
    return StateFacts(state.name, state_class(values), key, fields, entry_bytes(state), state.capacity, constant)


def _writes(place: Place, field: str) -> bool:
    op = place.facts.op
    match op.kind:
        case "insert" | "delete":
            return True
        case "update":
            return op.field == field
        case "touch":
            return field == "$last"
        case "write" | "rmw" | "count" | "meter":
            return True
        case _:
            return False


def _ways(
    program: Program,
    stage_of: Mapping[str, int],
    stages: Sequence[Stage],
    groups: Sequence[StateGroup],
    flow: Flow,
) -> Ways:
    constant = constant_states(program)
    counters = frozenset(s.name for s in program.states if s.kind == "counter")
    group_of = {
        state: group.name for group in groups if group.replicable or group.shardable for state in group.held_states
    }
    holding = Holding(group_of, max_registers(program, flow), constant | counters)
    return find_ways(program, stage_of, [stage.blocks[0] for stage in stages], holding)


def _live_bits(program: Program, stages: Sequence[Stage]) -> list[int]:
    """By stage: the bits of what travels to an engine that takes a packet up there."""
    live = liveness(program)
    assigned = assigned_in_body(program)
    widths = variable_widths(program)
    headers = [stage.blocks[0] for stage in stages]
    return [sum(widths[n] for n in live.at_start[header] & assigned[header]) for header in headers]
