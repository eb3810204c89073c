"""The packet tests of nf_programs/heavy_hitter/tests. No packet is changed; what reports must say is added up here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, GRE, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

HOST, WEB = "10.0.0.5", "198.51.100.7"
HOST6, WEB6 = "fd00:10::5", "2001:db8:5::7"
LINK = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
INTERVAL_NS = 1 << 30
THRESHOLD = 1000


def as_128(address: str) -> int:
    """An IPv4 address as ::ffff:a.b.c.d."""
    ip = ip_address(address)
    return int(ip) if ip.version == 6 else 0xFFFF << 32 | int(ip)


@dataclass
class Test:
    """A script that begins on an interval's first nanosecond, and how many packets were counted as what."""

    s: Script
    interval: int = 8
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.s.add("add interfaces port:1 forward_to(port:0)", "add interfaces port:0 forward_to(port:1)")
        self.s.add(f"time {self.interval * INTERVAL_NS}ns")

    def next_interval(self) -> None:
        self.interval += 1
        self.s.add(f"time {self.interval * INTERVAL_NS}ns")

    def passes(self, seen: str, layers: Packet | bytes, port: int = INSIDE) -> None:
        frame = layers if isinstance(layers, bytes) else LINK / layers
        self.s.passes(port, frame, OUTSIDE if port == INSIDE else INSIDE, frame)
        self.seen[seen] = self.seen.get(seen, 0) + 1
        self.s.add(f"check_counter packets_seen({seen}) packets = {self.seen[seen]}")

    def report(self, src: str, dst: str, ports: tuple[int, int], protocol: int, octets: int) -> None:
        """The report that the next packet must cause. The first interval has the number 1."""
        self.s.add(
            f"digest heavy_hitters {as_128(src):#x} {as_128(dst):#x} {ports[0]} {ports[1]} {protocol} "
            f"{self.interval + 1} {octets}"
        )


def sized(layers: Packet, octets: int) -> Packet:
    """The packet with so many bytes in all, from the IP header on."""
    return layers / Raw(b"." * (octets - len(bytes(layers))))


def threshold() -> Script:
    t = Test(Script("A flow is reported when it sends more than the threshold in an interval, once."))
    t.s.add(f"add watches 1 protocol:tcp watch(threshold:{THRESHOLD})")
    flow = IP(src=HOST, dst=WEB) / TCP(sport=40000, dport=443, flags="A")
    t.passes("light", sized(flow, 400))
    t.passes("light", sized(flow, 600))
    t.s.note("1000 bytes are not more than 1000; one more packet is.")
    t.report(HOST, WEB, (40000, 443), 6, 1040)
    t.passes("reported", flow)
    t.passes("heavy", sized(flow, 1400))
    t.passes("heavy", flow)
    t.s.note("The other direction and another port are other flows.")
    t.passes("light", sized(IP(src=WEB, dst=HOST) / TCP(sport=443, dport=40000, flags="A"), 900), OUTSIDE)
    t.passes("light", sized(IP(src=HOST, dst=WEB) / TCP(sport=40001, dport=443, flags="A"), 900))
    t.s.note("In the next interval all begin at 0 again, and are reported anew. One packet may be enough.")
    t.next_interval()
    t.passes("light", sized(flow, 999))
    t.report(HOST, WEB, (40000, 443), 6, 999 + 40)
    t.passes("reported", flow)
    t.next_interval()
    t.report(HOST, WEB, (40000, 443), 6, 1400)
    t.passes("reported", sized(flow, 1400))
    t.s.note("Long silence changes nothing of that.")
    t.interval += 1000
    t.next_interval()
    t.passes("light", sized(flow, 500))
    return t.s


def kinds() -> Script:
    t = Test(Script("What a flow is: IPv6, UDP, ping (addresses alone), fragments of IPv6; and what is none."))
    t.s.add(f"add watches 1 watch(threshold:{THRESHOLD})")
    t.report(HOST6, WEB6, (5353, 53), 17, 1200)
    t.passes("reported", sized(IPv6(src=HOST6, dst=WEB6) / UDP(sport=5353, dport=53), 1200))
    t.report(HOST, WEB, (5353, 53), 17, 1200)
    t.passes("reported", sized(IP(src=HOST, dst=WEB) / UDP(sport=5353, dport=53), 1200))
    t.passes("light", sized(IP(src=HOST, dst=WEB) / ICMP(type=8, id=1), 600))
    t.report(HOST, WEB, (0, 0), 1, 1200)
    t.passes("reported", sized(IP(src=HOST, dst=WEB) / ICMP(type=8, id=2), 600))
    t.report(WEB, HOST, (0, 0), 47, 1100)
    t.passes("reported", sized(IP(src=WEB, dst=HOST) / GRE(), 1100), OUTSIDE)
    t.report(HOST6, WEB6, (0, 0), 44, 1100)
    t.passes("reported", sized(IPv6(src=HOST6, dst=WEB6) / IPv6ExtHdrFragment(m=1, nh=17), 1100))
    t.s.note("No flows: fragments, IPv4 options, ARP, a frame cut short, an IPv6 header of version 4.")
    t.passes("no_flow", sized(IP(src=HOST, dst=WEB, flags="MF") / UDP(sport=1, dport=2), 1400))
    t.passes("no_flow", IP(src=HOST, dst=WEB, frag=4, proto=17) / Raw(b"y" * 1400))
    t.passes("no_flow", IP(src=HOST, dst=WEB, options=[b"\x01\x01\x01\x00"]) / UDP(sport=1, dport=2))
    t.passes("no_flow", ARP(psrc=HOST, pdst=WEB))
    good = bytes(LINK / IP(src=HOST, dst=WEB) / UDP(sport=1, dport=2))
    good6 = bytes(LINK / IPv6(src=HOST6, dst=WEB6) / UDP(sport=1, dport=2))
    t.passes("no_flow", good[:36])
    t.passes("no_flow", good6[:14] + b"\x40" + good6[15:])
    t.s.note("A port that leads nowhere.")
    t.s.send(5, good)
    t.s.add("no_packet", "check_counter no_way(0) packets = 1")
    return t.s


def watches() -> Script:
    t = Test(Script("Who is watched: the most important rule that matches; nobody by default."))
    flow = IP(src=HOST, dst=WEB) / UDP(sport=1, dport=2)
    t.passes("unwatched", sized(flow, 1400))
    t.s.add("add watches 1 port:1 watch(threshold:1000)", "add watches 5 destination:198.51.100.8/32 ignore()")
    t.s.add("add watches 3 protocol:udp watch(threshold:100)")
    t.s.note("What was sent before doesn't count.")
    t.passes("light", sized(flow, 100))
    t.report(HOST, WEB, (1, 2), 17, 128)
    t.passes("reported", flow)
    t.passes("unwatched", sized(IP(src=HOST, dst="198.51.100.8") / UDP(sport=1, dport=2), 1400))
    t.passes("light", sized(IP(src=HOST, dst=WEB) / TCP(sport=1, dport=2), 1000))
    t.s.note("From outside only UDP is watched here.")
    t.passes("unwatched", sized(IP(src=WEB, dst=HOST) / TCP(sport=2, dport=1), 1400), OUTSIDE)
    return t.s


SCRIPTS: dict[str, Callable[[], Script]] = {"threshold": threshold, "kinds": kinds, "watches": watches}
