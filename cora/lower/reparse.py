"""What an egress parser reads: the headers that ingress has just emitted.

The program doesn't write bytes and read them again. The headers stand in the order in which ingress emitted them; an
`extract` takes the first one that is there, field by field. A header that is taken is not emitted as it was: from now
on egress has it.

Behind the last one comes what ingress left unread. If too little of it is there, the parser fails with PacketTooShort,
as it should. If there is enough, or if the next header has fields of other widths, Cora can't go on: such a packet is
dropped, with the reason `egress_unparsed`.
"""

from __future__ import annotations

from collections.abc import Callable

from cora.diagnostics import error
from cora.frontend import ast
from cora.ir.nodes import Const, Drop, Room, Var, width
from cora.lower.arguments import value_arg
from cora.lower.context import Context, Deferred, leaf_width
from cora.lower.expressions import evaluate
from cora.lower.packets import count_up
from cora.lower.values import BOOL_FALSE, Record, and_, leaves

_NEXT = "$emitted"
"""In `ParserPoint.next_index`: how many of the emitted headers the parser has passed on this path."""


def is_extract(statement: ast.Statement) -> bool:
    """Whether a statement of a parser state reads a header."""
    match statement:
        case ast.CallStmt(call=ast.Call(target=ast.MethodTarget(extern="packet_in", method="extract"))):
            return True
        case _:
            return False


def extract_emitted(cx: Context, call: ast.Call, go_on: Callable[[], None]) -> None:
    """Lowers an `extract` of an egress parser; `go_on` ends a block in which the header has been read."""
    assert cx.emitted is not None and cx.parser.reject is not None
    builder = cx.builder
    expr = value_arg(call, 0)
    record = evaluate(cx, expr)
    if not isinstance(record, Record) or record.valid is None or len(call.args) != 1:
        raise error("C0320", "egress can't extract this", call.span, help="extract a header without varbit fields")
    fields = [leaf for leaf in leaves(record, validity=False) if isinstance(leaf, Var)]
    cx.header(record, call.span)
    before = dict(cx.parser.next_index)
    first = before.get(_NEXT, 0)
    if not any(_fits(cx, each, fields) for each in cx.emitted[first:]):
        raise error(
            "C0320",
            f"egress extracts {record.name}, and ingress emits no header of this shape for it",
            call.span,
            help="emit in ingress what egress extracts, in the same order, and let egress keep the rest as it is",
        )
    for at, emitted in enumerate(cx.emitted[first:], first):
        take, rest = builder.block("take"), builder.block("rest")
        builder.branch(and_(emitted.pending, Var(f"{emitted.header}.$valid", 1)), take, rest)
        builder.start(take)
        if _fits(cx, emitted, fields):
            _take(cx, emitted, record, fields)
            cx.parser.next_index[_NEXT] = at + 1
            count_up(cx, expr)
            go_on()
            cx.parser.next_index = dict(before)
        else:
            builder.end(Drop("egress_unparsed"))
        builder.start(rest)
    room = builder.temp("room", 1)
    builder.emit(Room(room, Const(sum(map(leaf_width, fields)), 32)))
    unread = builder.block("unread")
    builder.branch(room, unread, cx.parser.reject("PacketTooShort"))
    builder.start(unread)
    builder.end(Drop("egress_unparsed"))


def _fits(cx: Context, emitted: Deferred, fields: list[Var]) -> bool:
    return [f.width for f in cx.headers[emitted.header].fields] == [width(f) for f in fields]


def _take(cx: Context, emitted: Deferred, record: Record, fields: list[Var]) -> None:
    for dst, field in zip(fields, cx.headers[emitted.header].fields, strict=True):
        cx.builder.assign(dst, Var(f"{emitted.header}.{field.name}", field.width))
    cx.set_valid(record, True, emitted.span)
    cx.builder.assign(emitted.pending, BOOL_FALSE)
