"""What a variable may hold, in terms of the packet: provenance, and the expressions that give it.

Abstract interpretation over the acyclic graph, once forward. A `Value` has a level (where it comes from) and `forms`:
every expression that may have given it, over variables as they were at the starting point and temporaries. A
temporary stands for the result of an operation that is no expression (a hash, a lookup in a table that only the control
plane writes); `Flow.definitions` has the operation. A form tells an engine how to compute the value; several forms say
that it is one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cora.analysis.graph import Provenance
from cora.ir.cfg import (
    DRAWS,
    block_map,
    children,
    closure,
    header_names,
    map_children,
    names,
    op_dsts,
    op_exprs,
    op_writes,
    predecessors,
    reachable,
    successors,
    topological_order,
)
from cora.ir.evaluate import evaluate
from cora.ir.nodes import (
    INPUTS,
    Access,
    Assign,
    Block,
    Branch,
    Checksum,
    Const,
    Expr,
    Extract,
    Hash,
    Lookahead,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Un,
    Var,
    width,
)
from cora.ir.shared_map import SharedMap

LEVELS: tuple[Provenance, ...] = ("const", "header", "header_function", "state", "opaque")
MAX_FORMS = 12
MAX_NODES = 80
MAX_GUARD = 8
"""Nodes of a condition, at most."""
MAX_GUARDS = 16
"""Conditions that are known of a block, at most."""
_INPUTS = frozenset(v.name for v in INPUTS)


@dataclass(frozen=True, slots=True)
class Value:
    level: Provenance
    forms: frozenset[Expr] | None
    """None: not computable from the packet, or in too many ways."""

    def join(self, other: Value) -> Value:
        if self == other:
            return self
        return Value(worst((self.level, other.level)), _bounded(self.forms, other.forms))


STATE = Value("state", None)
OPAQUE = Value("opaque", None)
Env = SharedMap[Value]
Default = Callable[[Var], Value]


def worst(levels: Iterable[Provenance]) -> Provenance:
    """The least computable of some levels; `const` of none."""
    return LEVELS[max((LEVELS.index(level) for level in levels), default=0)]


def _bounded(a: frozenset[Expr] | None, b: frozenset[Expr] | None) -> frozenset[Expr] | None:
    if a is None or b is None or len(a | b) > MAX_FORMS:
        return None
    return a | b


def identity(var: Var) -> Value:
    """A variable that is what it was at the starting point."""
    return Value("header", frozenset((var,)))


def zero_at_start(var: Var) -> Value:
    """For a flow that starts with the program: inputs are given, every other variable is 0."""
    if var.name in _INPUTS:
        return Value("header_function", frozenset((var,)))
    return Value("const", frozenset((Const(0, var.width),)))


def combinations(values: Sequence[Value]) -> list[tuple[Expr, ...]] | None:
    """Every choice of one form of each value; None if there are too many or one is not computable."""
    choices = [sorted(v.forms, key=repr) for v in values if v.forms is not None]
    if len(choices) < len(values):
        return None
    count = 1
    for choice in choices:
        count *= len(choice)
    return list(itertools.product(*choices)) if count <= MAX_FORMS else None


def _size(expr: Expr) -> int:
    return 1 + sum(_size(child) for child in children(expr))


def _rebuilt(expr: Expr, parts: tuple[Expr, ...]) -> Expr:
    rest = iter(parts)
    built = map_children(expr, lambda _: next(rest))
    if all(isinstance(part, Const) for part in parts):
        return Const(evaluate(built, {}), width(built))
    return built


@dataclass(frozen=True, slots=True)
class Site:
    """An access with the values of its key and arguments."""

    block: str
    index: int
    op: Access
    key: tuple[Value, ...]
    args: tuple[Value, ...]
    guard: frozenset[Expr] = frozenset()
    """Conditions on what the packet was at the starting point: all hold where it comes here."""

    @property
    def level(self) -> Provenance:
        return worst(value.level for value in self.key)

    @property
    def computable(self) -> bool:
        """Whether every engine can compute the key from the packet, in principle."""
        return self.level not in ("state", "opaque")

    @property
    def keys(self) -> list[tuple[Expr, ...]] | None:
        """The keys that it may have; None if they can't be computed from the packet."""
        return combinations(self.key)


@dataclass(slots=True)
class Flow:
    """What the interpretation found: all sites in topological order, and what temporaries stand for."""

    constant_states: frozenset[str]
    default: Default
    prefix: str
    """Names of temporaries begin with it."""
    sites: list[Site] = field(default_factory=list[Site])
    definitions: dict[str, Op] = field(default_factory=dict[str, Op])
    _temporaries: dict[Op, tuple[Var, ...]] = field(default_factory=dict[Op, tuple[Var, ...]])

    def value(self, expr: Expr, env: Env) -> Value:
        """The value of an expression where variables have those of `env`."""
        match expr:
            case Const():
                return Value("const", frozenset((expr,)))
            case Var():
                return env.get(expr.name) or self.default(expr)
            case _:
                parts = [self.value(child, env) for child in children(expr)]
                level = worst(part.level for part in parts)
                choices = combinations(parts)
                forms = None if choices is None else frozenset(_rebuilt(expr, choice) for choice in choices)
                if forms is not None and any(_size(form) > MAX_NODES for form in forms):
                    forms = None
                return Value("header_function" if level == "header" else level, forms)

    def temporaries(self, pattern: Op) -> tuple[Var, ...]:
        """The variables that hold the results of this operation, the same ones whenever it is the same."""
        found = self._temporaries.get(pattern)
        if found is None:
            first = sum(len(t) for t in self._temporaries.values())
            found = tuple(Var(f"{self.prefix}{first + i}", v.width) for i, v in enumerate(op_dsts(pattern)))
            self._temporaries[pattern] = found
            op = replace(pattern, results=found) if isinstance(pattern, Access) else replace(pattern, dst=found[0])
            for var in found:
                self.definitions[var.name] = op
        return found

    def needed(self, exprs: Iterable[Expr]) -> list[Op]:
        """The operations that define the temporaries of these expressions, in an order in which they can run."""
        order: list[Op] = []

        def visit(expr: Expr) -> None:
            if isinstance(expr, Var) and expr.name in self.definitions:
                op = self.definitions[expr.name]
                if op not in order:
                    for part in _inputs(op):
                        visit(part)
                    order.append(op)
            for child in children(expr):
                visit(child)

        for expr in exprs:
            visit(expr)
        return order

    def results(self, op: Op, inputs: Sequence[Value]) -> tuple[Value, ...]:
        """The values of the results of an operation that computes from its inputs alone."""
        level = worst(("header_function", *(value.level for value in inputs)))
        choices = combinations(inputs)
        if choices is None:
            return tuple(Value(level, None) for _ in op_dsts(op))
        patterns = [self.temporaries(_with_inputs(_blank(op), choice)) for choice in choices]
        columns = zip(*patterns, strict=True)
        return tuple(Value(level, frozenset[Expr](column)) for column in columns)


def _inputs(op: Op) -> tuple[Expr, ...]:
    match op:
        case Hash(inputs=inputs):
            return inputs
        case Checksum(start=start, added=added, removed=removed):
            return (start, *added, *removed)
        case Access(key=key):
            return key
        case _:
            return ()


def _with_inputs(op: Op, inputs: tuple[Expr, ...]) -> Op:
    match op:
        case Hash():
            return replace(op, inputs=inputs)
        case Checksum(added=added):
            end = 1 + len(added)
            return replace(op, start=inputs[0], added=inputs[1:end], removed=inputs[end:])
        case Access():
            return replace(op, key=inputs)
        case _:
            return op


def _blank(op: Op) -> Op:
    """The operation with destinations of no name, so that equal computations are equal."""
    match op:
        case Hash(dst=dst) | Checksum(dst=dst):
            return replace(op, dst=Var("", dst.width))
        case Access(results=results):
            return replace(op, results=tuple(Var("", v.width) for v in results))
        case _:
            return op


def constant_states(program: Program) -> frozenset[str]:
    """States that no packet changes: tables of the control plane, and registers that are only read."""
    changed = {
        op.state
        for block in program.blocks
        for op in block.ops
        if isinstance(op, Access) and op.kind not in ("lookup", "read")
    }
    return frozenset(
        s.name for s in program.states if s.kind == "table" or (s.kind == "register" and s.name not in changed)
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a program: the accesses to some states, and the variables on which their keys and arguments depend."""

    states: frozenset[str]
    variables: frozenset[str]

    def has(self, op: Op, headers: Mapping[str, frozenset[str]]) -> bool:
        if isinstance(op, Access) and op.state in self.states:
            return True
        return not self.variables.isdisjoint(op_writes(op, headers))


def slice_of(program: Program, states: frozenset[str]) -> Slice:
    """The part of the program that has to be interpreted to know the sites of these states."""
    headers = header_names(program)
    inputs: dict[str, set[str]] = {}
    needed: set[str] = set()
    for op in (op for block in program.blocks for op in block.ops):
        used = frozenset[str]().union(*(names(e) for e in op_exprs(op)))
        if isinstance(op, Access) and op.state in states:
            needed |= used
        for name in op_writes(op, headers):
            inputs.setdefault(name, set()).update(used)
    return Slice(states, closure(needed, lambda name: inputs.get(name, ())))


def interpret(
    program: Program,
    starts: Iterable[str] = (),
    default: Default = zero_at_start,
    prefix: str = "$k",
    part: Slice | None = None,
) -> Flow:
    """Runs the abstract interpretation from `starts` (the entry, if there are none). With `part`, of that part alone;
    sites of other states may be missing, and no site has a guard."""
    starts = tuple(starts) or (program.blocks[0].name,)
    flow = Flow(constant_states(program), default, prefix)
    blocks = block_map(program.blocks)
    inside = reachable(program.blocks, starts)
    sources = predecessors(blocks[name] for name in inside)
    headers = header_names(program)
    widths = variable_widths(program)
    nothing: Env = SharedMap()
    ends: dict[str, Env] = {}
    guards: dict[tuple[str, str], frozenset[Expr]] = {}
    for name in topological_order(blocks.values(), starts):
        before = [] if name in starts else [ends[s] for s in sources[name]]
        env = _joined(before, flow, widths) if before else nothing.empty()
        coming = [] if name in starts else [guards[s, name] for s in sources[name]]
        guard = frozenset[Expr].intersection(*coming) if coming else frozenset[Expr]()
        block = blocks[name]
        for index, op in enumerate(block.ops):
            if part is None or part.has(op, headers):
                _run_op(flow, (block.name, index), op, env, headers, widths, guard)
        ends[name] = env
        for target in successors(blocks[name].end):
            more = part is None and len(guard) < MAX_GUARDS
            guards[name, target] = guard | _taken(flow, block, target, env) if more else guard
    return flow


def _taken(flow: Flow, block: Block, target: str, env: Env) -> frozenset[Expr]:
    """What a branch tells of packets that go to a target, if it tests simply what they were at the start."""
    end = block.end
    if not isinstance(end, Branch) or end.then == end.orelse:
        return frozenset()
    forms = flow.value(end.cond, env).forms
    if forms is None or len(forms) != 1:
        return frozenset()
    (form,) = forms
    if isinstance(form, Const) or _size(form) > MAX_GUARD or any(n in flow.definitions for n in names(form)):
        return frozenset()
    return frozenset((form if target == end.then else Un("not", form),))


def variable_widths(program: Program) -> dict[str, int]:
    """The width of every variable that the program writes, headers and inputs included."""
    widths = {v.name: v.width for v in (*INPUTS, DRAWS)}
    for header in program.headers:
        widths |= {f"{header.name}.{f.name}": f.width for f in header.fields}
        widths[f"{header.name}.$valid"] = 1
    for block in program.blocks:
        for op in block.ops:
            widths |= {v.name: v.width for v in op_dsts(op)}
    return widths


def _joined(envs: Sequence[Env], flow: Flow, widths: Mapping[str, int]) -> Env:
    def join(name: str, a: Value | None, b: Value | None) -> Value:
        unset = flow.default(Var(name, widths[name]))
        return (a or unset).join(b or unset)

    joined = envs[0].copy()
    for env in envs[1:]:
        joined = joined.merged(env, join)
    return joined


def _run_op(
    flow: Flow,
    at: tuple[str, int],
    op: Op,
    env: Env,
    headers: Mapping[str, frozenset[str]],
    widths: Mapping[str, int],
    guard: frozenset[Expr],
) -> None:
    """`at`: the block and the position in it."""
    match op:
        case Assign(dst=dst, value=value):
            env[dst.name] = flow.value(value, env)
        case Extract(header=header):
            for name in headers[header]:
                env[name] = identity(Var(name, widths[name]))
            env[f"{header}.$valid"] = Value("const", frozenset((Const(1, 1),)))
        case SetValid(header=header, valid=valid):
            env[f"{header}.$valid"] = Value("const", frozenset((Const(int(valid), 1),)))
        case Lookahead(dst=dst) | Room(dst=dst):
            env[dst.name] = identity(dst)
        case Hash(dst=dst) | Checksum(dst=dst, payload=False):
            env[dst.name] = flow.results(op, [flow.value(e, env) for e in _inputs(op)])[0]
        case Checksum(dst=dst):
            env[dst.name] = Value("header_function", None)
        case Random(dst=dst):
            env[dst.name] = env[DRAWS.name] = OPAQUE
        case Access():
            _access(flow, at, op, env, guard)
        case _:
            for name in op_writes(op, headers):
                env[name] = OPAQUE


def _access(flow: Flow, at: tuple[str, int], op: Access, env: Env, guard: frozenset[Expr]) -> None:
    key = tuple(flow.value(e, env) for e in op.key)
    unknown = tuple(STATE for _ in op.results)
    results = flow.results(op, key) if op.state in flow.constant_states else unknown
    if op.kind == "rmw":  # binds its results before it evaluates its arguments
        _bind(env, op, results)
    args = tuple(flow.value(e, env) for e in op.args)
    flow.sites.append(Site(*at, op, key, args, guard))
    _bind(env, op, results)


def _bind(env: Env, op: Access, results: Sequence[Value]) -> None:
    for var, value in zip(op.results, results, strict=True):
        env[var.name] = value
