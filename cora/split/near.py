"""The program of the engine that faces the wire: serves what copies allow, hands the rest off, lets answers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cora.analysis.copies import looked_up, runs_on_copy
from cora.analysis.graph import StateGraph, Way
from cora.analysis.shards import runs_on_record
from cora.diagnostics import Diagnostic, Span, UserError
from cora.ir.cfg import (
    block_map,
    header_names,
    map_op,
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
    Block,
    Branch,
    Expr,
    Goto,
    HandOff,
    Op,
    Program,
    Var,
)
from cora.split.placement import Placement
from cora.split.restart import RestartPoint
from cora.split.tidy import fold

Clone = tuple[str, int | None]
"""A block of the staged program, told apart by where a packet in it would be taken up."""


def exit_block(stage: int) -> str:
    """The block that hands off to a restart stage."""
    return f"hand_off.{stage}"


@dataclass(slots=True)
class Skeleton:
    """Near's program before it is known what travels: the exits are empty."""

    program: Program
    exits: tuple[int, ...]
    """Restart stages that packets are handed off to."""
    headers: dict[str, int]
    """By block: the stage whose start it is."""


def skeleton(graph: StateGraph, placement: Placement) -> Skeleton:
    """Raises UserError where a reachable stage on near needs what near can't do."""
    builder = _Builder(graph, placement)
    program = fold(builder.build())
    inside = {block.name for block in program.blocks}
    wrong = [d for name, d in builder.refusals if name in inside]
    if wrong:
        raise UserError(*dict.fromkeys(wrong))
    exits = tuple(s.index for s in graph.stages if exit_block(s.index) in inside)
    headers = {name: stage for name, stage in builder.headers.items() if name in inside}
    return Skeleton(program, exits, headers)


@dataclass(slots=True)
class _Builder:
    graph: StateGraph
    placement: Placement
    blocks: list[Block] = field(default_factory=list[Block])
    names: dict[Clone, str] = field(default_factory=dict[Clone, str])
    refusals: list[tuple[str, Diagnostic]] = field(default_factory=list[tuple[str, Diagnostic]])
    headers: dict[str, int] = field(default_factory=dict[str, int])
    exits: set[int] = field(default_factory=set[int])
    arriving: dict[str, set[int | None]] = field(default_factory=dict[str, set[int | None]])
    """By block: where packets that come there would be taken up, None if they have read no copy."""

    def build(self) -> Program:
        program = self.graph.program
        parser = parser_blocks(program)
        stage_of = self.graph.stage_of_block()
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
                self.clone(block, restart, known, stage_of)
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
        known: Mapping[tuple[str, int], frozenset[tuple[str, tuple[Expr, ...]]]],
        stage_of: Mapping[str, int],
    ) -> None:
        name = self.name((block.name, restart))
        stage = stage_of[block.name]
        if block.name == self.graph.stages[stage].blocks[0]:
            self.headers[name] = stage
        ops: list[Op] = []
        for index, op in enumerate(block.ops):
            if isinstance(op, Access):
                self.check(op, name, known[block.name, index])
            ops.append(op)
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
            else:
                away = f"{name}.to{stage_of[target]}"
                targets[target] = self.leave(restart, stage, stage_of[target], away, block.end.span)
        self.blocks.append(Block(name, tuple(ops), retarget(block.end, targets.__getitem__)))

    def leave(self, restart: int | None, source: int, target: int, name: str, span: Span | None) -> str:
        """A block by which packets leave for far: from one stage to another, or in the middle of one at a miss."""
        stage = target if restart is None else restart
        text = next((text for way in self.ways(source, target, stage) if (text := way.effect(self.placement.held))), "")
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

    def ways(self, source: int, target: int, restart: int) -> list[Way]:
        """The ways on which packets leave there that far takes up at a stage."""
        stage = self.graph.stages[source]
        ways = stage.misses if source == target else self.graph.edge(source, target).ways
        return [way for way in ways if way.restart == restart and way.taken(self.placement.held)]

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
        names = sorted(point.inputs & written)
        saved = {n: Var(f"$at{point.point}.{n}", _width(point, n)) for n in names}
        copies = tuple(Assign(v, Var(n, v.width)) for n, v in saved.items())
        for name in starts:
            blocks[name] = replace(blocks[name], ops=(*copies, *blocks[name].ops))
        exit_name = exit_block(point.stage)
        blocks[exit_name] = _exit(exit_name, placement, point, saved)
    return (*blocks.values(), *returns)


def _width(point: RestartPoint, name: str) -> int:
    exprs = [e for taken in (*point.evicts, *point.maxima) for e in taken.key]
    exprs += [e for op in point.key_ops for e in op_exprs(op)]
    every = (*point.carried, *(v for e in exprs for v in variables(e)))
    return next(v.width for v in every if v.name == name)


def _exit(name: str, placement: Placement, point: RestartPoint, saved: Mapping[str, Var]) -> Block:
    def at_start(expr: Expr) -> Expr:
        return substitute(expr, saved)

    ops: list[Op] = [map_op(op, at_start) for op in point.key_ops]
    for taken in point.evicts:
        kind = "release" if taken.state in placement.sharded else "evict"
        ops.append(Access(taken.state, kind, tuple(map(at_start, taken.key)), (), taken.received))
    for taken in point.maxima:
        ops.append(Access(taken.state, "read", tuple(map(at_start, taken.key)), (), taken.received))
    received = [v for taken in (*point.evicts, *point.maxima) for v in taken.received]
    live = (*(at_start(v) for v in point.carried), *received)
    return Block(name, tuple(ops), HandOff(placement.far, point.point, live, "received"))
