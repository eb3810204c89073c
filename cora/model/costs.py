"""What a block of IR costs: its operations by class, the cycles they take on an engine, its instructions.

The IR reads and emits whole headers; generated code touches the bytes that it uses. So `extract_bytes` counts all bytes
of a parsed header (they must be bounds-checked and most are used), and `emit_bytes` only those of headers that the
program changes somewhere (`Uses.modified`); a header that only passes through costs nothing to emit. Engines that load
and store packets in words (an NFP) have costs for those instead: only words that something reads or changes count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import log

from cora.ir.nodes import (
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
from cora.model.schema import CLOCK_READ, AccessCost, AccessShape, Curve, Engine, Memory, Number
from cora.model.uses import WORD_BITS, Uses, addends

INSTRUCTIONS = {"alu": 1, "branch": 2, "extract_byte": 0.5, "emit_byte": 0.5, "hash": 12, "checksum_word": 4,
                "multiply": 5, "divide": 20, "digest": 20}  # fmt: skip
"""Instructions of generated code by op class; ours, from the C that Cora emits (a 32-bit word a load, which counts with
the bytes)."""
FOREIGN_CYCLES = 1000
"""Of the host, for a call of an extern that Cora doesn't know and whose `@cycles` the program doesn't say; assumed."""
ACCESS_INSTRUCTIONS = 24
"""Instructions of one access to a state: key on the stack, call or memory command, test of the result."""


@dataclass(frozen=True, slots=True)
class AccessCount:
    """One access of a block."""

    state: str
    shape: AccessShape
    before: dict[str, int]
    """Operations by class since the access before it in the block, or since the block's start."""


@dataclass(slots=True)
class OpCounts:
    """Operations of one block, by class."""

    alu: int = 0
    alu_wide: int = 0
    """Of the ALU operations those on 33 bits or more, a 64-bit word each."""
    branch: int = 0
    extract_bytes: int = 0
    emit_bytes: int = 0
    load_words: int = 0
    """Words of parsed headers that the program reads."""
    store_words: int = 0
    """Words of emitted headers that the program changes."""
    hash: int = 0
    hash_words: int = 0
    """32-bit words of the inputs of hashes."""
    checksum_words: int = 0
    payload_checksums: int = 0
    """Checksums that also run over the whole packet."""
    multiply: int = 0
    divide: int = 0
    digest: int = 0
    foreign_cycles: int = 0
    """Of calls whose cost only the program knows."""
    clock_reads: int = 0
    accesses: list[AccessCount] = field(default_factory=list[AccessCount])
    _counted: dict[str, int] = field(default_factory=dict[str, int])
    """By class, at the last access."""

    def access(self, state: str, shape: AccessShape) -> None:
        """Adds an access behind all that has been counted."""
        now = self.by_class()
        before = {name: count - self._counted.get(name, 0) for name, count in now.items()}
        self._counted = now
        self.accesses.append(AccessCount(state, shape, before))

    def by_class(self) -> dict[str, int]:
        """Counts by the op classes of model files."""
        return {
            "alu": self.alu,
            "alu_wide": self.alu_wide,
            "branch": self.branch,
            "extract_byte": self.extract_bytes,
            "emit_byte": self.emit_bytes,
            "load_word": self.load_words,
            "store_word": self.store_words,
            "hash": self.hash,
            "hash_word": self.hash_words,
            "checksum_word": self.checksum_words,
            "multiply": self.multiply,
            "divide": self.divide,
            "digest": self.digest,
        }

    @property
    def instructions(self) -> float:
        ops = sum(INSTRUCTIONS.get(name, 0.0) * count for name, count in self.by_class().items())
        return ops + ACCESS_INSTRUCTIONS * len(self.accesses)


def access_shape(state: State, kind: str) -> AccessShape | None:
    """The shape of an access: of a lookup the hardest match kind of its key. None for kinds that splitting adds."""
    if kind == "lookup":
        kinds = {key.match for key in state.key}
        if kinds & {"ternary", "range", "optional"}:
            return "ternary"
        return "lpm" if "lpm" in kinds else "exact"
    match kind:
        case "insert" | "update" | "touch" | "delete" | "read" | "write" | "rmw" | "count":
            return kind
        case "meter":
            return "rmw"  # a cell is read, changed and written
        case _:
            return None


def _shape_of(state: State, access: Access, known: Uses) -> AccessShape | None:
    """As `access_shape`; a read-modify-write that adds is an addition, with or without the old value."""
    shape = access_shape(state, access.kind)
    if access.kind != "rmw" or addends(access) is None:
        return shape
    return "add" if known.unread.issuperset(v.name for v in access.results) else "fetch_add"


def count_ops(program: Program, block: Block, known: Uses) -> OpCounts:
    """The operations of a block of `program`; `known` is `uses(program)`."""
    counts = OpCounts()
    for op in block.ops:
        _count_op(program, op, known, counts)
    _count_end(block.end, counts)
    return counts


def _count_op(program: Program, op: Op, known: Uses, counts: OpCounts) -> None:
    match op:
        case Assign(value=value):
            counts.alu += 1
            _count_exprs(counts, value)
        case Room(bits=bits):
            counts.alu += 1
            counts.branch += 1
            _count_exprs(counts, bits)
        case Extract(header=name):
            counts.extract_bytes += program.header(name).width // 8
            counts.load_words += known.loaded_words.get(name, 0)
        case Lookahead(dst=dst):
            counts.extract_bytes += (dst.width + 7) // 8
            counts.load_words += _words(dst.width)
        case Advance(bits=bits):
            counts.alu += 1
            _count_exprs(counts, bits)
        case Emit(header=name):
            if name in known.modified:
                counts.emit_bytes += program.header(name).width // 8
                counts.store_words += known.stored_words.get(name, 0)
        case SetValid():
            counts.alu += 1
        case Hash(inputs=inputs):
            counts.hash += 1
            counts.hash_words += _words(sum(map(width, inputs)))
            _count_exprs(counts, *inputs)
        case Checksum():
            words = sum((width(e) + 15) // 16 for e in (*op.added, *op.removed))
            counts.checksum_words += words + 1
            counts.payload_checksums += op.payload
            _count_exprs(counts, op.start, *op.added, *op.removed)
        case Random(lo=lo, hi=hi):
            counts.alu += 6
            counts.divide += 1
            _count_exprs(counts, lo, hi)
        case Access():
            shape = _shape_of(program.state(op.state), op, known)
            added = addends(op) if shape in ("add", "fetch_add") else None
            # The memory adds: only what it is given is computed here.
            _count_exprs(counts, *op.key, *(op.args if added is None else added))
            if shape is not None:
                counts.access(op.state, shape)
            counts.alu += len(op.results) if shape != "add" else 0
        case Digest(fields=fields):
            counts.digest += 1
            _count_exprs(counts, *fields)
        case Copy(which=which, live=live):
            _count_exprs(counts, which, *live)
        case Foreign(args=args, cycles=cycles):
            counts.foreign_cycles += cycles or FOREIGN_CYCLES
            _count_exprs(counts, *args)


def _count_end(end: Terminator, counts: OpCounts) -> None:
    match end:
        case Branch(cond=cond):
            counts.branch += 1
            _count_exprs(counts, cond)
        case Switch(value=value, cases=cases):
            counts.branch += max(1, (len(cases) + 1) // 2)  # half of the cases are tried, on average
            _count_exprs(counts, value)
        case Forward(port=port):
            _count_exprs(counts, port)
        case HandOff(live=live):
            _count_exprs(counts, *live)
        case _:
            pass


def _count_exprs(counts: OpCounts, *exprs: Expr) -> None:
    """Adds the operators of expressions; an operation wider than 64 bits counts once for each word."""
    for expr in exprs:
        match expr:
            case Const() | Var():
                pass
            case Bin(op=op, a=a, b=b):
                words = (width(a) + 63) // 64
                match op:
                    case "mul":
                        counts.multiply += words
                    case "udiv" | "umod" if not (isinstance(b, Const) and b.value.bit_count() == 1):
                        counts.divide += words
                    case _:  # also division by a power of two: a shift, or a mask
                        counts.alu += words
                        counts.alu_wide += words if width(a) > WORD_BITS else 0
                _count_exprs(counts, a, b)
            case Un(a=a) | Cast(a=a):
                counts.alu += 1
                _count_exprs(counts, a)
            case Slice(a=a):
                counts.alu += 1
                _count_exprs(counts, a)
            case Concat(a=a, b=b):
                counts.alu += 2
                _count_exprs(counts, a, b)
            case Mux(c=c, a=a, b=b):
                counts.alu += 1
                counts.branch += 1
                _count_exprs(counts, c, a, b)


def _words(bits: int) -> int:
    return (bits + WORD_BITS - 1) // WORD_BITS


def op_cycles(counts: OpCounts, engine: Engine, mean_bytes: float) -> float:
    """Cycles of a block's operations on an engine, without its accesses. `mean_bytes` is the length of a packet."""
    words = counts.checksum_words + counts.payload_checksums * mean_bytes / 2
    weighted = {**counts.by_class(), "checksum_word": words}
    clock = engine.ops[CLOCK_READ].value * counts.clock_reads if CLOCK_READ in engine.ops else 0.0
    return clock + counts.foreign_cycles + _weighted(weighted, engine)


def _weighted(by_class: Mapping[str, float], engine: Engine) -> float:
    return sum(engine.ops[name].value * count for name, count in by_class.items() if count)


def access_cost(engine: Engine, shape: AccessShape) -> AccessCost | None:
    """What an access costs on an engine; an engine that has no additions of its own reads, changes and writes."""
    found = engine.accesses.get(shape)
    return engine.accesses.get("rmw") if found is None and shape in ("add", "fetch_add") else found


def access_cycles(
    engine: Engine, memory: Memory, access: AccessCount, cost: AccessCost, working_set: float, rows: float
) -> float:
    """Cycles of a core for an access to a state in `memory` with `rows` rows, `working_set` of them in use: its own
    instructions, and if it is waited for, the rest of the time that a core leaves between two operations of that
    memory, beyond what it computes anyway since the last one."""
    scanned = cost.per_row.value * rows if cost.per_row is not None else 0.0
    compute = at_working_set(cost.compute, max(working_set, 1.0)) + scanned
    spacing = memory.issue_spacing_cycles
    if spacing is None or not cost.blocking:
        return compute
    meanwhile = min(spacing.value, _weighted(access.before, engine))
    return max(compute, spacing.value * (cost.reads + cost.writes + cost.atomics) - meanwhile)


def at_working_set(cost: Number | Curve, entries: float) -> float:
    """A cost at a working set of `entries`: between two points of a curve linear in the logarithm of the entries (a
    cache hierarchy adds about as much for each tenfold), outside of them the nearest point."""
    if isinstance(cost, Number):
        return cost.value
    points = cost.points
    if entries <= points[0][0]:
        return points[0][1]
    for (low, at_low), (high, at_high) in pairwise(points):
        if entries <= high:
            return at_low + (at_high - at_low) * _log_share(entries, low, high)
    return points[-1][1]


def _log_share(entries: float, low: float, high: float) -> float:
    return log(entries / low) / log(high / low)
