"""Which values of a packet's fields a program tells apart: what it compares them with, what its tables match."""

from __future__ import annotations

from collections.abc import Iterator

from cora.ir.cfg import children, end_exprs, op_exprs
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Cast,
    Concat,
    Const,
    Expr,
    KeyField,
    KeyMatch,
    Program,
    Switch,
    Var,
    width,
)
from cora.ir.store import Store
from cora.verify.packets_solve import around

Found = dict[str, set[int]]


def field_values(program: Program, store: Store) -> dict[str, tuple[int, ...]]:
    """By header field that is compared or used as a key: 0, 1, the largest value, the constants that it meets and their
    neighbours, the same of the rows of the tables in `store`."""
    widths = {f"{h.name}.{f.name}": f.width for h in program.headers for f in h.fields}
    found: Found = {}
    for block in program.blocks:
        for expr in (e for node in block.ops for e in op_exprs(node)):
            _compared(expr, found)
        for expr in end_exprs(block.end):
            _compared(expr, found)
        if isinstance(block.end, Switch):
            for case, _ in block.end.cases:
                _meets(block.end.value, case, found)
        for op in block.ops:
            if isinstance(op, Access):
                _key(op, store, found)
    _through_copies(program, found)
    return {name: around(tuple(values), widths[name]) for name, values in sorted(found.items()) if name in widths}


def _compared(expr: Expr, found: Found) -> None:
    match expr:
        case Bin(op="eq" | "ne" | "ult" | "ule" | "slt" | "sle", a=a, b=Const(value=value)):
            _meets(a, value, found)
        case Bin(op="eq" | "ne" | "ult" | "ule" | "slt" | "sle", a=Const(value=value), b=b):
            _meets(b, value, found)
        case _:
            pass
    for part in children(expr):
        _compared(part, found)


def _meets(expr: Expr, value: int, found: Found) -> None:
    """The expression is compared with a value: so are the variables that are parts of it."""
    match expr:
        case Var(name=name):
            found.setdefault(name, set()).add(value)
        case Cast(a=a):
            _meets(a, value, found)
        case Concat(a=a, b=b):
            _meets(a, value >> width(b), found)
            _meets(b, value & (1 << width(b)) - 1, found)
        case _:
            for part in children(expr):
                _meets(part, value, found)


def _key(op: Access, store: Store, found: Found) -> None:
    table = store.tables.get(op.state)
    for n, expr in enumerate(op.key):
        _meets(expr, 0, found)
        if table is not None:
            for row in table.rows:
                for value in _edges(table.state.key[n], row.key[n]):
                    _meets(expr, value, found)


def _edges(key: KeyField, match: KeyMatch) -> Iterator[int]:
    """The values at which a row begins and ceases to match."""
    yield match.value
    match key.match:
        case "range":
            yield match.extra
        case "lpm":
            yield match.value | (1 << (key.width - match.extra)) - 1
        case "ternary" | "optional":
            yield match.value | ~match.extra & (1 << key.width) - 1
        case "exact":
            pass


def _through_copies(program: Program, found: Found) -> None:
    """What is compared with a copy of a field is compared with the field."""
    copies = [
        (op.dst.name, op.value.a if isinstance(op.value, Cast) else op.value)
        for block in reversed(program.blocks)
        for op in reversed(block.ops)
        if isinstance(op, Assign)
    ]
    for dst, source in copies:
        if isinstance(source, Var) and dst in found:
            found.setdefault(source.name, set()).update(found[dst])
