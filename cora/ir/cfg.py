"""Shared questions about the IR: who follows whom, who dominates whom, which variables are read, written and live.

Everything here is pure and knows no analysis of its own. Sets of variables are sets of names (widths never differ for
one name). Header operations are expanded: `Extract` writes the fields and `$valid` of its header, `Emit` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from cora.ir.nodes import (
    Access,
    Advance,
    Assign,
    Bin,
    Block,
    Branch,
    Cast,
    Checksum,
    Concat,
    Const,
    Copy,
    Digest,
    Drop,
    Emit,
    Expr,
    Extract,
    Foreign,
    Forward,
    Goto,
    HandOff,
    Hash,
    Header,
    Lookahead,
    Mux,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Slice,
    Switch,
    Terminator,
    Un,
    Var,
)

DRAWS = Var("$draws", 32)
"""How many random numbers the packet has drawn: an engine that takes it up goes on with the next."""

T = TypeVar("T")
ExprMap = Callable[[Expr], Expr]
VarMap = Callable[[Var], Var]


def valid_var(header: str) -> Var:
    """The validity bit of a header."""
    return Var(f"{header}.$valid", 1)


def header_vars(header: Header) -> tuple[Var, ...]:
    """The fields of a header, in order, and its validity bit at the end."""
    return (*(Var(f"{header.name}.{f.name}", f.width) for f in header.fields), valid_var(header.name))


def header_names(program: Program) -> dict[str, frozenset[str]]:
    """By header: the names of all its variables."""
    return {h.name: frozenset(v.name for v in header_vars(h)) for h in program.headers}


# ---------------------------------------------------------------- the graph


def successors(end: Terminator) -> tuple[str, ...]:
    """The blocks that may run next, each once, in the order in which the terminator names them."""
    match end:
        case Goto(target=target):
            return (target,)
        case Branch(then=then, orelse=orelse):
            return (then,) if then == orelse else (then, orelse)
        case Switch(cases=cases, default=default):
            return tuple(dict.fromkeys((*(target for _, target in cases), default)))
        case Forward() | Drop() | HandOff():
            return ()


def block_map(blocks: Iterable[Block]) -> dict[str, Block]:
    return {b.name: b for b in blocks}


def predecessors(blocks: Iterable[Block]) -> dict[str, tuple[str, ...]]:
    """By block: those that may run just before it. Every block has an entry; roots have ()."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        found.setdefault(block.name, [])
        for target in successors(block.end):
            found.setdefault(target, []).append(block.name)
    return {name: tuple(sources) for name, sources in found.items()}


def roots(program: Program) -> tuple[str, ...]:
    """Where control may enter: the first block, then the resume points."""
    return tuple(dict.fromkeys((program.blocks[0].name, *(r.block for r in program.resumes))))


def closure(starts: Iterable[T], following: Callable[[T], Iterable[T]]) -> frozenset[T]:
    """What can be reached from `starts`, which are part of it, step by step to what follows."""
    seen: set[T] = set()
    todo = list(starts)
    while todo:
        item = todo.pop()
        if item not in seen:
            seen.add(item)
            todo += following(item)
    return frozenset(seen)


def reachable(blocks: Iterable[Block], starts: Iterable[str]) -> frozenset[str]:
    """Names of the blocks that can be reached from `starts`, which are among them."""
    by_name = block_map(blocks)
    return closure(starts, lambda name: successors(by_name[name].end))


def topological_order(blocks: Iterable[Block], starts: Iterable[str]) -> tuple[str, ...]:
    """Names of all reachable blocks so that each stands before its successors; the first of `starts` is first.

    Deterministic: branches keep their written order where the edges allow it. Raises ValueError on a cycle."""
    by_name = block_map(blocks)
    postorder: list[str] = []
    state: dict[str, bool] = {}  # False while on the path, True when done
    # The entry is visited last, so that in the reversed postorder it comes first.
    for start in reversed(tuple(dict.fromkeys(starts))):
        if start in state:
            continue
        state[start] = False
        path: list[tuple[str, Iterator[str]]] = [(start, iter(successors(by_name[start].end)[::-1]))]
        while path:
            name, rest = path[-1]
            for target in rest:
                if target not in state:
                    state[target] = False
                    path.append((target, iter(successors(by_name[target].end)[::-1])))
                    break
                if not state[target]:
                    raise ValueError(f"blocks form a cycle through {target}")
            else:
                state[name] = True
                postorder.append(name)
                path.pop()
    return tuple(reversed(postorder))


def sorted_blocks(blocks: Iterable[Block], starts: Iterable[str]) -> tuple[Block, ...]:
    """The reachable blocks in topological order."""
    by_name = block_map(blocks)
    return tuple(by_name[name] for name in topological_order(by_name.values(), starts))


def with_blocks(program: Program, blocks: Iterable[Block]) -> Program:
    """The program with other blocks: unreachable ones dropped, the rest sorted. The entry stays the entry."""
    return replace(program, blocks=sorted_blocks(blocks, roots(program)))


def dominators(program: Program) -> dict[str, frozenset[str]]:
    """By reachable block: the blocks that every path from any root to it passes, itself included."""
    sources = predecessors(program.blocks)
    starts = frozenset(roots(program))
    found: dict[str, frozenset[str]] = {}
    for name in topological_order(program.blocks, roots(program)):
        above = [found[s] for s in sources[name] if s in found]
        common = frozenset[str]() if name in starts or not above else frozenset.intersection(*above)
        found[name] = common | {name}
    return found


def parser_blocks(program: Program) -> frozenset[str]:
    """Names of the blocks of the parser: what comes before `body` on the way from the entry."""
    by_name = block_map(program.blocks)
    seen: set[str] = set()
    todo = [program.blocks[0].name]
    while todo:
        name = todo.pop()
        if name not in seen and name != program.body:
            seen.add(name)
            todo += successors(by_name[name].end)
    return frozenset(seen)


# ---------------------------------------------------------------- expressions


def children(expr: Expr) -> tuple[Expr, ...]:
    match expr:
        case Const() | Var():
            return ()
        case Un(a=a) | Slice(a=a) | Cast(a=a):
            return (a,)
        case Bin(a=a, b=b) | Concat(a=a, b=b):
            return (a, b)
        case Mux(c=c, a=a, b=b):
            return (c, a, b)


def map_children(expr: Expr, fn: ExprMap) -> Expr:
    """The expression with `fn` applied to its direct operands; the same object if nothing changed."""
    match expr:
        case Const() | Var():
            return expr
        case Un(op=op, a=a):
            return expr if (x := fn(a)) is a else Un(op, x)
        case Slice(a=a, hi=hi, lo=lo):
            return expr if (x := fn(a)) is a else Slice(x, hi, lo)
        case Cast(a=a, width=w, signed=signed):
            return expr if (x := fn(a)) is a else Cast(x, w, signed)
        case Bin(op=op, a=a, b=b):
            x, y = fn(a), fn(b)
            return expr if x is a and y is b else Bin(op, x, y)
        case Concat(a=a, b=b):
            x, y = fn(a), fn(b)
            return expr if x is a and y is b else Concat(x, y)
        case Mux(c=c, a=a, b=b):
            z, x, y = fn(c), fn(a), fn(b)
            return expr if z is c and x is a and y is b else Mux(z, x, y)


def rewrite(expr: Expr, fn: ExprMap) -> Expr:
    """`fn` applied to every node, operands first."""
    return fn(map_children(expr, lambda e: rewrite(e, fn)))


class Values(Protocol):
    """Expressions by the names of variables: a dict, or what is known of the variables at one place of a program."""

    def get(self, name: str, default: Expr, /) -> Expr: ...


def substitute(expr: Expr, values: Values) -> Expr:
    """The expression with variables replaced by expressions, all at once."""
    if isinstance(expr, Var):
        return values.get(expr.name, expr)
    return map_children(expr, lambda e: substitute(e, values))


def variables(expr: Expr) -> Iterator[Var]:
    """Every use of a variable, left to right."""
    if isinstance(expr, Var):
        yield expr
    else:
        for child in children(expr):
            yield from variables(child)


def names(expr: Expr) -> frozenset[str]:
    return frozenset(v.name for v in variables(expr))


# ---------------------------------------------------------------- operations


def all_of(conditions: Iterable[Expr]) -> Expr:
    """The conjunction; true if there are none."""
    whole: Expr | None = None
    for condition in conditions:
        whole = condition if whole is None else Bin("and", whole, condition)
    return Const(1, 1) if whole is None else whole


def op_exprs(op: Op) -> tuple[Expr, ...]:
    """The expressions that an operation evaluates, in order (header operations have none)."""
    match op:
        case Assign(value=value):
            return (value,)
        case Room(bits=bits) | Advance(bits=bits):
            return (bits,)
        case Hash(inputs=inputs):
            return inputs
        case Checksum(start=start, added=added, removed=removed):
            return (start, *added, *removed)
        case Random(lo=lo, hi=hi):
            return (lo, hi)
        case Access(key=key, args=args):
            return (*key, *args)
        case Digest(fields=fields):
            return fields
        case Copy(which=which, live=live):
            return (which, *live)
        case Foreign(args=args):
            return args
        case Extract() | Lookahead() | Emit() | SetValid():
            return ()


def op_dsts(op: Op) -> tuple[Var, ...]:
    """The variables that an operation names as its destinations (not the variables of a header)."""
    match op:
        case Assign(dst=dst) | Room(dst=dst) | Lookahead(dst=dst) | Hash(dst=dst) | Checksum(dst=dst):
            return (dst,)
        case Random(dst=dst):
            return (dst,)
        case Access(results=results) | Foreign(results=results):
            return results
        case Extract() | Advance() | Emit() | SetValid() | Digest() | Copy():
            return ()


def op_reads(op: Op, headers: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Variables that an operation reads; `headers` is `header_names(program)`. An `rmw` binds its results before it
    evaluates its arguments, so it doesn't read them. A draw reads and moves on the packet's generator."""
    match op:
        case Emit(header=header):
            return headers[header]
        case Random(lo=lo, hi=hi):
            return _names_of((lo, hi)) | {"$seed", DRAWS.name}
        case Access(kind="rmw", key=key, args=args, results=results):
            old = frozenset(v.name for v in results)
            return _names_of(key) | (_names_of(args) - old)
        case _:
            return _names_of(op_exprs(op))


def op_writes(op: Op, headers: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Variables that an operation writes, always all of them."""
    match op:
        case Extract(header=header):
            return headers[header]
        case SetValid(header=header):
            return frozenset((valid_var(header).name,))
        case Random(dst=dst):
            return frozenset((dst.name, DRAWS.name))
        case _:
            return frozenset(v.name for v in op_dsts(op))


def has_effect(op: Op) -> bool:
    """True if the operation does something other than write variables: it can't be removed when they are dead."""
    match op:
        case Access(kind=kind):
            return kind not in ("lookup", "read", "peek", "idle", "current")
        case Advance() | Extract() | Emit() | Digest() | Copy() | Random() | Foreign():
            return True  # Random moves the packet's generator on
        case Assign() | Room() | Lookahead() | SetValid() | Hash() | Checksum():
            return False


def map_op(op: Op, fn: ExprMap, dst: VarMap = lambda v: v) -> Op:
    """The operation with `fn` applied to each expression that it evaluates and `dst` to each destination. Header
    operations are returned as they are."""
    match op:
        case Assign():
            return replace(op, dst=dst(op.dst), value=fn(op.value))
        case Room():
            return replace(op, dst=dst(op.dst), bits=fn(op.bits))
        case Lookahead():
            return replace(op, dst=dst(op.dst))
        case Advance():
            return replace(op, bits=fn(op.bits))
        case Hash():
            return replace(op, dst=dst(op.dst), inputs=_map_all(op.inputs, fn))
        case Checksum():
            added, removed = _map_all(op.added, fn), _map_all(op.removed, fn)
            return replace(op, dst=dst(op.dst), start=fn(op.start), added=added, removed=removed)
        case Random():
            return replace(op, dst=dst(op.dst), lo=fn(op.lo), hi=fn(op.hi))
        case Access():
            results = tuple(dst(v) for v in op.results)
            return replace(op, key=_map_all(op.key, fn), args=_map_all(op.args, fn), results=results)
        case Digest():
            return replace(op, fields=_map_all(op.fields, fn))
        case Copy():
            return replace(op, which=fn(op.which), live=_map_all(op.live, fn))
        case Foreign():
            return replace(op, args=_map_all(op.args, fn), results=tuple(dst(v) for v in op.results))
        case Extract() | Emit() | SetValid():
            return op


def end_exprs(end: Terminator) -> tuple[Expr, ...]:
    match end:
        case Branch(cond=cond):
            return (cond,)
        case Switch(value=value):
            return (value,)
        case Forward(port=port, length=length):
            return (port,) if length is None else (port, length)
        case HandOff(live=live):
            return live
        case Goto() | Drop():
            return ()


def end_reads(end: Terminator) -> frozenset[str]:
    return _names_of(end_exprs(end))


def map_end(end: Terminator, fn: ExprMap) -> Terminator:
    """The terminator with `fn` applied to each expression."""
    match end:
        case Branch():
            return replace(end, cond=fn(end.cond))
        case Switch():
            return replace(end, value=fn(end.value))
        case Forward():
            length = None if end.length is None else fn(end.length)
            return replace(end, port=fn(end.port), length=length)
        case HandOff():
            return replace(end, live=_map_all(end.live, fn))
        case Goto() | Drop():
            return end


def retarget(end: Terminator, target: Callable[[str], str]) -> Terminator:
    """The terminator with its successors renamed."""
    match end:
        case Goto():
            return replace(end, target=target(end.target))
        case Branch():
            return replace(end, then=target(end.then), orelse=target(end.orelse))
        case Switch():
            cases = tuple((value, target(name)) for value, name in end.cases)
            return replace(end, cases=cases, default=target(end.default))
        case Forward() | Drop() | HandOff():
            return end


def _map_all(exprs: tuple[Expr, ...], fn: ExprMap) -> tuple[Expr, ...]:
    return tuple(fn(e) for e in exprs)


def _names_of(exprs: Iterable[Expr]) -> frozenset[str]:
    return frozenset(v.name for e in exprs for v in variables(e))


# ---------------------------------------------------------------- liveness


@dataclass(frozen=True, slots=True)
class Liveness:
    """By block: the variables whose values may still be read, where it begins and where it ends."""

    at_start: dict[str, frozenset[str]]
    at_end: dict[str, frozenset[str]]


def live_before(op: Op, after: frozenset[str], headers: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The variables live before an operation, given those live after it."""
    return (after - op_writes(op, headers)) | op_reads(op, headers)


def without_dead(program: Program, removable: Callable[[Op], bool]) -> Program:
    """The program without operations that may be removed and set only variables which nothing reads afterwards."""
    headers = header_names(program)
    live_at: dict[str, frozenset[str]] = {}
    blocks: list[Block] = []
    # Successors first: what only dead operations read is not live, so one walk finds chains of them.
    for block in reversed(program.blocks):
        live = end_reads(block.end).union(*(live_at[s] for s in successors(block.end)))
        kept: list[Op] = []
        for op in reversed(block.ops):
            if not removable(op) or op_writes(op, headers) & live:
                kept.append(op)
                live = live_before(op, live, headers)
        live_at[block.name] = live
        blocks.append(replace(block, ops=tuple(reversed(kept))))
    return replace(program, blocks=tuple(reversed(blocks)))


def liveness(program: Program) -> Liveness:
    """Backward liveness of variables (inputs such as `$time` included where they are read)."""
    headers = header_names(program)
    at_start: dict[str, frozenset[str]] = {}
    at_end: dict[str, frozenset[str]] = {}
    by_name = block_map(program.blocks)
    for name in reversed(topological_order(program.blocks, roots(program))):
        block = by_name[name]
        at_end[name] = frozenset[str]().union(*(at_start[s] for s in successors(block.end)))
        live = at_end[name] | end_reads(block.end)
        for op in reversed(block.ops):
            live = live_before(op, live, headers)
        at_start[name] = live
    return Liveness(at_start, at_end)
