"""Parsers to blocks.

A state becomes one block for each situation in which it can be reached: for each value of `next` of the header stacks,
and for each turn of a loop. So loops are unrolled, to the bounds of the stacks or MAX_PARSER_TURNS turns.

Every path ends at `accept`, also after an error: then `$parser_error` tells which.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Assign, Bin, Concat, Const, Expr, Goto, Switch, Var, width
from cora.lower.context import BlockInst, Context, Env, Frame, ParserPoint
from cora.lower.expressions import evaluate, scalar
from cora.lower.inlining import bind_arguments, copy_out
from cora.lower.instances import instantiate_block
from cora.lower.reparse import extract_emitted, is_extract
from cora.lower.statements import scalar_constant_of
from cora.lower.values import BOOL_FALSE, BOOL_TRUE, Scalar, and_, is_signed

MAX_PARSER_TURNS = 16
"""Turns of a parser loop that no header stack bounds; one more is the error ParserTimeout."""

MAX_SWITCH_BITS = 64

Stacks = tuple[tuple[str, int], ...]
"""The value of `next` of each header stack that a parser has moved."""


@dataclass(slots=True, eq=False)
class Run:
    """A parser being run: from the architecture, or called in a state of another parser."""

    decl: ast.ParserDecl
    env: Env
    back: Visit | None = None
    """Where the caller goes on; None for the architecture's parser."""
    frame: Frame = field(default_factory=lambda: Frame(""))
    loops: dict[str, int] = field(default_factory=dict[str, int])
    """By state that is on a cycle: the number of its cycle."""
    back_edges: frozenset[tuple[str, str]] = frozenset()
    """The transitions that begin another turn of a cycle: every way round has one."""


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """A state, or what is left of it, in one situation."""

    run: Run
    state: ast.ParserState
    rest: tuple[ast.Statement, ...]
    """The statements still to do; they are pieces of the state, so `id` tells them apart."""
    stacks: Stacks
    turns: int
    """Of the loop that the state is in."""

    def key(self) -> tuple[Run, str, tuple[int, ...], Stacks, int]:
        return self.run, self.state.name, tuple(map(id, self.rest)), self.stacks, self.turns

    def behind(self, rest: tuple[ast.Statement, ...], point: ParserPoint) -> Visit:
        """Where this visit goes on with other statements, in the situation at hand."""
        return Visit(self.run, self.state, rest, point.key(), self.turns)


@dataclass(slots=True, eq=False)
class ParserLowering:
    cx: Context
    accept: str
    rejected: Var | None = None
    """Becomes 1 where the packet is rejected."""
    labels: dict[object, str] = field(default_factory=dict[object, str])
    todo: list[Visit] = field(default_factory=list[Visit])
    rejects: dict[str, str] = field(default_factory=dict[str, str])

    def lower(self, instance: BlockInst) -> None:
        """Lowers the architecture's parser into the current block and new ones; its parameters are bound."""
        decl = instance.decl
        assert isinstance(decl, ast.ParserDecl)
        self.enter(make_run(decl, instance.env, None, Frame("")), ())
        while self.todo:
            self.visit(self.todo.pop(0))
        for code, label in self.rejects.items():
            self.cx.builder.span = None
            self.cx.builder.start(label)
            self.cx.builder.emit(Assign(self.cx.parser_error, self.cx.error_code(code)))
            if self.rejected is not None:
                self.cx.builder.emit(Assign(self.rejected, Const(1, 1)))
            self.cx.builder.goto(self.accept)
        self.cx.parser = ParserPoint()

    # ------------------------------------------------------------ going from state to state

    def enter(self, run: Run, stacks: Stacks) -> None:
        """Sets the variables of a parser and goes to its start state; ends the current block."""
        cx = self.cx
        cx.env = run.env
        for local in run.decl.locals:
            if isinstance(local, ast.VarDecl):
                cx.run(cx, local)
        start = next(s for s in run.decl.states if s.name == "start")
        cx.builder.goto(self.label(Visit(run, start, start.statements, stacks, 0)))

    def label(self, visit: Visit) -> str:
        key = visit.key()
        if key not in self.labels:
            self.labels[key] = self.cx.builder.block(visit.state.name)
            self.todo.append(visit)
        return self.labels[key]

    def reject(self, code: str) -> str:
        if code not in self.rejects:
            self.rejects[code] = self.cx.builder.block(f"reject_{code}")
        return self.rejects[code]

    def next_label(self, visit: Visit, symbol: ast.Symbol) -> str:
        """The block of the state that a transition names."""
        if symbol is ast.ACCEPT:
            return self.accepted(visit)
        if symbol is ast.REJECT:
            return self.reject("NoError")
        run = visit.run
        state = next(s for s in run.decl.states if s.symbol is symbol)
        loop = run.loops.get(state.name)
        stays = loop is not None and run.loops.get(visit.state.name) == loop
        turns = visit.turns + ((visit.state.name, state.name) in run.back_edges) if stays else 0
        if turns >= self.most_turns():
            return self.reject("ParserTimeout")
        return self.label(Visit(run, state, state.statements, self.cx.parser.key(), turns))

    def most_turns(self) -> int:
        """A loop that fills a stack has as many turns as that has elements, and one more, which finds it full."""
        return max([MAX_PARSER_TURNS, *(size + 1 for size in self.cx.parser.sizes.values())])

    def accepted(self, visit: Visit) -> str:
        """Where an accepted packet goes on: the body, or the caller's state behind the call."""
        back = visit.run.back
        if back is None:
            return self.accept
        target = self.label(back.behind(back.rest, self.cx.parser))
        if not visit.run.frame.copy_out:
            return target
        key = (visit.run, "copy out", target)
        if key not in self.labels:
            self.labels[key] = self.cx.builder.block("after_parser")
            self.copy_back(visit.run, self.labels[key], target)
        return self.labels[key]

    def copy_back(self, run: Run, label: str, target: str) -> None:
        """A block of its own that copies a called parser's results out. The current block stays open."""
        outer = self.cx.builder.suspend()
        self.cx.builder.start(label)
        copy_out(self.cx, run.frame)
        self.cx.builder.goto(target)
        self.cx.builder.resume(outer)

    # ------------------------------------------------------------ one state

    def visit(self, visit: Visit) -> None:
        cx = self.cx
        cx.env = visit.run.env
        cx.parser = ParserPoint(dict(visit.stacks), self.reject, cx.parser.sizes)
        cx.builder.span = visit.state.span
        cx.builder.start(self.labels[visit.key()])
        if not self.statements(visit):
            return
        transition = visit.state.transition
        match transition:
            case None:
                cx.builder.goto(self.reject("NoError"))
            case ast.Goto(symbol=symbol, span=span):
                cx.builder.end(Goto(self.next_label(visit, symbol), span))
            case ast.SelectTransition():
                cx.builder.span = transition.span
                self.select(visit, transition)

    def statements(self, visit: Visit) -> bool:
        """Lowers what is left of a state. False if its transition isn't due here: the state goes on in visits of its
        own (behind a parser that it calls, on each side of a condition), or the packet is rejected."""
        cx, rest = self.cx, visit.rest
        while rest and cx.builder.current is not None:
            statement, rest = rest[0], rest[1:]
            if not self.splits(statement):
                cx.run(cx, statement)
                continue
            match statement:
                case ast.Block(statements=inner):
                    rest = (*inner, *rest)
                case ast.If():
                    self.condition(visit, statement, rest)
                    return False
                case ast.CallStmt(call=call):
                    called = _called_parser(cx, statement)
                    if called is not None:
                        self.call(visit.behind(rest, cx.parser), called, call)
                        return False
                    if cx.emitted is not None:
                        self.extract_again(visit, rest, call)
                        return False
                    cx.run(cx, statement)
                case _:
                    raise AssertionError(f"{statement} can't divide a state")
        return cx.builder.current is not None  # else the packet has been rejected

    def splits(self, statement: ast.Statement) -> bool:
        """Whether what follows a statement depends on how it went."""
        match statement:
            case ast.Block(statements=inner):
                return any(map(self.splits, inner))
            case ast.If(then=then, orelse=orelse):
                return self.splits(then) or (orelse is not None and self.splits(orelse))
            case ast.CallStmt(call=ast.Call(target=ast.BlockTarget())):
                return True
            case ast.CallStmt():
                return is_extract(statement) and (self.cx.emitted is not None or _reads_next(statement))
            case _:
                return False

    def condition(self, visit: Visit, statement: ast.If, rest: tuple[ast.Statement, ...]) -> None:
        cx = self.cx
        cx.builder.span = statement.span
        cond = scalar(cx, statement.cond)
        then = self.label(visit.behind((statement.then, *rest), cx.parser))
        other = () if statement.orelse is None else (statement.orelse,)
        cx.builder.branch(cond, then, self.label(visit.behind((*other, *rest), cx.parser)))

    def call(self, back: Visit, called: BlockInst, call: ast.Call) -> None:
        assert isinstance(called.decl, ast.ParserDecl)
        frame = Frame("")
        env = Env(called.env)
        for symbol, binding in bind_arguments(self.cx, called.decl.params, call.args, frame, False):
            env.bind(symbol, binding)
        self.enter(make_run(called.decl, env, back, frame), self.cx.parser.key())

    def extract_again(self, visit: Visit, rest: tuple[ast.Statement, ...], call: ast.Call) -> None:
        """Egress: the rest of the state stands once behind each header that may be read here."""
        extract_emitted(self.cx, call, lambda: self.cx.builder.goto(self.label(visit.behind(rest, self.cx.parser))))

    # ------------------------------------------------------------ select

    def select(self, visit: Visit, select: ast.SelectTransition) -> None:
        cx = self.cx
        values = tuple(scalar(cx, e) for e in select.exprs)
        signed = tuple(is_signed(e.type) for e in select.exprs)
        if cx.builder.current is None:
            return
        if self.switch(visit, select, values):
            return
        for case in select.cases:
            cond = self.matches(values, signed, case)
            target = self.next_label(visit, case.symbol)
            if cond == BOOL_TRUE:
                cx.builder.goto(target)
                return
            rest = cx.builder.block(f"{visit.state.name}_else")
            cx.builder.branch(cond, target, rest)
            cx.builder.start(rest)
        cx.builder.goto(self.reject("NoMatch"))

    def switch(self, visit: Visit, select: ast.SelectTransition, values: tuple[Expr, ...]) -> bool:
        """One switch over all expressions, if every case is a constant or the default."""
        if sum(width(v) for v in values) > MAX_SWITCH_BITS:
            return False
        cases: dict[int, str] = {}
        default: str | None = None
        for case in select.cases:
            if default is not None:
                break  # a default hides the cases behind it
            if all(isinstance(k, ast.DontCare) for k in case.keys):
                default = self.next_label(visit, case.symbol)
                continue
            numbers = self.constants(case, values)
            if numbers is None:
                return False
            cases.setdefault(numbers, self.next_label(visit, case.symbol))
        value = values[0]
        for more in values[1:]:
            value = Concat(value, more)
        self.cx.builder.end(Switch(value, tuple(cases.items()), default or self.reject("NoMatch")))
        return True

    def constants(self, case: ast.SelectCase, values: tuple[Expr, ...]) -> int | None:
        """The case's keys as one number, the first in the highest bits; None if one is not a constant."""
        if len(case.keys) != len(values):
            return None
        number = 0
        for key, value in zip(case.keys, values, strict=True):
            if isinstance(key, ast.DontCare | ast.Range | ast.Mask) or key.value is None:
                return None
            number = number << width(value) | scalar_constant_of(self.cx, key)
        return number

    def matches(self, values: tuple[Expr, ...], signed: tuple[bool, ...], case: ast.SelectCase) -> Expr:
        if len(case.keys) == 1 and len(values) > 1:
            # `_` stands for any number of keys; a value set has members of as many.
            return BOOL_TRUE if isinstance(case.keys[0], ast.DontCare) else BOOL_FALSE
        cond: Expr = BOOL_TRUE
        for value, is_negative, key in zip(values, signed, case.keys, strict=True):
            cond = and_(cond, self.key_matches(value, is_negative, key))
        return cond

    def key_matches(self, value: Expr, signed: bool, key: ast.Expr) -> Expr:
        cx = self.cx
        match key:
            case ast.DontCare():
                return BOOL_TRUE
            case ast.Range(lo=lo, hi=hi):
                below = Bin("sle" if signed else "ule", scalar(cx, lo), value)
                return Bin("and", below, Bin("sle" if signed else "ule", value, scalar(cx, hi)))
            case ast.Mask(number=number, mask=mask):
                bits = scalar(cx, mask)
                return Bin("eq", Bin("and", value, bits), Bin("and", scalar(cx, number), bits))
            case ast.Name(symbol=ast.Symbol(kind="value_set")):
                return BOOL_FALSE  # the control plane has put nothing into it
            case _:
                found = evaluate(cx, key)
                assert isinstance(found, Scalar)
                return Bin("eq", value, found.expr)


def make_run(decl: ast.ParserDecl, env: Env, back: Visit | None, frame: Frame) -> Run:
    import networkx as nx  # slow to import, and on the way of `cora --help`

    graph: nx.DiGraph[str] = nx.DiGraph()
    for state in decl.states:
        graph.add_node(state.name)
        match state.transition:
            case ast.Goto(state=target):
                graph.add_edge(state.name, target)
            case ast.SelectTransition(cases=cases):
                graph.add_edges_from((state.name, case.state) for case in cases)
            case None:
                pass
    loops: dict[str, int] = {}
    for number, names in enumerate(nx.strongly_connected_components(graph)):
        if len(names) > 1 or any(graph.has_edge(n, n) for n in names):
            loops |= dict.fromkeys(names, number)
    above: set[str] = set()
    back_edges: set[tuple[str, str]] = set()
    for source, target, kind in nx.dfs_labeled_edges(graph, "start"):
        if kind == "forward":
            above.add(target)
        elif kind == "reverse":
            above.discard(target)
        elif target in above:
            back_edges.add((source, target))
    return Run(decl, env, back, frame, loops, frozenset(back_edges))


def _called_parser(cx: Context, statement: ast.CallStmt) -> BlockInst | None:
    match statement.call.target:
        case ast.BlockTarget(symbol=None, block=block):
            return instantiate_block(cx, block, block.name, (), cx.env)
        case ast.BlockTarget(symbol=symbol) if symbol is not None:
            found = cx.object(symbol)
            assert isinstance(found, BlockInst)
            return found
        case _:
            return None


def _reads_next(statement: ast.CallStmt) -> bool:
    """Whether an extract is into the next element of a stack, or into a member of the union that is one."""
    match statement.call.args[0].value:
        case ast.Select(name="next", base=base) if isinstance(base.type, ty.StackType):
            return True
        case ast.Select(base=ast.Select(name="next", base=base)) if isinstance(base.type, ty.StackType):
            return True
        case _:
            return False
