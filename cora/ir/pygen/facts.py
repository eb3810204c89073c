"""What the code generator finds out about a program before it writes a line.

A header lives in one number, its *raw* value, as it was extracted. A field that only `Extract` ever sets needs no
variable: it is bits of the raw value, and `Emit` sends it unchanged. Only fields that something else may set
(*mutable*) and fields that are read in several places get a variable. The *cells* of a program are these variables and
raw values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cora.ir.cfg import (
    block_map,
    end_exprs,
    has_effect,
    op_dsts,
    op_exprs,
    roots,
    successors,
    topological_order,
    variables,
)
from cora.ir.nodes import (
    Access,
    Advance,
    Bin,
    Block,
    Cast,
    Concat,
    Const,
    Emit,
    Expr,
    Extract,
    Header,
    Mux,
    Op,
    Program,
    Random,
    SetValid,
    width,
)


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a header field lies: `shift` bits above the lowest bit of the raw value."""

    header: str
    width: int
    shift: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """What is known of the cursor at a point: its bit position, or only whether it is between bytes."""

    at: int | None
    aligned: bool

    def moved(self, bits: int | None, aligned: bool) -> Cursor:
        if self.at is not None and bits is not None:
            return Cursor(self.at + bits, (self.at + bits) % 8 == 0)
        return Cursor(None, self.aligned and aligned)

    def meet(self, other: Cursor) -> Cursor:
        return self if self == other else Cursor(None, self.aligned and other.aligned)


def raw_cell(header: str) -> str:
    return f"{header}.$raw"


def field_places(headers: Iterable[Header]) -> dict[str, FieldPlace]:
    places: dict[str, FieldPlace] = {}
    for header in headers:
        shift = header.width
        for field in header.fields:
            shift -= field.width
            places[f"{header.name}.{field.name}"] = FieldPlace(header.name, field.width, shift)
    return places


def low_zero_bits(expr: Expr) -> int:
    """How many of the lowest bits of an expression are surely 0 (up to its width)."""
    match expr:
        case Const(value=0, width=bits):
            return bits
        case Const(value=value):
            return (value & -value).bit_length() - 1
        case Concat(b=b):
            below = low_zero_bits(b)
            return below + (low_zero_bits(expr.a) if below == width(b) else 0)
        case Bin(op="shl", a=a, b=Const(value=by)):
            return min(width(a), low_zero_bits(a) + by)
        case Bin(op="add" | "sub" | "or" | "xor", a=a, b=b):
            return min(low_zero_bits(a), low_zero_bits(b))
        case Bin(op="mul", a=a, b=b):
            return min(width(a), low_zero_bits(a) + low_zero_bits(b))
        case Bin(op="and", a=a, b=b):
            return max(low_zero_bits(a), low_zero_bits(b))
        case Cast(a=a, width=bits):
            return min(bits, low_zero_bits(a))
        case Mux(a=a, b=b):
            return min(low_zero_bits(a), low_zero_bits(b))
        case _:
            return 0


def _is_pure(op: Op, trace: bool) -> bool:
    """True if the operation may go when nobody reads what it sets."""
    if isinstance(op, Extract):
        return True  # the cursor moves all the same
    if isinstance(op, Access) and trace:
        return False
    return not has_effect(op)


class Facts:
    """Cells, liveness and cursor of a program; `trace` keeps accesses that only a trace would notice."""

    def __init__(self, program: Program, *, trace: bool) -> None:
        self.program = program
        self.trace = trace
        self.headers = {header.name: header for header in program.headers}
        self.states = {state.name: state for state in program.states}
        self.places = field_places(program.headers)
        self.order = topological_order(program.blocks, roots(program))
        self.blocks = block_map(program.blocks)
        self.mutable = self._mutable()
        self.local = self.mutable | self._often_read()
        self.live_after = self._liveness()
        self.cursors = self._cursors()

    # ------------------------------------------------------------ cells

    def _mutable(self) -> frozenset[str]:
        """Header fields that something other than Extract sets."""
        found = {var.name for resume in self.program.resumes for var in resume.into}
        for block in self.program.blocks:
            for op in block.ops:
                found |= {var.name for var in op_dsts(op)}
        return frozenset(found & self.places.keys())

    def _often_read(self) -> frozenset[str]:
        counts: Counter[str] = Counter()
        for block in self.program.blocks:
            exprs = [e for op in block.ops for e in op_exprs(op)] + list(end_exprs(block.end))
            counts.update(var.name for expr in exprs for var in variables(expr))
        return frozenset(name for name in self.places if counts[name] > 1)

    def cell(self, name: str) -> str:
        """The cell that holds a variable."""
        place = self.places.get(name)
        return name if place is None or name in self.local else raw_cell(place.header)

    def mutable_fields(self, header: str) -> list[str]:
        return [n for f in self.headers[header].fields if (n := f"{header}.{f.name}") in self.mutable]

    def local_fields(self, header: str) -> list[str]:
        return [n for f in self.headers[header].fields if (n := f"{header}.{f.name}") in self.local]

    # ------------------------------------------------------------ liveness

    def cells_of(self, exprs: Iterable[Expr]) -> set[str]:
        """The cells that expressions read."""
        return {self.cell(var.name) for expr in exprs for var in variables(expr)}

    def reads(self, op: Op) -> set[str]:
        """Cells that an operation reads, besides its own results."""
        match op:
            case Emit(header=header):
                return {raw_cell(header), f"{header}.$valid", *self.mutable_fields(header)}
            case Access(kind="rmw", key=key, args=args, results=results):
                return self.cells_of(key) | (self.cells_of(args) - {v.name for v in results})
            case Access(kind="count", key=key):
                return self.cells_of(key) | {"$length"}
            case Access(kind="lookup" | "touch" | "insert" | "meter", key=key, args=args):
                return self.cells_of((*key, *args)) | {"$time"}
            case Random(lo=lo, hi=hi):
                return self.cells_of((lo, hi)) | {"$seed", "$draws"}
            case _:
                return self.cells_of(op_exprs(op))

    def writes(self, op: Op) -> set[str]:
        match op:
            case Extract(header=header):
                return {raw_cell(header), f"{header}.$valid", *self.local_fields(header)}
            case SetValid(header=header):
                return {f"{header}.$valid"}
            case Random(dst=dst):
                return {dst.name, "$draws"}
            case _:
                return {var.name for var in op_dsts(op)}

    def is_dead(self, op: Op, live: frozenset[str]) -> bool:
        """Whether the operation changes nothing that anybody sees, given the cells that are live after it."""
        return _is_pure(op, self.trace) and live.isdisjoint(self.writes(op))

    def _liveness(self) -> dict[str, list[frozenset[str]]]:
        """By block: the live cells before its first operation, then after each. Dead operations read nothing."""
        found: dict[str, list[frozenset[str]]] = {}
        for name in reversed(self.order):
            block = self.blocks[name]
            live = frozenset(self.cells_of(end_exprs(block.end)))
            live = live.union(*(found[target][0] for target in successors(block.end)))
            points = [live]
            for op in reversed(block.ops):
                if not self.is_dead(op, live):
                    live = (live - self.writes(op)) | self.reads(op)
                points.append(live)
            found[name] = points[::-1]
        return found

    # ------------------------------------------------------------ cursor

    def after(self, op: Op, cursor: Cursor) -> Cursor:
        """The cursor behind an operation."""
        match op:
            case Extract(header=header):
                return cursor.moved(self.headers[header].width, True)
            case Advance(bits=Const(value=bits)):
                return cursor.moved(bits, bits % 8 == 0)
            case Advance(bits=bits):
                return cursor.moved(None, low_zero_bits(bits) >= 3)
            case _:
                return cursor

    def _at_end(self, block: Block, cursor: Cursor) -> Cursor:
        for op in block.ops:
            cursor = self.after(op, cursor)
        return cursor

    def _cursors(self) -> dict[str, Cursor]:
        """By block: the cursor where it begins."""
        found = {name: Cursor(0, True) for name in roots(self.program)}
        for name in self.order:
            end = self._at_end(self.blocks[name], found[name])
            for target in successors(self.blocks[name].end):
                found[target] = found[target].meet(end) if target in found else end
        return found
