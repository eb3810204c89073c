"""Which variables are known, and where: constants and copies, block by block.

The graph has no cycles, so one walk in topological order is exact: what holds at a block is what holds at the end of
all blocks before it. A branch also tells what its condition says: behind `if (x == 5)` x is 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cora.ir.cfg import (
    end_exprs,
    header_names,
    map_op,
    names,
    op_dsts,
    op_exprs,
    op_writes,
    roots,
    substitute,
    successors,
    valid_var,
    variables,
)
from cora.ir.nodes import (
    INPUTS,
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Const,
    Expr,
    Extract,
    Op,
    Program,
    SetValid,
    Switch,
    Un,
    Var,
)
from cora.lower.simplify import simplify

Facts = dict[str, Expr]
"""Variable -> the constant or the variable that it equals."""

_INPUT_NAMES = frozenset(v.name for v in INPUTS)


@dataclass(frozen=True, slots=True)
class Known:
    """Facts where each block begins and on each edge, by (block, position of the target in its successors)."""

    at_start: dict[str, Facts]
    on_edge: dict[tuple[str, int], Facts]


def known(program: Program) -> Known:
    headers = header_names(program)
    at_start: dict[str, Facts] = {name: {} for name in roots(program)}
    at_start[program.blocks[0].name] = {} if program.resumes else initial(program)
    on_edge: dict[tuple[str, int], Facts] = {}
    met: set[str] = set(roots(program))
    for block in program.blocks:
        facts = dict(at_start[block.name])
        for op in block.ops:
            after(op, facts, headers)
        for i, target in enumerate(successors(block.end)):
            edge = on_edge[block.name, i] = with_branch(block, target, facts)
            if target in met:
                at_start[target] = meet(at_start[target], edge)
            else:
                at_start[target] = dict(edge)
                met.add(target)
    return Known(at_start, on_edge)


def initial(program: Program) -> Facts:
    """At the entry every variable is 0, but for the inputs and the ids that `allocate_flow_id` stands for."""
    found: Facts = {}
    for var in program_variables(program):
        if var.name not in _INPUT_NAMES and not var.name.startswith("$flow_id"):
            found[var.name] = Const(0, var.width)
    return found


def program_variables(program: Program) -> Iterator[Var]:
    for header in program.headers:
        yield valid_var(header.name)
        for field in header.fields:
            yield Var(f"{header.name}.{field.name}", field.width)
    for block in program.blocks:
        for op in block.ops:
            yield from op_dsts(op)
            for expr in op_exprs(op):
                yield from variables(expr)
        for expr in end_exprs(block.end):
            yield from variables(expr)


def meet(a: Facts, b: Facts) -> Facts:
    return {name: value for name, value in a.items() if b.get(name) == value}


def forget(facts: Facts, written: frozenset[str]) -> None:
    """Drops what a write of these variables makes untrue."""
    for name in written:
        facts.pop(name, None)
    stale = [name for name, value in facts.items() if isinstance(value, Var) and value.name in written]
    for name in stale:
        del facts[name]


def after(op: Op, facts: Facts, headers: Mapping[str, frozenset[str]]) -> None:
    """Updates facts from before an operation to behind it."""
    match op:
        case Assign(dst=dst, value=value):
            new = simplify(substitute(value, facts))
            forget(facts, frozenset((dst.name,)))
            if isinstance(new, Const | Var) and new != dst:
                facts[dst.name] = new
        case SetValid(header=header, valid=valid):
            name = valid_var(header).name
            forget(facts, frozenset((name,)))
            facts[name] = Const(int(valid), 1)
        case Extract(header=header):
            forget(facts, headers[header])
            facts[valid_var(header).name] = Const(1, 1)
        case _:
            written = op_writes(op, headers)
            if written:
                forget(facts, written)


def with_branch(block: Block, target: str, facts: Facts) -> Facts:
    """The facts on the edge to `target`."""
    match block.end:
        case Branch(cond=cond, then=then, orelse=orelse) if then != orelse:
            found = dict(facts)
            _learn(simplify(substitute(cond, facts)), target == then, found)
            return found
        case Switch(value=value, cases=cases, default=default) if target != default:
            numbers = [number for number, label in cases if label == target]
            subject = simplify(substitute(value, facts))
            if len(numbers) == 1 and isinstance(subject, Var):
                found = dict(facts)
                _equals(subject.name, Const(numbers[0], subject.width), found)
                return found
            return facts
        case _:
            return facts


def _learn(cond: Expr, holds: bool, facts: Facts) -> None:
    match cond:
        case Var(name=name):
            _equals(name, Const(int(holds), 1), facts)
        case Un(op="not", a=a):
            _learn(a, not holds, facts)
        case Bin(op="and", a=a, b=b) if holds:
            _learn(a, True, facts)
            _learn(b, True, facts)
        case Bin(op="or", a=a, b=b) if not holds:
            _learn(a, False, facts)
            _learn(b, False, facts)
        case Bin(op="eq", a=Var(name=name), b=Const() as value) if holds:
            _equals(name, value, facts)
        case Bin(op="ne", a=Var(name=name), b=Const() as value) if not holds:
            _equals(name, value, facts)
        case _:
            pass


def _equals(name: str, value: Const, facts: Facts) -> None:
    """The variable, and all copies of it, have this value."""
    for copy in [n for n, held in facts.items() if isinstance(held, Var) and held.name == name]:
        facts[copy] = value
    facts[name] = value


def apply_facts(op: Op, facts: Facts, flow_tables: frozenset[str]) -> Op:
    """The operation with known variables replaced. Keys of flow tables stay: accesses to one entry must stay
    recognisable as such, by the same variables."""
    if isinstance(op, Access) and op.state in flow_tables:
        key = op.key
        new = map_op(op, lambda e: simplify(substitute(e, facts)))
        assert isinstance(new, Access)
        return Access(new.state, new.kind, key, new.args, new.results, new.field, new.span)
    if isinstance(op, Access) and op.kind == "rmw":
        old = frozenset(v.name for v in op.results)
        outside = {name: value for name, value in facts.items() if name not in old and not (names(value) & old)}
        return map_op(op, lambda e: simplify(substitute(e, outside)))
    return map_op(op, lambda e: simplify(substitute(e, facts)))
