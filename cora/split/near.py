"""The program of the engine that faces the wire: serves what copies allow, hands the rest off, lets answers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cora.analysis.copies import looked_up, runs_on_copy
from cora.analysis.graph import StateGraph, Way
from cora.analysis.shards import runs_on_record
from cora.analysis.values import Flow, identity, interpret
from cora.diagnostics import Diagnostic, Span, UserError
from cora.ir.cfg import (
    ExprMap,
    all_of,
    block_map,
    header_names,
    map_op,
    names,
    op_exprs,
    op_writes,
    parser_blocks,
    reachable,
    retarget,
    substitute,
    successors,
    variables,
    with_blocks,
)
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Const,
    Expr,
    Goto,
    HandOff,
    Op,
    Program,
    Un,
    Var,
)
from cora.split.gates import GATE, ORDER, ORDER_SLOT, REFRESH, SLOT_BITS, STAMP, cell_slot, issue, key_slot, whole_gate
from cora.split.placement import Placement
from cora.split.restart import RestartPoint, exit_block
from cora.split.tidy import fold

Clone = tuple[str, int | None]
"""A block of the staged program, told apart by where a packet in it would be taken up."""
Slot = tuple[str, tuple[Expr, ...]]
"""A gate and the index of a cell."""
Early = dict[tuple[str, Expr], tuple[str, tuple[Op, ...], frozenset[Expr]]]
"""By gate and index of a cell: a register, what computes the temporaries of the index, and conditions without which
near doesn't access the cell."""


@dataclass(slots=True)
class Skeleton:
    """Near's program before it is known what travels: the exits are empty."""

    program: Program
    exits: tuple[int, ...]
    """Restart stages that packets are handed off to."""
    headers: dict[str, int]
    """By block: the stage whose start it is."""
    early: dict[int, Early]
    """By stage: the cells that a packet must find idle at its start."""


def skeleton(graph: StateGraph, placement: Placement) -> Skeleton:
    """Raises UserError where a reachable stage on near needs what near can't do."""
    builder = _Builder(graph, placement)
    program = fold(builder.build())
    inside = {block.name for block in program.blocks}
    wrong = [d for name, d in builder.refusals if name in inside]
    if wrong:
        raise UserError(*dict.fromkeys(wrong))
    early = {s.index for s in graph.stages if s.index in builder.early and s.blocks[0] in _sources(builder, inside)}
    exits = tuple(s.index for s in graph.stages if exit_block(s.index) in inside or s.index in early)
    headers = {name: stage for name, stage in builder.headers.items() if name in inside}
    return Skeleton(program, exits, headers, {stage: builder.early[stage] for stage in early})


def _sources(builder: _Builder, inside: set[str]) -> frozenset[str]:
    """The blocks of the staged program of which near has a clone."""
    return frozenset(source for (source, _), name in builder.names.items() if name in inside)


@dataclass(slots=True)
class _Builder:
    graph: StateGraph
    placement: Placement
    blocks: list[Block] = field(default_factory=list[Block])
    names: dict[Clone, str] = field(default_factory=dict[Clone, str])
    refusals: list[tuple[str, Diagnostic]] = field(default_factory=list[tuple[str, Diagnostic]])
    headers: dict[str, int] = field(default_factory=dict[str, int])
    exits: set[int] = field(default_factory=set[int])
    flows: dict[int, Flow] = field(default_factory=dict[int, Flow])
    early: dict[int, Early] = field(default_factory=dict[int, Early])
    headers_of: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    arriving: dict[str, set[int | None]] = field(default_factory=dict[str, set[int | None]])
    """By block: where packets that come there would be taken up, None if they have read no copy."""
    idle: dict[Clone, list[frozenset[Slot]]] = field(default_factory=dict[Clone, list[frozenset[Slot]]])
    """By clone and way to it: the slots that the packet has found idle. They stay so while it is served."""

    def build(self) -> Program:
        program = self.graph.program
        parser = parser_blocks(program)
        stage_of = self.graph.stage_of_block()
        self.headers_of = header_names(program)
        known = looked_up(program)
        stage = stage_of[program.body]
        if stage in self.placement.near_stages:
            self.arriving[program.body] = {None}
        else:  # only the parser runs here
            self.leave(None, 0, stage, program.body, None)
        for block in program.blocks:
            if block.name in parser:
                self.blocks.append(block)
                continue
            clones = self.arriving.pop(block.name, set[int | None]())
            for restart in sorted(clones, key=lambda r: -1 if r is None else r):
                idle = frozenset[Slot].intersection(*self.idle.pop((block.name, restart), [frozenset()]))
                self.clone(block, restart, idle, known, stage_of)
        for stage in sorted(self.exits):
            self.blocks.append(Block(exit_block(stage), (), HandOff(self.placement.far, 1, (), "received")))
        return with_blocks(program, self.blocks)

    def name(self, clone: Clone) -> str:
        found = self.names.get(clone)
        if found is None:
            used = set(self.names.values())
            found = clone[0] if clone[0] not in used else f"{clone[0]}.from{clone[1]}"
            self.names[clone] = found
        return found

    def clone(
        self,
        block: Block,
        restart: int | None,
        idle: frozenset[Slot],
        known: Mapping[tuple[str, int], frozenset[tuple[str, tuple[Expr, ...]]]],
        stage_of: Mapping[str, int],
    ) -> None:
        program = self.graph.program
        name = self.name((block.name, restart))
        stage = stage_of[block.name]
        if block.name == self.graph.stages[stage].blocks[0]:
            self.headers[name] = stage
        ops: list[Op] = []
        for index, op in enumerate(block.ops):
            if isinstance(op, Access):
                self.check(op, name, known[block.name, index])
                slot = (self.placement.gates.of_register.get(op.state, ""), op.key)
                if op.kind in ("read", "write") and slot[0] and slot not in idle:
                    # While a frame is out that names the cell, the owner may read it or have changed it.
                    back = stage if restart is None else restart
                    if not self.ask_early(back, block.name, index, op):
                        away = self.leave(back, stage, stage, f"{name}.busy{index}", op.span)
                        test, found = _idle_test(program, op.state, op.key[0], self.placement, f"$idle.{name}")
                        rest = f"{name}.idle{index}"
                        self.blocks.append(Block(name, (*ops, *test), Branch(found, rest, away, op.span)))
                        name, ops = rest, []
                    idle |= {slot}
            ops.append(op)
            written = op_writes(op, self.headers_of)
            idle = frozenset(s for s in idle if not any(names(e) & written for e in s[1]))
            if restart is None and self.placement.rules.reads_copy(op):
                restart = stage
            if isinstance(op, Access) and op.kind == "lookup" and op.state in self.placement.copy_entries:
                # A miss among the copies says nothing: the owner looks up again.
                away = self.leave(restart, stage, stage, f"{name}.miss{index}", op.span)
                rest = f"{name}.hit{index}"
                self.blocks.append(Block(name, tuple(ops), Branch(op.results[0], rest, away, op.span)))
                name, ops = rest, []
        targets: dict[str, str] = {}
        for target in successors(block.end):
            if stage_of[target] in self.placement.near_stages:
                targets[target] = self.name((target, restart))
                self.arriving.setdefault(target, set[int | None]()).add(restart)
                self.idle.setdefault((target, restart), []).append(idle)
            else:
                away = f"{name}.to{stage_of[target]}"
                targets[target] = self.leave(restart, stage, stage_of[target], away, block.end.span)
        self.blocks.append(Block(name, tuple(ops), retarget(block.end, targets.__getitem__)))

    def ask_early(self, stage: int, block: str, index: int, op: Access) -> bool:
        """Where a packet that finds a cell busy couldn't leave any more: asks at the start of the stage to which it
        would go back, if the cell is known there."""
        asks = (ask for s in self.graph.stages for ask in s.asks)
        ways = next((ask.ways for ask in asks if (ask.block, ask.index) == (block, index)), ())
        if not self.conflict(ways, stage):
            return False
        if stage not in self.flows:
            start = self.graph.stages[stage].blocks[0]
            self.flows[stage] = interpret(self.graph.program, (start,), identity, prefix=f"$early{stage}.")
        flow = self.flows[stage]
        site = next(s for s in flow.sites if (s.block, s.index) == (block, index))
        keys = site.keys
        if keys is None:
            return False
        asked = self.early.setdefault(stage, {})
        gate = self.placement.gates.of_register[op.state]
        for (cell,) in keys:
            guard = asked[gate, cell][2] if (gate, cell) in asked else site.guard
            asked[gate, cell] = op.state, tuple(flow.needed((cell,))), guard & site.guard
        self.exits.add(stage)
        return True

    def leave(self, restart: int | None, source: int, target: int, name: str, span: Span | None) -> str:
        """A block by which packets leave for far: from one stage to another, or in the middle of one at a miss or a
        busy cell."""
        stage = target if restart is None else restart
        ways = self.graph.stages[source].misses if source == target else self.graph.edge(source, target).ways
        text = self.conflict(ways, stage)
        if text:
            names = self.graph.stages[stage].name, self.graph.stages[target].name
            diagnostic = Diagnostic(
                "C0707",
                f"a packet can't be handed off before stage `{names[1]}`: {text}",
                span,
                label=f"the owner would start over at stage `{names[0]}`",
                help=f"place `{names[1]}` and what comes before it on the same engine",
            )
            self.refusals.append((name, diagnostic))
        self.exits.add(stage)
        self.blocks.append(Block(name, (), Goto(exit_block(stage), span)))
        return name

    def conflict(self, ways: Iterable[Way], restart: int) -> str:
        """Why packets that leave on these ways, and that far takes up at a stage, may not do so; "" if they may."""
        taken = (way for way in ways if way.restart == restart and way.taken(self.placement.held))
        return next((text for way in taken if (text := way.effect(self.placement.held))), "")

    def check(self, op: Access, name: str, known: frozenset[tuple[str, tuple[Expr, ...]]]) -> None:
        placement = self.placement
        if op.state in placement.copied:
            sharded = op.state in placement.sharded
            if runs_on_record(op, known) if sharded else runs_on_copy(op, known, placement.max_registers):
                return
            holds = "only the records of some flows" if sharded else "a copy"
            code, text = "C0708", f"{op.kind} {op.state} can't run on {placement.near}, which holds {holds}"
        elif op.state not in placement.shared | placement.owned_near:
            code, text = "C0709", f"{op.state} is on {placement.far}, but {placement.near} runs `{op.kind}` on it"
        else:
            return
        help = f"place this stage on {placement.far}, or the state on {placement.near}"
        self.refusals.append((name, Diagnostic(code, text, op.span, help=help)))


def finish(
    built: Skeleton,
    placement: Placement,
    points: Sequence[RestartPoint],
    returns: Iterable[Block],
) -> tuple[Block, ...]:
    """Near's blocks, with exits that take copies back and carry values, and the blocks where answers return."""
    blocks = block_map(built.program.blocks)
    headers = header_names(built.program)
    for point in points:
        starts = [name for name, stage in built.headers.items() if stage == point.stage]
        inside = reachable(built.program.blocks, starts)
        written = {n for name in inside for op in blocks[name].ops for n in op_writes(op, headers)}
        overwritten = sorted(point.inputs & written)
        saved = {n: Var(f"$at{point.point}.{n}", _width(point, n)) for n in overwritten}
        copies = tuple(Assign(v, Var(n, v.width)) for n, v in saved.items())
        exit_name = exit_block(point.stage)
        early = _ask_early(built, placement, point.stage)
        for name in starts:
            if early is None:
                blocks[name] = replace(blocks[name], ops=(*copies, *blocks[name].ops))
                continue
            rest = f"{name}.early"
            blocks[rest] = replace(blocks[name], name=rest)
            blocks[name] = Block(name, (*copies, *early[0]), Branch(early[1], rest, exit_name))
        blocks[exit_name] = _exit(exit_name, built.program, placement, point, saved)
    return (*blocks.values(), *returns)


def _ask_early(built: Skeleton, placement: Placement, stage: int) -> tuple[tuple[Op, ...], Expr] | None:
    """Tests all cells that a packet must find idle at the start of a stage."""
    ops: list[Op] = []
    found: list[Expr] = []
    for (_, index), (register, needed, guard) in built.early.get(stage, {}).items():
        name = f"$early{stage}.idle{len(found)}"
        test, idle = _idle_test(built.program, register, index, placement, name, guard)
        ops += [*(op for op in needed if op not in ops), *test]
        found.append(idle)
    return (tuple(ops), all_of(found)) if found else None


def _width(point: RestartPoint, name: str) -> int:
    exprs = [e for taken in (*point.evicts, *point.maxima) for e in taken.key]
    exprs += [e for c in point.cells for e in (c.index, *c.guard)]
    exprs += [e for op in point.key_ops for e in op_exprs(op)]
    every = (*point.carried, *(v for e in exprs for v in variables(e)))
    return next(v.width for v in every if v.name == name)


def _idle_test(
    program: Program,
    register: str,
    index: Expr,
    placement: Placement,
    name: str,
    guard: frozenset[Expr] = frozenset(),
) -> tuple[tuple[Op, ...], Expr]:
    """Finds out whether no frame is out that names a cell."""
    idle = Var(name, 1)
    gate = placement.gates.of_register[register]
    test = Access(gate, "idle", (cell_slot(program, register, index, guard),), (), (idle,))
    if gate not in placement.gates.whole:
        return (test,), idle
    all_idle = Var(f"{name}.whole", 1)
    return (test, Access(whole_gate(gate), "idle", (Const(1, SLOT_BITS),), (), (all_idle,))), Bin("and", idle, all_idle)


def _name_cells(program: Program, point: RestartPoint, at_start: ExprMap) -> list[Op]:
    """Issues the stamp to the cells, all of them after it has been seen whether one of them is busy."""
    ops: list[Op] = []
    idles: list[Var] = []
    for n, cell in enumerate(point.cells):
        idles.append(Var(f"$idle.cell{point.point}.{n}", 1))
        ops.append(Assign(cell.slot, at_start(cell_slot(program, cell.register, cell.index, cell.guard))))
        ops.append(Access(cell.gate, "idle", (cell.slot,), (), (idles[-1],)))
    if point.cells:
        ops.append(Assign(REFRESH, Un("not", all_of(idles))))
    return [*ops, *(issue(cell.gate, cell.slot) for cell in point.cells)]


def _exit(name: str, program: Program, placement: Placement, point: RestartPoint, saved: Mapping[str, Var]) -> Block:
    def at_start(expr: Expr) -> Expr:
        return substitute(expr, saved)

    ops: list[Op] = [map_op(op, at_start) for op in point.key_ops]
    if point.stamped:
        ops.append(Access(GATE, "stamp", (Const(0, SLOT_BITS),), (), (STAMP,)))
    for taken in point.evicts:
        assert taken.slot is not None
        key = tuple(map(at_start, taken.key))
        kind = "release" if taken.state in placement.sharded else "evict"
        ops += [*key_slot(key, taken.slot), issue(GATE, taken.slot)]
        ops.append(Access(taken.state, kind, key, (STAMP,), taken.received))
    ops += _name_cells(program, point, at_start)
    if point.ordered:
        ops.append(issue(ORDER, ORDER_SLOT))
    ops += [Access(whole_gate(gate), "send", (Const(1, SLOT_BITS),)) for gate in point.wholes]
    for taken in point.maxima:
        ops.append(Access(taken.state, "read", tuple(map(at_start, taken.key)), (), taken.received))
    received = [v for taken in (*point.evicts, *point.maxima) for v in taken.received]
    live = (*(at_start(v) for v in point.carried), *received, *point.stamped)
    return Block(name, tuple(ops), HandOff(placement.far, point.point, live, "received"))
