"""Well-formedness of IR programs: what every later part may rely on.

`check_program` holds these rules; each message names the block and the operation that breaks one.

- Names of headers, states, blocks and resume points are unique; headers are whole bytes; states are of sane shape.
- Every expression has fitting widths; a variable has one width; a variable `$...` that is read is an input, or
  something sets it.
- Targets exist and stand behind the block that names them (so blocks are acyclic and in topological order); a switch
  names a case once.
- Accesses fit their state: kind, key, arguments, results and widths as `AccessKind` says.
- The parser, everything before `body`, has no access, no output and no end: every path of it arrives at `body`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from cora.ir.cfg import DRAWS, end_exprs, op_dsts, op_exprs, parser_blocks, successors
from cora.ir.check_states import access_widths, check_state
from cora.ir.errors import IrError
from cora.ir.nodes import (
    INPUTS,
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
    HandOff,
    Hash,
    Lookahead,
    Mux,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Slice,
    State,
    Switch,
    Terminator,
    Un,
    Var,
    width,
)
from cora.ir.text_print import print_end, print_op

__all__ = ["IrError", "check_program"]

MAX_BITS = 1 << 14
"""Of a variable or expression: far more than any header has, and small enough to compute with."""
_INPUT_NAMES = frozenset(var.name for var in INPUTS)


def _text(item: Op | Terminator) -> str:
    return print_end(item) if isinstance(item, Terminator) else print_op(item)


def check_program(program: Program) -> None:
    """Raises IrError if the program is malformed."""
    _Checker(program).check()


@dataclass
class _Checker:
    program: Program
    widths: dict[str, int] = field(default_factory=dict[str, int])
    states: dict[str, State] = field(default_factory=dict[str, State])
    place: str = ""
    now: Op | Terminator | State | None = None
    read: dict[str, str] = field(default_factory=dict[str, str])
    """Variables `$...` that are read, and where first."""
    written: set[str] = field(default_factory=set[str])

    def fail(self, message: str) -> NoReturn:
        place, span = self.place, None if self.now is None else self.now.span
        if self.now is not None and not isinstance(self.now, State):
            place = f"{place}: {_text(self.now)}"
        raise IrError(f"{place}: {message}" if place else message, span)

    def require(self, condition: bool, message: str) -> None:
        if not condition:
            self.fail(message)

    def check(self) -> None:
        self.declarations()
        order = {block.name: at for at, block in enumerate(self.program.blocks)}
        self.require(len(self.program.blocks) > 0, "the program has no blocks")
        self.require(self.program.body in order, f"body {self.program.body} is not a block")
        for resume in self.program.resumes:
            self.place = f"resume point {resume.point}"
            self.require(0 < resume.point < 256, "its number must be from 1 to 255")
            self.require(resume.block in order, f"{resume.block} is not a block")
            for var in resume.into:
                self.variable(var)
                self.written.add(var.name)
        for block in self.program.blocks:
            self.block(block, order)
        for name in self.read.keys() - self.written - _INPUT_NAMES - {DRAWS.name}:
            self.fail(f"{self.read[name]} reads {name}, which is no input and is never set")
        self.parser()

    def declarations(self) -> None:
        program = self.program
        self.unique("header", (h.name for h in program.headers))
        self.unique("state", (s.name for s in program.states))
        self.unique("block", (b.name for b in program.blocks))
        self.unique("resume point", (str(r.point) for r in program.resumes))
        self.widths = {var.name: var.width for var in INPUTS} | {DRAWS.name: DRAWS.width}
        for header in program.headers:
            self.place = f"header {header.name}"
            self.unique("field", (f.name for f in header.fields))
            self.require(all(0 < f.width <= MAX_BITS for f in header.fields), "a field has no bits, or far too many")
            self.require(header.width % 8 == 0, f"its {header.width} bits are not whole bytes")
            self.widths |= {f"{header.name}.{f.name}": f.width for f in header.fields}
            self.widths[f"{header.name}.$valid"] = 1
        for state in program.states:
            self.place, self.now = f"state {state.name}", state
            check_state(state, self.fail)
            self.states[state.name] = state
        self.place, self.now = "", None

    def unique(self, kind: str, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for name in names:
            self.require(name not in seen, f"{kind} {name} is declared twice")
            seen.add(name)

    # ------------------------------------------------------------ blocks

    def block(self, block: Block, order: dict[str, int]) -> None:
        self.place = f"block {block.name}"
        for op in block.ops:
            self.now = op
            for expr in op_exprs(op):
                self.expr(expr)
            for var in op_dsts(op):
                self.require(var.name not in _INPUT_NAMES, f"{var.name} is an input and can't be set")
                self.variable(var)
                self.written.add(var.name)
            self.op(op)
        self.now = block.end
        for expr in end_exprs(block.end):
            self.expr(expr)
        self.end(block.end)
        for target in successors(block.end):
            self.require(target in order, f"{target} is not a block")
            self.require(order[target] > order[block.name], f"{target} must stand behind {block.name}")
        self.place, self.now = "", None

    def parser(self) -> None:
        inside = parser_blocks(self.program)
        for block in self.program.blocks:
            if block.name in inside:
                self.place = f"block {block.name}"
                for op in block.ops:
                    self.now = op
                    impure = isinstance(op, Access | Emit | Digest | Copy | Random | Foreign)
                    self.require(not impure, f"the parser, before {self.program.body}, must be pure")
                self.now = block.end
                verdict = isinstance(block.end, Forward | Drop | HandOff)
                self.require(not verdict, f"every path of the parser must end in {self.program.body}")
        self.place, self.now = "", None

    def op(self, op: Op) -> None:
        match op:
            case Assign(dst=dst, value=value):
                self.same(width(value), dst.width, "the value")
            case Room(dst=dst, bits=bits):
                self.same(dst.width, 1, "the result")
                self.same(width(bits), 32, "the number of bits")
            case Advance(bits=bits):
                self.same(width(bits), 32, "the number of bits")
            case Extract(header=header) | Emit(header=header) | SetValid(header=header):
                self.require(any(h.name == header for h in self.program.headers), f"there is no header {header}")
            case Hash(inputs=inputs):
                self.require(len(inputs) > 0, "a hash needs an input")
            case Checksum(dst=dst, start=start):
                self.same(dst.width, 16, "the result")
                self.same(width(start), 16, "the start")
            case Random(dst=dst, lo=lo, hi=hi):
                self.same(width(lo), dst.width, "the lower end")
                self.same(width(hi), dst.width, "the upper end")
                self.require(dst.width <= 64, "random numbers have at most 64 bits")
            case Access():
                self.access(op)
            case Copy(which=which, resume=resume):
                self.same(width(which), 32, "the number of the session or group")
                self.require(any(r.point == resume for r in self.program.resumes), f"no resume point {resume}")
            case Lookahead() | Digest() | Foreign():
                pass

    def access(self, op: Access) -> None:
        state = self.states.get(op.state)
        if state is None:
            self.fail(f"there is no state {op.state}")
        key, args, results = access_widths(op, state, self.fail)
        for what, wanted, found in (
            ("key field", key, tuple(map(width, op.key))),
            ("argument", args, tuple(map(width, op.args))),
            ("result", results, tuple(v.width for v in op.results)),
        ):
            self.require(len(found) == len(wanted), f"needs {len(wanted)} {what}s, has {len(found)}")
            for at, (is_width, must_be) in enumerate(zip(found, wanted, strict=True)):
                self.same(is_width, must_be, f"{what} {at}")
        names = [v.name for v in op.results]
        self.require(len(set(names)) == len(names), "two results go to one variable")

    def end(self, end: Terminator) -> None:
        match end:
            case Branch(cond=cond):
                self.same(width(cond), 1, "the condition")
            case Switch(value=value, cases=cases):
                numbers = [case for case, _ in cases]
                self.require(len(set(numbers)) == len(numbers), "a case is named twice")
                self.require(all(0 <= n < 1 << width(value) for n in numbers), "a case doesn't fit the value")
            case Forward(port=port, length=length):
                self.same(width(port), 16, "the port")
                if length is not None:
                    self.same(width(length), 32, "the length")
            case HandOff(resume=resume):
                self.require(0 < resume < 256, "a resume point must be from 1 to 255")
            case Drop(reason=reason):
                self.require(reason != "", "the reason is empty")
            case _:
                pass

    # ------------------------------------------------------------ expressions

    def same(self, found: int, wanted: int, what: str) -> None:
        self.require(found == wanted, f"{what} has {found} bits where it needs {wanted}")

    def variable(self, var: Var) -> None:
        self.require(var.width > 0, f"{var.name} has no bits")
        self.require(var.width <= MAX_BITS, f"{var.name} has more than {MAX_BITS} bits")
        known = self.widths.setdefault(var.name, var.width)
        self.require(known == var.width, f"{var.name} is used with {var.width} bits, and with {known} elsewhere")

    def expr(self, expr: Expr) -> None:
        match expr:
            case Const(value=value, width=bits):
                self.require(0 < bits <= MAX_BITS and 0 <= value < 1 << bits, f"{value} doesn't fit {bits} bits")
            case Var(name=name):
                self.variable(expr)
                if name.startswith("$"):
                    self.read.setdefault(name, self.place)
            case Un(a=a):
                self.expr(a)
            case Bin(op=op, a=a, b=b):
                self.expr(a)
                self.expr(b)
                if op not in ("shl", "lshr", "ashr"):
                    self.same(width(b), width(a), f"the right side of {op}")
            case Slice(a=a, hi=hi, lo=lo):
                self.expr(a)
                self.require(0 <= lo <= hi < width(a), f"bits {hi}..{lo} of {width(a)} don't exist")
            case Concat(a=a, b=b):
                self.expr(a)
                self.expr(b)
            case Cast(a=a, width=bits):
                self.expr(a)
                self.require(0 < bits <= MAX_BITS, f"a cast to {bits} bits")
            case Mux(c=c, a=a, b=b):
                for part in (c, a, b):
                    self.expr(part)
                self.same(width(c), 1, "the condition of mux")
                self.same(width(b), width(a), "the second choice of mux")
