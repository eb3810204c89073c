"""Text -> IR; see `cora.ir.text` for the form.

Mistakes are UserErrors: C0390 for syntax, C0391 for a name declared twice, C0392 for what `check_program` refuses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeVar, get_args

from cora.diagnostics import Source, error
from cora.ir.check import check_program
from cora.ir.errors import IrError
from cora.ir.nodes import (
    Access,
    AccessKind,
    Advance,
    Assign,
    Bin,
    BinOp,
    Block,
    Branch,
    Cast,
    Checksum,
    Concat,
    Copy,
    Digest,
    Drop,
    Emit,
    Entry,
    Expr,
    Extract,
    Field,
    Foreign,
    Forward,
    Goto,
    HandOff,
    Hash,
    HashAlgorithm,
    Header,
    KeyField,
    KeyMatch,
    Lookahead,
    MatchKind,
    Mux,
    Op,
    Program,
    Random,
    Resume,
    Room,
    SetValid,
    Slice,
    State,
    StateKind,
    Switch,
    Terminator,
    Un,
)
from cora.ir.text_lex import Line
from cora.ir.text_print import INFIX

T = TypeVar("T")

_BY_SIGN: dict[str, BinOp] = {sign: op for op, sign in INFIX.items()}  # pyright: ignore[reportAssignmentType]
_CALLS: dict[str, BinOp] = {op: op for op in get_args(BinOp) if op not in INFIX}
_ACCESS_KINDS: dict[str, AccessKind] = {kind: kind for kind in get_args(AccessKind)}
_MATCH_KINDS: dict[str, MatchKind] = {kind: kind for kind in get_args(MatchKind)}
_STATE_KINDS: dict[str, StateKind] = {kind: kind for kind in get_args(StateKind)}
_ALGORITHMS: dict[str, HashAlgorithm] = {name: name for name in get_args(HashAlgorithm)}

# ---------------------------------------------------------------- expressions


def expression(line: Line) -> Expr:
    a = _unary(line)
    if line.next.kind == "sign":
        if line.accept("++"):
            return Concat(a, _unary(line))
        op = _BY_SIGN.get(line.next.text)
        if op is not None:
            line.at += 1
            return Bin(op, a, _unary(line))
    return a


def _unary(line: Line) -> Expr:
    if line.accept("~"):
        return Un("not", _unary(line))
    if line.accept("-"):
        return Un("neg", _unary(line))
    expr = _primary(line)
    while line.accept("["):
        hi = line.take_number("the highest bit")
        line.expect("..")
        expr = Slice(expr, hi, line.take_number("the lowest bit"))
        line.expect("]")
    return expr


def _primary(line: Line) -> Expr:
    match line.next.kind:
        case "variable":
            return line.take_var()
        case "constant":
            return line.take_const()
        case "name":
            return _call(line)
        case _ if line.accept("("):
            expr = expression(line)
            line.expect(")")
            return expr
        case _:
            raise line.wrong("an expression")


def _call(line: Line) -> Expr:
    function = line.next.text
    op = _CALLS.get(function)
    if op is None and function not in ("mux", "zext", "sext"):
        raise line.wrong("a variable with its width or a function")
    line.at += 1
    line.expect("(")
    a = expression(line)
    line.expect(",")
    if function in ("zext", "sext"):
        expr: Expr = Cast(a, line.take_number("a width"), function == "sext")
    elif op is not None:
        expr = Bin(op, a, expression(line))
    else:
        b = expression(line)
        line.expect(",")
        expr = Mux(a, b, expression(line))
    line.expect(")")
    return expr


def _expressions(line: Line, opening: str = "(", closing: str = ")") -> tuple[Expr, ...]:
    return line.take_list(opening, lambda: expression(line), closing)


# ---------------------------------------------------------------- operations


def _assignment(line: Line) -> Op:
    dst = line.take_var()
    line.expect("=")
    if line.accept("room"):
        return Room(dst, expression(line))
    if line.accept("lookahead"):
        return Lookahead(dst)
    if line.accept("hash"):
        algorithm = _one_of(line, _ALGORITHMS, "a hash algorithm")
        return Hash(dst, algorithm, _expressions(line))
    if line.accept("checksum"):
        start = expression(line)
        line.expect("plus")
        added = _expressions(line)
        removed = _expressions(line) if line.accept("minus") else ()
        return Checksum(dst, start, added, removed, line.accept("payload"))
    if line.accept("random"):
        line.expect("(")
        lo = expression(line)
        line.expect(",")
        hi = expression(line)
        line.expect(")")
        return Random(dst, lo, hi)
    return Assign(dst, expression(line))


def _access(line: Line) -> Op:
    """An access, or a call of an extern: both may give results."""
    results = line.take_list("(", line.take_var, ")") if line.next.text == "(" else ()
    if results:
        line.expect("=")
    if line.accept("foreign"):
        function = line.take_name("the name of an extern")
        args = _expressions(line)
        line.expect("cycles")
        return Foreign(function, args, results, line.take_number("cycles"))
    kind = _one_of(line, _ACCESS_KINDS, "a kind of access")
    state = line.take_name("the name of a state")
    key = _expressions(line, "[", "]")
    field = line.take_name("the name of a value field") if line.accept("field") else ""
    args = _expressions(line) if line.next.text == "(" else ()
    return Access(state, kind, key, args, results, field)


def _one_of(line: Line, words: dict[str, T], wanted: str) -> T:
    word = words.get(line.next.text)
    if word is None:
        raise line.wrong(wanted)
    line.at += 1
    return word


def _header_op(line: Line) -> Op | None:
    match line.next.text:
        case "extract" | "emit" | "valid" | "invalid" as word:
            line.at += 1
            header = line.take_name("the name of a header")
        case _:
            return None
    match word:
        case "extract":
            return Extract(header)
        case "emit":
            return Emit(header)
        case _:
            return SetValid(header, word == "valid")


_COPIES: dict[str, Literal["session", "group", "again"]] = {"session": "session", "group": "group", "again": "again"}
_FRAMES: dict[str, Literal["received", "emitted", "rest"]] = {
    "received": "received",
    "emitted": "emitted",
    "rest": "rest",
}


def _operation(line: Line) -> Op:
    if line.next.kind == "variable":
        return _assignment(line)
    op = _header_op(line)
    if op is not None:
        return op
    if line.accept("advance"):
        return Advance(expression(line))
    if line.accept("digest"):
        receiver = line.take_name("the receiver of the digest")
        return Digest(receiver, _expressions(line))
    if line.accept("copy"):
        to = _one_of(line, _COPIES, "session, group or again")
        which = expression(line)
        resume = line.take_number("a resume point")
        frame = _one_of(line, _FRAMES, "received, emitted or rest")
        return Copy(to, which, resume, _expressions(line), frame)
    if line.next.text in ("(", "foreign") or line.next.text in _ACCESS_KINDS:
        return _access(line)
    raise line.wrong("an operation")


def _label(line: Line) -> str:
    return line.take_name("the name of a block")


def _switch(line: Line) -> Terminator:
    value = expression(line)
    line.expect("(")
    cases: list[tuple[int, str]] = []
    while not line.accept("else"):
        case = line.take_number("a number or `else`")
        line.expect("=>")
        cases.append((case, _label(line)))
        line.expect(",")
    line.expect("=>")
    default = _label(line)
    line.expect(")")
    return Switch(value, tuple(cases), default)


def _handoff(line: Line) -> Terminator:
    engine = line.take_name("the name of an engine")
    resume = line.take_number("a resume point")
    if line.accept("received"):
        return HandOff(engine, resume, _expressions(line), "received")
    line.expect("emitted")
    return HandOff(engine, resume, _expressions(line), "emitted")


def _terminator(line: Line) -> Terminator | None:
    """The end of a block, or None if the line is something else."""
    if line.accept("goto"):
        return Goto(_label(line))
    if line.accept("if"):
        cond = expression(line)
        line.expect("then")
        then = _label(line)
        line.expect("else")
        return Branch(cond, then, _label(line))
    if line.accept("switch"):
        return _switch(line)
    if line.accept("forward"):
        port = expression(line)
        return Forward(port, expression(line) if line.accept("length") else None)
    if line.accept("drop"):
        return Drop(line.take_name("a reason"))
    return _handoff(line) if line.accept("handoff") else None


# ---------------------------------------------------------------- declarations


def _field(line: Line) -> Field:
    var = line.take_var("a field with its width, like `src:32`")
    return Field(var.name, var.width)


def _key_field(line: Line) -> KeyField:
    field = _field(line)
    if line.next.kind == "name":
        return KeyField(field.name, field.width, _one_of(line, _MATCH_KINDS, "a match kind"))
    return KeyField(field.name, field.width)


def _key_match(line: Line) -> KeyMatch:
    value = line.take_number("a value")
    for sign in ("/", "&&&", ".."):
        if line.accept(sign):
            return KeyMatch(value, line.take_number("a number"))
    return KeyMatch(value)


def _header(line: Line) -> Header:
    name = line.take_name("the name of a header")
    line.expect(":")
    fields: list[Field] = []
    while line.next.kind != "end":
        fields.append(_field(line))
    return Header(name, tuple(fields))


def _numbers(line: Line) -> tuple[int, ...]:
    return line.take_list("(", line.take_number, ")")


def _state(line: Line, kind: StateKind) -> State:
    name = line.take_name("the name of a state")
    key = line.take_list("[", lambda: _key_field(line), "]")
    line.expect("->")
    values = line.take_list("(", lambda: _field(line), ")")
    line.expect("capacity")
    capacity = line.take_number("the capacity")
    return State(
        name,
        kind,
        key,
        values,
        capacity,
        default=_numbers(line) if line.accept("default") else (),
        actions=line.take_list("(", line.take_name, ")") if line.accept("actions") else (),
        idle_timeouts_ns=_numbers(line) if line.accept("idle") else (),
        const_entries=line.accept("const"),
        span=line.span,
    )


def _row(line: Line) -> Entry:
    key = line.take_list("(", lambda: _key_match(line), ")")
    line.expect("->")
    values = _numbers(line)
    priority = line.take_integer("a priority") if line.accept("priority") else 0
    return Entry(key, values, priority)


def _resume(line: Line) -> Resume:
    point = line.take_number("the number of a resume point")
    line.expect("at")
    block = _label(line)
    return Resume(point, block, line.take_list("(", line.take_var, ")"))


class _Parser:
    """Collects what the lines declare. A line is a declaration, or belongs to the block or table before it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.program: tuple[str, str] | None = None
        self.clock_step_ns: int | None = None
        self.body: str | None = None
        self.headers: list[Header] = []
        self.states: list[State] = []
        self.resumes: list[Resume] = []
        self.blocks: list[Block] = []
        self.open_block: str | None = None
        self.ops: list[Op] = []
        self.names: set[tuple[str, str]] = set()

    def parse(self) -> Program:
        last = Line(self.source, 1)
        for number in range(1, len(self.source.line_starts) + 1):
            line = Line(self.source, number)
            if not line.empty:
                last = line
                self.line(line)
                line.finish()
        if self.open_block is not None:
            raise error(
                "C0390",
                f"block {self.open_block} has no end",
                last.span,
                help="the last line of a block is goto, if, switch, forward, drop or handoff",
            )
        if self.program is None or self.body is None:
            missing = "body BLOCK" if self.program else "program NAME for ARCHITECTURE"
            raise error("C0390", f"a line `{missing}` is missing", where=self.source.name)
        name, arch = self.program
        headers, states, blocks = tuple(self.headers), tuple(self.states), tuple(self.blocks)
        return Program(name, arch, headers, states, blocks, self.body, tuple(self.resumes), self.clock_step_ns)

    def line(self, line: Line) -> None:
        if self.open_block is not None:
            self.in_block(line, self.open_block)
        elif line.accept("block"):
            self.open_block = self.declare(line, "block", _label(line))
        elif line.accept("row"):
            if not self.states:
                raise error("C0390", "a row stands behind its table", line.span)
            table = self.states[-1]
            self.states[-1] = replace(table, entries=(*table.entries, _row(line)))
        else:
            self.declaration(line)

    def in_block(self, line: Line, name: str) -> None:
        end = _terminator(line)
        if end is None:
            self.ops.append(replace(_operation(line), span=line.span))
            return
        self.blocks.append(Block(name, tuple(self.ops), replace(end, span=line.span)))
        self.open_block = None
        self.ops = []

    def declaration(self, line: Line) -> None:
        if line.accept("program"):
            name = line.take_name("the name of the program")
            line.expect("for")
            self.program = (name, line.take_name("an architecture"))
            if line.accept("step"):
                self.clock_step_ns = line.take_integer("nanoseconds")
        elif line.accept("body"):
            self.body = _label(line)
        elif line.accept("header"):
            header = _header(line)
            self.declare(line, "header", header.name)
            self.headers.append(header)
        elif line.accept("resume"):
            resume = _resume(line)
            self.declare(line, "resume point", str(resume.point))
            self.resumes.append(resume)
        elif line.next.text in _STATE_KINDS:
            state = _state(line, _one_of(line, _STATE_KINDS, "a kind of state"))
            self.declare(line, "state", state.name)
            self.states.append(state)
        else:
            raise line.wrong("a declaration (program, header, a state, body, resume, block)")

    def declare(self, line: Line, kind: str, name: str) -> str:
        if (kind, name) in self.names:
            raise error("C0391", f"{kind} {name} is declared twice", line.span, help="give one of them another name")
        self.names.add((kind, name))
        return name


def parse_program(text: str, name: str = "<ir>") -> Program:
    """The program that a text says; `name` is the file's name for messages. Raises UserError."""
    source = Source(name, text)
    try:
        program = _Parser(source).parse()
        check_program(program)
    except RecursionError as deep:
        raise error("C0390", "an expression is nested too deeply", where=name, help="use a variable") from deep
    except IrError as wrong:
        where = "" if wrong.span else name
        raise error("C0392", str(wrong), wrong.span, where=where) from wrong
    return program


def parse_expr(text: str, name: str = "<ir>") -> Expr:
    """One expression; raises UserError (C0390)."""
    line = Line(Source(name, text), 1)
    expr = expression(line)
    line.finish()
    return expr
