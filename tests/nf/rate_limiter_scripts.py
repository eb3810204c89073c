"""The packet tests of nf_programs/rate_limiter/tests. Colours follow from the token buckets of RFC 2698, kept here."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

METERED, METERED6, WEB, WEB6 = "10.0.0.5", "fd00:10::5", "198.51.100.7", "2001:db8:5::7"
COUNTED, COUNTED6 = "10.0.1.5", "fd00:11::5"
LINK = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
CIR, CBS, PIR, PBS = 1000, 1500, 2000, 3000  # of rates.yaml
YELLOW_DSCP = 12
LIMIT = 1000
INTERVAL_NS = 1 << 30
OTHER_SIDE = {INSIDE: OUTSIDE, OUTSIDE: INSIDE}


def configured(title: str, *, defines: tuple[str, ...] = ()) -> Script:
    s = Script(title)
    s.add(*(f"define {d}" for d in defines))
    s.add("entries rates.yaml", "add interfaces port:1 forward_to(port:0)", "add interfaces port:0 forward_to(port:1)")
    for prefix in ("10.0.0.0/24", "fd00:10::/64"):
        s.add(f"add tenants address:{prefix} limit(up:0, down:1, yellow_dscp:{YELLOW_DSCP}, connection_bytes:0)")
    for prefix in ("10.0.1.0/24", "fd00:11::/64"):
        s.add(f"add tenants address:{prefix} limit(up:4, down:5, yellow_dscp:20, connection_bytes:{LIMIT})")
    return s


class Meter:
    """Two token buckets, full at first (RFC 2698, colour-blind)."""

    def __init__(self) -> None:
        self.committed, self.peak = Fraction(CBS), Fraction(PBS)

    def wait(self, ms: int) -> None:
        self.committed = min(Fraction(CBS), self.committed + Fraction(CIR * ms, 1000))
        self.peak = min(Fraction(PBS), self.peak + Fraction(PIR * ms, 1000))

    def colour(self, octets: int) -> str:
        if self.peak < octets:
            return "red"
        self.peak -= octets
        if self.committed < octets:
            return "yellow"
        self.committed -= octets
        return "green"


def sized(layers: Packet, octets: int) -> Packet:
    """A frame of so many bytes."""
    frame = LINK / layers
    return frame / Raw(b"." * (octets - len(bytes(frame))))


def marked(frame: Packet) -> Packet:
    """The frame with the tenant's DSCP; ECN stays."""
    made = frame.copy()
    if IP in made:
        made[IP].tos = YELLOW_DSCP << 2 | made[IP].tos & 3
    else:
        made[IPv6].tc = YELLOW_DSCP << 2 | made[IPv6].tc & 3
    return made


def meters() -> Script:
    s = configured("Green passes, yellow is marked, red is dropped; a meter for each direction.")
    up, down = Meter(), Meter()
    seen = {"green": 0, "yellow": 0, "red": 0}

    def send(meter: Meter, port: int, layers: Packet, octets: int, wanted: str) -> None:
        frame = sized(layers, octets)
        assert meter.colour(octets) == wanted
        seen[wanted] += 1
        if wanted == "red":
            s.drops(port, frame, "red", seen["red"])
        else:
            s.passes(port, frame, OTHER_SIDE[port], marked(frame) if wanted == "yellow" else frame)
            s.add(f"check_counter passed({wanted}) packets = {seen[wanted]}")

    def wait(ms: int) -> None:
        s.add(f"time +{ms}ms")
        up.wait(ms)
        down.wait(ms)

    out, into = IP(src=METERED, dst=WEB, tos=2) / UDP(sport=1, dport=2), IP(src=WEB, dst=METERED) / TCP(dport=9)
    out6 = IPv6(src=METERED6, dst=WEB6, tc=0xB9) / UDP(sport=1, dport=2)
    s.note("Both buckets are full: 1500 bytes are green, 1500 more yellow. Ethernet's header counts.")
    for wanted in ("green", "green", "green", "yellow", "yellow", "yellow", "red"):
        send(up, INSIDE, out, 500, wanted)
    s.note("The other direction has tokens of its own. A packet larger than a bucket never gets its colour.")
    send(down, OUTSIDE, into, 1501, "yellow")
    send(down, OUTSIDE, into, 1499, "green")
    send(down, OUTSIDE, into, 60, "red")
    s.note("Half a second brings 500 committed and 1000 peak tokens; red takes none of them. IPv6 is marked, too.")
    wait(500)
    send(up, INSIDE, out6, 499, "green")
    send(up, INSIDE, out6, 500, "yellow")
    send(up, INSIDE, out6, 500, "red")
    send(up, INSIDE, out6, 62, "red")
    s.note("Ping and fragments are the tenant's traffic as well.")
    wait(60)
    send(up, INSIDE, IP(src=METERED, dst=WEB) / ICMP(type=8), 60, "green")
    send(up, INSIDE, IP(src=METERED, dst=WEB, frag=4, proto=17) / Raw(b""), 60, "yellow")
    s.note("No bucket holds more than its burst.")
    wait(100_000)
    for wanted in ("green", "yellow", "red"):
        send(up, INSIDE, out, 1500, wanted)
    return s


def connections() -> Script:
    s = configured(
        "Each connection may send 1000 bytes (from the IP header on) in an interval, both directions together."
    )
    s.add(f"time {8 * INTERVAL_NS}ns")

    def passes(port: int, layers: Packet, octets: int) -> None:
        frame = sized(layers, octets + len(LINK))
        s.passes(port, frame, OTHER_SIDE[port], frame)

    def refused(port: int, layers: Packet, octets: int, count: int) -> None:
        s.drops(port, sized(layers, octets + len(LINK)), "connection_limit", count)

    there = IP(src=COUNTED, dst=WEB) / TCP(sport=40000, dport=443, flags="A")
    back = IP(src=WEB, dst=COUNTED) / TCP(sport=443, dport=40000, flags="A")
    passes(INSIDE, there, 600)
    passes(OUTSIDE, back, 360)
    passes(INSIDE, there, 40)
    refused(INSIDE, there, 40, 1)
    refused(OUTSIDE, back, 40, 2)
    s.note("Other connections of the same hosts have their own limits.")
    passes(INSIDE, IP(src=COUNTED, dst=WEB) / TCP(sport=40001, dport=443), 1000)
    passes(INSIDE, IP(src=COUNTED, dst=WEB) / UDP(sport=40000, dport=443), 1000)
    passes(OUTSIDE, IPv6(src=WEB6, dst=COUNTED6) / UDP(sport=53, dport=40000), 900)
    passes(INSIDE, IPv6(src=COUNTED6, dst=WEB6) / UDP(sport=40000, dport=53), 100)
    refused(INSIDE, IPv6(src=COUNTED6, dst=WEB6) / UDP(sport=40000, dport=53), 60, 3)
    s.note("What has no ports isn't limited: ping, fragments.")
    for layers in (IP(src=COUNTED, dst=WEB) / ICMP(type=8), IP(src=COUNTED, dst=WEB, flags="MF") / UDP(dport=443)):
        passes(INSIDE, layers, 1400)
    passes(INSIDE, IPv6(src=COUNTED6, dst=WEB6) / IPv6ExtHdrFragment(m=1, nh=17), 1400)
    s.note("The next interval: all may send again, dropped packets have taken nothing.")
    s.add(f"time {9 * INTERVAL_NS}ns")
    passes(OUTSIDE, back, 1000)
    refused(INSIDE, there, 40, 4)
    s.add(f"time {12 * INTERVAL_NS - 1}ns")
    passes(INSIDE, there, 999)
    refused(INSIDE, there, 40, 5)
    s.add("time +1ns")
    passes(INSIDE, there, 999)
    s.note("A first packet that is too large doesn't become a connection.")
    refused(INSIDE, IP(src=COUNTED, dst=WEB) / UDP(sport=7, dport=8), 1001, 6)
    passes(INSIDE, IP(src=COUNTED, dst=WEB) / UDP(sport=7, dport=8), 1000)
    s.note("A connection that was idle for too long begins anew.")
    s.add("time +301s")
    passes(INSIDE, there, 1000)
    refused(OUTSIDE, back, 40, 7)
    return s


def table_full() -> Script:
    s = configured(
        "No room for a connection: its packets are dropped, those of others pass.", defines=("CONNECTIONS=2",)
    )
    flows = [LINK / IP(src=COUNTED, dst=WEB) / UDP(sport=port, dport=53) / Raw(b"x") for port in (1, 2, 3)]
    for flow in flows[:2]:
        s.passes(INSIDE, flow, OUTSIDE, flow)
    s.drops(INSIDE, flows[2], "table_full", 1)
    s.passes(INSIDE, flows[0], OUTSIDE, flows[0])
    metered = LINK / IP(src=METERED, dst=WEB) / UDP(sport=3, dport=53) / Raw(b"x")
    s.passes(INSIDE, metered, OUTSIDE, metered)
    return s


def tenants() -> Script:
    s = configured("Whose a packet is: the address on the host side decides, by its longest prefix.")
    s.add(
        "add tenants address:10.0.0.128/25 refuse()",
        "add tenants address:10.0.0.200/32 unlimited()",
        "add tenants address:0.0.0.0/0 limit(up:2, down:3, yellow_dscp:0, connection_bytes:0)",
    )
    count = {"unlimited": 0, "green": 0}

    def passes(kind: str, layers: Packet, port: int = INSIDE) -> None:
        s.passes(port, LINK / layers, OTHER_SIDE[port], LINK / layers)
        count[kind] += 1
        s.add(f"check_counter passed({kind}) packets = {count[kind]}")

    passes("green", IP(src=METERED, dst="10.0.0.129") / UDP(dport=1))
    s.drops(INSIDE, LINK / IP(src="10.0.0.129", dst=METERED) / UDP(dport=1), "refused", 1)
    s.drops(OUTSIDE, LINK / IP(src=METERED, dst="10.0.0.129") / UDP(dport=1), "refused", 2)
    passes("unlimited", IP(src="10.0.0.200", dst=WEB) / UDP(dport=1))
    passes("green", IP(src="192.0.2.1", dst=WEB) / UDP(dport=1))
    passes("green", IP(src=WEB, dst="192.0.2.1") / UDP(dport=1), OUTSIDE)
    passes("unlimited", IPv6(src="fd00:99::1", dst=WEB6) / UDP(dport=1))
    s.note("What isn't IP is nobody's.")
    passes("unlimited", ARP(psrc=METERED, pdst=WEB))
    s.note("Broken headers, a frame cut short, an unknown port.")
    good = bytes(LINK / IP(src=METERED, dst=WEB) / UDP(sport=1, dport=2))
    good6 = bytes(LINK / IPv6(src=METERED6, dst=WEB6) / UDP(sport=1, dport=2))
    broken = (good[:14] + b"\x65" + good[15:], good[:14] + b"\x44" + good[15:], good6[:14] + b"\x40" + good6[15:])
    for i, frame in enumerate((*broken, good[:40], good6[:60])):
        s.drops(INSIDE, frame, "malformed", i + 1)
    s.drops(5, good, "no_interface", 1)
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "meters": meters,
    "connections": connections,
    "table_full": table_full,
    "tenants": tenants,
}
