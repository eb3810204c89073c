"""Steers frames along the paths of a program's parser: every outcome of every test, accepted or rejected.

Nothing here knows a protocol; the program's own parser says where fields lie and what is asked of them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cora.ir.cfg import block_map, end_exprs, op_dsts, op_exprs, substitute, successors, variables
from cora.ir.evaluate import evaluate
from cora.ir.nodes import (
    Advance,
    Assign,
    Block,
    Branch,
    Const,
    Expr,
    Extract,
    Goto,
    Header,
    Lookahead,
    Op,
    Program,
    Room,
    SetValid,
    Switch,
    Terminator,
    Var,
)
from cora.traffic.mutate import MIN_FRAME
from cora.verify.packets_solve import Values, solve

LONGEST_FRAME = 1514
PORT = Var("$port", 16)
_SHORT_IN = 10
"""One test for room in so many fails on purpose, if frames and tests allow it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lies in a frame, in bits from its start."""

    field: str
    at: int
    width: int


@dataclass(frozen=True, slots=True)
class Walked:
    """A frame, and what the parser sees in it."""

    frame: bytes
    path: tuple[str, ...]
    """The blocks, the last one is the body."""
    places: tuple[Place, ...]
    borders: tuple[int, ...]
    """Bytes from the start at which headers begin and end."""


class ParserPaths:
    """Walks frames through the parser of a program. Steered ones are spread evenly over its paths."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.blocks = block_map(program.blocks)
        self.headers = {h.name: h for h in program.headers}
        self.ways = _ways(self.blocks, program.body)
        self.asks_port = _asks_port(self.blocks, program)
        self.tried: Counter[tuple[tuple[str, ...], int | None]] = Counter()
        self.seen: Counter[tuple[str, ...]] = Counter()
        """Frames by path."""

    def walk(self, frame: bytes, port: int = 0) -> Walked:
        """What the parser makes of a frame that comes in by a port."""
        return _Walk(self, bytearray(frame), None, port).run()

    def steer(self, frame: bytes, rng: random.Random, port: int = 0) -> Walked:
        """The frame with as little changed as it takes to go another way through the parser."""
        found = _Walk(self, bytearray(frame), rng, port).run()
        self.seen[found.path] += 1
        return found


@dataclass
class _Walk:
    paths: ParserPaths
    data: bytearray
    rng: random.Random | None
    """None: the frame is only looked at."""
    port: int
    cursor: int = 0
    path: list[str] = field(default_factory=list[str])
    values: dict[str, Expr] = field(default_factory=dict[str, Expr])
    """What variables hold, in terms of the bits of the frame: a variable `field@place` for each."""
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    fixed: set[str] = field(default_factory=set[str])
    """Those of `places` that say how long something is."""
    decided: list[tuple[Expr, Callable[[int], bool]]] = field(
        default_factory=list["tuple[Expr, Callable[[int], bool]]"]
    )
    """What has decided the way so far, and whether a value of it still leads here."""
    borders: set[int] = field(default_factory=lambda: {0})
    end: int | None = None
    """Bytes of the frame, if it was cut on purpose."""

    def run(self) -> Walked:
        name = self.paths.program.blocks[0].name
        self.values[PORT.name] = Const(self.port, PORT.width)
        while name != self.paths.program.body:
            self.path.append(name)
            block = self.paths.blocks[name]
            for op in block.ops:
                self.do(op)
            name = self.follow(block.end)
        self.path.append(name)
        frame = bytes(self.data if self.end is None else self.data[: self.end])
        inside = tuple(p for p in self.places.values() if p.at + p.width <= 8 * len(frame))
        borders = tuple(sorted(b for b in self.borders if b <= len(frame)))
        return Walked(frame, tuple(self.path), inside, borders)

    # ------------------------------------------------------------ operations

    def do(self, op: Op) -> None:
        match op:
            case Assign(dst=dst, value=value):
                self.values[dst.name] = self.known(value)
            case Room(dst=dst, bits=bits):
                self.values[dst.name] = Const(int(self.room(self.number(self.known(bits)))), 1)
            case Extract(header=name):
                self.extract(self.paths.headers[name])
            case Lookahead(dst=dst):
                self.values[dst.name] = self.leaf(dst.name, self.cursor, dst.width)
            case Advance(bits=bits):
                self.cursor += self.number(self.known(bits))
                self.borders.add(self.cursor // 8)
            case SetValid(header=name, valid=valid):
                self.values[f"{name}.$valid"] = Const(int(valid), 1)
            case _:
                for dst in op_dsts(op):
                    self.values[dst.name] = Const(0, dst.width)

    def extract(self, header: Header) -> None:
        for part in header.fields:
            name = f"{header.name}.{part.name}"
            self.values[name] = self.leaf(name, self.cursor, part.width)
            self.cursor += part.width
        self.values[f"{header.name}.$valid"] = Const(1, 1)
        self.borders.add(self.cursor // 8)

    def leaf(self, name: str, at: int, bits: int) -> Var:
        var = Var(f"{name}@{at}", bits)
        self.places[var.name] = Place(name, at, bits)
        return var

    def room(self, bits: int) -> bool:
        """Whether so much is left behind the cursor; a steered frame is cut or made longer for it."""
        start, size = self.cursor // 8, len(self.data) if self.end is None else self.end
        if self.rng is not None and self.end is None:
            latest = start + (bits - 1) // 8
            may_cut = bits > 0 and latest >= MIN_FRAME
            if may_cut and (self.rng.randrange(_SHORT_IN) == 0 or (size * 8 - self.cursor < bits)):
                self.end = self.rng.randint(max(start, MIN_FRAME), latest)
                self.data = self.data.ljust(self.end, b"\0")
                return False
            missing = (self.cursor + bits + 7) // 8 - size
            if missing > 0 and size + missing <= LONGEST_FRAME:
                self.data += self.rng.randbytes(missing)
                size += missing
        return size * 8 - self.cursor >= bits

    # ------------------------------------------------------------ where to go on

    def follow(self, end: Terminator) -> str:
        match end:
            case Goto(target=target):
                return target
            case Branch(cond=cond, then=then, orelse=orelse):
                return self.choose(self.known(cond), {0: orelse, 1: then})
            case Switch(value=value, cases=cases, default=default):
                return self.choose(self.known(value), {None: default, **dict(cases)})
            case _:
                raise ValueError(f"a parser doesn't end in {type(end).__name__}")

    def choose(self, expr: Expr, targets: Mapping[int | None, str]) -> str:
        """The target for the value of the expression (None: for all other values); a steered frame is changed first."""

        def outcome(value: int) -> int | None:
            return value if value in targets else None

        found = outcome(evaluate(expr, self.leaf_values(expr)))
        if self.rng is None:
            return targets[found]
        here = (str(self.port), *self.path) if self.paths.asks_port else tuple(self.path)
        rng, tried = self.rng, self.paths.tried
        wish = min(targets, key=lambda n: (tried[here, n] / self.paths.ways[targets[n]], rng.random()))
        tried[here, wish] += 1
        if wish != found:
            changes = self.solved(expr, lambda value: outcome(value) == wish, wish, rng)
            if changes is not None:
                self.write(changes)
                found = wish
        self.decided.append((expr, lambda value: outcome(value) == found))
        return targets[found]

    def solved(self, expr: Expr, wanted: Callable[[int], bool], goal: int | None, rng: random.Random) -> Values | None:
        """What to change so that the expression has a wanted value and the way up to here stays the same."""
        now = {name: get_bits(self.data, p.at, p.width) for name, p in self.places.items()}
        free = self.leaf_values(expr).keys() - self.fixed

        def possible(changes: Values) -> bool:
            values = {**now, **changes}
            return wanted(evaluate(expr, values)) and all(leads(evaluate(e, values)) for e, leads in self.decided)

        return solve(expr, possible, goal, now, frozenset(free), rng)

    def write(self, changes: Values) -> None:
        for name, value in changes.items():
            put_bits(self.data, self.places[name].at, self.places[name].width, value)

    # ------------------------------------------------------------ values

    def known(self, expr: Expr) -> Expr:
        """The expression in terms of the bits of the frame; what nothing has set is 0."""
        held = {v.name: self.values.get(v.name, Const(0, v.width)) for v in variables(expr)}
        return substitute(expr, held)

    def leaf_values(self, expr: Expr) -> Values:
        places = {v.name: self.places[v.name] for v in variables(expr)}
        return {name: get_bits(self.data, p.at, p.width) for name, p in places.items()}

    def number(self, expr: Expr) -> int:
        """The value that an expression has; the bits that it depends on stay as they are."""
        now = self.leaf_values(expr)
        self.fixed |= now.keys()
        return evaluate(expr, now)


def get_bits(data: bytes | bytearray, at: int, bits: int) -> int:
    """A number of a frame; bits behind its end are 0."""
    first, last = at // 8, (at + bits + 7) // 8
    piece = int.from_bytes(bytes(data[first:last]).ljust(last - first, b"\0"), "big")
    return piece >> (last * 8 - at - bits) & (1 << bits) - 1


def put_bits(data: bytearray, at: int, bits: int, value: int) -> None:
    """Sets a number of a frame; what would lie behind its end is left out."""
    first, last = at // 8, (at + bits + 7) // 8
    shift = last * 8 - at - bits
    mask = (1 << bits) - 1 << shift
    piece = int.from_bytes(bytes(data[first:last]).ljust(last - first, b"\0"), "big")
    made = (piece & ~mask | value << shift).to_bytes(last - first, "big")
    data[first:last] = made[: len(data[first:last])]


def _asks_port(blocks: Mapping[str, Block], program: Program) -> bool:
    """Whether the parser looks at the port that the frame comes in by."""
    behind, seen = [program.blocks[0].name], {program.body}
    while behind:
        name = behind.pop()
        if name in seen:
            continue
        seen.add(name)
        block = blocks[name]
        exprs = (*(e for op in block.ops for e in op_exprs(op)), *end_exprs(block.end))
        if any(v.name == PORT.name for e in exprs for v in variables(e)):
            return True
        behind += successors(block.end)
    return False


def _ways(blocks: Mapping[str, Block], body: str) -> dict[str, int]:
    """From how many paths to the body one can choose at each block of the parser."""
    found = {body: 1}

    def count(name: str) -> int:
        if name not in found:
            found[name] = sum(count(target) for target in dict.fromkeys(successors(blocks[name].end)))
        return found[name]

    count(next(iter(blocks)))
    return found
