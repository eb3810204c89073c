"""The packet tests of nf_programs/dns_cache/tests. Messages and the cache's answers are built by scapy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRROPT
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

CLIENT, RESOLVER, OTHER = "198.18.0.5", "203.0.113.1", "203.0.113.77"
PORT = 40000
TO_RESOLVER = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
TO_CLIENT = Ether(src="02:00:00:00:00:07", dst="02:00:00:00:00:05")
MOST_TTL = 3600
ADDRESSES = {"A": "192.0.2.80", "AAAA": "2001:db8::80"}
EDNS = DNSRROPT(rclass=1232, z=0)


def question(name: str, kind: str = "A", *, ident: int = 7, edns: Packet | None = None, **dns: int) -> Packet:
    return DNS(id=ident, rd=1, qd=DNSQR(qname=name, qtype=kind), ar=edns, **dns)


def told(
    name: str, kind: str = "A", *, ttl: int = 60, ident: int = 7, edns: Packet | None = None, tc: int = 0
) -> Packet:
    """An answer with one address, of which the name is a pointer to the question's."""
    record = DNSRR(rrname=b"\xc0\x0c", type=kind, ttl=ttl, rdata=ADDRESSES[kind])
    return DNS(id=ident, qr=1, rd=1, ra=1, qd=DNSQR(qname=name, qtype=kind), an=record, ar=edns, tc=tc)


def to_resolver(message: Packet, *, server: str = RESOLVER, chksum: int | None = None) -> Packet:
    return TO_RESOLVER / IP(src=CLIENT, dst=server, ttl=57) / UDP(sport=PORT, dport=53, chksum=chksum) / message


def to_client(message: Packet, *, server: str = RESOLVER, ttl: int = 60, chksum: int | None = None) -> Packet:
    return TO_CLIENT / IP(src=server, dst=CLIENT, ttl=ttl) / UDP(sport=53, dport=PORT, chksum=chksum) / message


@dataclass
class Test:
    s: Script

    def __post_init__(self) -> None:
        self.s.add("add interfaces port:1 clients(port:0)", "add interfaces port:0 resolvers_side(port:1)")
        self.s.add(f"add resolvers address:{RESOLVER} cached(most_ttl:{MOST_TTL})")

    def asks(self, message: Packet, seen: str = "", count: int = 0) -> None:
        """The question goes to the resolver."""
        frame = to_resolver(message)
        self.s.passes(INSIDE, frame, OUTSIDE, frame)
        self.seen(seen, count)

    def says(self, message: Packet, seen: str = "", count: int = 0) -> None:
        """The resolver's answer goes to the client."""
        frame = to_client(message)
        self.s.passes(OUTSIDE, frame, INSIDE, frame)
        self.seen(seen, count)

    def seen(self, seen: str, count: int) -> None:
        if seen:
            self.s.add(f"check_counter cache({seen}) packets = {count}")

    def is_answered(self, asked: Packet, answer: Packet, *, chksum: int | None = None) -> None:
        """By the cache, back by the port that the question came in by."""
        self.s.passes(
            INSIDE, to_resolver(asked, chksum=chksum), INSIDE, to_client(answer, ttl=64, chksum=chksum)
        )  # fmt: skip


def answers() -> Script:
    t = Test(Script("Questions for A and AAAA: learnt from the resolver, then answered here."))
    t.asks(question("www.example.com"), "missed", 1)
    t.says(told("www.example.com"), "learnt", 1)
    t.is_answered(question("www.example.com", ident=9), told("www.example.com", ident=9))
    t.s.note("The other kind is another question; its name is even, so that its answer begins at an even byte.")
    for name in ("www.example.com", "ww.example.com"):
        for kind in ("A", "AAAA"):
            t.says(told(name, kind, ttl=77))
            for edns in (None, EDNS):
                t.is_answered(question(name, kind, edns=edns), told(name, kind, ttl=77, edns=edns))
    t.s.note("Letters of either case ask for one name, and come back as they were.")
    t.is_answered(question("wWw.ExAmPlE.COM"), told("wWw.ExAmPlE.COM", ttl=77))
    t.s.note("Without a UDP checksum the answer has none, either; a wrong one stays wrong by as much.")
    t.is_answered(question("www.example.com"), told("www.example.com", ttl=77), chksum=0)
    asked, answer = to_resolver(question("www.example.com")), to_client(told("www.example.com", ttl=77), ttl=64)
    t.s.passes(INSIDE, damaged(asked), INSIDE, damaged(answer))
    t.s.note("A question may say that it understands authenticated data, or not want recursion.")
    t.is_answered(question("www.example.com", ad=1), told("www.example.com", ttl=77))
    plain, reply = question("www.example.com"), told("www.example.com", ttl=77)
    plain.rd = reply.rd = 0
    t.is_answered(plain, reply)
    t.s.note("Names: of 1 to 31 bytes on the wire, so that each piece is there and missing; labels that begin alike.")
    names = (
        "",
        "a",
        "a.b",
        "ab",
        "abcdef",
        "abcdefghijklm",
        "abcdefghijklmn",
        "abcdefghijklmno",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    )
    for name in (*names, "abcdefghij.abcdefghij.abcdefg", "abcdefghijabcdefghijabcdefghi", "@`[{.\x7f"):
        t.asks(question(name))
        t.says(told(name, ttl=5))
        t.is_answered(question(name), told(name, ttl=5))
    t.s.note("Longer ones pass.")
    name = "abcdefghijabcdefghijabcdefghij"
    for _ in range(2):
        t.asks(question(name), "missed", 13)
        t.says(told(name))
    return t.s


def damaged(frame: Packet) -> Packet:
    """With a UDP checksum that is one more than the right one."""
    made = frame.copy()
    made[UDP].chksum = Ether(bytes(frame))[UDP].chksum % 0xFFFF + 1
    return made


def lifetime() -> Script:
    t = Test(Script("TTLs count down, end, are renewed; the largest that is believed; what the resolver takes back."))
    asked = question("www.example.com")
    t.s.add("time 100s")
    t.says(told("www.example.com", ttl=60), "learnt", 1)
    t.s.add("time 100999ms")
    t.is_answered(asked, told("www.example.com", ttl=60))
    t.s.add("time 101s")
    t.is_answered(asked, told("www.example.com", ttl=59))
    t.s.add("time 159s")
    t.is_answered(asked, told("www.example.com", ttl=1))
    t.s.add("time 160s")
    t.asks(asked, "outdated", 1)
    t.says(told("www.example.com", ttl=30), "renewed", 1)
    t.is_answered(asked, told("www.example.com", ttl=30))
    t.s.note("What can't be kept ends what was known: no such name, several addresses, a TTL of 0.")
    for n, other in enumerate((gone(), several(), told("www.example.com", ttl=0), told("www.example.com", tc=1))):
        t.says(other, "removed", n + 1)
        t.asks(asked, "outdated", n + 2)
        t.says(told("www.example.com", ttl=30), "renewed", n + 2)
    t.says(told("www.example.com", ttl=0x80000000), "removed", 5)
    t.s.note("No TTL is believed beyond an hour; nobody asks for ten minutes, and it is forgotten.")
    t.says(told("www.example.com", ttl=0x7FFFFFFF), "renewed", 6)
    t.s.add("time +600s")
    t.is_answered(asked, told("www.example.com", ttl=MOST_TTL - 600))
    t.s.add("time +600000000001ns")
    t.asks(asked, "missed", 1)
    t.says(gone(), "not_kept", 1)
    return t.s


def gone() -> Packet:
    return DNS(id=7, qr=1, rd=1, ra=1, rcode=3, qd=DNSQR(qname="www.example.com"))


def several() -> Packet:
    records = [DNSRR(rrname=b"\xc0\x0c", type="A", ttl=60, rdata=f"192.0.2.{n}") for n in (1, 2)]
    return DNS(id=7, qr=1, rd=1, ra=1, qd=DNSQR(qname="www.example.com"), an=records)


def table_full() -> Script:
    s = Script("A full table: nothing is learnt, and nothing else changes.")
    s.add("define ANSWERS=1")
    t = Test(s)
    t.says(told("a.example"), "learnt", 1)
    t.says(told("b.example"), "table_full", 1)
    t.asks(question("b.example"), "missed", 1)
    t.is_answered(question("a.example"), told("a.example"))
    return t.s


def passing() -> Script:
    t = Test(Script("What passes on: other questions, other servers, messages that aren't understood, broken headers."))
    t.says(told("www.example.com"), "learnt", 1)
    name = "www.example.com"
    unusual: list[Packet] = [
        question(name, "MX"),
        question(name, "TXT"),
        DNS(id=7, rd=1, qd=DNSQR(qname=name, qclass=3)),
        question(name, cd=1),
        question(name, opcode=5),
        question(name, edns=DNSRROPT(rclass=1232, z=0x8000)),
        question(name, edns=DNSRROPT(rclass=1232, version=1, z=0)),
        question(name) / Raw(b"behind"),
        Raw(bytes(question(name))[:20]),
        Raw(bytes(question(name))[:6]),
    ]
    for message in unusual:
        t.asks(message, "missed", 0)
    t.s.note("A byte 0 within a label, a pointer: no names that are kept, the start of none that is.")
    whole = bytes(question(name))
    for n, message in enumerate((whole[:14] + b"\0" + whole[15:], whole[:12] + b"\xc0\x0c\0\x01\0\x01")):
        t.asks(Raw(message), "missed", n + 1)
    whole = bytes(told(name))
    t.says(Raw(whole[:14] + b"\0" + whole[15:]), "not_kept", 0)
    t.s.note("Another server's, and the other way round.")
    for port, out, frame in (
        (INSIDE, OUTSIDE, to_resolver(question(name), server=OTHER)),
        (OUTSIDE, INSIDE, to_resolver(question(name))),
        (INSIDE, OUTSIDE, to_client(told(name))),
        (INSIDE, OUTSIDE, TO_RESOLVER / ARP(psrc=CLIENT, pdst=RESOLVER)),
        (INSIDE, OUTSIDE, TO_RESOLVER / IPv6() / UDP(dport=53) / question(name)),
        (INSIDE, OUTSIDE, TO_RESOLVER / IP(src=CLIENT, dst=RESOLVER) / TCP(dport=53, flags="S")),
        (INSIDE, OUTSIDE, TO_RESOLVER / IP(src=CLIENT, dst=RESOLVER, flags="MF") / UDP(dport=53) / question(name)),
    ):
        t.s.passes(port, frame, out, frame)
    t.s.add("add policy traffic:other_dns block()", "add policy traffic:ipv6 block()")
    t.s.drops(INSIDE, to_resolver(question(name, "MX")), "other_dns", 1)
    t.s.drops(INSIDE, TO_RESOLVER / IPv6() / UDP(), "ipv6", 1)
    t.s.note("A name of another server is not this one's; a record about another name is not the question's.")
    t.s.add(f"add resolvers address:{OTHER} cached(most_ttl:9)")
    frame = to_resolver(question(name), server=OTHER)
    t.s.passes(INSIDE, frame, OUTSIDE, frame)
    alias = told("x.example")
    alias.an = DNSRR(rrname="y.example", type="A", ttl=60, rdata="192.0.2.1")
    t.says(alias, "not_kept", 1)
    whole = bytes(to_resolver(question(name)))
    for n, cut in enumerate((whole[:30], whole[:40], whole[:41])):
        t.s.drops(INSIDE, cut, "malformed", n + 1)
    t.s.drops(5, whole, "no_interface", 1)
    t.is_answered(question(name), told(name))
    return t.s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "answers": answers,
    "lifetime": lifetime,
    "table_full": table_full,
    "passing": passing,
}
