"""What Cora can't do with a packet, refused only if a packet can get there.

An architecture asks for copies and loops by setting fields of metadata. Most programs set them to zero, by hand or by
calling `send_to_port`, so that an assignment alone says nothing. A condition under which Cora couldn't go on leads to a
block of its own; where optimising doesn't find it unreachable, the program is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cora.diagnostics import Span
from cora.ir.nodes import Assign, Const, Drop, Expr, Program, Var
from cora.lower.context import Context, unsupported

REFUSED = "$refused: "
"""How the reason of such a block begins."""


def refuse_if(cx: Context, cond: Expr, what: str, first: int, field: str, span: Span) -> None:
    """Refuses the program if the condition can hold here. To point at the cause, the blocks from the `first` on are
    searched for an assignment to the metadata's `field`; `span` is what is shown if there is none."""
    builder = cx.builder
    refused, go_on = builder.block("refused"), builder.block("go_on")
    builder.branch(cond, refused, go_on)
    builder.start(refused)
    builder.end(Drop(REFUSED + what, _cause(cx, first, field) or span))
    builder.start(go_on)


def _cause(cx: Context, first: int, field: str) -> Span | None:
    """An assignment of something else than 0, in the user's own text if there is one."""
    found: list[Span] = []
    for block in cx.builder.blocks[first:]:
        for op in block.ops:
            match op:
                case Assign(dst=dst, value=value, span=Span() as span) if _is(dst, field):
                    copied = isinstance(value, Var) and _is(value, field)
                    if not copied and not (isinstance(value, Const) and value.value == 0):
                        found.append(span)
                case _:
                    pass
    own = [span for span in found if not span.source.name.startswith("<")]
    return next(iter((*own, *found)), None)


def _is(var: Var, field: str) -> bool:
    """Whether the variable is the field, or a parameter of that name."""
    return re.sub(r"_\d+$", "", var.name.rpartition(".")[2]) == field


@dataclass(frozen=True, slots=True)
class CheckRefused:
    """Before and after: the same program, or the error C0303."""

    @property
    def name(self) -> str:
        return "check-refused"

    def run(self, program: Program) -> Program:
        for block in program.blocks:
            match block.end:
                case Drop(reason=reason, span=span) if reason.startswith(REFUSED):
                    raise unsupported(reason.removeprefix(REFUSED), span, "send each packet to one port, or drop it")
                case _:
                    pass
        return program
