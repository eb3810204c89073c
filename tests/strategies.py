"""Hypothesis strategies for random IR programs and packets; the one place for them, whatever is tested with them.

`programs(knobs)` gives well-formed programs with headers, states of all kinds, a parser and a body; what goes with one
is in `program_inputs`. Widths in arithmetic are at most 64 bits; fields and keys may have 128, which are only
moved, cut, joined and compared; with the knob `wide` everything has any width up to 128, but for divisions and random
numbers. What a back end can't do, a knob leaves out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from cora.ir.cfg import with_blocks
from cora.ir.nodes import (
    INPUTS,
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
    Const,
    Digest,
    Drop,
    Emit,
    Entry,
    Expr,
    Extract,
    Field,
    Forward,
    Goto,
    HandOff,
    Hash,
    Header,
    KeyField,
    KeyMatch,
    Lookahead,
    Mux,
    Op,
    Program,
    Random,
    Resume,
    Room,
    SetValid,
    Slice,
    State,
    Switch,
    Terminator,
    Un,
    Var,
)

T = TypeVar("T")

WIDTHS = (1, 3, 8, 12, 16, 32, 48, 64, 128)
ARITHMETIC_BITS = 64
WIDEST_BITS = 128
TIME = Var("$time", 64)


def program_settings(max_examples: int) -> settings:
    """Settings for tests that draw programs. Shrinking a program takes minutes: switch it on by hand to look at one."""
    return settings(
        deadline=None,
        max_examples=max_examples,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
        report_multiple_bugs=False,
    )


@dataclass(frozen=True)
class Knobs:
    """What programs may contain and how large they get."""

    headers: int = 3
    states: int = 3
    blocks: int = 7
    ops: int = 5
    depth: int = 2
    """Of expressions."""
    state_kinds: tuple[str, ...] = ("flow_table", "table", "register", "flow_table", "counter", "meter")
    copies: bool = True
    """The access kinds that splitting adds."""
    hashes: tuple[str, ...] = ("crc32", "crc16", "identity", "xor16", "csum16", "toeplitz")
    randoms: bool = True
    digests: bool = True
    checksums: bool = True
    handoffs: bool = True
    """HandOff as an end, and resume points."""
    free_emits: bool = True
    """Emit anywhere in the body; otherwise once for each header, in order, before Forward."""
    wide: bool = False
    """Any width from 1 to 128 bits, in arithmetic as well."""
    odd_cursor: bool = False
    """Parsers may move by bits that are not whole bytes (and back to whole bytes before the body)."""


PLAIN = Knobs(copies=False, digests=False, handoffs=False, free_emits=False)
"""Programs as a front end makes them."""

BASE_KINDS: dict[str, tuple[AccessKind, ...]] = {
    "table": ("lookup",),
    "flow_table": ("lookup", "lookup", "insert", "insert", "insert", "update", "touch", "delete"),
    "register": ("read", "write", "rmw"),
    "counter": ("count",),
    "meter": ("meter",),
}
COPY_KINDS: dict[str, tuple[AccessKind, ...]] = {
    "table": (),
    "flow_table": ("peek", "evict", "install", "merge", "release", "adopt", "offer", "forget", "place", "accept"),
    "register": ("merge_max",),
    "counter": (),
    "meter": (),
}


Numbers = Callable[[int, int], int]
"""A number from the first to the second, both included."""


def drawn(draw: Callable[[st.SearchStrategy], object]) -> Numbers:
    """Numbers that Hypothesis draws."""
    return lambda low, high: draw(st.integers(low, high))  # pyright: ignore[reportReturnType]


class Maker:
    """Makes one program, or what goes with one, from numbers that are drawn."""

    def __init__(self, number: Numbers, knobs: Knobs = Knobs()) -> None:
        self.number = number
        self.knobs = knobs
        self.headers: tuple[Header, ...] = ()
        self.states: tuple[State, ...] = ()
        self.temps: tuple[Var, ...] = ()
        self.variables: dict[int, list[Var]] = {}
        self.usual_keys: dict[str, list[tuple[Expr, ...]]] = {}

    # ------------------------------------------------------------ choices

    def pick(self, items: Sequence[T]) -> T:
        return items[self.number(0, len(items) - 1)]

    def chance(self, one_in: int) -> bool:
        return self.number(0, one_in - 1) == one_in - 1

    def width(self, usual: Sequence[int] = WIDTHS) -> int:
        return self.number(1, WIDEST_BITS) if self.knobs.wide and self.chance(3) else self.pick(usual)

    @property
    def arithmetic_bits(self) -> int:
        return WIDEST_BITS if self.knobs.wide else ARITHMETIC_BITS

    def value(self, bits: int) -> int:
        """A number, mostly small or near the ends of its range."""
        top = (1 << bits) - 1
        return self.pick((0, 1, top, min(2, top), top >> 1, self.number(0, top))) & top

    # ------------------------------------------------------------ declarations

    def program(self) -> Program:
        knobs = self.knobs
        self.headers = tuple(self.header(f"h{i}") for i in range(self.number(1, knobs.headers)))
        self.states = tuple(self.state(i) for i in range(self.number(1, knobs.states)))
        self.temps = (*(Var(f"t{i}", self.width()) for i in range(self.number(2, 6))), Var("flag", 1))
        fields = [Var(f"{h.name}.{f.name}", f.width) for h in self.headers for f in h.fields]
        valid = [Var(f"{h.name}.$valid", 1) for h in self.headers]
        for var in (*self.temps, *fields, *valid, *INPUTS):
            self.variables.setdefault(var.width, []).append(var)
        body = [f"b{i}" for i in range(self.number(1, knobs.blocks))]
        blocks = (*self.parser("b0"), *(self.body_block(name, body[i + 1 :]) for i, name in enumerate(body)))
        resumes = self.resumes(body) if knobs.handoffs else ()
        program = Program("random", "pna", self.headers, self.states, blocks, "b0", resumes)
        return with_blocks(program, blocks)

    def header(self, name: str) -> Header:
        widths = [self.width((1, 4, 8, 13, 16, 32, 48, 128)) for _ in range(self.number(1, 4))]
        if sum(widths) % 8:
            widths.append(-sum(widths) % 8)
        return Header(name, tuple(Field(f"f{i}", w) for i, w in enumerate(widths)))

    def fields(self, prefix: str, count: int) -> tuple[Field, ...]:
        return tuple(Field(f"{prefix}{i}", self.width()) for i in range(count))

    def state(self, at: int) -> State:
        kind = self.pick(self.knobs.state_kinds)
        if kind in ("register", "counter", "meter"):
            values = self.fields("v", self.number(1, 3)) if kind == "register" else ()
            default = tuple(self.value(f.width) for f in values) if self.chance(3) else ()
            index = (KeyField("index", self.width((3, 8, 32))),)
            return State(f"{kind}{at}", kind, index, values, self.number(1, 6), default)
        widths = [self.width((1, 3, 8, 16, 32, 128)) for _ in range(self.number(1, 3))]
        values = self.fields("v", self.number(0, 3))
        if kind == "flow_table":
            timeouts = tuple(self.number(0, 40) for _ in range(self.number(0, 3)))
            values = (Field("$profile", 8), *values) if len(timeouts) > 1 else values
            key = tuple(KeyField(f"k{i}", w) for i, w in enumerate(widths))
            return State(f"flows{at}", "flow_table", key, values, self.number(1, 4), idle_timeouts_ns=timeouts)
        return self.table(f"table{at}", widths, (Field("action", 8), *values))

    def table(self, name: str, widths: list[int], values: tuple[Field, ...]) -> State:
        kinds = self.pick((("exact",), ("exact",), ("lpm",), ("exact", "lpm", "ternary", "range", "optional")))
        matches = [self.pick(kinds) for _ in widths]
        if kinds == ("lpm",):  # one prefix, so that a back end may use a trie
            matches = ["lpm" if i == len(widths) - 1 else "exact" for i in range(len(widths))]
        key = tuple(KeyField(f"k{i}", w, kind) for i, (w, kind) in enumerate(zip(widths, matches, strict=True)))
        rows = tuple(
            Entry(
                tuple(map(self.match, key)),
                tuple(self.value(f.width) for f in values),
                self.number(0, 2) if kinds != ("lpm",) else 0,
            )
            for _ in range(self.number(0, 4))
        )
        default = tuple(self.value(f.width) for f in values) if self.chance(2) else ()
        return State(name, "table", key, values, 8, default, rows, actions=("NoAction", "set"))

    def match(self, field: KeyField) -> KeyMatch:
        value = self.value(field.width)
        if field.match == "exact":
            return KeyMatch(value)
        if field.match == "lpm":
            return KeyMatch(value, self.number(0, field.width))
        return KeyMatch(value, self.value(field.width))

    # ------------------------------------------------------------ expressions

    def expr(self, bits: int, depth: int | None = None) -> Expr:
        depth = self.knobs.depth if depth is None else depth
        forms: list[Callable[[int, int], Expr]] = [self.leaf]
        if depth > 0:
            forms += [self.mux, self.cast, self.slice]
            if bits > 1:
                forms.append(self.concat)
            if bits <= self.arithmetic_bits:
                forms += [self.arithmetic, self.arithmetic, self.unary]
            if bits == 1:
                forms += [self.comparison, self.comparison]
        return self.pick(forms)(bits, depth - 1)

    def leaf(self, bits: int, depth: int) -> Expr:
        known = self.variables.get(bits)
        return self.pick(known) if known and not self.chance(3) else Const(self.value(bits), bits)

    def mux(self, bits: int, depth: int) -> Expr:
        return Mux(self.expr(1, depth), self.expr(bits, depth), self.expr(bits, depth))

    def cast(self, bits: int, depth: int) -> Expr:
        inner = self.width()
        is_signed = max(bits, inner) <= self.arithmetic_bits and self.chance(2)
        return Cast(self.expr(inner, depth), bits, is_signed)

    def slice(self, bits: int, depth: int) -> Expr:
        inner = self.pick([w for w in (*WIDTHS, bits) if w >= bits])
        lo = self.number(0, inner - bits)
        return Slice(self.expr(inner, depth), lo + bits - 1, lo)

    def concat(self, bits: int, depth: int) -> Expr:
        upper = self.number(1, bits - 1)
        return Concat(self.expr(upper, depth), self.expr(bits - upper, depth))

    def unary(self, bits: int, depth: int) -> Expr:
        return Un(self.pick(("not", "neg")), self.expr(bits, depth))

    def arithmetic(self, bits: int, depth: int) -> Expr:
        division: tuple[BinOp, ...] = ("udiv", "umod") if bits <= ARITHMETIC_BITS else ()
        op = self.pick(
            (
                *("add", "sub", "mul", "uaddsat", "usubsat", "saddsat", "ssubsat"),
                *("and", "or", "xor", "shl", "lshr", "ashr"),
                *division,
            )
        )
        right = self.width((bits, 3, 8, 32)) if op in ("shl", "lshr", "ashr") else bits
        return Bin(op, self.expr(bits, depth), self.expr(right, depth))

    def comparison(self, bits: int, depth: int) -> Expr:
        inner = self.width()
        ops = ("eq", "ne", "ult", "ule", "slt", "sle") if inner <= self.arithmetic_bits else ("eq", "ne")
        return Bin(self.pick(ops), self.expr(inner, depth), self.expr(inner, depth))

    def exprs(self, least: int, most: int) -> tuple[Expr, ...]:
        return tuple(self.expr(self.width(), 1) for _ in range(self.number(least, most)))

    # ------------------------------------------------------------ operations

    def dst(self, bits: int | None = None) -> Var:
        """A variable to set: one of that width, made up if there is none."""
        if bits is None:
            fields = [Var(f"{h.name}.{f.name}", f.width) for h in self.headers for f in h.fields]
            return self.pick((*self.temps, *fields))
        inputs = {var.name for var in INPUTS}
        known = [v for v in self.variables.get(bits, ()) if v.name not in inputs and "$" not in v.name]
        if known:
            return self.pick(known)
        var = Var(f"w{bits}", bits)
        self.variables.setdefault(bits, []).append(var)
        return var

    def op(self) -> Op:
        forms: list[Callable[[], Op]] = [self.assign, self.assign, self.set_valid]
        forms += [self.access] * 8
        if self.knobs.hashes:
            forms.append(self.hash)
        if self.knobs.checksums:
            forms.append(self.checksum)
        if self.knobs.randoms:
            forms.append(self.random)
        if self.knobs.digests:
            forms.append(lambda: Digest("control", self.exprs(0, 2)))
        if self.knobs.free_emits:
            forms.append(lambda: Emit(self.pick(self.headers).name))
        return self.pick(forms)()

    def assign(self) -> Op:
        dst = self.dst()
        return Assign(dst, self.expr(dst.width))

    def set_valid(self) -> Op:
        return SetValid(self.pick(self.headers).name, self.chance(2))

    def hash(self) -> Op:
        inputs = self.exprs(1, 3)
        return Hash(self.dst(), self.pick(self.knobs.hashes), inputs)  # pyright: ignore[reportArgumentType]

    def checksum(self) -> Op:
        start, added, removed = self.expr(16), self.exprs(0, 3), self.exprs(0, 2)
        return Checksum(self.dst(16), start, added, removed, self.chance(4))

    def random(self) -> Op:
        bits = self.pick((8, 16, 64))
        return Random(self.dst(bits), self.expr(bits), self.expr(bits))

    def access(self) -> Op:
        state = self.pick(self.states)
        kinds = BASE_KINDS[state.kind] + (COPY_KINDS[state.kind] if self.knobs.copies else ())
        kind = self.pick(kinds)
        key = self.key(state)
        results: list[Var] = []
        for bits in self.result_widths(kind, state):
            var = self.dst(bits)
            # Two results must not share a variable.
            results.append(var if var not in results else Var(f"r{len(results)}_{bits}", bits))
        args, field = self.access_args(kind, state)
        return Access(state.name, kind, key, args, tuple(results), field)

    def key(self, state: State) -> tuple[Expr, ...]:
        """Mostly one of two keys that belong to the state, so that accesses meet each other's entries."""
        if self.chance(6):
            return tuple(self.expr(f.width, 1) for f in state.key)
        if state.name not in self.usual_keys:
            self.usual_keys[state.name] = [tuple(self.key_part(f.width) for f in state.key) for _ in range(2)]
        return self.pick(self.usual_keys[state.name])

    def key_part(self, bits: int) -> Expr:
        fields = [v for v in self.variables.get(bits, ()) if v.name.startswith("h") or v.name == "$port"]
        return self.pick(fields) if fields and self.chance(3) else Const(self.number(0, 1), bits)

    def result_widths(self, kind: AccessKind, state: State) -> tuple[int, ...]:
        values = tuple(f.width for f in state.values)
        by_kind = {"lookup": (1, *values), "insert": (8,), "read": values, "rmw": values}
        by_kind |= {
            "peek": (1, 64, *values),
            "evict": (1, 64),
            "release": (1, 32, 64, *values),
        }
        by_kind |= {"meter": (8,)}
        return by_kind.get(kind, ())

    def access_args(self, kind: AccessKind, state: State) -> tuple[tuple[Expr, ...], str]:
        def values() -> tuple[Expr, ...]:
            return tuple(self.expr(f.width, 1) for f in state.values)

        match kind:
            case "insert" | "write" | "rmw":
                return values(), ""
            case "install":
                return (self.pick((TIME, self.expr(64, 1))), *values()), ""
            case "place":
                return (Const(self.number(0, 3), 32), self.pick((TIME, self.expr(64, 1))), *values()), ""
            case "meter":
                amount = self.pick((Const(self.number(0, 3), 32), Var("$length", 32), self.expr(32, 1)))
                return (amount, self.pick((Const(self.number(0, 3), 8), self.expr(8, 1)))), ""
            case "merge":
                return (self.expr(1, 1), self.pick((TIME, self.expr(64, 1)))), ""
            case "adopt":
                left = Const(self.number(0, 3), 32)
                return (self.expr(1, 1), left, self.pick((TIME, self.expr(64, 1))), *values()), ""
            case "evict" | "release" | "offer" | "forget" | "accept":
                return (Const(self.number(0, 3), 32),), ""
            case "merge_max":
                return (self.expr(1, 1), *values()), ""
            case "update" if state.values:
                field = self.pick(state.values)
                return (self.expr(field.width, 1),), field.name
            case _:
                return (), ""

    # ------------------------------------------------------------ blocks

    def parser(self, body: str) -> list[Block]:
        """Steps that ask for room and extract, each going on to a later one or to the body."""
        steps = [self.pick(self.headers) for _ in range(self.number(1, 4))]
        blocks: list[Block] = []
        for at, header in enumerate(steps):
            later = [f"p{i}" for i in range(at + 1, len(steps))] + [body]
            ok = Var(f"ok{at}", 1)
            room = Room(ok, Const(header.width, 32))
            blocks.append(Block(f"p{at}", (room,), Branch(ok, f"p{at}.extract", self.pick(later))))
            ops: list[Op] = [Extract(header.name)]
            if self.knobs.odd_cursor and self.chance(3):
                ops = [Lookahead(self.dst(min(header.width, 3))), Advance(Const(3, 32)), *self.realign(header.width)]
            ahead = [var for var in self.temps if var.width <= header.width]
            if ahead and self.chance(4):
                ops.insert(0, Lookahead(self.pick(ahead)))
            if self.chance(3):
                ops.append(self.assign())
            if self.chance(3):
                blocks += self.skip(f"p{at}.extract", tuple(ops), self.pick(later), at)
            else:
                blocks.append(Block(f"p{at}.extract", tuple(ops), self.end(later)))
        return blocks

    def realign(self, bits: int) -> list[Op]:
        return [Advance(Const(bits - 3, 32))]

    def skip(self, name: str, ops: tuple[Op, ...], then: str, at: int) -> list[Block]:
        """An advance over a number of bytes that the packet says, such as IPv4 options."""
        words = Cast(self.expr(3, 1), 32)
        skipped, ok = Var(f"skip{at}", 32), Var(f"ok{at}", 1)
        more = (*ops, Assign(skipped, Bin("shl", words, Const(3, 8))), Room(ok, skipped))
        return [
            Block(name, more, Branch(ok, f"{name}.skip", then)),
            Block(f"{name}.skip", (Advance(skipped),), Goto(then)),
        ]

    def body_block(self, name: str, later: list[str]) -> Block:
        ops = [self.fixed(self.op()) for _ in range(self.number(1, self.knobs.ops))]
        if later and not self.chance(6):
            return Block(name, tuple(ops), self.end(later))
        end = self.verdict()
        if isinstance(end, Forward) and not self.knobs.free_emits:
            ops += [Emit(h.name) for h in self.headers]
        return Block(name, tuple(ops), end)

    def fixed(self, op: Op) -> Op:
        """An update of a state without values becomes a touch."""
        if isinstance(op, Access) and op.kind == "update" and not op.field:
            return Access(op.state, "touch", op.key)
        return op

    def end(self, later: Sequence[str]) -> Terminator:
        match self.number(0, 2):
            case 0:
                return Goto(self.pick(later))
            case 1:
                return Branch(self.expr(1), self.pick(later), self.pick(later))
            case _:
                bits = self.width((3, 8, 16))
                values = sorted({self.value(bits) for _ in range(self.number(1, 3))})
                return Switch(self.expr(bits), tuple((v, self.pick(later)) for v in values), self.pick(later))

    def verdict(self) -> Terminator:
        if self.knobs.handoffs and self.chance(3):
            return HandOff("host", self.number(1, 3), self.exprs(0, 3), self.pick(("received", "emitted")))
        if self.chance(3):
            return Drop(self.pick(("dropped", "no route")))
        return Forward(self.expr(16, 1))

    def resumes(self, body: list[str]) -> tuple[Resume, ...]:
        resumes: list[Resume] = []
        for point in range(1, self.number(0, 2) + 1):
            into = dict.fromkeys(self.dst() for _ in range(self.number(0, 4)))
            resumes.append(Resume(point, self.pick(("p0", *body)), tuple(into)))
        return tuple(resumes)


def random_program(seed: int, knobs: Knobs = Knobs()) -> Program:
    """A well-formed program; another one for almost each seed."""
    return Maker(random.Random(seed).randint, knobs).program()


def programs(knobs: Knobs = Knobs()) -> st.SearchStrategy[Program]:
    """Well-formed programs. Hypothesis draws their seeds: drawing every part, it makes one program again and again."""
    return st.integers(0, (1 << 32) - 1).map(lambda seed: random_program(seed, knobs))


@st.composite
def expressions(draw: Callable[[st.SearchStrategy], object], depth: int = 4) -> Expr:
    """Expressions over the variables `t0`... (of 8, 16, 32 and 64 bits) of any width."""
    maker = Maker(drawn(draw))
    maker.variables = {bits: [Var(f"t{bits}", bits)] for bits in (8, 16, 32, 64)}
    return maker.expr(maker.pick(WIDTHS), depth)
