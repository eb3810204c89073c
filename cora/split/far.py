"""The program of the owner: takes packets up at restart points, and sends every answer back through near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cora.analysis.graph import StateGraph
from cora.diagnostics import Diagnostic, UserError
from cora.ir.cfg import (
    dominators,
    parser_blocks,
    reachable,
    retarget,
    with_blocks,
)
from cora.ir.nodes import (
    Access,
    Assign,
    Block,
    Const,
    Drop,
    Forward,
    Goto,
    Op,
    Program,
    Resume,
    Switch,
    Var,
)
from cora.split.again import computed_again
from cora.split.answers import Answers, ReturnPoint
from cora.split.frames import ENTER, Frames, entry_block
from cora.split.gates import seen
from cora.split.placement import Placement
from cora.split.restart import RestartPoint
from cora.split.sites import find_sites


def far_program(
    graph: StateGraph, placement: Placement, points: Sequence[RestartPoint]
) -> tuple[Program, tuple[ReturnPoint, ...]]:
    """Far's program, and the points at which its answers enter near."""
    skeleton = _skeleton(graph, placement, points)
    _check(skeleton, placement)
    sites = find_sites(skeleton, placement)
    frames = Frames(skeleton, placement, points)
    blocks = {b.name: replace(b, ops=sites.with_captures(b)) for b in skeleton.blocks}
    for point in points:
        name = entry_block(point.point)
        blocks[name] = replace(blocks[name], ops=(*blocks[name].ops, *frames.capture(point)))
    answers = Answers(placement, skeleton, sites, frames, dominators(skeleton))
    for block in skeleton.blocks:
        if isinstance(block.end, Forward | Drop) and block.name in sites.body:
            for made in answers.send(blocks.pop(block.name)):
                blocks[made.name] = made
    return with_blocks(skeleton, blocks.values()), tuple(answers.returns)


def _skeleton(graph: StateGraph, placement: Placement, points: Sequence[RestartPoint]) -> Program:
    """The parser, the switch over the resume points, what packets that start over compute again, and every stage that
    can follow; verdicts as in the whole."""
    program = graph.program
    parser = parser_blocks(program)
    blocks = [
        replace(b, end=retarget(b.end, lambda t: ENTER if t == program.body else t))
        for b in program.blocks
        if b.name in parser
    ]
    again = {p.point: computed_again(graph, placement, p) for p in points}
    cases = tuple((point, first) for point, (first, _) in again.items())
    blocks.append(Block(ENTER, (), Switch(Var("$resume", 8), cases, f"{ENTER}.unknown")))
    blocks.append(Block(f"{ENTER}.unknown", (), Drop("unknown resume point")))
    blocks += dict.fromkeys(block for _, made in again.values() for block in made)
    blocks += [Block(entry_block(p.point), _entry_ops(p), Goto(p.header)) for p in points]
    inside = reachable(program.blocks, (p.header for p in points))
    blocks += [b for b in program.blocks if b.name in inside]
    entry = program.blocks[0].name
    resumes = tuple(Resume(p.point, entry, p.into) for p in points)
    return with_blocks(replace(program, body=ENTER, resumes=resumes), blocks)


def _entry_ops(point: RestartPoint) -> tuple[Op, ...]:
    """Sets the carried variables, then merges what the copies knew before anything is read."""
    ops: list[Op] = [seen()] if point.stamped else []
    ops += [Assign(v, point.incoming(v)) for v in point.carried]
    ops += point.key_ops
    ops += [Access(t.state, "adopt" if t.whole else "merge", t.key, t.received) for t in point.evicts]
    ops += [Access(t.state, "merge_max", t.key, (Const(1, 1), *t.received)) for t in point.maxima]
    return tuple(ops)


def _check(program: Program, placement: Placement) -> None:
    wrong = [
        Diagnostic(
            "C0710",
            f"{op.state} is on {placement.near}, but {placement.far} may run `{op.kind}` on it",
            op.span,
            help=f"a packet never goes back to {placement.near} for more work: place the state on {placement.far}, "
            f"or everything that follows on {placement.near}",
        )
        for block in program.blocks
        for op in block.ops
        if isinstance(op, Access) and op.state in placement.owned_near
    ]
    if wrong:
        raise UserError(*dict.fromkeys(wrong))
