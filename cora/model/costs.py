"""What a block of IR costs: its operations by class, the cycles they take on an engine, its instructions.

The IR reads and emits whole headers; generated code touches the bytes that it uses. So `extract_bytes` counts all bytes
of a parsed header (they must be bounds-checked and most are used), and `emit_bytes` only those of headers that the
program changes somewhere (`modified_headers`); a header that only passes through costs nothing to emit.
"""

from __future__ import annotations

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
from cora.model.schema import CLOCK_READ, AccessShape, Curve, Engine, Number

INSTRUCTIONS = {"alu": 1, "branch": 2, "extract_byte": 0.5, "emit_byte": 0.5, "hash": 12, "checksum_word": 4,
                "multiply": 5, "divide": 20, "digest": 20}  # fmt: skip
"""Instructions of generated code by op class; ours, from the C that Cora emits (a 32-bit word a load)."""
FOREIGN_CYCLES = 1000
"""Of the host, for a call of an extern that Cora doesn't know and whose `@cycles` the program doesn't say; assumed."""
ACCESS_INSTRUCTIONS = 24
"""Instructions of one access to a state: key on the stack, call or memory command, test of the result."""


@dataclass(slots=True)
class OpCounts:
    """Operations of one block, by class. `accesses` are (state, shape)."""

    alu: int = 0
    branch: int = 0
    extract_bytes: int = 0
    emit_bytes: int = 0
    hash: int = 0
    checksum_words: int = 0
    payload_checksums: int = 0
    """Checksums that also run over the whole packet."""
    multiply: int = 0
    divide: int = 0
    digest: int = 0
    foreign_cycles: int = 0
    """Of calls whose cost only the program knows."""
    clock_reads: int = 0
    accesses: list[tuple[str, AccessShape]] = field(default_factory=list[tuple[str, AccessShape]])

    def by_class(self) -> dict[str, int]:
        """Counts by the op classes of model files."""
        return {
            "alu": self.alu,
            "branch": self.branch,
            "extract_byte": self.extract_bytes,
            "emit_byte": self.emit_bytes,
            "hash": self.hash,
            "checksum_word": self.checksum_words,
            "multiply": self.multiply,
            "divide": self.divide,
            "digest": self.digest,
        }

    @property
    def instructions(self) -> float:
        ops = sum(INSTRUCTIONS[name] * count for name, count in self.by_class().items())
        return ops + ACCESS_INSTRUCTIONS * len(self.accesses)


def modified_headers(program: Program) -> frozenset[str]:
    """Headers with a field or a validity that the program sets: what must be written when it is emitted."""
    names = {header.name for header in program.headers}
    changed: set[str] = set()
    for block in program.blocks:
        for op in block.ops:
            match op:
                case SetValid(header=header):
                    changed.add(header)
                case (
                    Assign(dst=dst)
                    | Checksum(dst=dst)
                    | Hash(dst=dst)
                    | Random(dst=dst)
                    | Lookahead(dst=dst)
                    | Room(dst=dst)
                ):
                    changed.add(dst.name.rpartition(".")[0])
                case Access(results=results):
                    changed.update(result.name.rpartition(".")[0] for result in results)
                case Extract() | Advance() | Emit() | Digest() | Copy():
                    pass
                case Foreign(results=results):
                    changed.update(result.name.rpartition(".")[0] for result in results)
    return frozenset(names & changed)


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


def count_ops(program: Program, block: Block, modified: frozenset[str]) -> OpCounts:
    """The operations of a block of `program`; `modified` comes from `modified_headers`."""
    counts = OpCounts()
    for op in block.ops:
        _count_op(program, op, modified, counts)
    _count_end(block.end, counts)
    return counts


def _count_op(program: Program, op: Op, modified: frozenset[str], counts: OpCounts) -> None:
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
        case Lookahead(dst=dst):
            counts.extract_bytes += (dst.width + 7) // 8
        case Advance(bits=bits):
            counts.alu += 1
            _count_exprs(counts, bits)
        case Emit(header=name):
            counts.emit_bytes += program.header(name).width // 8 if name in modified else 0
        case SetValid():
            counts.alu += 1
        case Hash(inputs=inputs):
            counts.hash += 1
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
            shape = access_shape(program.state(op.state), op.kind)
            if shape is not None:
                counts.accesses.append((op.state, shape))
            counts.alu += len(op.results)
            _count_exprs(counts, *op.key, *op.args)
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
                    case "udiv" | "umod":
                        counts.divide += words
                    case _:
                        counts.alu += words
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


def op_cycles(counts: OpCounts, engine: Engine, mean_bytes: float) -> float:
    """Cycles of a block's operations on an engine, without its accesses. `mean_bytes` is the length of a packet."""
    words = counts.checksum_words + counts.payload_checksums * mean_bytes / 2
    weighted = {**counts.by_class(), "checksum_word": words}
    clock = engine.ops[CLOCK_READ].value * counts.clock_reads if CLOCK_READ in engine.ops else 0.0
    return clock + counts.foreign_cycles + sum(engine.ops[name].value * count for name, count in weighted.items())


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
