"""The packet tests of nf_programs/flow_monitor/tests. No packet is changed; what records must say is added up here."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, GRE, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

HOST, WEB = "10.0.0.5", "198.51.100.7"
HOST6, WEB6 = "fd00:10::5", "2001:db8:5::7"
LINK = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
ENDED, ACTIVE, IDLE = 1, 2, 3
IDLE_S, ACTIVE_S = 15, 60
START_NS = 10**9
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


def as_128(address: str) -> int:
    """An IPv4 address as ::ffff:a.b.c.d."""
    ip = ip_address(address)
    return int(ip) if ip.version == 6 else 0xFFFF << 32 | int(ip)


@dataclass
class Flow:
    """One direction of a conversation, and the record that must be kept of it."""

    src: str
    dst: str
    layer4: Packet
    protocol: int
    ports: tuple[int, int]
    packets: int = 0
    octets: int = 0
    flags: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def packet(self, payload: bytes = b"", flags: str = "") -> Packet:
        layer4 = self.layer4.copy()
        if flags:
            layer4.flags = flags
        return (IPv6 if ":" in self.src else IP)(src=self.src, dst=self.dst) / layer4 / Raw(payload)

    def cells(self, mask: int) -> tuple[int, int]:
        """The two cells that its record may be in: the halves of a CRC-32 (as in zlib) of the flow."""
        key = as_128(self.src).to_bytes(16, "big") + as_128(self.dst).to_bytes(16, "big")
        key += b"".join(p.to_bytes(2, "big") for p in self.ports) + bytes([self.protocol])
        h = zlib.crc32(key)
        return h & 0xFFFF & mask, h >> 16 & mask


def tcp(src: str, dst: str, sport: int, dport: int) -> Flow:
    return Flow(src, dst, TCP(sport=sport, dport=dport), 6, (sport, dport))


def udp(src: str, dst: str, sport: int, dport: int) -> Flow:
    return Flow(src, dst, UDP(sport=sport, dport=dport), 17, (sport, dport))


@dataclass
class Test:
    """A script with its clock."""

    s: Script
    now_ns: int = START_NS
    counts: dict[str, int] = field(default_factory=dict)

    def wait(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)
        self.s.add(f"time +{round(seconds * 1000)}ms")

    def unchanged(self, port: int, frame: Packet | bytes) -> None:
        self.s.passes(port, frame, OUTSIDE if port == INSIDE else INSIDE, frame)

    def sends(self, flow: Flow, payload: bytes = b"", flags: str = "", *, export: int = 0) -> None:
        """A packet of the flow, and the export of its record that must follow."""
        layers = flow.packet(payload, flags)
        if not flow.packets:
            flow.first_ns = self.now_ns
        flow.packets += 1
        flow.octets += len(bytes(layers))
        flow.flags |= sum(FLAGS[f] for f in flags)
        flow.last_ns = self.now_ns
        if export:
            self.exported(flow, export)
        self.unchanged(INSIDE if flow.src in (HOST, HOST6) else OUTSIDE, LINK / layers)

    def exported(self, flow: Flow, reason: int) -> None:
        """The record comes by digest, and a new one begins."""
        self.s.add(
            f"digest collector {reason} {as_128(flow.src):#x} {as_128(flow.dst):#x} {flow.ports[0]} {flow.ports[1]} "
            f"{flow.protocol} {flow.flags:#x} {flow.packets} {flow.octets} {flow.first_ns} {flow.last_ns}"
        )
        flow.packets = flow.octets = flow.flags = 0

    def untracked(self, reason: str, port: int, frame: Packet | bytes) -> None:
        self.unchanged(port, frame)
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.s.add(f"check_counter untracked({reason}) packets = {self.counts[reason]}")


def configured(title: str, mask: int = 0xFF) -> Test:
    s = Script(title)
    s.add("add interfaces port:1 forward_to(port:0)", "add interfaces port:0 forward_to(port:1)")
    for i, protocol in enumerate(("other", "icmp", "tcp", "udp")):
        s.add(
            f"add caches protocol:{protocol} cache(first_cell:{i * 256}, cell_mask:{mask:#x}, "
            f"idle_ns:{IDLE_S * 10**9}, active_ns:{ACTIVE_S * 10**9})"
        )
    return Test(s)


def ends() -> Script:
    t = configured("TCP: a record for each direction, exported when it ends; FIN, RST, and what comes after them.")
    there, back = tcp(HOST, WEB, 40000, 443), tcp(WEB, HOST, 443, 40000)
    t.sends(there, flags="S")
    t.wait(0.02)
    t.sends(back, flags="SA")
    t.sends(there, flags="A")
    t.sends(there, b"GET /", flags="PA")
    t.wait(0.1)
    t.sends(back, b"200 OK" * 50, flags="PA")
    t.s.note("The server closes: its direction is exported, the other one not yet.")
    t.sends(back, flags="FA", export=ENDED)
    t.sends(there, flags="FA", export=ENDED)
    t.s.note("The last acknowledgement begins a record of its own, which a reset ends.")
    t.sends(back, flags="A")
    t.wait(0.5)
    t.sends(back, flags="R", export=ENDED)
    t.s.note("A new connection on the same ports: nothing is left of the old one.")
    t.sends(there, flags="S")
    t.sends(there, flags="RA", export=ENDED)
    t.s.add("check_counter exports(ended) packets = 4")
    return t.s


def active() -> Script:
    t = configured(
        "A flow that goes on is exported once it has been active for a minute; idle flows wait for their turn."
    )
    flow = udp(HOST, WEB, 5353, 53)
    for _ in range(6):
        t.sends(flow, b"tick")
        t.wait(12)
    t.sends(flow, b"too long", export=ACTIVE)
    t.s.note("The next record begins with the next packet. Exactly a minute is not more than a minute.")
    for _ in range(6):
        t.wait(10)
        t.sends(flow, b"tock")
    t.wait(10)
    t.sends(flow, b"a minute")
    t.wait(0.001)
    t.sends(flow, b"more", export=ACTIVE)
    t.s.note("Silence ends nothing: nobody needs the cell.")
    t.sends(flow, b"x")
    t.wait(50)
    t.sends(flow, b"y")
    t.s.add("check_counter exports(active) packets = 2", "check_counter exports(idle) packets = 0")
    return t.s


def takeover() -> Script:
    t = configured("Two cells of the cache: who may take which, and who finds none.", mask=1)
    flows = [udp(HOST, WEB, port, 53) for port in range(2000, 2100)]
    low, high = ([f for f in flows if f.cells(1) == cells] for cells in ((0, 1), (1, 0)))
    t.s.note("The first flow takes the first cell, one with the same hash the second one.")
    t.sends(low[0], b"1")
    t.sends(low[1], b"2")
    t.sends(low[0], b"3")
    t.s.note("Both cells are busy, in whatever order they are looked at.")
    t.wait(IDLE_S)
    t.untracked("exhausted", INSIDE, LINK / low[2].packet(b"none"))
    t.untracked("exhausted", INSIDE, LINK / high[0].packet(b"none"))
    t.sends(low[1], b"still here")
    t.s.note("The first has been idle for longer than 15 s now: its record is exported, its cell taken.")
    t.wait(0.001)
    t.exported(low[0], IDLE)
    t.sends(low[2], b"mine")
    t.s.note("Its owner finds the second cell busy, until that one is idle too.")
    t.untracked("exhausted", INSIDE, LINK / low[0].packet(b"again"))
    t.wait(10)
    t.sends(low[2], b"busy")
    t.wait(5)
    t.exported(low[1], IDLE)
    t.sends(low[0], b"again")
    t.s.add("check_counter exports(idle) packets = 2")
    t.s.note("A cell whose record was exported by a FIN is free at once.")
    flows = [tcp(HOST, WEB, port, 80) for port in range(2000, 2100)]
    low = [f for f in flows if f.cells(1) == (0, 1)]
    t.sends(low[0], flags="S")
    t.sends(low[1], flags="S")
    t.sends(low[1], flags="FA", export=ENDED)
    t.sends(low[2], flags="S")
    t.untracked("exhausted", INSIDE, LINK / low[1].packet(flags="A"))
    return t.s


def kinds() -> Script:
    t = configured("What a flow is: IPv6, ping (type and code where ports would be), protocols without ports.")
    flows = [
        tcp(HOST6, WEB6, 40000, 443),
        udp(HOST6, WEB6, 5353, 53),
        Flow(HOST, WEB, ICMP(type=8, id=7), 1, (0, 0x0800)),
        Flow(HOST6, WEB6, ICMPv6EchoRequest(id=7), 58, (0, 0x8000)),
        Flow(HOST, WEB, GRE(), 47, (0, 0)),
        Flow(HOST6, WEB6, GRE(), 47, (0, 0)),
    ]
    for flow in flows:
        t.sends(flow, b"one", "A" if flow.protocol == 6 else "")
    t.wait(61)
    for flow in flows:
        t.sends(flow, b"and another", "A" if flow.protocol == 6 else "", export=ACTIVE)
    return t.s


def untracked() -> Script:
    t = configured("What is in no record passes, too: fragments, options, extension headers, no IP, broken headers.")
    fragment = IP(src=HOST, dst=WEB, flags="MF") / UDP(sport=1, dport=2) / Raw(b"x" * 24)
    later = IP(src=HOST, dst=WEB, frag=4, proto=17) / Raw(b"y" * 24)
    options = IP(src=HOST, dst=WEB, options=[b"\x01\x01\x01\x00"]) / UDP(sport=1, dport=2)
    fragment6 = IPv6(src=HOST6, dst=WEB6) / IPv6ExtHdrFragment(m=1, nh=17) / Raw(b"z" * 24)
    extended = IPv6(src=HOST6, dst=WEB6) / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2)
    for layers in (fragment, later, options, fragment6, extended):
        t.untracked("no_ports", INSIDE, LINK / layers)
    good = bytes(LINK / udp(HOST, WEB, 1, 2).packet(b"good"))
    t.untracked("no_ports", OUTSIDE, good[:14] + b"\x65" + good[15:])
    t.untracked("not_ip", OUTSIDE, LINK / ARP(psrc=HOST, pdst=WEB))
    t.untracked("not_ip", INSIDE, Ether(src=LINK.src, dst=LINK.dst, type=0x88CC) / Raw(b"lldp"))
    t.untracked("malformed", INSIDE, good[:37])
    t.untracked("malformed", INSIDE, good[:30])
    t.s.note("A port that leads nowhere.")
    t.s.send(5, good)
    t.s.add("no_packet", "check_counter no_way(0) packets = 1")
    return t.s


def no_cache() -> Script:
    s = Script("Protocols that have no part of the cache pass, and are counted.")
    s.add("add interfaces port:1 forward_to(port:0)", "add interfaces port:0 forward_to(port:1)")
    t = Test(s)
    t.untracked("no_cache", INSIDE, LINK / udp(HOST, WEB, 1, 2).packet())
    t.untracked("no_cache", OUTSIDE, LINK / tcp(WEB, HOST, 1, 2).packet(flags="S"))
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "ends": ends,
    "active": active,
    "takeover": takeover,
    "kinds": kinds,
    "untracked": untracked,
    "no_cache": no_cache,
}
