"""The packet tests of nf_programs/ddos_mitigation/tests. Cookies are computed here, packets are built by scapy."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from stf_writer import Script
from syn_proxy_scripts import half_siphash

CLIENTS, SERVERS = 0, 1
CLIENT, STRANGER, SERVER, PROBE = "198.18.0.5", "198.18.0.6", "203.0.113.1", "203.0.113.7"
TO_SERVER = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
TO_CLIENT = Ether(src="02:00:00:00:00:07", dst="02:00:00:00:00:05")
PORT, WEB = 40000, 443
KEYS = (0x03020100, 0x07060504)
WINDOW_NS, SLOT_NS = 1 << 30, 1 << 36
ISN, M32 = 0xFFFFFFFF, 0xFFFFFFFF


def cookie_of(isn: int, *, slot: int = 0, src: str = CLIENT, port: int = PORT) -> int:
    ends = int(IPv4Address(src)), int(IPv4Address(SERVER)), port << 16 | WEB
    return (half_siphash(KEYS, struct.pack("<4IB", *ends, isn, slot % 32)) & 0x7FFFFFF) << 5 | slot % 32


def tcp(flags: str, seq: int = 1, ack: int = 0, *, src: str = CLIENT, dst: str = SERVER, **more: object) -> Packet:
    segment = TCP(sport=PORT, dport=WEB, flags=flags, seq=seq & M32, ack=ack & M32, **more)
    return TO_SERVER / IP(src=src, dst=dst, ttl=57) / segment


def udp(port: int = 5353, *, src: str = CLIENT, data: bytes = b"query") -> Packet:
    return TO_SERVER / IP(src=src, dst=SERVER, ttl=57) / UDP(sport=port, dport=53) / Raw(data)


def ping(src: str = CLIENT) -> Packet:
    return TO_SERVER / IP(src=src, dst=SERVER) / ICMP()


def answer(flags: str, seq: int, ack: int, *, src: str = CLIENT, left_over: bytes = b"") -> bytes:
    """What goes back to a client, with what is left behind the end of its IP packet."""
    segment = TCP(sport=WEB, dport=PORT, flags=flags, seq=seq & M32, ack=ack & M32, window=0)
    return bytes(TO_CLIENT / IP(src=SERVER, dst=src, ttl=64) / segment) + left_over


@dataclass
class Guarded:
    """A script that keeps count of verdicts."""

    script: Script
    began_ns: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def part(self, title: str) -> None:
        """What comes now is later than all timeouts, and in the first slot and a window's beginning again."""
        self.began_ns += 32 * SLOT_NS
        self.script.note(title)
        self.at(0)

    def at(self, ns: int) -> None:
        self.script.add(f"time {self.began_ns + ns}ns")

    def counted(self, verdict: str) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        self.script.add("no_packet", f"check_counter verdicts({verdict}) packets = {self.counts[verdict]}")

    def passes(self, frame: Packet, verdict: str, port: int = CLIENTS) -> None:
        self.script.send(port, frame)
        self.script.expect(SERVERS if port == CLIENTS else CLIENTS, frame)
        self.counted(verdict)

    def drops(self, frame: Packet | bytes, verdict: str, port: int = CLIENTS) -> None:
        self.script.send(port, frame)
        self.counted(verdict)

    def answers(self, frame: Packet, out: bytes, verdict: str) -> None:
        self.script.send(CLIENTS, frame)
        self.script.expect(CLIENTS, out)
        self.counted(verdict)

    def challenges(self, isn: int = ISN, *, slot: int = 0, src: str = CLIENT) -> int:
        cookie = cookie_of(isn, slot=slot, src=src)
        self.answers(tcp("S", isn, src=src), answer("SA", cookie, isn + 1, src=src), "challenged")
        return cookie

    def proves(self, cookie: int, isn: int = ISN, *, src: str = CLIENT) -> None:
        self.answers(tcp("A", isn + 1, cookie + 1, src=src), answer("R", cookie + 1, 0, src=src), "proven")


def guarded(title: str, *, suspect: int = 2, block: int = 4, defines: tuple[str, ...] = ()) -> Guarded:
    s = Script(title)
    s.add(*(f"define {d}" for d in ("ROW_BITS=8", *defines)))
    s.add("time 0ns")
    s.add("add interfaces port:0 clients(port:1)", "add interfaces port:1 servers(port:0)")
    for group, which in enumerate(("protocol:tcp", "protocol:udp", "")):
        limits = f"group:{group}, suspect:{suspect}, block:{block}, key0:{KEYS[0]:#x}, key1:{KEYS[1]:#x}"
        s.add(f"add guards {10 if which else 5} destination:{SERVER} {which} guard({limits})".replace("  ", " "))
    return Guarded(s)


def groups(g: Guarded) -> None:
    g.part("Up to the threshold all passes; sources and groups are counted by themselves.")
    for _ in range(2):
        g.passes(tcp("A"), "light")
        g.passes(udp(), "light")
        g.passes(ping(), "light")
        g.passes(tcp("S", src=STRANGER), "light")
    g.script.note("What servers send isn't counted, nor what isn't guarded.")
    reply = TO_CLIENT / IP(src=SERVER, dst=CLIENT) / TCP(sport=WEB, dport=PORT, flags="SA")
    for _ in range(3):
        g.passes(reply, "from_servers", SERVERS)
        g.passes(tcp("S", dst=PROBE), "unguarded")
    g.script.note("One more is one too many.")
    g.drops(tcp("A"), "unproven")
    g.drops(udp(), "first")
    g.drops(ping(), "over")
    g.script.note("A rule that is more important lets a destination alone.")
    g.script.add(f"add guards 20 destination:{SERVER} protocol:icmp ignore()")
    g.passes(ping(), "unguarded")


def windows(g: Guarded) -> None:
    g.part("A source that was a suspect in the last window is one still, and not in the one after.")
    for _ in range(2):
        g.passes(ping(), "light")
    g.drops(ping(), "over")
    g.script.note("The last moment of the window, and the next window's first.")
    g.at(WINDOW_NS - 1)
    g.drops(ping(), "over")
    g.at(WINDOW_NS)
    g.drops(ping(), "over")
    g.script.note("That was one packet of this window: two of the next pass.")
    g.at(2 * WINDOW_NS)
    for _ in range(2):
        g.passes(ping(), "light")
    g.drops(ping(), "over")
    g.script.note("A window without a packet: what its cells had before doesn't count.")
    g.at(4 * WINDOW_NS)
    for _ in range(2):
        g.passes(ping(), "light")


def blocklist(g: Guarded) -> None:
    g.part("Above the second threshold a source is blocked, for 60 s from then on.")
    for _ in range(2):
        g.passes(ping(), "light")
    for _ in range(2):
        g.drops(ping(), "over")
    g.drops(ping(), "caught")
    g.script.note("All that the source sends is dropped, and doesn't make the time longer; others are served.")
    g.drops(ping(), "blocked")
    g.drops(tcp("S"), "blocked")
    g.passes(ping(STRANGER), "light")
    g.script.note("What isn't guarded passes.")
    g.passes(tcp("S", dst=PROBE), "unguarded")
    g.at(60_000_000_000)
    g.drops(udp(), "blocked")
    g.at(60_000_000_001)
    g.passes(udp(), "light")
    g.script.note("It may be caught again.")
    for _ in range(2):
        g.passes(ping(), "light")
    for _ in range(2):
        g.drops(ping(), "over")
    g.drops(ping(), "caught")
    g.drops(ping(), "blocked")


def cookies(g: Guarded) -> None:
    g.part("A suspect's SYN is answered with a cookie; who sends it back is served for 600 s.")
    cookie = g.challenges()
    g.script.note("Wrong: another cookie, another number, other flags, another source.")
    g.drops(tcp("A", ISN + 1, cookie + 2), "unproven")
    g.drops(tcp("A", ISN + 2, cookie + 1), "unproven")
    for flags in ("SA", "RA", "FA", "R", "F", "", "SF", "SR"):
        g.drops(tcp(flags, ISN + 1, cookie + 1), "unproven")
    g.drops(tcp("A", ISN + 1, cookie + 1, src=STRANGER), "unproven")
    g.script.note("Right: the half-open connection is reset, and the next one goes to the server.")
    g.proves(cookie)
    g.passes(tcp("S", 7), "allowed")
    g.passes(tcp("A", 8, 100), "allowed")
    g.passes(udp(), "allowed")
    g.drops(tcp("A", src=STRANGER), "unproven")
    g.script.note("The time isn't made longer by packets.")
    g.at(600_000_000_000)
    g.passes(tcp("A", 8, 100), "allowed")
    g.at(600_000_000_001)
    slot = 600_000_000_001 // SLOT_NS
    g.drops(tcp("A", ISN + 1, cookie + 1), "unproven")
    g.proves(g.challenges(slot=slot))


def old_cookies(g: Guarded) -> None:
    g.part("A cookie holds to the end of the slot after its own; slots wrap.")
    g.at(31 * SLOT_NS)
    late, last = cookie_of(ISN, slot=31), cookie_of(ISN, slot=31, src=STRANGER)
    g.challenges(slot=31)
    g.challenges(slot=31, src=STRANGER)
    g.script.note("Of a slot to come.")
    g.drops(tcp("A", ISN + 1, cookie_of(ISN, slot=0) + 1), "unproven")
    g.at(33 * SLOT_NS - 1)
    g.proves(last, src=STRANGER)
    g.at(33 * SLOT_NS)
    g.drops(tcp("A", ISN + 1, late + 1), "unproven")


def segments(g: Guarded) -> None:
    g.part("Answers are segments of 20 bytes: options and data are left as padding.")
    cookie = cookie_of(5)
    syn = tcp("S", 5, options=[("MSS", 1460), ("NOP", None), ("NOP", None)], window=4000, urgptr=9, reserved=2)
    padding = bytes(syn[TCP])[20:]
    g.answers(syn, answer("SA", cookie, 6, left_over=padding), "challenged")
    data = tcp("PA", 6, cookie + 1) / Raw(b"GET /")
    g.answers(data, answer("R", cookie + 1, 0, left_over=b"GET /"), "proven")
    g.script.note("An allowed source isn't challenged, but blocked like any other.")
    for _ in range(48):
        g.passes(tcp("A", 6), "allowed")
    g.drops(tcp("A", 6), "caught")
    g.drops(tcp("A", 6), "blocked")


def udp_flows(g: Guarded) -> None:
    g.part("The first packet of a suspect's UDP flow is dropped, what follows passes.")
    g.drops(udp(), "first")
    g.passes(udp(data=b"again"), "repeated")
    g.drops(udp(5354), "first")
    g.drops(udp(src=STRANGER), "first")
    g.passes(udp(), "repeated")
    g.script.note("A flow is remembered to the end of the window after its last packet.")
    g.at(2 * WINDOW_NS - 1)
    g.passes(udp(), "repeated")
    g.at(3 * WINDOW_NS - 1)
    g.passes(udp(), "repeated")
    g.drops(udp(5354), "first")
    g.at(5 * WINDOW_NS)
    g.drops(udp(), "first")


def full_lists() -> Script:
    g = guarded("Lists that are full: nobody passes for that.", suspect=0, block=1, defines=("SOURCES=1",))
    g.drops(ping(), "over")
    g.drops(ping(), "caught")
    g.drops(ping(STRANGER), "over")
    g.drops(ping(STRANGER), "list_full")
    g.drops(ping(), "blocked")
    g.drops(ping(STRANGER), "list_full")
    g.script.note("The allowlist.")
    g.script.add(f"time {4 * SLOT_NS}ns", f"add guards 30 destination:{SERVER} guard(group:9, suspect:0, block:50, "
                 f"key0:{KEYS[0]:#x}, key1:{KEYS[1]:#x})")  # fmt: skip
    cookie, other = cookie_of(ISN, slot=4), cookie_of(ISN, slot=4, src=STRANGER)
    g.proves(cookie)
    g.drops(tcp("A", ISN + 1, other + 1, src=STRANGER), "list_full")
    g.passes(tcp("S"), "allowed")
    return g.script


def others(g: Guarded) -> None:
    g.part("What can't be challenged, what isn't IPv4, and what is malformed.")
    ip = {"src": CLIENT, "dst": SERVER}
    g.drops(TO_SERVER / IP(**ip, flags="MF") / TCP(flags="S"), "over")
    g.drops(TO_SERVER / IP(**ip, frag=7) / UDP(), "over")
    g.drops(TO_SERVER / IP(**ip, options=[b"\x01\x01\x01\x00"]) / UDP(), "over")
    g.drops(TO_SERVER / IP(**ip, proto=47), "over")
    g.drops(TO_SERVER / IPv6() / UDP(), "refused")
    g.drops(TO_SERVER / ARP(psrc="192.0.2.2"), "refused")
    g.script.add("add policy traffic:ipv6 let_through()", "add policy traffic:arp let_through()")
    g.passes(TO_SERVER / IPv6() / UDP(), "policy")
    g.passes(TO_CLIENT / ARP(psrc="192.0.2.2"), "policy", SERVERS)
    g.drops(Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07", type=0x88B5) / Raw(b"?"), "refused")
    g.drops(tcp("S"), "no_interface", 5)
    g.script.note("Malformed: lengths and offsets that don't agree, cut headers.")
    for offset in (4, 6):
        g.drops(tcp("S", dataofs=offset), "malformed")
    for at, value in ((14, 0x55), (14, 0x44), (17, 39)):
        broken = bytearray(bytes(tcp("S")))
        broken[at] = value
        g.drops(bytes(broken), "malformed")
    for length in (7, 14, 0xFFFF):
        query = udp()
        query[UDP].len = length
        g.drops(query, "malformed")
    for frame in (tcp("S"), udp()):
        for size in (20, 33, 34, 41):
            g.drops(bytes(frame)[:size], "malformed")


def thresholds() -> Script:
    g = guarded("Sources that send too much are suspects, those that send far too much are blocked.")
    windows(g)
    blocklist(g)
    groups(g)
    return g.script


def challenges() -> Script:
    g = guarded("Suspects have to show that they get what is sent to them.", suspect=0, block=50)
    cookies(g)
    old_cookies(g)
    segments(g)
    return g.script


def without_challenge() -> Script:
    g = guarded("Suspects that can't be asked: the first packets of UDP flows, and all else.", suspect=0, block=50)
    udp_flows(g)
    others(g)
    return g.script


SCRIPTS = {
    "thresholds": thresholds,
    "challenges": challenges,
    "without_challenge": without_challenge,
    "full_lists": full_lists,
}
