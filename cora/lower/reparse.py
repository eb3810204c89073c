"""What an egress parser reads: the headers that ingress has just emitted.

The program doesn't write bytes and read them again. The headers stand in the order in which ingress emitted them; an
`extract` takes the first one that is there, field by field. A header that is taken is not emitted as it was: from now
on egress has it.

Behind the last one comes what ingress left unread: there the header is read from the packet. A header that has the
size of the next one, but fields of other widths, takes its bits. A packet whose next header has another size is
dropped, with the reason `egress_unparsed`; where no header that ingress emits has the size, and where egress doesn't
just extract headers, ingress and egress aren't joined at all (`NotJoined`).
"""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.ir.nodes import Concat, Const, Drop, Expr, Extract, Slice, Var
from cora.lower.arguments import value_arg
from cora.lower.context import Context, Deferred, leaf_width
from cora.lower.expressions import evaluate
from cora.lower.packets import count_up, need_room
from cora.lower.unions import invalidate_others
from cora.lower.values import BOOL_FALSE, Record, and_, leaves


class NotJoined(Exception):
    """Egress does something that it can't do without parsing the packet again."""


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
    if not isinstance(record, Record) or not record.name or record.valid is None or len(call.args) != 1:
        raise NotJoined
    fields = [leaf for leaf in leaves(record, validity=False) if isinstance(leaf, Var)]
    cx.header(record, call.span)
    before = dict(cx.parser.next_index)
    first = before.get(_NEXT, 0)
    if cx.emitted[first:] and not any(_fits(cx, each, fields) for each in cx.emitted[first:]):
        raise NotJoined
    for at, emitted in enumerate(cx.emitted[first:], first):
        take, rest = builder.block("take"), builder.block("rest")
        builder.branch(and_(emitted.pending, Var(f"{emitted.header}.$valid", 1)), take, rest)
        builder.start(take)
        if _fits(cx, emitted, fields):
            _take(cx, emitted, record, fields)
            invalidate_others(cx, expr)
            cx.parser.next_index[_NEXT] = at + 1
            count_up(cx, expr)
            go_on()
            cx.parser.next_index = dict(before)
        else:
            builder.end(Drop("egress_unparsed"))
        builder.start(rest)
    name = cx.header(record, call.span)
    need_room(cx, Const(sum(map(leaf_width, fields)), 32))
    builder.emit(Extract(name))
    invalidate_others(cx, expr)
    cx.parser.next_index[_NEXT] = len(cx.emitted)
    count_up(cx, expr)
    go_on()
    cx.parser.next_index = before


def _fits(cx: Context, emitted: Deferred, fields: list[Var]) -> bool:
    return cx.headers[emitted.header].width == sum(map(leaf_width, fields))


def _take(cx: Context, emitted: Deferred, record: Record, fields: list[Var]) -> None:
    header = cx.headers[emitted.header]
    given = [Var(f"{header.name}.{f.name}", f.width) for f in header.fields]
    if [f.width for f in given] == [f.width for f in fields]:
        values: list[Expr] = list(given)
    else:
        whole: Expr = given[0]
        for field in given[1:]:
            whole = Concat(whole, field)
        values, end = [], header.width
        for field in fields:
            values.append(Slice(whole, end - 1, end - field.width))
            end -= field.width
    for dst, value in zip(fields, values, strict=True):
        cx.builder.assign(dst, value)
    cx.set_valid(record, True, emitted.span)
    cx.builder.assign(emitted.pending, BOOL_FALSE)
