"""The IR on one screen: what every other part of Cora talks about.

A program is an acyclic control-flow graph of basic blocks over unsigned bit-vector variables. Parsers, controls and
deparsers are inlined into it; parser loops are unrolled. Every variable is 0 when the program starts, and so is every
header's validity. Variables named `$...` belong to Cora (see `INPUTS`); a header `h` has the variables `h.field`
(one a field) and `h.$valid` (one bit). A packet has a read cursor (bits from its start) and an output that begins
empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as _field
from typing import Literal

from cora.diagnostics import Span

# ---------------------------------------------------------------- expressions: each has a width in bits

UnOp = Literal["not", "neg"]  # bitwise complement, two's complement
BinOp = Literal[
    "add", "sub", "mul", "udiv", "umod",  # modulo 2^width; both sides of one width; x/0 = 0, x%0 = x
    "uaddsat", "usubsat", "saddsat", "ssubsat",  # saturating, unsigned and signed
    "and", "or", "xor",
    "shl", "lshr", "ashr",  # the right side may have any width; shifting by the width or more gives 0 (or the sign)
    "eq", "ne", "ult", "ule", "slt", "sle",  # both sides of one width; the result has width 1
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Const:
    value: int
    width: int


@dataclass(frozen=True, slots=True)
class Var:
    name: str
    width: int


@dataclass(frozen=True, slots=True)
class Un:
    op: UnOp
    a: Expr


@dataclass(frozen=True, slots=True)
class Bin:
    op: BinOp
    a: Expr
    b: Expr


@dataclass(frozen=True, slots=True)
class Slice:
    """Bits hi..lo of `a`, both inclusive, bit 0 the least significant."""

    a: Expr
    hi: int
    lo: int


@dataclass(frozen=True, slots=True)
class Concat:
    """`a` above `b`."""

    a: Expr
    b: Expr


@dataclass(frozen=True, slots=True)
class Cast:
    """Truncates, or extends with zeros (or, when signed, with the sign bit)."""

    a: Expr
    width: int
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Mux:
    """`a` where the one-bit `c` is 1, else `b`; both are evaluated, neither has effects."""

    c: Expr
    a: Expr
    b: Expr


Expr = Const | Var | Un | Bin | Slice | Concat | Cast | Mux

# ---------------------------------------------------------------- operations

HashAlgorithm = Literal["crc32", "crc16", "identity", "xor16", "csum16", "toeplitz"]
AccessKind = Literal[
    # kind            key        args                results             on which states
    "lookup",  #      key        -                   hit, *values        table, flow_table (hit: present, fresh)
    "insert",  #      key        *values             status (8 bits)     flow_table (0 stored, 1 full); timer = $time
    "update",  #      key        value               -                   flow_table: the value field `field`, if present
    "touch",  #       key        -                   -                   flow_table: restart the idle timer, if present
    "delete",  #      key        -                   -                   flow_table
    "read",  #        index      -                   *values             register (0 outside of it)
    "write",  #       index      *values             -                   register (nothing outside of it)
    "rmw",  #         index      *new values         *old values         register: binds results, then evaluates args
    "count",  #       index      -                   -                   counter: packets += 1, bytes += $length
    "meter",  #       index      amount, colour      colour              meter: 32 and 8 bits, see `cora.ir.meters`
    # What splitting adds: an engine's copy of a state that another engine owns.
    "peek",  #        key        -                   found, last, *values  flow_table: no freshness test, no touch
    "evict",  #       key        stamp               found, last           flow_table: the copy leaves, tells its timer
    "install",  #     key        last, *values       -                     flow_table: makes a copy if none and room
    "merge",  #       key        found, last         -                     flow_table owner: timer = max(timer, last)
    "merge_max",  #   index      found, *values      -                     register owner: cell = max(cell, value)
    "forget",  #      key        stamp               -                     flow_table: drops what left up to the stamp
    # Where frames come back on another core than packets arrive on.
    "place",  #       key        stamp, last, *values  -                   flow_table: `install`, to be accepted
    "accept",  #      key        stamp               -                     flow_table: what was placed is in use now
    # The same for a record that may be on the other engine.
    "release",  #     key        stamp        found, left, last, *values   flow_table: the record leaves, tells it all
    "adopt",  #       key        found, left, last, *values  -             flow_table: takes a record back, see `State`
    "offer",  #       key        stamp               -                     flow_table: marks the record, if present
    # Which frames are out (stamps have 32 bits).
    "stamp",  #       0          -                   stamp                 gate: the next stamp
    "issue",  #       slot       stamp               -                     gate: a frame with this stamp names the slot
    "arrive",  #      slot       stamp               -                     gate: the frame with this stamp has come back
    "idle",  #        slot       -                   idle (1 bit)          gate: the last frame issued has come back
    "send",  #        slot       -                   -                     gate: one more frame is out
    "receive",  #     slot       -                   -                     gate: one more frame has come back
    "current",  #     slot       stamp               current (1 bit)       gate: no frame was issued after this one
    "depart",  #      0          -                   -                     gate: the packet is let out; more follows
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assign:
    dst: Var
    value: Expr
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Room:
    """dst (1 bit) = at least `bits` (32 bits wide) remain behind the cursor."""

    dst: Var
    bits: Expr
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Extract:
    """Reads all fields of a header, sets it valid, moves the cursor. The program has asked for `Room` before."""

    header: str
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Lookahead:
    """dst = the next bits behind the cursor, which stays. The program has asked for `Room` before."""

    dst: Var
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Advance:
    bits: Expr
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Emit:
    """Appends the header to the output, if it is valid."""

    header: str
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SetValid:
    header: str
    valid: bool
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Hash:
    """dst = the low bits of the algorithm's result over the inputs, concatenated most significant first and padded
    with zero bits at the end to whole bytes."""

    dst: Var
    algorithm: HashAlgorithm
    inputs: tuple[Expr, ...]
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Checksum:
    """dst (16 bits) = the ones' complement sum, not complemented, of `start` (16 bits), the 16-bit words of `added` and
    the complemented words of `removed` (RFC 1624). Each tuple is concatenated and padded with zeros to whole words. The
    sum is folded until it fits, so it is 0 only if every word is 0. With `payload`, the bytes behind the cursor are
    added too."""

    dst: Var
    start: Expr
    added: tuple[Expr, ...]
    removed: tuple[Expr, ...] = ()
    payload: bool = False
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Random:
    """dst = lo + (next number of the packet's generator) mod (hi - lo + 1)."""

    dst: Var
    lo: Expr
    hi: Expr
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Access:
    """One access to a state; see `AccessKind` for its key, arguments and results."""

    state: str
    kind: AccessKind
    key: tuple[Expr, ...]
    args: tuple[Expr, ...] = ()
    results: tuple[Var, ...] = ()
    field: str = ""
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Digest:
    """Sends the fields to the control plane."""

    receiver: str
    fields: tuple[Expr, ...]
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """Copies of the packet go on at `resume` of this program, each with the values of `live`; this one goes on here.

    How many there are says the control plane (`cora.ir.replicate`): a `session` of clones or a `group` of multicast
    has the number `which` (32 bits); each of its members gives a port and an instance (16 bits each), which the resume
    point receives before the values of `live`. With `again` there is one copy, that comes in once more, and nothing
    before its values. The frame that travels: the one that came in (`received`), the output so far followed by what is
    behind the cursor (`emitted`), or only what is behind the cursor (`rest`)."""

    to: Literal["session", "group", "again"]
    which: Expr
    resume: int
    live: tuple[Expr, ...]
    frame: Literal["received", "emitted", "rest"]
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A call of an extern that Cora knows no meaning of: it may do anything outside of the program, and `results` get
    values that nobody knows. Only the host may run it, and only with somebody's implementation. `cycles` is what the
    program says that it takes there (0 if it doesn't)."""

    function: str
    args: tuple[Expr, ...]
    results: tuple[Var, ...] = ()
    cycles: int = 0
    span: Span | None = _field(default=None, compare=False)


Op = (
    Assign | Room | Extract | Lookahead | Advance | Emit | SetValid
    | Hash | Checksum | Random | Access | Digest | Copy | Foreign
)  # fmt: skip

# ---------------------------------------------------------------- terminators


@dataclass(frozen=True, slots=True)
class Goto:
    target: str
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Branch:
    cond: Expr
    then: str
    orelse: str
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Switch:
    value: Expr
    cases: tuple[tuple[int, str], ...]
    default: str
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Forward:
    """The output, followed by what is behind the cursor, leaves through `port`: no more than `length` bytes (32 bits
    wide) of it, where that is given."""

    port: Expr
    length: Expr | None = None
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """The packet ends here; `reason` is a short name that counters and reports show."""

    reason: str = "dropped"
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class HandOff:
    """The packet goes on at `resume` of another engine, with the values of `live` (the resume point names the variables
    that receive them, in the same order). The frame that travels is the one that came in (`received`) or the output
    so far followed by what is behind the cursor (`emitted`)."""

    engine: str
    resume: int
    live: tuple[Expr, ...]
    frame: Literal["received", "emitted"]
    span: Span | None = _field(default=None, compare=False)


Terminator = Goto | Branch | Switch | Forward | Drop | HandOff

# ---------------------------------------------------------------- programs


@dataclass(frozen=True, slots=True)
class Block:
    name: str
    ops: tuple[Op, ...]
    end: Terminator


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    width: int


@dataclass(frozen=True, slots=True)
class Header:
    """A header instance of the packet; its widths add up to whole bytes."""

    name: str
    fields: tuple[Field, ...]

    @property
    def width(self) -> int:
        return sum(f.width for f in self.fields)


MatchKind = Literal["exact", "lpm", "ternary", "range", "optional"]


@dataclass(frozen=True, slots=True)
class KeyField:
    name: str
    width: int
    match: MatchKind = "exact"


@dataclass(frozen=True, slots=True)
class KeyMatch:
    """What one key field of an entry matches: exact (value), lpm (value, prefix length in `extra`), ternary and
    optional (value, mask in `extra`), range (value..extra, inclusive)."""

    value: int
    extra: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table. Among matching rows the largest priority wins, then the longest prefix, then the first row."""

    key: tuple[KeyMatch, ...]
    values: tuple[int, ...]
    priority: int = 0


StateKind = Literal["table", "flow_table", "register", "counter", "meter", "gate"]


@dataclass(frozen=True, slots=True)
class State:
    """A piece of state.

    table: written by the control plane; `values` begin with `action` (8 bits, an index into `actions`), then each
      action's parameters as `action.parameter`; a miss gives hit = 0 and the `default` values.
    flow_table: written by the data plane; exact keys. An entry is fresh while `$time` - last <= its idle timeout. When
      `idle_timeouts_ns` has more than one element, the first value is `$profile` (8 bits), an index into it; with
      one element it holds for all entries; with none, entries never expire. Expired entries take up room until they
      are overwritten, deleted or swept: `capacity` counts every stored entry. `actions` as for tables.
      An entry may carry a mark, a stamp. `evict` and `release` mark an entry as leaving, if it isn't already, and go on
      telling it until `forget` drops it; `offer` marks a record of which the other engine may have the better one. No
      lookup, touch or update finds a marked entry. `adopt` removes the mark of an offered record, and takes the
      record that it is given if that began to leave (`left`) after the offer; else it does nothing. `place` marks an
      entry as placed with the stamp of its frame; `evict` and `release` of such an entry find nothing and mark it as
      refused, `accept` removes the mark if it is still the one of `place`, and `forget` drops either.
    register: `capacity` cells; the key is one index; all cells are 0 (or `default`) at first.
    counter: `capacity` cells of packets and bytes.
    meter: `capacity` cells of two token buckets each, whose rates the control plane sets (`cora.ir.meters`).
    gate: `capacity` slots, each with the stamp of the last frame that was `issued` and of the last that `returned`, or
      (`send`, `receive`) with how many were and did; the key is a slot (32 bits). Slot 0 counts the stamps; there, and
      outside of the gate, nothing is issued, nothing arrives, all is idle and nothing current. `depart` changes
      nothing: it says when the packet leaves that the program forwards at its end.
    """

    name: str
    kind: StateKind
    key: tuple[KeyField, ...]
    values: tuple[Field, ...]
    capacity: int
    default: tuple[int, ...] = ()
    entries: tuple[Entry, ...] = ()
    const_entries: bool = False
    actions: tuple[str, ...] = ()
    idle_timeouts_ns: tuple[int, ...] = ()
    span: Span | None = _field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a frame from another engine enters: `into` receive the values of its `HandOff.live`, `$resume` is set to
    `point`, the cursor is at the start of the carried frame, and the program goes on at `block`."""

    point: int
    block: str
    into: tuple[Var, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """`blocks[0]` is the entry. Everything before `body` is the parser (pure: no state, no verdict); every path of it
    ends in `body`. Blocks are in topological order."""

    name: str
    arch: str
    headers: tuple[Header, ...]
    states: tuple[State, ...]
    blocks: tuple[Block, ...]
    body: str
    resumes: tuple[Resume, ...] = ()
    clock_step_ns: int | None = None
    """Moments so close may have one `$time`, as its description says. None: it says nothing (`cora.ir.clock`)."""

    def block(self, name: str) -> Block:
        return next(b for b in self.blocks if b.name == name)

    def state(self, name: str) -> State:
        return next(s for s in self.states if s.name == name)

    def header(self, name: str) -> Header:
        return next(h for h in self.headers if h.name == name)


INPUTS = (
    Var("$port", 16),  # the port that the packet came in by
    Var("$length", 32),  # bytes of the frame as it came in
    Var("$time", 64),  # when it came in, in ns; never goes back
    Var("$seed", 64),  # of the packet's random generator
    Var("$resume", 8),  # 0 for a frame from the wire, else the resume point
)
"""Set before the first block runs; they travel with every hand-off and are the same on every engine."""


def width(expr: Expr) -> int:
    """The width of an expression, in bits."""
    match expr:
        case Const(width=w) | Var(width=w) | Cast(width=w):
            return w
        case Bin(op="eq" | "ne" | "ult" | "ule" | "slt" | "sle"):
            return 1
        case Un(a=a) | Bin(a=a) | Mux(a=a):
            return width(a)
        case Slice(hi=hi, lo=lo):
            return hi - lo + 1
        case Concat(a=a, b=b):
            return width(a) + width(b)
