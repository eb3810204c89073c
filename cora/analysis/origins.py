"""What keys are made of on each way through the body, and whether both directions of a connection have the same one."""

from __future__ import annotations

from collections.abc import Iterable

from cora.ir.cfg import (
    block_map,
    children,
    header_names,
    map_children,
    names,
    op_writes,
    parser_blocks,
    predecessors,
    substitute,
)
from cora.ir.nodes import Assign, Expr, Mux, Op, Program, Var

Key = tuple[Expr, ...]
MAX_KEYS = 64
MAX_CONDITIONS = 4


def origins(program: Program, block: str, key: Key) -> frozenset[Key] | None:
    """The key at the start of a block over variables as parsing left them, one for each way to compute it; conditions
    inside it are told apart. None if a part is the result of an operation, or if there are too many ways."""
    blocks = block_map(program.blocks)
    sources = predecessors(program.blocks)
    parser = parser_blocks(program)
    headers = header_names(program)
    order = [b.name for b in program.blocks]
    at_start: dict[str, set[Key]] = {block: {key}}
    found: set[Key] = set()
    for name in reversed(order[: order.index(block) + 1]):
        keys = at_start.pop(name, set[Key]())
        if not keys:
            continue
        if name == program.body:
            found |= keys
            continue
        for source in sources[name]:
            if source in parser:
                continue
            before = {_before(blocks[source].ops, k, headers) for k in keys}
            if None in before:
                return None
            at_start.setdefault(source, set()).update(k for k in before if k is not None)
            if len(at_start[source]) > MAX_KEYS:
                return None
    split = {part for k in found for part in _without_conditions(k)}
    return frozenset(split) if len(split) <= MAX_KEYS else None


def same_key(program: Program, block: str, a: Key, b: Key) -> bool:
    """Whether two keys, over variables at the start of a block, are proved to be equal on every way to it."""
    if a == b:
        return True
    ways = origins(program, block, (*a, *b))
    return ways is not None and all(way[: len(a)] == way[len(a) :] for way in ways)


def _before(ops: Iterable[Op], key: Key, headers: dict[str, frozenset[str]]) -> Key | None:
    """The key before some operations; None if one of them makes a part of it otherwise than by an expression."""
    for op in reversed(tuple(ops)):
        if isinstance(op, Assign):
            key = tuple(substitute(e, {op.dst.name: op.value}) for e in key)
        elif any(names(e) & op_writes(op, headers) for e in key):
            return None
    return key


def _without_conditions(key: Key) -> set[Key]:
    """The key for each outcome of the conditions inside it."""
    conditions = list(dict.fromkeys(c for e in key for c in _conditions(e)))
    if not conditions or len(conditions) > MAX_CONDITIONS:
        return {key}
    outer = conditions[0]
    return {
        part
        for outcome in (True, False)
        for part in _without_conditions(tuple(_decided(e, outer, outcome) for e in key))
    }


def _conditions(expr: Expr) -> Iterable[Expr]:
    if isinstance(expr, Mux):
        yield expr.c
    for child in children(expr):
        yield from _conditions(child)


def _decided(expr: Expr, condition: Expr, outcome: bool) -> Expr:
    if isinstance(expr, Mux) and expr.c == condition:
        return _decided(expr.a if outcome else expr.b, condition, outcome)
    return map_children(expr, lambda child: _decided(child, condition, outcome))


def symmetric(keys: frozenset[Key] | None) -> bool:
    """Whether with each way to make the key there is the one in which the two ends of a connection have changed places,
    so that packets of both directions reach the same records."""
    return bool(keys) and all(any(swapped(a, b) for b in keys or ()) for a in keys or () if _has_fields(a))


def _has_fields(key: Key) -> bool:
    return any(names(e) for e in key)


def swapped(a: Key, b: Key) -> bool:
    """Whether one key becomes the other when variables change places in pairs (source with destination), and nothing
    else differs."""
    pairs: dict[str, str] = {}
    if len(a) != len(b) or not all(_unify(x, y, pairs) for x, y in zip(a, b, strict=True)):
        return False
    moved = {x: y for x, y in pairs.items() if x != y}
    return bool(moved) and all(pairs.get(y) == x for x, y in moved.items())


def _unify(a: Expr, b: Expr, pairs: dict[str, str]) -> bool:
    if isinstance(a, Var) and isinstance(b, Var):
        return a.width == b.width and pairs.setdefault(a.name, b.name) == b.name
    if isinstance(a, Var) or isinstance(b, Var) or _shape(a) != _shape(b):
        return False
    return all(_unify(x, y, pairs) for x, y in zip(children(a), children(b), strict=True))


def _shape(expr: Expr) -> Expr:
    """The expression without its operands."""
    return map_children(expr, lambda _: Var("", 0))
