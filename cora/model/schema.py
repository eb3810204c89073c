"""What a performance model says: engines, memories, links, the wire. Pure data; `cora.model.load` reads it from YAML.

All numbers are in base units (Hz, bytes, b/s, per second, ns, cycles). A cost of an engine may be written in ns; it
is converted to cycles of that engine when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.model.units import Dimension

Confidence = Literal["vendor", "driver", "measured", "derived", "assumed"]
EngineKind = Literal["cores", "match_action"]
Profile = Literal["xdp", "nfp-xdp", "match_action"]
PROFILES: tuple[Profile, ...] = ("xdp", "nfp-xdp", "match_action")
AccessShape = Literal[
    "exact", "lpm", "ternary", "insert", "update", "touch", "delete", "read", "write", "rmw", "count", "add",
    "fetch_add",
]  # fmt: skip
"""How an access costs: lookups by the hardest match kind of their key, everything else by its access kind. Of
read-modify-writes, `add` only adds (or subtracts, or combines bit by bit) and nobody reads the old value, `fetch_add`
adds and somebody does; both cost what `rmw` costs where an engine doesn't tell them apart."""

OP_CLASSES = ("alu", "branch", "extract_byte", "emit_byte", "hash", "checksum_word", "multiply", "divide", "digest")
SERIAL_FLOWS = ("always", "steered", "exchange", "never")
"""`steered`: if packets and answers are steered to one core; `exchange`: they run on different cores at once, one after
the other on each, and it can compare and exchange a word and go on when it has let a packet out; `never`: they meet on
different cores, and it can't."""
STAMPS = ("atomic", "none")
LINK_ORDERS = ("total", "per_queue", "none")
FINER_OP_CLASSES = ("alu_wide", "load_word", "store_word", "hash_word")
"""Beyond `alu`, `extract_byte`, `emit_byte` and `hash`; free where a model doesn't say."""
ACCESS_SHAPES: tuple[AccessShape, ...] = (
    "exact", "lpm", "ternary", "insert", "update", "touch", "delete", "read", "write", "rmw", "count", "add",
    "fetch_add",
)  # fmt: skip


CLOCK_READ = "clock_read"
"""An op class that models may leave out: reading the clock, once for each packet from the wire, in programs for which
the count of ticks is too coarse (`cora.ir.clock`)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with its origin. `low` and `high` are the range of an assumption, else both equal `value`."""

    value: float
    dimension: Dimension
    source: str
    confidence: Confidence
    low: float
    high: float
    timed: bool = False
    """A cost in cycles that was written as a time: another clock doesn't change that time."""

    @property
    def assumed(self) -> bool:
        return self.confidence == "assumed"


@dataclass(frozen=True, slots=True)
class Said:
    """A word with its origin."""

    value: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Curve:
    """A cost that depends on the working set: (entries, value) with entries rising."""

    points: tuple[tuple[float, float], ...]
    dimension: Dimension
    source: str
    confidence: Confidence
    low: float = 1.0
    """The range of an assumption, as factors on the values."""
    high: float = 1.0
    timed: bool = False
    """As in `Number`."""

    @property
    def assumed(self) -> bool:
        return self.confidence == "assumed"


@dataclass(frozen=True, slots=True)
class AccessCost:
    """One access of a shape: cycles of the engine, and operations on the memory where the state is."""

    compute: Number | Curve
    reads: float = 0.0
    writes: float = 0.0
    atomics: float = 0.0
    per_row: Number | None = None
    """Cycles for each row of the table, for engines that scan (ternary in software)."""
    blocking: bool = True
    """The packet waits until the memory has answered."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    runs_stages: bool
    """False for an engine that, in this release, only passes packets on (an eSwitch)."""
    accesses: tuple[str, ...]
    """Access kinds of the IR that it can run."""
    matches: tuple[str, ...]
    """Match kinds that its tables have."""
    data_plane_insert: bool
    holds_copies: bool
    expires_entries: bool
    """Something on it removes idle entries, so that it may own a flow table whose entries time out."""
    insert_rate_per_s: Number | None
    forwards: bool = True
    """It can send a packet out; an engine that can't may only drop packets and pass them inwards."""
    in_band: bool = True
    """Answers pass it on their way out, and bring it copies; if not, only the control plane installs entries."""
    entry_bytes: Number | None = None
    """The longest entry, key and values, that its tables and arrays hold."""
    serial_flows: Said | None = None
    """Whether one context handles the packets of a flow that arrive and those that come back, one after the other,
    their output included: one of `SERIAL_FLOWS`; None stands for `always`."""
    stamps: Said | None = None
    """How it can count hand-offs: one of `STAMPS`; None stands for `atomic`."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """How the host's control plane looks for idle entries on an engine that doesn't remove them itself."""

    interval_ns: Number
    per_entry_ns: Number
    """Of the host, for each entry looked at."""


@dataclass(frozen=True, slots=True)
class Engine:
    name: str
    kind: EngineKind
    count: Number
    clock_hz: Number
    threads: Number
    """Hardware threads a core that hide memory latency; 1 if latency is part of the access costs."""
    receive_cycles: Number
    """A packet that arrives."""
    transmit_cycles: Number
    """A packet that leaves."""
    ops: dict[str, Number]
    """By op class, see `OP_CLASSES` and `FINER_OP_CLASSES`."""
    accesses: dict[str, AccessCost]
    """By `AccessShape`."""
    capabilities: Capabilities
    code_limit: Number | None
    """Instructions; a block's ops are counted as one or more each (`cora.model.costs`)."""
    packet_rate: Number | None
    """Packets/s that all of it can pass, whatever they cost."""
    promotion_cycles: Number | None
    """Beyond the packet itself, to give (owner) or to take (holder) a copy."""
    floor_cores: Number | None
    """Cores that observation, expiry and the daemon take at least."""
    sweep: Sweep | None = None
    """Set for engines whose flow tables the host sweeps over the link."""
    profile: Profile = "xdp"
    """What code is generated for it."""
    state_memory: str = ""
    """Where the device's own tools put state that nobody has placed; "" for the first memory with room."""


@dataclass(frozen=True, slots=True)
class Memory:
    name: str
    engine: str
    capacity_bytes: Number
    load_factor: Number
    """How full a hash table in it may be."""
    entry_overhead_bytes: Number
    read_latency_cycles: Number
    write_latency_cycles: Number
    atomic_latency_cycles: Number
    read_rate_per_s: Number | None
    write_rate_per_s: Number | None
    atomic_rate_per_s: Number | None
    cell_rate_per_s: Number | None
    """Changes/s of one cell."""
    max_entries: Number | None = None
    """Entries and cells of all states together."""
    spot_read_rate_per_s: Number | None = None
    """Reads/s of one place; `read_rate_per_s` is that of reads that are spread."""
    issue_spacing_cycles: Number | None = None
    """Of a core, between two operations of this memory that are waited for."""


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    source: str
    target: str
    bandwidth_bps: Number
    """Each way."""
    latency_ns: Number
    send_cycles: Number
    """At `source`, beyond transmitting, for a packet that is handed inwards or comes back: header, stamps."""
    receive_cycles: Number
    """At `target`, beyond receiving: taking the header off, putting one on the answer."""
    packet_rate: Number | None
    overhead_bytes: float
    """A packet's bytes on the link beyond the frame and the hand-off header (descriptors, framing)."""
    metadata_bits: Number | None = None
    """Bits of variables that a handed-off packet may carry; None where only the size of frames limits them."""
    order: Said | None = None
    """Which frames stay in order, each way: one of `LINK_ORDERS`; None stands for `total`."""


@dataclass(frozen=True, slots=True)
class Wire:
    line_rate_bps: Number
    packet_rate: Number | None
    """What the MACs pass, whatever the size."""
    framing_bytes: float
    """Preamble, gap and check sequence: 24 for Ethernet frames as captured."""
    latency_ns: Number | None = None
    """Each way, between the port and the first engine: MAC, buffers, and an ordinary NIC's way to its host."""
    arrivals_scv: Number | None = None
    """Squared coefficient of variation of the times between packets: 1 as from many independent senders."""


@dataclass(frozen=True, slots=True)
class Model:
    """A machine. `engines` are ordered from the wire inwards; the last is the host."""

    name: str
    title: str
    engines: tuple[Engine, ...]
    memories: tuple[Memory, ...]
    links: tuple[Link, ...]
    wire: Wire
    crossing: Number | None = None
    """Of a measured host (`cora calibrate`), in its cycles: what a packet that another engine hands over costs it
    beyond the sum of its parts. With such a host it is the `receive_cycles` of the links that end there."""
    host_title: str = ""
    """The file that the host was taken from in place of the model's own, and what it is; "" if it is the model's."""
    firmware: str = ""
    """Which of `firmwares` it runs; "" if there is no choice."""
    firmwares: tuple[str, ...] = ()

    @property
    def host(self) -> Engine:
        return self.engines[-1]

    @property
    def stage_engines(self) -> tuple[Engine, ...]:
        """The engines that can run stages, from the wire inwards."""
        return tuple(e for e in self.engines if e.capabilities.runs_stages)

    def engine(self, name: str) -> Engine:
        return next(e for e in self.engines if e.name == name)

    def memories_of(self, engine: str) -> tuple[Memory, ...]:
        return tuple(m for m in self.memories if m.engine == engine)

    def memory(self, name: str) -> Memory:
        return next(m for m in self.memories if m.name == name)

    def memory_on(self, engine: str, named: str) -> Memory:
        """Where an engine finds a state that is in the memory `named`: there, or, if that is another engine's, in its
        own first memory."""
        memory = self.memory(named)
        return memory if memory.engine == engine else self.memories_of(engine)[0]

    def links_between(self, source: str, target: str) -> tuple[Link, ...]:
        """The links that a packet takes inwards from one engine to another: a direct one, else hop by hop."""
        direct = tuple(x for x in self.links if (x.source, x.target) == (source, target))
        if direct or source == target:
            return direct[:1]
        onward = (x for x in self.links if x.source == source)
        routes = ((x, *rest) for x in onward if (rest := self.links_between(x.target, target)))
        return min(routes, key=len, default=())
