"""What XDP can put in front of a frame: a split whose hand-offs need more would lose packets."""

from __future__ import annotations

from cora.diagnostics import Diagnostic, UserError
from cora.ir.nodes import HandOff
from cora.split.engines import EngineProgram, Split
from cora.split.handoff import FIXED_BYTES

XDP_HEADROOM_BYTES = 256
"""XDP_PACKET_HEADROOM of Linux: what drivers keep free in front of a received frame."""


def check_headroom(split: Split) -> None:
    """Raises UserError C0758 if the header of a hand-off is larger than the room in front of the frame on which its
    engine puts it: that of every received frame and, where only hand-offs come in, the least header taken off
    before."""
    for engine in split.engines:
        room = XDP_HEADROOM_BYTES + _taken_off(engine, split)
        for end in (block.end for block in engine.program.blocks):
            if not isinstance(end, HandOff):
                continue
            size = FIXED_BYTES + split.layout(end.engine, end.resume).size
            if size > room:
                raise UserError(_too_long(engine.engine, end, size, room))


def _taken_off(engine: EngineProgram, split: Split) -> int:
    if engine.faces_wire:
        return 0
    sizes = [split.layout(engine.engine, resume.point).size for resume in engine.program.resumes]
    return FIXED_BYTES + min(sizes, default=0)


def _too_long(engine: str, end: HandOff, size: int, room: int) -> Diagnostic:
    return Diagnostic(
        "C0758",
        f"a hand-off from {engine} to {end.engine} carries {size} bytes in front of the packet, and XDP has room for "
        f"{room}: such packets would be lost",
        end.span,
        help="keep fewer registers and tables copied: pin some of them to the host (--pin-state STATE=host)",
        where=f"engine {engine}",
    )
