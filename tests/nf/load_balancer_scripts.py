"""The packet tests of nf_programs/load_balancer/tests. What must come out is said here, checksums by scapy."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from ipaddress import IPv4Address

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, GRE, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

CLIENTS, BACKENDS = INSIDE, OUTSIDE
CLIENT, CLIENT2, VIP, VIP2 = "198.51.100.7", "198.51.100.8", "203.0.113.1", "203.0.113.2"
BACKEND = [f"10.1.0.{10 + i}" for i in range(8)]
LINK = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:aa")
TCP_NUMBER, UDP_NUMBER = 6, 17
TIMEOUT_S = {TCP_NUMBER: 900, UDP_NUMBER: 30}
DNS_PORT = 5353


def flow_hash(client: str, port: int, protocol: int) -> int:
    """CRC-32 (as in zlib) of the client's address and port and the protocol."""
    return zlib.crc32(IPv4Address(client).packed + port.to_bytes(2, "big") + bytes([protocol]))


def candidates(client: str, port: int, protocol: int, mask: int) -> list[int]:
    """The cells that a client's connection may be in: one half of the hash, and three steps of its other half."""
    h = flow_hash(client, port, protocol)
    return [((h & 0xFFFF) + i * (h >> 16 | 1)) & mask for i in range(4)]


def first_choice(client: str, port: int, protocol: int, count: int) -> int:
    """The backend, of `count`, at which the comparison begins."""
    return (flow_hash(client, port, protocol) >> 16) % count


def ip(src: str, dst: str, **fields: object) -> IP:
    return IP(src=src, dst=dst, id=7, **fields)


def configured(title: str, *, mask: int = 0xFF, backends: int = 3, udp_backends: int = 1) -> Script:
    """Web at VIP:443 on the first backends, DNS at VIP:53 on those from number 4 on, which listen on another port."""
    s = Script(title)
    s.add("add interfaces port:1 clients(port:0)", "add interfaces port:0 servers(port:1)")
    for name, number, first in (("tcp", TCP_NUMBER, 0), ("udp", UDP_NUMBER, 256)):
        s.add(
            f"add protocols protocol:{name} remember(first_cell:{first}, cell_mask:{mask:#x}, "
            f"timeout_ns:{TIMEOUT_S[number] * 10**9})"
        )
    s.add(
        f"add services 1 address:{VIP} port:443 protocol:tcp balance(first_backend:0, count:{backends})",
        f"add services 1 address:{VIP} port:53 protocol:udp balance(first_backend:4, count:{udp_backends})",
        f"add services 1 address:{VIP2} port:53 protocol:udp balance(first_backend:4, count:{udp_backends})",
    )
    for i, address in enumerate(BACKEND):
        s.add(f"add backends backend:{i} backend(address:{address}, port:{DNS_PORT if i >= 4 else 0})")
    return s


class Talk:
    """A connection of a client with a service, and the backend that it is expected to have."""

    def __init__(self, s: Script, number: int, port: int, *, client: str = CLIENT, udp: bool = False, vip: str = VIP):
        self.s, self.port, self.client, self.vip, self.number = s, port, client, vip, number
        self.layer, self.dport, self.bport = (UDP, 53, DNS_PORT) if udp else (TCP, 443, 443)
        self.backend = BACKEND[number]

    def layers(self, sport: int, dport: int, flags: str, payload: bytes) -> Packet:
        layer = self.layer(sport=sport, dport=dport)
        if self.layer is TCP:
            layer.flags = flags
        return layer / Raw(payload)

    def asked(self, flags: str = "A", payload: bytes = b"") -> Packet:
        """What the client sends."""
        return LINK / ip(self.client, self.vip) / self.layers(self.port, self.dport, flags, payload)

    def ask(self, flags: str = "A", payload: bytes = b"") -> None:
        out = LINK / ip(self.client, self.backend, ttl=63) / self.layers(self.port, self.bport, flags, payload)
        self.s.passes(CLIENTS, self.asked(flags, payload), BACKENDS, out)

    def answered(self, flags: str = "A", payload: bytes = b"") -> Packet:
        """What the backend sends."""
        return LINK / ip(self.backend, self.client) / self.layers(self.bport, self.port, flags, payload)

    def answer(self, flags: str = "A", payload: bytes = b"") -> None:
        out = LINK / ip(self.vip, self.client, ttl=63) / self.layers(self.dport, self.port, flags, payload)
        self.s.passes(BACKENDS, self.answered(flags, payload), CLIENTS, out)

    def load(self, connections: int) -> None:
        self.s.add(f"register_read load {self.number} = {connections}")


def tcp() -> Script:
    s = configured("TCP: a connection from handshake to its end, and a new one on the same ports.")
    number = first_choice(CLIENT, 40000, TCP_NUMBER, 3)
    talk = Talk(s, number, 40000)
    s.note("Nothing but a SYN opens a connection.")
    for i, flags in enumerate(("A", "SA", "FA", "R", "", "SF")):
        s.drops(CLIENTS, talk.asked(flags), "not_opening", i + 1)
    s.drops(BACKENDS, talk.answered("SA"), "no_connection", 1)
    s.note("All backends are idle: the hash chooses.")
    talk.ask("S")
    talk.load(1)
    talk.ask("S")
    talk.load(1)
    talk.answer("SA")
    talk.ask("A")
    talk.ask("PA", b"GET / of odd length")
    talk.answer("PA", b"200")
    s.note("The client closes, then the backend; then the last acknowledgement.")
    talk.ask("FA")
    talk.load(1)
    talk.ask("FA")
    talk.answer("FA")
    talk.load(0)
    s.add("check_counter connections(closed) packets = 1")
    talk.ask("A")
    talk.answer("FA")
    talk.load(0)
    s.note("A new connection on the same ports is counted anew.")
    talk.ask("S")
    talk.load(1)
    s.add("check_counter connections(opened) packets = 2")
    s.note("A reset by either side ends it; the second one changes nothing.")
    talk.answer("RA")
    talk.load(0)
    talk.ask("R")
    talk.load(0)
    talk.ask("S")
    talk.ask("R")
    talk.load(0)
    s.add("check_counter connections(closed) packets = 3", "check_counter connections(expired) packets = 0")
    return s


def udp() -> Script:
    s = configured("UDP: another port at the backend; checksums as usual, absent, and one that comes out as 0.")
    talk = Talk(s, 4, 5000, udp=True)
    talk.ask(payload=b"query")
    talk.answer(payload=b"answer!")
    s.note("No checksum stays no checksum.")
    there, out = (LINK / ip(CLIENT, dst, ttl=ttl) for dst, ttl in ((VIP, 64), (BACKEND[4], 63)))
    bare = UDP(sport=5000, dport=53, chksum=0) / Raw(b"no sum")
    s.passes(CLIENTS, there / bare, BACKENDS, out / with_ports(bare, dport=DNS_PORT))
    s.note("A payload that makes the new checksum 0: it is sent as 0xffff.")
    zero = out / UDP(sport=5000, dport=DNS_PORT) / Raw(b"\0\0")
    word = UDP(bytes(zero[UDP])).chksum
    payload = Raw(word.to_bytes(2, "big"))
    sent = out / UDP(sport=5000, dport=DNS_PORT) / payload
    assert UDP(bytes(sent[UDP])).chksum == 0xFFFF
    s.passes(CLIENTS, there / UDP(sport=5000, dport=53) / payload, BACKENDS, sent)
    s.note("30 s of silence in both directions end it; answers alone keep it.")
    for _ in range(2):
        s.add("time +30s")
        talk.answer(payload=b"push")
    s.add("time +30001ms")
    s.drops(BACKENDS, talk.answered(payload=b"late"), "no_connection", 1)
    talk.load(1)
    s.note("The next packet opens a new one in the same cell: the old one is taken off the count.")
    talk.ask(payload=b"hello")
    talk.load(1)
    s.add("check_counter connections(opened) packets = 2", "check_counter connections(expired) packets = 1")
    s.note("The same client asks for another service that the same backend serves: answers would look alike.")
    s.drops(CLIENTS, Talk(s, 4, 5000, udp=True, vip=VIP2).asked(payload=b"x"), "exhausted", 1)
    Talk(s, 4, 5001, udp=True, vip=VIP2).ask(payload=b"x")
    return s


def with_ports(packet: Packet, **ports: int) -> Packet:
    made = packet.copy()
    for name, value in ports.items():
        setattr(made, name, value)
    return made


def least_loaded() -> Script:
    s = configured("New connections go to the backend with the fewest; open ones stay where they are.")
    loads, talks = [0, 0, 0], []
    for port in range(41000, 41009):
        start = first_choice(CLIENT, port, TCP_NUMBER, 3)
        order = [(start + i) % 3 for i in range(3)]
        chosen = min(order, key=lambda b: loads[b])
        loads[chosen] += 1
        talks.append(Talk(s, chosen, port))
        talks[-1].ask("S")
    assert loads == [3, 3, 3]
    s.note("All of backend 1's connections are reset: the next three go there.")
    for talk in talks:
        if talk.number == 1:
            talk.answer("R")
    for port in range(42000, 42003):
        Talk(s, 1, port).ask("S")
    s.add(*(f"register_read load {i} = 3" for i in range(3)))
    s.note("Those that were open before are where they were.")
    for talk in talks:
        if talk.number != 1:
            talk.ask("PA", b"still here")
    s.note("Of seven backends four are compared, beginning with the one that the hash names.")
    s.add(f"add services 9 address:{VIP2} port:443 protocol:tcp balance(first_backend:0, count:7)")
    busy = [4, 4, 4, 0, 0, 0, 0]
    s.add(*(f"register_write load {i} {n}" for i, n in enumerate(busy)))
    for port in range(43000, 43006):
        start = first_choice(CLIENT2, port, TCP_NUMBER, 7)
        chosen = min(((start + i) % 7 for i in range(4)), key=lambda b: busy[b])
        busy[chosen] += 1
        talk = Talk(s, chosen, port, client=CLIENT2, vip=VIP2)
        talk.bport = DNS_PORT if chosen >= 4 else 443
        talk.ask("S")
        talk.load(busy[chosen])
    return s


def exhaustion() -> Script:
    s = configured("Four cells: the fifth connection finds none, until one is closed or expires.", mask=3, backends=1)
    talks = [Talk(s, 0, port) for port in range(40000, 40005)]
    for talk in talks[:4]:
        talk.ask("S")
        s.add("time +1s")
    s.drops(CLIENTS, talks[4].asked("S"), "exhausted", 1)
    talks[0].load(4)
    s.note("One is reset: its cell is free at once.")
    talks[1].answer("R")
    talks[4].ask("S")
    talks[4].load(4)
    s.drops(CLIENTS, talks[1].asked("S"), "exhausted", 2)
    s.note("Its late packets belong to no connection any more.")
    s.drops(BACKENDS, talks[1].answered("R"), "no_connection", 1)
    s.note("The others stay busy but one, which expires after 900 s.")
    s.add("time +800s")
    for talk in (talks[0], talks[3], talks[4]):
        talk.ask("PA", b"busy")
    s.add("time +98s")
    s.drops(CLIENTS, talks[1].asked("S"), "exhausted", 3)
    s.add("time +1s")
    talks[1].ask("S")
    talks[1].load(4)
    s.add("check_counter connections(expired) packets = 1")
    s.drops(CLIENTS, talks[2].asked("A"), "not_opening", 1)
    s.drops(BACKENDS, talks[2].answered("A"), "no_connection", 2)
    return s


def collisions() -> Script:
    s = configured("Connections with the same first cell: the whole key is compared.", backends=1)
    wanted = candidates(CLIENT, 40000, TCP_NUMBER, 0xFF)[0]
    ports = [p for p in range(40001, 60000) if candidates(CLIENT2, p, TCP_NUMBER, 0xFF)[0] == wanted][:2]
    talks = [Talk(s, 0, 40000), *(Talk(s, 0, port, client=CLIENT2) for port in ports)]
    for talk in talks:
        talk.ask("S")
    for talk in talks:
        talk.answer("SA")
        talk.ask("PA", b"mine")
    talks[0].load(3)
    s.note("The one in the first cell ends; the others are still found behind it.")
    talks[0].ask("R")
    for talk in talks[1:]:
        talk.answer("PA", b"still here")
    s.note("Close to a connection, but not it: the backend's port, the service's, the side that it comes from.")
    right = talks[1].answered("A")
    near = right.copy()
    near[TCP].sport = 444
    s.drops(BACKENDS, near, "no_connection", 1)
    s.drops(CLIENTS, right, "no_service", 1)
    near = talks[1].asked("A")
    near[IP].dst = VIP2
    s.drops(CLIENTS, near, "no_service", 2)
    return s


def icmp_errors() -> Script:
    s = configured(
        "ICMP errors find the connection of the packet that they quote, and are translated with it.", backends=1
    )
    router = "192.0.2.254"
    for udp_, talk in ((False, Talk(s, 0, 40000)), (True, Talk(s, 4, 5000, udp=True))):
        sent = ip(CLIENT, talk.backend, ttl=63) / talk.layers(talk.port, talk.bport, "S", b"hello")
        asked = ip(CLIENT, VIP, ttl=63) / talk.layers(talk.port, talk.dport, "S", b"hello")
        talk_back = ip(VIP, CLIENT, ttl=63) / talk.layers(talk.dport, talk.port, "A", b"reply")
        answered = ip(talk.backend, CLIENT, ttl=63) / talk.layers(talk.bport, talk.port, "A", b"reply")
        unknown = LINK / ip(router, CLIENT) / ICMP(type=11) / Raw(quote(sent, udp_))
        s.drops(BACKENDS, unknown, "icmp_unmatched", 1 + 3 * udp_)
        talk.ask("S", b"hello")
        s.note("About a client's packet: from a router, from the backend itself.")
        for source, seen in ((router, router), (talk.backend, VIP)):
            got = LINK / ip(source, CLIENT) / ICMP(type=3, code=3) / Raw(quote(sent, udp_))
            out = LINK / ip(seen, CLIENT, ttl=63) / ICMP(type=3, code=3) / Raw(quote(asked, udp_))
            s.passes(BACKENDS, got, CLIENTS, out)
        s.note("About a backend's packet, to the service's address.")
        got = LINK / ip(router, VIP) / ICMP(type=3, code=4, nexthopmtu=1280) / Raw(quote(talk_back, udp_))
        out = LINK / ip(router, talk.backend, ttl=63)
        out /= ICMP(type=3, code=4, nexthopmtu=1280) / Raw(quote(answered, udp_))
        s.passes(CLIENTS, got, BACKENDS, out)
        s.note("About nothing that is known.")
        other = ip(VIP, CLIENT2) / talk.layers(talk.dport, talk.port, "A", b"")
        s.drops(CLIENTS, LINK / ip(router, VIP) / ICMP(type=3) / Raw(bytes(other)), "icmp_unmatched", 2 + 3 * udp_)
        gre = ip(VIP, CLIENT) / GRE() / Raw(b"12345678")
        s.drops(CLIENTS, LINK / ip(router, VIP) / ICMP(type=3) / Raw(bytes(gre)), "icmp_unmatched", 3 + 3 * udp_)
    s.note("Errors don't keep a connection alive.")
    s.add("time +30001ms")
    s.drops(BACKENDS, unknown, "icmp_unmatched", 7)
    s.note("A TTL that has run out.")
    reply = ip(VIP, CLIENT) / TCP(sport=443, dport=40000, flags="A")
    dying = LINK / ip(router, VIP, ttl=1) / ICMP(type=3) / Raw(quote(reply, False))
    s.drops(CLIENTS, dying, "ttl", 1)
    return s


def quote(packet: Packet, whole: bool) -> bytes:
    """What an ICMP error quotes: all of a UDP packet; of a TCP packet its IP header and 8 bytes, without checksum."""
    data = bytes(packet)
    return data if whole else data[:28]


def policy() -> Script:
    s = configured("What isn't balanced: passed or dropped by `policy`.")
    kinds = {
        "fragment": (ip(CLIENT, VIP, flags="MF") / UDP(sport=1, dport=2) / Raw(b"x" * 24),
                     ip(CLIENT, VIP, frag=4, proto=17) / Raw(b"y" * 24)),
        "ipv4_options": (ip(CLIENT, VIP, options=[b"\x01\x01\x01\x00"]) / UDP(sport=1, dport=2),),
        "icmp": (ip(CLIENT, VIP) / ICMP(type=8), ip(CLIENT, VIP) / ICMP(type=4)),
        "ipv6": (IPv6(src="2001:db8::7", dst="2001:db8::1") / UDP(sport=1, dport=2),),
        "arp": (ARP(psrc=CLIENT, pdst=VIP),),
        "other": (ip(CLIENT, VIP) / GRE() / Raw(b"t"),),
        "no_service": (ip(CLIENT, VIP) / TCP(sport=1, dport=80, flags="S"), ip(CLIENT, VIP) / UDP(sport=1, dport=443)),
    }  # fmt: skip
    s.note("Without entries in `policy`, all of it is dropped.")
    for kind, some in kinds.items():
        for i, layers in enumerate(some):
            s.drops(CLIENTS, LINK / layers, kind, i + 1)
    own = LINK / ip(BACKEND[0], CLIENT) / UDP(sport=1, dport=2)
    s.drops(BACKENDS, own, "no_connection", 1)
    s.note("Let through as it is.")
    for kind, some in kinds.items():
        s.add(f"add policy traffic:{kind} let_through()")
        for layers in some:
            s.passes(CLIENTS, LINK / layers, BACKENDS, LINK / layers)
    s.add("add policy traffic:no_connection let_through()")
    s.passes(BACKENDS, own, CLIENTS, own)
    s.note("TTL, broken headers, a frame cut short, an unknown port, a protocol without cells.")
    syn = TCP(sport=40000, dport=443, flags="S")
    s.drops(CLIENTS, LINK / ip(CLIENT, VIP, ttl=1) / syn, "ttl", 1)
    good = bytes(LINK / ip(CLIENT, VIP) / syn)
    for i, frame in enumerate((good[:14] + b"\x65" + good[15:], good[:14] + b"\x44" + good[15:], good[:50])):
        s.drops(CLIENTS, frame, "malformed", i + 1)
    s.drops(5, good, "no_interface", 1)
    return s


def routed() -> Script:
    s = Script("As a router between two networks: MAC addresses are set for the next hop.")
    lb, client_hop, server_hop = "02:00:00:00:00:aa", "02:00:00:00:00:01", "02:00:00:00:00:02"
    s.add(
        f"add interfaces port:1 clients_via(port:0, source_mac:{lb}, next_hop_mac:{server_hop})",
        f"add interfaces port:0 servers_via(port:1, source_mac:{lb}, next_hop_mac:{client_hop})",
        "add protocols protocol:tcp remember(first_cell:0, cell_mask:0xff, timeout_ns:900000000000)",
        f"add services 1 address:{VIP} balance(first_backend:2, count:1)",
        f"add backends backend:2 backend(address:{BACKEND[2]}, port:8443)",
    )
    syn, answer = TCP(sport=40000, dport=443, flags="S"), TCP(sport=8443, dport=40000, flags="SA")
    out = Ether(src=lb, dst=server_hop) / ip(CLIENT, BACKEND[2], ttl=63) / with_ports(syn, dport=8443)
    s.passes(CLIENTS, LINK / ip(CLIENT, VIP) / syn, BACKENDS, out)
    out = Ether(src=lb, dst=client_hop) / ip(VIP, CLIENT, ttl=63) / with_ports(answer, sport=443)
    s.passes(BACKENDS, LINK / ip(BACKEND[2], CLIENT) / answer, CLIENTS, out)
    s.note("UDP has no cells here; a service whose backend is not configured serves nobody.")
    s.drops(CLIENTS, LINK / ip(CLIENT, VIP) / UDP(sport=1, dport=2), "other", 1)
    s.add(f"add services 9 address:{VIP2} balance(first_backend:9, count:1)")
    s.drops(CLIENTS, LINK / ip(CLIENT, VIP2) / syn, "no_service", 1)
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "tcp": tcp,
    "udp": udp,
    "least_loaded": least_loaded,
    "exhaustion": exhaustion,
    "collisions": collisions,
    "icmp_errors": icmp_errors,
    "policy": policy,
    "routed": routed,
}
