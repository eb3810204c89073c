"""The packet tests of nf_programs/kv_cache/tests. Answers are built by scapy from what the store has said."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

CLIENT, STORE, OTHER = "198.51.100.5", "203.0.113.1", "203.0.113.77"
PORT, KV = 40000, 9009
TO_STORE = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
TO_CLIENT = Ether(src="02:00:00:00:00:07", dst="02:00:00:00:00:05")
GET, SET, DELETE, ANSWER = 1, 2, 3, 0x80
LEASE_S = 10
IDLE_S = 30


def message(op: int, key: str, *, ident: int = 7, status: int = 0, version: int = 0, value: bytes = b"") -> bytes:
    filled = value + bytes(-len(value) % 16)
    return struct.pack(">HBBI16sQH", 0x4B56, op, status, ident, key.encode(), version, len(value)) + filled


def to_store(payload: bytes, *, server: str = STORE, chksum: int | None = None, size: int | None = None) -> Packet:
    udp = UDP(sport=PORT, dport=KV, chksum=chksum, len=size)
    return TO_STORE / IP(src=CLIENT, dst=server, ttl=57) / udp / Raw(payload)


def to_client(payload: bytes, *, ttl: int = 60, chksum: int | None = None) -> Packet:
    udp = UDP(sport=KV, dport=PORT, chksum=chksum)
    return TO_CLIENT / IP(src=STORE, dst=CLIENT, ttl=ttl) / udp / Raw(payload)


@dataclass
class Test:
    """A cache in front of one store, where three GETs make a key hot."""

    s: Script
    hot: int = 3

    def __post_init__(self) -> None:
        self.s.add("add interfaces port:1 clients(port:0)", "add interfaces port:0 stores_side(port:1)")
        self.s.add(f"add stores address:{STORE} cache(lease_ns:{LEASE_S * 10**9}, hot:{self.hot})")

    def asks(self, payload: bytes, seen: str = "", count: int = 0, *, server: str = STORE) -> None:
        """The request goes to the store."""
        frame = to_store(payload, server=server)
        self.s.passes(INSIDE, frame, OUTSIDE, frame)
        if seen:
            self.s.add(f"check_counter gets({seen}) packets = {count}")

    def says(self, payload: bytes, seen: str, count: int) -> None:
        """The store's answer goes to the client."""
        frame = to_client(payload)
        self.s.passes(OUTSIDE, frame, INSIDE, frame)
        self.s.add(f"check_counter answers({seen}) packets = {count}")

    def is_answered(self, key: str, version: int, value: bytes, *, ident: int = 7, chksum: int | None = None) -> None:
        """The GET is answered by the cache, back by the port that it came in by."""
        answer = message(GET | ANSWER, key, ident=ident, version=version, value=value)
        frame = to_client(answer, ttl=64, chksum=chksum)
        self.s.passes(INSIDE, to_store(message(GET, key, ident=ident), chksum=chksum), INSIDE, frame)

    def learns(self, key: str, version: int, value: bytes, learnt: int = 1) -> None:
        """Three GETs make the key hot, and the answer to the last makes a copy."""
        for _ in range(self.hot):
            self.asks(message(GET, key))
        self.says(message(GET | ANSWER, key, version=version, value=value), "learnt", learnt)


def values() -> Script:
    t = Test(Script("A hot key is answered by the cache: values of all lengths, checksums, what isn't hot."))
    t.asks(message(GET, "cold"), "missed", 1)
    t.says(message(GET | ANSWER, "cold", version=1, value=b"x" * 16), "cold", 1)
    t.asks(message(GET, "cold"), "missed", 2)
    t.says(message(GET | ANSWER, "cold", version=1, value=b"x" * 16), "cold", 2)
    t.s.note("The third time in an interval it is hot.")
    t.asks(message(GET, "cold"), "missed", 3)
    t.says(message(GET | ANSWER, "cold", version=1, value=b"x" * 16), "learnt", 1)
    t.is_answered("cold", 1, b"x" * 16)
    for number, size in enumerate((0, 1, 15, 16, 17, 33, 48, 49, 64)):
        value = bytes(range(1, size + 1))
        t.learns(f"size {size}", 5, value, 2 + number)
        t.is_answered(f"size {size}", 5, value, ident=0xFFFFFFFF)
    t.s.note("Without a UDP checksum the answer has none, either.")
    t.is_answered("cold", 1, b"x" * 16, chksum=0)
    t.s.add("check_counter gets(answered) packets = 11")
    t.s.note("A request that was damaged on its way gets an answer whose checksum is wrong by as much.")
    t.s.send(INSIDE, to_store(message(GET, "cold"), chksum=wrong(to_store(message(GET, "cold")))))
    bad = to_client(message(GET | ANSWER, "cold", version=1, value=b"x" * 16), ttl=64)
    bad[UDP].chksum = wrong(bad)
    t.s.expect(INSIDE, bad)
    t.s.note("Values of more than 64 bytes are never held; nor is an error.")
    for n in range(3):
        t.asks(message(GET, "long"), "missed", 3 + 9 * 3 + n + 1)
    t.says(message(GET | ANSWER, "long", version=1, value=b"y" * 65), "no_value", 1)
    t.says(message(GET | ANSWER, "long", status=1), "no_value", 2)
    t.says(message(SET | ANSWER, "long", status=9), "no_value", 3)
    t.s.note("The same key of another store is another record.")
    t.s.add(f"add stores address:{OTHER} cache(lease_ns:1000, hot:3)")
    t.asks(message(GET, "cold"), "missed", 34, server=OTHER)
    return t.s


def wrong(frame: Packet) -> int:
    """A UDP checksum that is one more than the right one."""
    right = Ether(bytes(frame))[UDP].chksum
    return right % 0xFFFF + 1


def coherence() -> Script:
    t = Test(Script("A change makes the copy invalid until the store's answer to it is back; the latest version wins."))
    t.learns("k", 1, b"one")
    t.is_answered("k", 1, b"one")
    t.s.note("While the SET is under way the store answers. Its answer brings the new value.")
    t.asks(message(SET, "k", value=b"two"))
    t.asks(message(GET, "k"), "invalid", 1)
    t.says(message(SET | ANSWER, "k", version=2, value=b"two"), "written", 1)
    t.is_answered("k", 2, b"two")
    t.s.note("An answer that was under way before changes nothing.")
    t.says(message(GET | ANSWER, "k", version=1, value=b"one"), "late", 1)
    t.says(message(DELETE | ANSWER, "k", version=1), "late", 2)
    t.is_answered("k", 2, b"two")
    t.s.note("The SET's answer gets lost: the next GET's answer tells what holds now.")
    t.asks(message(SET, "k", value=b"three"))
    t.asks(message(GET, "k"), "invalid", 2)
    t.says(message(GET | ANSWER, "k", version=3, value=b"three"), "written", 2)
    t.is_answered("k", 3, b"three")
    t.s.note("A SET that the store refuses: the copy stays invalid until it is confirmed.")
    t.asks(message(SET, "k", value=b"four"))
    t.says(message(SET | ANSWER, "k", status=2, version=3), "removed", 1)
    t.asks(message(GET, "k"), "invalid", 3)
    t.says(message(GET | ANSWER, "k", version=3, value=b"three"), "confirmed", 1)
    t.is_answered("k", 3, b"three")
    t.s.note("DELETE: gone, until somebody sets it again. The largest version is the last.")
    t.asks(message(DELETE, "k"))
    t.asks(message(GET, "k"), "invalid", 4)
    t.says(message(DELETE | ANSWER, "k", version=4), "removed", 2)
    t.says(message(GET | ANSWER, "k", status=1, version=4), "removed", 3)
    t.asks(message(GET, "k"), "invalid", 5)
    t.asks(message(SET, "k", value=b"last"))
    t.says(message(SET | ANSWER, "k", version=2**64 - 1, value=b"last"), "written", 3)
    t.is_answered("k", 2**64 - 1, b"last")
    t.s.note("A value that has become too long; a SET in fragments, of which the first has the key.")
    t.asks(message(SET, "k", value=b"y" * 65))
    t.says(message(SET | ANSWER, "k", version=2**64 - 1, value=b"y" * 65), "removed", 4)
    t.learns("f", 1, b"one", 2)
    segment = bytes(to_store(message(SET, "f", value=b"z" * 700))[UDP])
    for offset, part in ((0, segment[:400]), (50, segment[400:])):
        frame = TO_STORE / IP(src=CLIENT, dst=STORE, proto=17, flags="" if offset else "MF", frag=offset) / Raw(part)
        t.s.passes(INSIDE, frame, OUTSIDE, frame) if offset == 0 else t.s.drops(INSIDE, frame, "other_ipv4", 1)
    t.asks(message(GET, "f"), "invalid", 6)
    return t.s


def time() -> Script:
    t = Test(Script("The lease, the idle timeout, and the intervals in which GETs are counted."))
    t.s.add(f"time {8 << 30}ns")
    t.learns("k", 1, b"one")
    t.s.note("The lease runs from the store's last word. An answer restarts it, a hit doesn't.")
    t.s.add("time +10s")
    t.is_answered("k", 1, b"one")
    t.s.add("time +1ns")
    t.asks(message(GET, "k"), "lease_over", 1)
    t.says(message(GET | ANSWER, "k", version=1, value=b"one"), "confirmed", 1)
    t.is_answered("k", 1, b"one")
    t.s.note("Nobody asks for 30 s: forgotten just after.")
    t.s.add("time +30s")
    t.asks(message(GET, "k"), "lease_over", 2)
    t.s.add("time +1ns")
    t.asks(message(GET, "k"), "missed", 4)
    t.says(message(GET | ANSWER, "k", version=1, value=b"one"), "cold", 1)
    t.s.note("GETs of two intervals don't add up.")
    t.s.add(f"time {100 * (1 << 30) - 1}ns")
    t.asks(message(GET, "slow"), "missed", 5)
    t.asks(message(GET, "slow"), "missed", 6)
    t.s.add(f"time {100 * (1 << 30)}ns")
    t.asks(message(GET, "slow"), "missed", 7)
    t.says(message(GET | ANSWER, "slow", version=1, value=b"x"), "cold", 2)
    t.asks(message(GET, "slow"), "missed", 8)
    t.asks(message(GET, "slow"), "missed", 9)
    t.s.note("An answer that comes in the next interval finds nothing that was counted in it.")
    t.s.add(f"time {101 * (1 << 30)}ns")
    t.says(message(GET | ANSWER, "slow", version=1, value=b"x"), "cold", 3)
    return t.s


def table_full() -> Script:
    s = Script("A full table: no copy is made, and nothing else changes.")
    s.add("define ITEMS=1")
    t = Test(s, hot=1)
    t.learns("a", 1, b"one")
    t.asks(message(GET, "b"), "missed", 2)
    t.says(message(GET | ANSWER, "b", version=1, value=b"two"), "table_full", 1)
    t.asks(message(GET, "b"), "missed", 3)
    t.is_answered("a", 1, b"one")
    return t.s


def policy() -> Script:
    t = Test(Script("What is no message of a known store, and messages that can't be."))
    other = to_store(message(GET, "k"), server=OTHER)
    t.s.drops(INSIDE, other, "other_store", 1)
    t.s.add("add policy traffic:other_store let_through()", "add policy traffic:arp let_through()")
    t.s.passes(INSIDE, other, OUTSIDE, other)
    t.s.note("A client on the stores' side, a store on the clients': not ours.")
    t.s.passes(OUTSIDE, to_store(message(GET, "k")), INSIDE, to_store(message(GET, "k")))
    t.s.passes(INSIDE, to_client(message(GET | ANSWER, "k")), OUTSIDE, to_client(message(GET | ANSWER, "k")))
    arp = TO_STORE / ARP(psrc=CLIENT, pdst=STORE)
    t.s.passes(INSIDE, arp, OUTSIDE, arp)
    t.s.drops(INSIDE, TO_STORE / IPv6() / UDP(sport=PORT, dport=KV), "ipv6", 1)
    t.s.drops(INSIDE, TO_STORE / IP(src=CLIENT, dst=STORE) / TCP(dport=KV), "other_ipv4", 1)
    t.s.drops(INSIDE, TO_STORE / IP(src=CLIENT, dst=STORE) / UDP(sport=PORT, dport=53), "other_ipv4", 2)
    options = IP(src=CLIENT, dst=STORE, options=[b"\x01\x01\x01\x00"]) / UDP(sport=PORT, dport=KV)
    t.s.drops(INSIDE, TO_STORE / options / Raw(message(SET, "k")), "ipv4_options", 1)
    t.s.drops(INSIDE, bytes(12) + b"\x88\xcc" + bytes(40), "other", 1)
    t.s.drops(5, other, "no_interface", 1)
    t.s.note("Malformed: magic, operation, a GET with a value, lengths that don't agree, cut headers.")
    good = message(SET, "k", value=b"v" * 16)
    whole = bytes(to_store(good))
    broken = [
        to_store(b"XV" + good[2:]),
        to_store(good[:2] + b"\x04" + good[3:]),
        to_store(good[:2] + b"\x82" + good[3:]),
        to_store(good[:2] + b"\x01" + good[3:]),
        to_store(good + b"!"),
        to_store(good, size=60),
        to_store(message(SET, "k") + bytes(16)),
        to_store(good[:32] + b"\xff\xf1" + good[34:]),
        whole[:70],
        whole[:80],
        whole[:30],
    ]
    for n, frame in enumerate(broken):
        t.s.drops(INSIDE, frame, "malformed", n + 1)
    t.s.drops(OUTSIDE, to_client(message(GET, "k")), "malformed", len(broken) + 1)
    return t.s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "values": values,
    "coherence": coherence,
    "time": time,
    "table_full": table_full,
    "policy": policy,
}
