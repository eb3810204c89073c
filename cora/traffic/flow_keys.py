"""The flow of every packet of a capture, read from all headers at once with numpy.

A flow is a connection: a 5-tuple in both its directions, the same that the replay follows (`cora.traffic.assign`), but
a connection that is opened anew stays the same flow. Frames that are not IP are a flow for each pair of MAC addresses
and EtherType. The usual headers are read as arrays; fragments, ICMP errors, IPv6 extension headers, stacked tags and
cut frames, a small share of a trace, go through the parser for single frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cora.traffic.assign import PortAssigner, PortRules
from cora.traffic.columns import Columns
from cora.traffic.headers import ICMP, ICMPV6, TCP, UDP, FlowKey, parse_headers

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_VLAN_TYPES = (0x8100, 0x88A8, 0x9100)
_EXTENSIONS = (0, 43, 44, 51, 60, 135)
_ICMP_ERRORS = (3, 4, 5, 11, 12)
_ICMPV6_ERRORS = (1, 2, 3, 4)
_LOW = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class FlowKeys:
    """One element a packet, both directions of a connection alike. Where `version` is 0 the frame has no flow: `one`
    and `other` are its MAC addresses in order, and `ports` is its EtherType."""

    one: tuple[Words, Words]
    """The smaller end's address: high and low 64 bits."""
    other: tuple[Words, Words]
    ports: Words
    """The smaller end's port in bits 16 to 31, the other's below."""
    protocol: Words
    version: Words

    def columns(self) -> tuple[Words, ...]:
        """Everything that tells flows apart."""
        kind = self.version << np.uint64(40) | self.protocol << np.uint64(32) | self.ports
        return (kind, self.one[1], self.other[1], self.one[0], self.other[0])

    def key(self, index: int) -> FlowKey | None:
        """The flow of a packet, from the smaller end to the other; None if it has none."""
        version = int(self.version[index])
        if not version:
            return None
        one, other = (int(end[0][index]) << 64 | int(end[1][index]) for end in (self.one, self.other))
        ports = int(self.ports[index])
        return FlowKey(version, int(self.protocol[index]), one, other, ports >> 16, ports & 0xFFFF)


def flow_keys(columns: Columns) -> FlowKeys:
    """The keys of all packets."""
    reader = _Reader(columns)
    reader.link_layer()
    reader.ipv4()
    reader.ipv6()
    reader.transport()
    reader.one_by_one()
    return reader.keys()


def flow_numbers(keys: FlowKeys) -> tuple[Ints, Ints]:
    """(by packet the number of its flow, by flow its first packet); flows are numbered in order of appearance."""
    first, inverse = _group(keys.columns())
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int64)
    rank[order] = np.arange(len(first))
    return rank[inverse], first[order]


def _group(columns: tuple[Words, ...]) -> tuple[Ints, Ints]:
    """(by group of equal rows its first row, by row its group). Rows are told apart by a hash of 64 bits; if two that
    differ have the same, all are compared in full."""
    _, first, inverse = np.unique(_mix(columns), return_index=True, return_inverse=True)
    alike = first[inverse]
    if not all(bool((column[alike] == column).all()) for column in columns):
        rows = np.stack(columns, axis=1)
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, inverse.reshape(-1)


def _mix(columns: tuple[Words, ...]) -> Words:
    """A hash of each row, with the finaliser of splitmix64 (Steele, Lea, Flood 2014) after each column."""
    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mixed = (mixed ^ column) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed


class _Reader:
    """Fills the fields of all packets layer by layer; packets in `odd` are left to the parser for single frames."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        count = len(columns)
        self.ethertype = np.zeros(count, dtype=np.int64)
        self.l3 = np.full(count, 14, dtype=np.int64)
        self.l4 = np.zeros(count, dtype=np.int64)
        self.odd = columns.captured < 14
        self.version = np.zeros(count, dtype=np.int64)
        self.protocol = np.zeros(count, dtype=np.int64)
        self.ports = np.zeros(count, dtype=np.int64)
        self.source = (np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64))
        self.target = (np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.uint64))

    def number(self, rows: Ints, at: Ints | int, size: int) -> Ints:
        """The big-endian number of `size` bytes, 6 at most, at an offset into the frames of some packets. Offsets must
        be within the frames or up to `columns.SLACK` bytes behind them."""
        place = self.columns.start[rows] + at
        data = self.columns.data
        value = data[place].astype(np.int64)
        for step in range(1, size):
            value = value << 8 | data[place + step]
        return value

    def word(self, rows: Ints, at: Ints) -> Words:
        """The big-endian number of 8 bytes."""
        high, low = self.number(rows, at, 4), self.number(rows, at + 4, 4)
        return high.astype(np.uint64) << np.uint64(32) | low.astype(np.uint64)

    def link_layer(self) -> None:
        every = np.flatnonzero(~self.odd)
        self.ethertype[every] = self.number(every, 12, 2)
        tagged = every[np.isin(self.ethertype[every], _VLAN_TYPES)]
        cut = self.columns.captured[tagged] < 18
        self.odd[tagged[cut]] = True
        tagged = tagged[~cut]
        self.ethertype[tagged] = self.number(tagged, 16, 2)
        self.l3[tagged] = 18
        self.odd[tagged[np.isin(self.ethertype[tagged], _VLAN_TYPES)]] = True
        for side, at in ((self.source, 6), (self.target, 0)):
            side[1][every] = self.number(every, at, 6).astype(np.uint64)

    def packets_of(self, ethertype: int, header: int) -> Ints:
        """Packets of an EtherType with at least so many bytes behind the link header."""
        enough = self.columns.captured >= self.l3 + header
        return np.flatnonzero((self.ethertype == ethertype) & enough & ~self.odd)

    def ipv4(self) -> None:
        rows = self.packets_of(0x0800, 20)
        first = self.number(rows, self.l3[rows], 1)
        fine = (first >> 4 == 4) & (first & 15 >= 5)
        rows, first = rows[fine], first[fine]
        at = self.l3[rows]
        self.odd[rows[self.number(rows, at + 6, 2) & 0x3FFF != 0]] = True
        self.version[rows] = 4
        self.protocol[rows] = self.number(rows, at + 9, 1)
        self.l4[rows] = at + (first & 15) * 4
        for side, offset in ((self.source, 12), (self.target, 16)):
            side[1][rows] = self.number(rows, at + offset, 4).astype(np.uint64)

    def ipv6(self) -> None:
        rows = self.packets_of(0x86DD, 40)
        rows = rows[self.number(rows, self.l3[rows], 1) >> 4 == 6]
        at = self.l3[rows]
        self.version[rows] = 6
        self.protocol[rows] = self.number(rows, at + 6, 1)
        self.odd[rows[np.isin(self.protocol[rows], _EXTENSIONS)]] = True
        self.l4[rows] = at + 40
        for side, offset in ((self.source, 8), (self.target, 24)):
            side[0][rows] = self.word(rows, at + offset)
            side[1][rows] = self.word(rows, at + offset + 8)

    def transport(self) -> None:
        room = self.columns.captured - self.l4
        known = (self.version > 0) & ~self.odd
        rows = np.flatnonzero(known & np.isin(self.protocol, (TCP, UDP)) & (room >= 4))
        self.ports[rows] = self.number(rows, self.l4[rows], 4)
        for version, protocol, echoes, errors in (
            (4, ICMP, (8, 0), _ICMP_ERRORS),
            (6, ICMPV6, (128, 129), _ICMPV6_ERRORS),
        ):
            rows = np.flatnonzero(known & (self.version == version) & (self.protocol == protocol) & (room >= 1))
            kind = self.number(rows, self.l4[rows], 1)
            self.odd[rows[np.isin(kind, errors)]] = True
            rows = rows[np.isin(kind, echoes) & (room[rows] >= 6)]
            self.ports[rows] = self.number(rows, self.l4[rows] + 4, 2) * 0x10001

    def one_by_one(self) -> None:
        """The packets that are not usual, in order: a later fragment has the ports of the first."""
        assigner = PortAssigner(PortRules(0, 1))
        for row in np.flatnonzero(self.odd).tolist():
            data = self.columns.frame(row)
            headers = parse_headers(data)
            key = assigner.flow(headers)
            if key is None:
                self.ethertype[row] = headers.ethertype
                key = FlowKey(0, 0, int.from_bytes(data[6:12], "big"), int.from_bytes(data[:6], "big"), 0, 0)
            self.version[row], self.protocol[row] = key.version, key.protocol
            self.ports[row] = key.sport << 16 | key.dport
            for side, address in ((self.source, key.src), (self.target, key.dst)):
                side[0][row], side[1][row] = address >> 64, address & _LOW

    def keys(self) -> FlowKeys:
        """Both directions alike: the smaller (address, port) comes first."""
        source, target = self.source, self.target
        sport, dport = self.ports >> 16, self.ports & 0xFFFF
        later = (source[0] == target[0]) & ((source[1] > target[1]) | ((source[1] == target[1]) & (sport > dport)))
        swap = (source[0] > target[0]) | later
        ports = np.where(swap, dport << 16 | sport, self.ports)
        return FlowKeys(
            one=(np.where(swap, target[0], source[0]), np.where(swap, target[1], source[1])),
            other=(np.where(swap, source[0], target[0]), np.where(swap, source[1], target[1])),
            ports=np.where(self.version > 0, ports, self.ethertype & 0xFFFF).astype(np.uint64),
            protocol=self.protocol.astype(np.uint64),
            version=self.version.astype(np.uint64),
        )
