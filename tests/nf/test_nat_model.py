"""nat against a model of it in dictionaries: random packets and pauses, every output compared byte by byte."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from cora.diagnostics import Source
from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Sent
from cora.ir.store import Store
from cora.nf.build import build_program
from cora.nf.entries import apply_entries, read_write, vocabulary
from cora.nf.spec import load_nf
from cora.nf.yaml_text import parse_yaml
from cora.traffic.headers import FlowKey
from cora.traffic.wire import Extras, frame, icmp_error

INSIDE, OUTSIDE = 1, 0
EXTERNAL = int(IPv4Address("203.0.113.1"))
HOSTS = [int(IPv4Address(f"10.0.0.{i}")) for i in (1, 2, 3)]
PEERS = [int(IPv4Address(f"198.51.100.{i}")) for i in (1, 2)]
PORTS = [7, 8]
FIRST, MASK = 20_000, 3
PROTOCOLS = {6: 0, 17: 1, 1: 2}
TIMEOUT_NS = {6: 7440 * 10**9, 17: 120 * 10**9, 1: 60 * 10**9}


@cache
def nat() -> Program:
    return build_program(load_nf("nat"))


def small_pools() -> Store:
    """Four ports for each protocol, so that flows compete."""
    spec = load_nf("nat")
    store = Store(nat())
    texts = [f"{{table: interfaces, match: {{port: {a}}}, action: {b}, params: {{port: {c}}}}}"
             for a, b, c in ((1, "inside", 0), (0, "outside", 1))]  # fmt: skip
    texts += [
        f"{{table: pools, match: {{protocol: {name}}}, action: pool, params: {{address: 203.0.113.1, "
        f"first_port: {FIRST}, port_mask: {MASK}, timeout_ns: timeout({name}), profile: profile({name})}}}}"
        for name in ("tcp", "udp", "icmp")
    ]
    writes = [read_write(parse_yaml(Source("test", text)), nat(), vocabulary(spec)) for text in texts]
    apply_entries(store, writes)
    return store


@dataclass
class Slot:
    addr: int
    port: int
    last_ns: int


@dataclass
class Model:
    """What README.md says of mappings."""

    now_ns: int = 10**9
    slots: dict[tuple[int, int], Slot] = field(default_factory=dict)
    entries: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)

    def owner(self, protocol: int, port: int) -> Slot | None:
        slot = self.slots.get((protocol, port))
        return slot if slot is not None and self.now_ns - slot.last_ns <= TIMEOUT_NS[protocol] else None

    def mapping(self, protocol: int, addr: int, port: int) -> int | None:
        """The external port of a live entry."""
        entry = self.entries.get((protocol, addr, port))
        return entry[0] if entry is not None and self.now_ns - entry[1] <= TIMEOUT_NS[protocol] else None

    def outbound(self, protocol: int, addr: int, port: int) -> int | None:
        """The external port for a packet from inside, found or taken."""
        external = self.mapping(protocol, addr, port) or self.free_port(protocol, addr, port)
        if external is not None:
            self.entries[(protocol, addr, port)] = (external, self.now_ns)
            self.slots[(protocol, external)] = Slot(addr, port, self.now_ns)
        return external

    def free_port(self, protocol: int, addr: int, port: int) -> int | None:
        key = addr.to_bytes(4, "big") + port.to_bytes(2, "big") + bytes([PROTOCOLS[protocol]])
        h = zlib.crc32(key)
        ports = [FIRST + ((h + i * (h >> 16 | 1)) & MASK) for i in range(4)]
        owners = {p: self.owner(protocol, p) for p in ports}
        own = [p for p, slot in owners.items() if slot is not None and (slot.addr, slot.port) == (addr, port)]
        free = [p for p, slot in owners.items() if slot is None]
        return next(iter(own + free), None)

    def inbound(self, protocol: int, port: int) -> tuple[int, int] | None:
        """Where a packet to an external port goes."""
        slot = self.owner(protocol, port)
        if slot is None:
            return None
        slot.last_ns = self.now_ns
        return slot.addr, slot.port


def key(protocol: int, src: int, dst: int, sport: int, dport: int) -> FlowKey:
    return FlowKey(4, protocol, src, dst, sport, dport)


@dataclass
class World:
    """Sends packets to the program and compares what comes out with what the model says."""

    model: Model
    store: Store

    def check(self, port: int, data: bytes, expected: tuple[int, bytes] | None) -> None:
        result = compiled()(self.store, Packet(data, port, self.model.now_ns))
        if expected is None:
            assert not isinstance(result, Sent)
        else:
            assert isinstance(result, Sent)
            assert (result.port, result.data[12:]) == (expected[0], expected[1][12:])

    def from_inside(self, protocol: int, host: int, port: int, peer: int, payload: bytes) -> None:
        dport = port if protocol == 1 else 443
        data = frame(key(protocol, host, peer, port, dport), payload)
        external = self.model.outbound(protocol, host, port)
        expected = None
        if external is not None:
            dport = external if protocol == 1 else 443
            expected = (OUTSIDE, frame(key(protocol, EXTERNAL, peer, external, dport), payload, Extras(ttl=63)))
        self.check(INSIDE, data, expected)

    def from_outside(self, protocol: int, port: int, peer: int, payload: bytes) -> None:
        sport = port if protocol == 1 else 443
        data = frame(key(protocol, peer, EXTERNAL, sport, port), payload, Extras(answer=True))
        owner = self.model.inbound(protocol, port)
        expected = None
        if owner is not None:
            sport = owner[1] if protocol == 1 else 443
            expected = (
                INSIDE,
                frame(key(protocol, peer, owner[0], sport, owner[1]), payload, Extras(ttl=63, answer=True)),
            )
        self.check(OUTSIDE, data, expected)

    def hairpin(self, protocol: int, host: int, port: int, to: int, payload: bytes) -> None:
        data = frame(key(protocol, host, EXTERNAL, port, to), payload)
        expected = None
        if protocol != 1:
            external = self.model.outbound(protocol, host, port)
            owner = None if external is None else self.model.inbound(protocol, to)
            if external is not None and owner is not None:
                out = key(protocol, EXTERNAL, owner[0], external, owner[1])
                expected = (INSIDE, frame(out, payload, Extras(ttl=63)))
        self.check(INSIDE, data, expected)

    def error_from_outside(self, protocol: int, port: int, peer: int, payload: bytes) -> None:
        """A router complains about a packet that a host has sent by external port `port`."""
        dport = port if protocol == 1 else 443
        quoted = frame(key(protocol, EXTERNAL, peer, port, dport), payload)[14:42]
        data = icmp_error(key(1, peer, EXTERNAL, 0, 0), 11, 0, quoted)
        owner, expected = self.model.owner(protocol, port), None
        if owner is not None:
            dport = owner.port if protocol == 1 else 443
            shown = frame(key(protocol, owner.addr, peer, owner.port, dport), payload)[14:42]
            expected = (INSIDE, one_hop(icmp_error(key(1, peer, owner.addr, 0, 0), 11, 0, shown)))
        self.check(OUTSIDE, data, expected)

    def error_from_inside(self, protocol: int, host: int, port: int, peer: int, payload: bytes) -> None:
        """A host refuses a packet that came to its port `port`."""
        sport = port if protocol == 1 else 443
        quoted = frame(key(protocol, peer, host, sport, port), payload, Extras(answer=True))[14:42]
        data = icmp_error(key(1, host, peer, 0, 0), 3, 3, quoted)
        external, expected = self.model.mapping(protocol, host, port), None
        if external is not None:
            sport = external if protocol == 1 else 443
            shown = frame(key(protocol, peer, EXTERNAL, sport, external), payload, Extras(answer=True))[14:42]
            expected = (OUTSIDE, one_hop(icmp_error(key(1, EXTERNAL, peer, 0, 0), 3, 3, shown)))
        self.check(INSIDE, data, expected)


@cache
def compiled():
    return compile_program(nat())


def one_hop(data: bytes) -> bytes:
    """The frame with its TTL one less and its IPv4 checksum computed anew."""
    header = bytearray(data[14:34])
    header[8] -= 1
    header[10:12] = b"\0\0"
    total = sum(int.from_bytes(header[i : i + 2], "big") for i in range(0, 20, 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    header[10:12] = (total ^ 0xFFFF).to_bytes(2, "big")
    return data[:14] + bytes(header) + data[34:]


WAITS_NS = [0, 0, 1, 60 * 10**9, 60 * 10**9, 60 * 10**9 + 1, 120 * 10**9, 120 * 10**9 + 1, 7440 * 10**9]
step = st.tuples(
    st.sampled_from(WAITS_NS),
    st.integers(0, 9),
    st.sampled_from([6, 17, 17, 1]),
    st.sampled_from(HOSTS),
    st.sampled_from(PORTS),
    st.sampled_from(PEERS),
    st.integers(FIRST - 1, FIRST + MASK),
    st.sampled_from([b"", b"abc", b"\xff" * 8]),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(step, min_size=20, max_size=80))
def test_nat_does_what_the_model_says(steps: list[tuple[int, int, int, int, int, int, int, bytes]]) -> None:
    world = World(Model(), small_pools())
    for wait_ns, kind, protocol, host, port, peer, external, payload in steps:
        world.model.now_ns += wait_ns
        match kind:
            case 0 | 1 | 2 | 3:
                world.from_inside(protocol, host, port, peer, payload)
            case 4 | 5:
                world.from_outside(protocol, external, peer, payload)
            case 6 | 7:
                world.hairpin(protocol, host, port, external, payload)
            case 8:
                world.error_from_outside(protocol, external, peer, payload)
            case _:
                world.error_from_inside(protocol, host, port, peer, payload)
