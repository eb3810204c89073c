"""How the states of an engine program lie in BPF maps: the generator writes C by it, the loader packs bytes by it.

A `Record` is a C struct without hidden padding: members are sorted by size, largest first, and a zeroed `pad` fills
it up. Integers have the byte order of the CPU (little-endian: Cora compiles for bpfel), except in LPM keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cora.diagnostics import error
from cora.ir.nodes import Access, Digest, Drop, Program, State

C_WORDS = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm bool true
    false u8 u16 u32 u64 s64 u128
    """.split()  # noqa: SIM905
)
"""Words that no generated name may be."""

WIDEST_BITS = 128
MAX_ROWS = 256
"""Rows that a table with ternary, range or optional keys may hold: they are scanned for each packet."""

DIRECT_KEYS = 1024
"""Smaller keys are looked up in arrays, where a table has one exact key field: the kernel does that without a call."""
SPARE_ROWS = 64
"""Rows beyond a table's capacity, so that rows whose values change can move."""

Form = Literal["hash", "lpm", "rows", "flow", "array", "counters", "meters", "gate"]
"""hash, lpm, rows: a table; flow: a flow table; array: a register; counters: a counter, one cell for each CPU;
meters: a meter; gate: a gate."""


def cell_bytes(width: int) -> int:
    """The size of the C type that holds a value of `width` bits: 1, 2, 4, 8 or 16."""
    return next(size for size in (1, 2, 4, 8, 16) if width <= size * 8)


C_TYPES = {1: "u8", 2: "u16", 4: "u32", 8: "u64", 16: "u128_cell"}


@dataclass(frozen=True, slots=True)
class Member:
    """A value in a record; `index` is its place in the tuple of values that the record stands for."""

    name: str
    index: int
    size: int
    offset: int

    @property
    def c_type(self) -> str:
        return C_TYPES[self.size]


@dataclass(frozen=True, slots=True)
class Record:
    """A struct: `members` in memory order, then `pad` bytes of zeros; `size` bytes in all."""

    name: str
    members: tuple[Member, ...]
    pad: int
    size: int

    def member(self, index: int) -> Member:
        return next(m for m in self.members if m.index == index)

    def pack(self, values: Sequence[int]) -> bytes:
        """The bytes of a tuple of values, each below 2^(8 * size)."""
        data = bytearray(self.size)
        for m in self.members:
            data[m.offset : m.offset + m.size] = values[m.index].to_bytes(m.size, "little")
        return bytes(data)

    def unpack(self, data: bytes) -> tuple[int, ...]:
        values = [0] * len(self.members)
        for m in self.members:
            values[m.index] = int.from_bytes(data[m.offset : m.offset + m.size], "little")
        return tuple(values)


def make_record(name: str, fields: Iterable[tuple[str, int]]) -> Record:
    """A record of (name, width in bits) fields, in the order of the values that it will pack."""
    sized = [(index, field, cell_bytes(bits)) for index, (field, bits) in enumerate(fields)]
    members: list[Member] = []
    offset = 0
    for index, field, size in sorted(sized, key=lambda f: -f[2]):
        members.append(Member(field, index, size, offset))
        offset += size
    align = 8 if any(m.size >= 8 for m in members) else 4
    size = max(-(-offset // align) * align, 4)
    return Record(name, tuple(members), size - offset, size)


@dataclass(frozen=True, slots=True)
class LpmKey:
    """The key of an LPM trie: prefix length (u32, of the CPU's byte order), then the fields as big-endian bytes, each
    in whole bytes, exact ones before the one that has a prefix, which is shifted to the left end of its bytes."""

    name: str
    order: tuple[int, ...]
    """Indices of the key fields as they stand in the key; the last one is the field with the prefix."""
    widths: tuple[int, ...]
    """By index."""

    @property
    def data_bytes(self) -> int:
        return sum((w + 7) // 8 for w in self.widths)

    @property
    def exact_bits(self) -> int:
        return sum((self.widths[i] + 7) // 8 * 8 for i in self.order[:-1])

    def pack(self, values: Sequence[int], prefix_bits: int) -> bytes:
        """The key of a row whose last field matches by its first `prefix_bits` bits."""
        data = b""
        for index in self.order:
            width = self.widths[index]
            value = values[index]
            if index == self.order[-1]:
                value = value >> (width - prefix_bits) << (width - prefix_bits) << (-width % 8)
            data += value.to_bytes((width + 7) // 8, "big")
        return (self.exact_bits + prefix_bits).to_bytes(4, "little") + data


@dataclass(frozen=True, slots=True)
class StateLayout:
    """One state: its maps are `map`, and for tables `default` (one cell) and, for rows, `count` (one cell)."""

    state: State
    ident: str
    form: Form
    key: Record | LpmKey | None
    """None where the key is the index of a cell."""
    value: Record
    """flow: the values, then the time of the last use, then, if `marked`, the mark (0: none; else 2^32 more than the
    mark of a `FlowEntry`); rows: two numbers for each key field, then the values."""

    marked: bool = False
    """A flow table whose entries may carry marks, see `State`."""
    exchanged: bool = False
    """Entries are placed and accepted: another CPU may do so while this one looks them up."""

    @property
    def map(self) -> str:
        return f"m_{self.ident}"

    @property
    def default(self) -> str:
        return f"d_{self.ident}"

    @property
    def count(self) -> str:
        return f"n_{self.ident}"

    def pack_entry(self, values: tuple[int, ...], last_ns: int, mark: int = 0) -> bytes:
        """The bytes of an entry of a flow table."""
        return self.value.pack((*values, last_ns, mark) if self.marked else (*values, last_ns))

    def unpack_entry(self, data: bytes) -> tuple[tuple[int, ...], int, int]:
        """Values, time of the last use and mark of an entry of a flow table."""
        numbers = self.value.unpack(data)
        count = len(self.state.values)
        return numbers[:count], numbers[count], numbers[count + 1] if self.marked else 0

    @property
    def direct(self) -> bool:
        """Whether keys below `DIRECT_KEYS` are looked up in the arrays `index` and `rows`. Row 0 is the default."""
        return self.form == "hash" and len(self.state.key) == 1

    @property
    def wholly_direct(self) -> bool:
        """Whether there are no other keys, and so no `map`."""
        return self.direct and 1 << self.state.key[0].width <= DIRECT_KEYS

    @property
    def index(self) -> str:
        return f"x_{self.ident}"

    @property
    def rows(self) -> str:
        return f"r_{self.ident}"

    @property
    def key_bytes(self) -> int:
        match self.key:
            case Record(size=size):
                return size
            case LpmKey():
                return 4 + self.key.data_bytes
            case None:
                return 4


@dataclass(frozen=True, slots=True)
class EngineLayout:
    """All states of an engine program, and the names behind the numbers in its verdicts."""

    states: tuple[StateLayout, ...]
    reasons: tuple[str, ...]
    """Drop reasons; the first ones are Cora's own."""
    receivers: tuple[str, ...]
    """Receivers of digests."""
    parallel: bool = False
    """Frames may come back on another CPU than packets arrive on."""

    def state(self, name: str) -> StateLayout:
        return next(s for s in self.states if s.state.name == name)


MARKING = frozenset(("evict", "release", "offer", "adopt", "forget", "place", "accept"))
"""Accesses that set or look at the mark of an entry."""

INDEX, INDEX_MAP = "cora_index", ".bss.index"
"""What holds the `StateLayout.index` of each table that has one, in the order of the tables, and the map that it is."""

OWN_REASONS = ("no_room", "no_headroom", "bad_frame", "unknown_port")
"""The packet ended under the program (a bug or a foreign frame): a header read where there is none, no space in front
of the packet or an output shorter than an Ethernet header, a malformed hand-off, an interface that is no port."""


METER_STRUCT = "cora_meter"
METER_FIELDS = ("configured", "cir", "cbs", "pir", "pbs", "committed", "peak", "last")
"""The cell of a meter, as targets/xdp/cora.h declares it."""


class Names:
    """C identifiers for the names of the IR: unique, readable, never a word of C or of the generated code."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._used = set(taken)
        self._names: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            plain = re.sub(r"_+", "_", re.sub(r"\W", "_", name.replace("$", ""), flags=re.ASCII)).strip("_") or "v"
            base = f"v_{plain}" if plain[0].isdigit() else plain
            ident, n = base, 2
            while ident in self._used:
                ident, n = f"{base}_{n}", n + 1
            self._used.add(ident)
            self._names[name] = ident
        return self._names[name]


def _check_widths(state: State) -> None:
    for field in (*state.key, *state.values):
        if field.width > WIDEST_BITS:
            raise error(
                "C0750",
                f"{state.name}: {field.name} has {field.width} bits; XDP programs handle up to {WIDEST_BITS}",
                state.span,
                help="split the field into several of at most 128 bits",
            )


def table_form(state: State) -> Form:
    """How a table of the control plane is looked up: LPM tries need one prefix, equal priorities and exact fields."""
    kinds = [k.match for k in state.key]
    if all(kind == "exact" for kind in kinds):
        return "hash"
    plain = kinds.count("lpm") == 1 and all(kind in ("exact", "lpm") for kind in kinds)
    # The kernel's limit for the data of an LPM trie is 256 bytes.
    if plain and len({e.priority for e in state.entries}) <= 1 and sum(k.width for k in state.key) <= 1024:
        return "lpm"
    return "rows"


def _row_fields(state: State) -> list[tuple[str, int]]:
    pairs = [(f"{side}{n}", k.width) for n, k in enumerate(state.key) for side in ("a", "b")]
    return pairs + _values(state)


def _values(state: State) -> list[tuple[str, int]]:
    names = Names(taken=("last", "mark", "pad", *C_WORDS))
    return [(f"{names[f.name]}", f.width) for f in state.values]


def state_layout(state: State, ident: str, marked: bool = False, exchanged: bool = False) -> StateLayout:
    """The maps of one state. Raises UserError for fields that are too wide or a scanned table that is too large."""
    _check_widths(state)
    names = Names(taken=("pad", *C_WORDS))
    key = make_record(f"k_{ident}", [(names[k.name], k.width) for k in state.key])
    value = f"v_{ident}"
    match state.kind:
        case "flow_table":
            extra = [("last", 64), ("mark", 64)] if marked else [("last", 64)]
            return StateLayout(
                state, ident, "flow", key, make_record(value, [*_values(state), *extra]), marked, exchanged
            )
        case "register":
            return StateLayout(state, ident, "array", None, make_record(value, _values(state)))
        case "counter":
            return StateLayout(state, ident, "counters", None, make_record(value, [("packets", 64), ("bytes", 64)]))
        case "meter":
            return StateLayout(state, ident, "meters", None, make_record(METER_STRUCT, [(f, 64) for f in METER_FIELDS]))
        case "gate":
            return StateLayout(state, ident, "gate", None, make_record(value, [("issued", 32), ("returned", 32)]))
        case "table":
            return _table_layout(state, ident, key)


def _table_layout(state: State, ident: str, key: Record) -> StateLayout:
    form = table_form(state)
    values = make_record(f"v_{ident}", _values(state))
    if form == "hash":
        return StateLayout(state, ident, form, key, values)
    if form == "lpm":
        widths = tuple(k.width for k in state.key)
        prefix = next(i for i, k in enumerate(state.key) if k.match == "lpm")
        order = (*(i for i in range(len(widths)) if i != prefix), prefix)
        return StateLayout(state, ident, form, LpmKey(f"k_{ident}", order, widths), values)
    if len(state.entries) > MAX_ROWS:
        raise error(
            "C0751",
            f"table {state.name} has {len(state.entries)} rows with ternary, range or optional keys; "
            f"an XDP program scans at most {MAX_ROWS}",
            state.span,
            help="use exact or lpm keys, or plan the table for another engine",
        )
    return StateLayout(state, ident, form, key, make_record(f"v_{ident}", _row_fields(state)))


def row_numbers(layout: StateLayout, entry_key: Sequence[tuple[int, int]]) -> list[int]:
    """The two numbers of each key field of a scanned row, from (value, extra) as in `KeyMatch`: lowest and highest
    value of a range, else the value and the bits of it that count."""
    numbers: list[int] = []
    for field, (value, extra) in zip(layout.state.key, entry_key, strict=True):
        ones = (1 << field.width) - 1
        match field.match:
            case "range":
                numbers += [value, extra]
            case "exact":
                numbers += [value, ones]
            case "lpm":
                mask = ones >> (field.width - extra) << (field.width - extra)
                numbers += [value & mask, mask]
            case "ternary" | "optional":
                numbers += [value & extra, extra & ones]
    return numbers


def engine_layout(program: Program) -> EngineLayout:
    """The layout of all states of a program; the same for every call with an equal program."""
    names = Names()
    accesses = [op for b in program.blocks for op in b.ops if isinstance(op, Access)]
    marked = {op.state for op in accesses if op.kind in MARKING}
    exchanged = {op.state for op in accesses if op.kind in ("place", "accept")}
    states = tuple(state_layout(s, names[s.name], s.name in marked, s.name in exchanged) for s in program.states)
    drops = dict.fromkeys(b.end.reason for b in program.blocks if isinstance(b.end, Drop))
    receivers = dict.fromkeys(op.receiver for b in program.blocks for op in b.ops if isinstance(op, Digest))
    parallel = any(op.kind in ("place", "accept", "depart") for op in accesses)
    reasons = (*OWN_REASONS, *(d for d in drops if d not in OWN_REASONS))
    return EngineLayout(states, reasons, tuple(receivers), parallel)
