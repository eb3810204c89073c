"""Numbers the values that a part of a program computes: two with one number are equal, in one packet and in any two
packets that agree in the values which numbers depend on.

Values are numbered by how they are computed from the variables at the start (as in global value numbering). Where ways
meet on which a variable has different values it gets a number of its own, for the place and the variable.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from cora.analysis.values import constant_states, variable_widths
from cora.ir.cfg import (
    children,
    header_names,
    map_children,
    map_op,
    op_dsts,
    op_writes,
    parser_blocks,
    reachable,
    successors,
)
from cora.ir.evaluate import evaluate
from cora.ir.nodes import (
    INPUTS,
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Checksum,
    Const,
    Expr,
    Hash,
    Mux,
    Op,
    Program,
    SetValid,
    Switch,
    Terminator,
    Un,
    Var,
    width,
)

Number = Expr
"""A constant, or a variable `#n`."""
Facts = Mapping[Number, int]
"""What numbers are known to be."""
Env = dict[str, Number]


@dataclass(frozen=True, slots=True)
class _Start:
    """The value of a variable at the start."""

    name: str


@dataclass(frozen=True, slots=True)
class _Result:
    """A result of an operation over numbers; `at`: of one that gives another value elsewhere, where it is."""

    op: Op
    which: int
    at: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A variable that has one of these values behind a block at which ways meet."""

    block: str
    name: str
    values: frozenset[Number]


@dataclass(slots=True)
class Numbering:
    """Of everything that `start` leads to. `facts` has what is known at the start of each block that can be reached,
    `arms` on the way from one to another."""

    program: Program
    start: str
    facts: dict[str, Facts] = field(default_factory=dict[str, Facts])
    arms: dict[tuple[str, str], Facts] = field(default_factory=dict[tuple[str, str], Facts])
    ops: dict[str, list[Op]] = field(default_factory=dict[str, list[Op]])
    """By block: its operations, over numbers."""
    _numbers: dict[Hashable, Var] = field(default_factory=dict[Hashable, Var])
    _meanings: dict[Number, Expr | _Start | _Result | _Meeting] = field(
        default_factory=dict[Number, "Expr | _Start | _Result | _Meeting"]
    )
    _ends: dict[str, Env] = field(default_factory=dict[str, Env])
    _chosen_by: dict[str, Number] = field(default_factory=dict[str, Number])
    _depends: dict[tuple[Number, frozenset[str]], bool] = field(
        default_factory=dict[tuple[Number, frozenset[str]], bool]
    )
    _constant: frozenset[str] = frozenset()
    _widths: dict[str, int] = field(default_factory=dict[str, int])
    _set: frozenset[str] = frozenset()
    """Variables that aren't 0 at the start: inputs, and what has been written before."""

    def __post_init__(self) -> None:
        self._constant = constant_states(self.program)
        self._widths = variable_widths(self.program)
        headers = header_names(self.program)
        inside = reachable(self.program.blocks, (self.start,))
        parser = parser_blocks(self.program)
        earlier = (op for b in self.program.blocks if b.name in parser for op in b.ops)
        self._set = frozenset(v.name for v in INPUTS).union(*(op_writes(op, headers) for op in earlier))
        for block in (b for b in self.program.blocks if b.name in inside):  # in topological order
            before = [source for source, target in self.arms if target == block.name]
            if not before and block.name != self.start:
                continue  # nothing comes here
            self.facts[block.name] = _common([self.arms[source, block.name] for source in before])
            env = self._meet(block.name, before)
            self.ops[block.name] = [self._run((block.name, n), op, env, headers) for n, op in enumerate(block.ops)]
            self._ends[block.name] = env
            self._leave(block, env)

    # ------------------------------------------------------------ numbers

    def _number(self, meaning: Expr | _Start | _Result | _Meeting, bits: int) -> Number:
        found = self._numbers.get(meaning)
        if found is None:
            found = self._numbers[meaning] = Var(f"#{len(self._numbers)}", bits)
            self._meanings[found] = meaning
        return found

    def _at_start(self, name: str, bits: int) -> Number:
        return self._number(_Start(name), bits) if name in self._set else Const(0, bits)

    def _of(self, expr: Expr, env: Env) -> Number:
        match expr:
            case Const():
                return expr
            case Var(name=name, width=bits):
                return env.get(name) or self._at_start(name, bits)
            case _:
                return self._number(map_children(expr, lambda e: self._of(e, env)), width(expr))

    def _meet(self, block: str, before: list[str]) -> Env:
        envs = [self._ends[source] for source in before]
        env: Env = {}
        for name in dict.fromkeys(n for e in envs for n in e):
            bits = next(width(e[name]) for e in envs if name in e)
            values = [e.get(name) or self._at_start(name, bits) for e in envs]
            same = all(v == values[0] for v in values)
            env[name] = values[0] if same else self._number(_Meeting(block, name, frozenset(values)), bits)
        return env

    def _run(self, at: tuple[str, int], op: Op, env: Env, headers: Mapping[str, frozenset[str]]) -> Op:
        def number(expr: Expr) -> Number:
            return self._of(expr, env)

        seen = map_op(op, number)
        blank = map_op(op, number, lambda v: Var("", v.width))
        constant = isinstance(op, Hash) or (isinstance(op, Checksum) and not op.payload)
        constant |= isinstance(op, Access) and op.kind == "lookup" and op.state in self._constant
        for name in op_writes(op, headers) - {v.name for v in op_dsts(op)}:  # of headers, and of the packet's draws
            env[name] = self._number(_Start(f"{name} of {at}"), self._widths[name])
        match op:
            case Assign(dst=dst):
                assert isinstance(seen, Assign)
                env[dst.name] = seen.value
            case SetValid(header=header, valid=valid):
                env[f"{header}.$valid"] = Const(int(valid), 1)
            case _:
                for which, var in enumerate(op_dsts(op)):
                    env[var.name] = self._number(_Result(blank, which, None if constant else at), var.width)
        return seen

    def access(self, number: Number) -> Access | None:
        """The access whose first result it is, over numbers."""
        meaning = self._meanings.get(number)
        if isinstance(meaning, _Result) and meaning.which == 0 and isinstance(meaning.op, Access):
            return meaning.op
        return None

    def depends_on(self, number: Number, names: frozenset[str]) -> bool:
        """Whether it is the same in any two packets in which variables of these names are the same at the start."""
        found = self._depends.get((number, names))
        if found is None:
            found = self._depends[number, names] = self._computes(number, names)
        return found

    def _computes(self, number: Number, names: frozenset[str]) -> bool:
        match self._meanings.get(number):
            case None:
                return True
            case _Start(name=name):
                return name in names
            case _Result(op=op, at=at):
                return at is None and all(self.depends_on(e, names) for e in _inputs(op))
            case _Meeting(block=block, values=values):
                chosen = [self._chosen_by[source] for source in self._parting(block)]
                return all(self.depends_on(n, names) for n in (*values, *chosen))
            case expr:
                return all(self.depends_on(n, names) for n in children(expr))

    def _parting(self, block: str) -> list[str]:
        """The blocks behind which ways part that lead to this one."""
        leading = {block}
        found: list[str] = []
        for source in reversed(self._ends):
            following = {t for s, t in self.arms if s == source and t in leading}
            if following:
                leading.add(source)
            if len(following) > 1:
                found.append(source)
        return found

    # ------------------------------------------------------------ facts

    def _leave(self, block: Block, env: Env) -> None:
        end: Terminator = block.end
        before = self.facts[block.name]
        targets = dict.fromkeys(successors(end))
        if isinstance(end, Branch | Switch):
            self._chosen_by[block.name] = self._of(end.cond if isinstance(end, Branch) else end.value, env)
        for target in targets:
            facts = dict(before)
            match end:
                case Branch(then=then, orelse=orelse) if then != orelse:
                    self._learn(facts, self._chosen_by[block.name], int(target == then))
                case Switch(cases=cases, default=default):
                    value = self._chosen_by[block.name]
                    chosen = [case for case, name in cases if name == target]
                    if target != default and len(chosen) == 1:
                        self._learn(facts, value, chosen[0])
                    for case, name in cases:
                        if name != target:
                            equal = Bin("eq", value, Const(case, width(value)))
                            self._learn(facts, self._number(equal, 1), 0)
                case _:
                    pass
            if not self.contradictory(facts):
                self.arms[block.name, target] = facts

    def _learn(self, facts: dict[Number, int], number: Number, value: int) -> None:
        facts[number] = value
        match self._meanings.get(number):
            case Un(op="not", a=a) if width(a) == 1:
                self._learn(facts, a, 1 - value)
            case Bin(op="and", a=a, b=b) if value and width(a) == 1:
                self._learn(facts, a, 1)
                self._learn(facts, b, 1)
            case Bin(op="or", a=a, b=b) if not value and width(a) == 1:
                self._learn(facts, a, 0)
                self._learn(facts, b, 0)
            case Bin(op="eq" | "ne" as op, a=a, b=Const(value=other)) if (op == "eq") == bool(value):
                self._learn(facts, a, other)
            case _:
                pass

    def known(self, number: Number, facts: Facts) -> int | None:
        """What a number is, as far as facts tell."""
        return self._known(number, facts, {})

    def _known(self, number: Number, facts: Facts, seen: dict[Number, int | None]) -> int | None:
        if isinstance(number, Const):
            return number.value
        if number in facts:
            return facts[number]
        if number not in seen:
            seen[number] = self._computed(number, facts, seen)
        return seen[number]

    def _computed(self, number: Number, facts: Facts, seen: dict[Number, int | None]) -> int | None:
        """The same by how it is computed alone. Numbers share what they are computed from: `seen` holds what was found
        with these facts, so that each is looked at once and not on every way to it."""
        meaning = self._meanings.get(number)
        if meaning is None or isinstance(meaning, _Start | _Result | _Meeting):
            return None
        values = [self._known(child, facts, seen) for child in children(meaning)]
        if isinstance(meaning, Bin) and width(meaning) == 1:
            if meaning.op == "and" and 0 in values:
                return 0
            if meaning.op == "or" and 1 in values:
                return 1
        if None in values:
            return None
        parts = zip(children(meaning), values, strict=True)
        return evaluate(meaning, {part.name: value or 0 for part, value in parts if isinstance(part, Var)})

    def contradictory(self, facts: Facts) -> bool:
        """Whether no packet can be so."""
        seen: dict[Number, int | None] = {}
        return any(
            (found := self._computed(n, facts, seen)) is not None and found != value for n, value in facts.items()
        )

    def resolved(self, number: Number, facts: Facts) -> Number:
        """What a choice comes to where its condition is known."""
        meaning = self._meanings.get(number)
        if isinstance(meaning, Mux) and (chosen := self.known(meaning.c, facts)) is not None:
            return self.resolved(meaning.a if chosen else meaning.b, facts)
        return number


def _inputs(op: Op) -> Iterable[Expr]:
    match op:
        case Hash(inputs=inputs):
            return inputs
        case Checksum(start=start, added=added, removed=removed):
            return (start, *added, *removed)
        case Access(key=key):
            return key
        case _:
            return ()


def _common(every: list[Facts]) -> Facts:
    """What all of them say."""
    if not every:
        return {}
    first, *others = every
    return {n: v for n, v in first.items() if all(o.get(n) == v for o in others)}
