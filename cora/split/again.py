"""Packets that start over: far computes again what a packet had when it came to the stage where it is taken up.

The frame carries none of the variables. Far parses it and runs the body up to the restart, on the same way by the same
tables, but without what happened there for good: counts, digests and changes of states. Of what packets change nothing
may be read on that way: near's own states are not on far, and of what near has copies of nothing is read before the
restart.
"""

from __future__ import annotations

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.ir.cfg import block_map, closure, predecessors, reachable, retarget
from cora.ir.nodes import Access, Block, Digest, Drop, Op
from cora.split.frames import entry_block
from cora.split.placement import Placement
from cora.split.restart import RestartPoint

STRAYED = "resume.strayed"
"""Where packets come that take another way than on near: a table has been changed while they were under way."""


def computed_again(graph: StateGraph, placement: Placement, point: RestartPoint) -> tuple[str, tuple[Block, ...]]:
    """Far's block where frames of a restart point enter, and the blocks that compute their variables before its entry
    block. Raises UserError C0714 where near has read a state of its own."""
    entry = entry_block(point.point)
    if not point.again:
        return entry, ()
    blocks = block_map(graph.program.blocks)
    sources = predecessors(graph.program.blocks)
    way = reachable(graph.program.blocks, (graph.program.body,))
    way &= closure(sources[point.header], sources.__getitem__)
    made = {name: f"{entry}.{name}" for name in way} | {point.header: entry}
    again = [
        Block(
            made[name],
            tuple(op for op in blocks[name].ops if _is_needed(op, placement)),
            retarget(blocks[name].end, lambda target: made.get(target, STRAYED)),
        )
        for name in sorted(way)
    ]
    return made[graph.program.body], (*again, Block(STRAYED, (), Drop("a table was changed under way")))


def _is_needed(op: Op, placement: Placement) -> bool:
    """Whether an operation only computes something."""
    if isinstance(op, Digest) or (isinstance(op, Access) and not op.results):
        return False
    if isinstance(op, Access) and op.state not in placement.shared:
        raise error(
            "C0714",
            f"packets can't start over: {placement.near} has read {op.state}, and {placement.far} can't read it again",
            op.span,
            help=f"place {op.state} on {placement.far}, or let packets carry what was read: leave `starts_over` out of "
            "the plan",
        )
    return True
