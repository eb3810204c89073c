"""Which variables are known, and where: constants and copies, block by block.

The graph has no cycles, so one walk in topological order is exact: what holds at a block is what holds at the end of
all blocks before it. A branch also tells what its condition says: behind `if (x == 5)` x is 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import overload

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
from cora.ir.shared_map import SharedMap
from cora.lower.simplify import simplify


@dataclass(frozen=True, slots=True)
class Facts:
    """Variable -> the constant or the variable that it equals."""

    held: SharedMap[Expr] = field(default_factory=SharedMap[Expr])
    copies: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """By variable, those that were its copies somewhere in the program; shared by all facts that come from one."""

    @staticmethod
    def of(constants: Mapping[str, Const]) -> Facts:
        return Facts(SharedMap[Expr](constants))

    def copy(self) -> Facts:
        return Facts(self.held.copy(), self.copies)

    def empty(self) -> Facts:
        """No facts, at another place of the same program."""
        return Facts(self.held.empty(), self.copies)

    @overload
    def get(self, name: str, default: Expr) -> Expr: ...
    @overload
    def get(self, name: str) -> Expr | None: ...
    def get(self, name: str, default: Expr | None = None) -> Expr | None:
        return self.held.get(name, default)

    def add(self, name: str, value: Expr) -> None:
        self.held[name] = value
        if isinstance(value, Var):
            self.copies.setdefault(value.name, set()).add(name)

    def copies_of(self, name: str) -> list[str]:
        """The variables that equal this one here."""
        made = self.copies.get(name, ())
        return [n for n in made if isinstance(value := self.held.get(n), Var) and value.name == name]

    def forget(self, written: frozenset[str]) -> None:
        """Drops what a write of these variables makes untrue."""
        for name in written:
            self.held.discard(name)
            for copy in self.copies_of(name):
                self.held.discard(copy)

    def equals(self, name: str, value: Const) -> None:
        """The variable, and all copies of it, have this value."""
        for copy in self.copies_of(name):
            self.held[copy] = value
        self.held[name] = value

    def meet(self, other: Facts) -> Facts:
        """What holds here and there."""
        return Facts(self.held.common(other.held), self.copies)


_INPUT_NAMES = frozenset(v.name for v in INPUTS)


@dataclass(frozen=True, slots=True)
class Known:
    """Facts where each block begins and on each edge, by (block, position of the target in its successors)."""

    at_start: dict[str, Facts]
    on_edge: dict[tuple[str, int], Facts]


def known(program: Program) -> Known:
    headers = header_names(program)
    first = initial(program)
    at_start: dict[str, Facts] = {name: first.empty() for name in roots(program)}
    if not program.resumes:
        at_start[program.blocks[0].name] = first
    on_edge: dict[tuple[str, int], Facts] = {}
    met: set[str] = set(roots(program))
    for block in program.blocks:
        facts = at_start[block.name].copy()
        for op in block.ops:
            after(op, facts, headers)
        for i, target in enumerate(successors(block.end)):
            edge = on_edge[block.name, i] = with_branch(block, target, facts)
            if target in met:
                at_start[target] = at_start[target].meet(edge)
            else:
                at_start[target] = edge.copy()
                met.add(target)
    return Known(at_start, on_edge)


def initial(program: Program) -> Facts:
    """At the entry every variable is 0, but for the inputs and the ids that `allocate_flow_id` stands for."""
    widths = {var.name: var.width for var in program_variables(program)}
    unset = (n for n in widths if n not in _INPUT_NAMES and not n.startswith("$flow_id"))
    return Facts.of({name: Const(0, widths[name]) for name in unset})


def program_variables(program: Program) -> Iterator[Var]:
    for header in program.headers:
        yield valid_var(header.name)
        for part in header.fields:
            yield Var(f"{header.name}.{part.name}", part.width)
    for block in program.blocks:
        for op in block.ops:
            yield from op_dsts(op)
            for expr in op_exprs(op):
                yield from variables(expr)
        for expr in end_exprs(block.end):
            yield from variables(expr)


def after(op: Op, facts: Facts, headers: Mapping[str, frozenset[str]]) -> None:
    """Updates facts from before an operation to behind it."""
    match op:
        case Assign(dst=dst, value=value):
            new = simplify(substitute(value, facts))
            facts.forget(frozenset((dst.name,)))
            if isinstance(new, Const | Var) and new != dst:
                facts.add(dst.name, new)
        case SetValid(header=header, valid=valid):
            name = valid_var(header).name
            facts.forget(frozenset((name,)))
            facts.add(name, Const(int(valid), 1))
        case Extract(header=header):
            facts.forget(headers[header])
            facts.add(valid_var(header).name, Const(1, 1))
        case _:
            written = op_writes(op, headers)
            if written:
                facts.forget(written)


def with_branch(block: Block, target: str, facts: Facts) -> Facts:
    """The facts on the edge to `target`."""
    match block.end:
        case Branch(cond=cond, then=then, orelse=orelse) if then != orelse:
            found = facts.copy()
            _learn(simplify(substitute(cond, facts)), target == then, found)
            return found
        case Switch(value=value, cases=cases, default=default) if target != default:
            numbers = [number for number, label in cases if label == target]
            subject = simplify(substitute(value, facts))
            if len(numbers) == 1 and isinstance(subject, Var):
                found = facts.copy()
                found.equals(subject.name, Const(numbers[0], subject.width))
                return found
            return facts
        case _:
            return facts


def _learn(cond: Expr, holds: bool, facts: Facts) -> None:
    match cond:
        case Var(name=name):
            facts.equals(name, Const(int(holds), 1))
        case Un(op="not", a=a):
            _learn(a, not holds, facts)
        case Bin(op="and", a=a, b=b) if holds:
            _learn(a, True, facts)
            _learn(b, True, facts)
        case Bin(op="or", a=a, b=b) if not holds:
            _learn(a, False, facts)
            _learn(b, False, facts)
        case Bin(op="eq", a=Var(name=name), b=Const() as value) if holds:
            facts.equals(name, value)
        case Bin(op="ne", a=Var(name=name), b=Const() as value) if not holds:
            facts.equals(name, value)
        case _:
            pass


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
        used = frozenset(v.name for e in op_exprs(op) for v in variables(e)) - old
        known_here = ((name, facts.get(name)) for name in used)
        outside = {name: value for name, value in known_here if value is not None and not (names(value) & old)}
        return map_op(op, lambda e: simplify(substitute(e, outside)))
    return map_op(op, lambda e: simplify(substitute(e, facts)))
