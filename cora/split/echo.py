"""Keeps the packets of a flow in order where near could let one out while another is with far (`cora.split.order`).

Near has served the packet: its state is as if it had left. While the slot of its flow is busy it is sent after the
others as an *echo*: a frame with the output, which names the slot too, and which far sends back as it is. Links keep
the order of frames, so it comes back behind them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cora.ir.cfg import with_blocks
from cora.ir.nodes import Access, Block, Branch, Const, Expr, Forward, HandOff, Program, Resume, Var
from cora.split.gates import DEPART, GATE, ORDER, ORDER_SLOT, SLOT_BITS, STAMP, arrive, issue, key_slot, seen
from cora.split.placement import Placement

_FAR = "echo"
_NEAR = "answer.echo"
_LIVE = (Var("$echo.port", 16), ORDER_SLOT, STAMP)


@dataclass(frozen=True, slots=True)
class Echo:
    """The resume points of a split's echoes."""

    far: int
    near: int

    def in_near(self, program: Program, placement: Placement) -> Program:
        """Near's program with slots of flows, echoes, and the block where they come back."""
        blocks: list[Block] = []
        for block in program.blocks:
            if block.name == program.body:
                block = replace(block, ops=(*key_slot(placement.holes.flow, ORDER_SLOT), *block.ops))
            if block.name in placement.holes.outlets and isinstance(block.end, Forward):
                blocks += self._outlet(block, block.end, placement.far)
            else:
                blocks.append(block)
        port, slot, stamp = _LIVE
        first = (DEPART,) if placement.parallel else ()
        blocks.append(Block(_NEAR, (*first, arrive(ORDER, slot, stamp)), Forward(port)))
        return with_blocks(replace(program, resumes=(*program.resumes, Resume(self.near, _NEAR, _LIVE))), blocks)

    def _outlet(self, block: Block, end: Forward, far: str) -> Sequence[Block]:
        idle = Var(f"$idle.{block.name}.order", 1)
        out, echo = f"{block.name}.out", f"{block.name}.echo"
        test = Access(ORDER, "idle", (ORDER_SLOT,), (), (idle,))
        live: tuple[Expr, ...] = (end.port, ORDER_SLOT, STAMP)
        ops = (Access(GATE, "stamp", (Const(0, SLOT_BITS),), (), (STAMP,)), issue(ORDER, ORDER_SLOT))
        return (
            replace(block, ops=(*block.ops, test), end=Branch(idle, out, echo)),
            Block(out, (), end),
            Block(echo, ops, HandOff(far, self.far, live, "emitted", end.span)),
        )

    def in_far(self, program: Program, near: str) -> Program:
        """Far's program with the block that sends them back."""
        block = Block(_FAR, (seen(),), HandOff(near, self.near, _LIVE, "received"))
        resumes = (*program.resumes, Resume(self.far, _FAR, _LIVE))
        return with_blocks(replace(program, resumes=resumes), (*program.blocks, block))
