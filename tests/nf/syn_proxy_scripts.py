"""The packet tests of nf_programs/syn_proxy/tests. Cookies are computed here, packets are built by scapy."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

CLIENT, SERVER, OTHER = "198.18.0.5", "203.0.113.1", "192.0.2.9"
PORT, WEB, MAIL = 40000, 443, 25
TO_SERVER = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:07")
TO_CLIENT = Ether(src="02:00:00:00:00:07", dst="02:00:00:00:00:05")
KEYS = (0x03020100, 0x07060504)
SERVER_MSS = 1440
SIZES = (536, 1220, 1300, 1360, 1400, 1440, 1460, 8960)
SLOT_NS = 1 << 36
ISN, SERVER_ISN = 0xFFFFFFFF, 0x12345678
M32 = 0xFFFFFFFF


def half_siphash(key: tuple[int, int], data: bytes) -> int:
    """HalfSipHash-2-4 with 32 bits of output."""
    v = [key[0], key[1], 0x6C796765 ^ key[0], 0x74656462 ^ key[1]]

    def left(x: int, n: int) -> int:
        return (x << n | x >> (32 - n)) & M32

    def rounds(count: int) -> None:
        a, b, c, d = v
        for _ in range(count):
            a, c = (a + b) & M32, (c + d) & M32
            b, d = left(b, 5) ^ a, left(d, 8) ^ c
            a = left(a, 16)
            a, c = (a + d) & M32, (c + b) & M32
            d, b = left(d, 7) ^ a, left(b, 13) ^ c
            c = left(c, 16)
        v[:] = a, b, c, d

    filled = data + bytes(3 - len(data) % 4) + bytes([len(data) & 0xFF])
    for (word,) in struct.iter_unpack("<I", filled):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[1] ^ v[3]


def cookie_of(isn: int, *, slot: int = 0, mss: int = 536, port: int = PORT, server_port: int = WEB) -> int:
    tail = (slot % 32) << 3 | max(n for n, size in enumerate(SIZES) if size <= max(mss, 536))
    ends = int(IPv4Address(CLIENT)), int(IPv4Address(SERVER)), port << 16 | server_port
    return (half_siphash(KEYS, struct.pack("<4IB", *ends, isn, tail)) & 0xFFFFFF) << 8 | tail


@dataclass
class Ends:
    """The frames of one connection."""

    port: int = PORT
    server_port: int = WEB

    def client(self, flags: str, seq: int, ack: int = 0, data: bytes = b"", **tcp: object) -> Packet:
        segment = TCP(sport=self.port, dport=self.server_port, flags=flags, seq=seq & M32, ack=ack & M32, **tcp)
        return with_data(TO_SERVER / IP(src=CLIENT, dst=SERVER, ttl=57) / segment, data)

    def server(self, flags: str, seq: int, ack: int = 0, data: bytes = b"", ttl: int = 60, **tcp: object) -> Packet:
        segment = TCP(sport=self.server_port, dport=self.port, flags=flags, seq=seq & M32, ack=ack & M32, **tcp)
        return with_data(TO_CLIENT / IP(src=SERVER, dst=CLIENT, ttl=ttl) / segment, data)


def with_data(frame: Packet, data: bytes) -> Packet:
    return frame / Raw(data) if data else frame


def padded(frame: Packet, octets: bytes) -> bytes:
    """What is left behind the end of the IP packet of the frame that it was made of."""
    return bytes(frame) + octets


def configured(title: str, *, defines: tuple[str, ...] = ()) -> Script:
    s = Script(title)
    s.add(*(f"define {d}" for d in defines))
    s.add("add interfaces port:1 clients(port:0)", "add interfaces port:0 servers(port:1)")
    for port, first in ((WEB, 0), (MAIL, 1)):
        keys = f"key0:{KEYS[0]:#x}, key1:{KEYS[1]:#x}"
        s.add(
            f"add services 1 address:{SERVER} port:{port} "
            f"protect(server_first:{first}, server_mss:{SERVER_MSS}, {keys})"
        )
    return s


def cookie_for_syn(s: Script, ends: Ends, cookie: int, isn: int = ISN) -> None:
    s.passes(
        INSIDE,
        ends.client("S", isn),
        INSIDE,
        ends.server("SA", cookie, isn + 1, ttl=64, window=0, options=[("MSS", SERVER_MSS)]),
    )


def proves(s: Script, ends: Ends, cookie: int, *, isn: int = ISN, mss: int = 536, window: int = 8192) -> None:
    """The client's ACK becomes the SYN for the server."""
    s.passes(
        INSIDE,
        ends.client("A", isn + 1, cookie + 1, window=window),
        OUTSIDE,
        ends.client("S", isn, window=window, options=[("MSS", mss)]),
    )


def server_answers(s: Script, ends: Ends, cookie: int, *, isn: int = ISN, server_isn: int = SERVER_ISN) -> None:
    """The server's SYN+ACK, with its options, becomes an ACK that opens the window."""
    options = [("MSS", 1460), ("NOP", None), ("NOP", None)]
    s.passes(
        OUTSIDE,
        ends.server("SA", server_isn, isn + 1, window=5000, options=options),
        INSIDE,
        ends.server("A", cookie + 1, isn + 1, window=5000, options=options),
    )


def opened(s: Script, ends: Ends, *, isn: int = ISN, server_isn: int = SERVER_ISN, slot: int = 0) -> int:
    """A whole handshake; returns the cookie."""
    cookie = cookie_of(isn, port=ends.port, server_port=ends.server_port, slot=slot)
    cookie_for_syn(s, ends, cookie, isn)
    proves(s, ends, cookie, isn=isn)
    server_answers(s, ends, cookie, isn=isn, server_isn=server_isn)
    return cookie


def data_both_ways(s: Script, ends: Ends, cookie: int, *, isn: int = ISN, server_isn: int = SERVER_ISN) -> None:
    ask, tell = b"GET / HTTP/1.1", b"HTTP/1.1 200 OK"
    s.passes(
        INSIDE,
        ends.client("PA", isn + 1, cookie + 1, ask),
        OUTSIDE,
        ends.client("PA", isn + 1, server_isn + 1, ask),
    )
    s.passes(
        OUTSIDE,
        ends.server("PA", server_isn + 1, isn + 1 + len(ask), tell),
        INSIDE,
        ends.server("PA", cookie + 1, isn + 1 + len(ask), tell),
    )


def connection() -> Script:
    s = configured("A connection from the cookie to its end, and a new one on the same ports.")
    ends = Ends()
    cookie = opened(s, ends)
    s.add("check_counter handshakes(cookie) packets = 1", "check_counter handshakes(proven) packets = 1")
    s.add("check_counter handshakes(open) packets = 1")
    data_both_ways(s, ends, cookie)
    s.note("The server's SYN+ACK again, since it has not got an ACK yet: the window is opened once more.")
    server_answers(s, ends, cookie)
    s.add("check_counter handshakes(open) packets = 1")
    s.note("Sequence numbers wrap on either side of the proxy.")
    far = 0xFFFFFFF0
    s.passes(OUTSIDE, ends.server("A", far, 5), INSIDE, ends.server("A", far + cookie - SERVER_ISN, 5))
    s.passes(INSIDE, ends.client("A", 5, far + cookie), OUTSIDE, ends.client("A", 5, far + SERVER_ISN))
    s.note("FIN from both sides, and late packets.")
    s.passes(INSIDE, ends.client("FA", 20, cookie + 9), OUTSIDE, ends.client("FA", 20, SERVER_ISN + 9))
    s.passes(OUTSIDE, ends.server("FA", SERVER_ISN + 9, 21), INSIDE, ends.server("FA", cookie + 9, 21))
    s.passes(INSIDE, ends.client("A", 21, cookie + 10), OUTSIDE, ends.client("A", 21, SERVER_ISN + 10))
    s.note("The same ports again: the SYN gets a cookie, and its ACK begins anew.")
    again = opened(s, ends, isn=77, server_isn=0xFFFFFFFF)
    data_both_ways(s, ends, again, isn=77, server_isn=0xFFFFFFFF)
    s.note("RST from the client; one without ACK has nothing to be moved.")
    s.passes(INSIDE, ends.client("R", 90), OUTSIDE, ends.client("R", 90))
    s.passes(INSIDE, ends.client("RA", 90, again + 1), OUTSIDE, ends.client("RA", 90, 0))
    return s


def server_first() -> Script:
    s = configured("Where the server speaks first it gets its ACK from the proxy, and its greeting opens the window.")
    ends = Ends(server_port=MAIL)
    cookie = cookie_of(ISN, server_port=MAIL)
    cookie_for_syn(s, ends, cookie)
    proves(s, ends, cookie, window=4321)
    tail = [("MSS", 1460), ("NOP", None), ("NOP", None)]
    ack = TO_SERVER / IP(src=CLIENT, dst=SERVER, ttl=64)
    ack /= TCP(sport=PORT, dport=MAIL, flags="A", seq=0, ack=SERVER_ISN + 1, window=4321)
    for _ in range(2):
        # What was behind the first option lies behind the end of the packet now.
        s.passes(OUTSIDE, ends.server("SA", SERVER_ISN, 0, options=tail), OUTSIDE, padded(ack, b"\x01\x01\0\0"))
    hello = b"220 ready"
    s.passes(
        OUTSIDE,
        ends.server("PA", SERVER_ISN + 1, 0, hello),
        INSIDE,
        ends.server("PA", cookie + 1, 0, hello),
    )
    return s


def opening() -> Script:
    s = configured("What may go wrong between cookie and connection.")
    ends = Ends()
    cookie = cookie_of(ISN)
    cookie_for_syn(s, ends, cookie)
    proves(s, ends, cookie)
    s.note("The SYN to the server got lost: what the client sends asks once more; data lies behind its end.")
    syn = ends.client("S", ISN, window=8192, options=[("MSS", 536)])
    s.passes(INSIDE, ends.client("PA", 0, cookie + 1, b"early"), OUTSIDE, padded(syn, b"early"))
    s.add("check_counter handshakes(proven) packets = 1")
    s.note("Nothing else of the server passes before its SYN+ACK, nor one that acknowledges something else.")
    s.drops(OUTSIDE, ends.server("PA", SERVER_ISN, 0, b"early"), "not_open", 1)
    s.drops(OUTSIDE, ends.server("SA", SERVER_ISN, 1), "not_open", 2)
    s.drops(OUTSIDE, ends.server("R", SERVER_ISN), "not_open", 3)
    server_answers(s, ends, cookie)
    s.drops(OUTSIDE, ends.server("SA", SERVER_ISN + 1, 0), "not_open", 4)
    s.note("Refused: the RST comes with the number that the client expects. Then the cookie may come again.")
    refused = Ends(port=PORT + 1)
    cookie = cookie_of(ISN, port=PORT + 1)
    proves(s, refused, cookie)
    s.passes(OUTSIDE, refused.server("RA", 0, 0), INSIDE, refused.server("RA", cookie + 1, 0))
    s.add("check_counter handshakes(refused) packets = 1")
    proves(s, refused, cookie)
    s.note("The client gives up.")
    s.passes(INSIDE, refused.client("R", 0), OUTSIDE, refused.client("R", 0))
    return s


def cookies() -> Script:
    s = configured("Which cookies are right: keys, ends, numbers, segment sizes, time.")
    ends = Ends()
    for size in (0, 535, 536, 1219, 1220, 1300, 1360, 1400, 1439, 1440, 1460, 8959, 8960, 65535):
        cookie = cookie_of(ISN, mss=size)
        syn = ends.client("S", ISN, options=[("MSS", size)])
        answer = ends.server("SA", cookie, 0, ttl=64, window=0, options=[("MSS", SERVER_MSS)])
        s.passes(INSIDE, syn, INSIDE, answer)
    s.note("Other options follow, or come first: then 536 is taken for the size. They lie behind the answer's end.")
    timestamps = [("NOP", None), ("NOP", None), ("Timestamp", (1, 0))]
    cookie = cookie_of(ISN, mss=1460)
    answer = ends.server("SA", cookie, 0, ttl=64, window=0, options=[("MSS", SERVER_MSS)])
    syn = ends.client("S", ISN, options=[("MSS", 1460), *timestamps])
    s.passes(INSIDE, syn, INSIDE, padded(answer, bytes(syn)[-12:]))
    plain = ends.server("SA", cookie_of(ISN), 0, ttl=64, window=0, options=[("MSS", SERVER_MSS)])
    syn = ends.client("S", ISN, options=timestamps)
    s.passes(INSIDE, syn, INSIDE, padded(plain, bytes(syn)[-12:]))
    s.note("ECN's flags don't matter; a SYN's data is not kept.")
    s.passes(INSIDE, ends.client("SEC", ISN, data=b"early"), INSIDE, padded(plain, b"early"))
    s.note("One bit of anything is wrong.")
    wrong = [
        ends.client("A", ISN + 1, cookie),
        ends.client("A", ISN + 1, (cookie ^ 1 << 31) + 1),
        ends.client("A", ISN + 1, (cookie ^ 1) + 1),
        ends.client("A", ISN + 2, cookie + 1),
        Ends(port=PORT + 1).client("A", ISN + 1, cookie + 1),
        Ends(server_port=MAIL).client("A", ISN + 1, cookie + 1),
    ]
    for n, frame in enumerate(wrong):
        s.drops(INSIDE, frame, "bad_cookie", n + 1)
    proves(s, ends, cookie, mss=1460)
    s.note("A cookie holds to the end of the slot after its own. Slots wrap after 32.")
    for n, (slot, later, fresh) in enumerate(((31, 32, True), (31, 33, False), (64, 65, True), (70, 74, False))):
        pair = Ends(port=1000 + n)
        cookie = cookie_of(5, slot=slot, port=pair.port)
        s.add(f"time {slot * SLOT_NS}ns")
        cookie_for_syn(s, pair, cookie, 5)
        s.add(f"time {later * SLOT_NS + SLOT_NS - 1}ns")
        if fresh:
            proves(s, pair, cookie, isn=5)
        else:
            s.drops(INSIDE, pair.client("A", 6, cookie + 1), "old_cookie", n // 2 + 1)
    return s


def timeouts() -> Script:
    s = configured(
        "Connections that fall silent: while opening, open, closing; and a full table.", defines=("CONNECTIONS=1",)
    )
    ends = Ends()
    cookie = cookie_of(ISN)
    proves(s, ends, cookie)
    s.add("time +20s")
    server_answers(s, ends, cookie)
    other = Ends(port=PORT + 1)
    s.drops(INSIDE, other.client("A", ISN + 1, cookie_of(ISN, port=PORT + 1) + 1), "table_full", 1)
    s.note("Open: 7440 s after the last packet of either side. Then its packets are of no connection.")
    s.add("time +7440s")
    data_both_ways(s, ends, cookie)
    s.add("time +7440000000001ns")
    s.drops(OUTSIDE, ends.server("A", SERVER_ISN, 0), "no_connection", 1)
    s.drops(INSIDE, ends.client("A", 9, cookie + 1), "bad_cookie", 1)
    s.note("A FIN shortens it to 120 s.")
    slot = (1_000_000_000 + 20 * 10**9 + 2 * 7440 * 10**9 + 1) // SLOT_NS
    cookie = opened(s, ends, slot=slot)
    s.passes(OUTSIDE, ends.server("FA", SERVER_ISN + 9, 21), INSIDE, ends.server("FA", cookie + 9, 21))
    s.add("time +120000000001ns")
    s.drops(OUTSIDE, ends.server("A", SERVER_ISN, 0), "no_connection", 2)
    return s


def policy() -> Script:
    s = configured("What isn't proxied, broken headers, ICMP errors.")
    ends = Ends()
    away = TO_SERVER / IP(src=CLIENT, dst=OTHER) / TCP(sport=PORT, dport=WEB, flags="S")
    s.drops(INSIDE, away, "no_service", 1)
    s.add("add policy traffic:no_service let_through()", "add policy traffic:icmp let_through()")
    s.passes(INSIDE, away, OUTSIDE, away)
    s.drops(OUTSIDE, ends.server("A", 1, 1), "no_connection", 1)
    s.drops(OUTSIDE, ends.server("SA", 1, 1), "no_connection", 2)
    s.drops(INSIDE, TO_SERVER / IP(src=CLIENT, dst=SERVER, flags="MF") / TCP(dport=WEB), "fragment", 1)
    options = IP(src=CLIENT, dst=SERVER, options=[b"\x01\x01\x01\x00"]) / TCP(dport=WEB)
    s.drops(INSIDE, TO_SERVER / options, "ipv4_options", 1)
    s.drops(INSIDE, TO_SERVER / IPv6() / TCP(), "ipv6", 1)
    s.drops(INSIDE, TO_SERVER / ARP(), "arp", 1)
    s.drops(INSIDE, TO_SERVER / IP(src=CLIENT, dst=SERVER) / UDP(), "other", 1)
    s.drops(5, away, "no_interface", 1)
    s.note("Flags that no connection begins with.")
    for n, flags in enumerate(("SA", "SF", "SR", "R", "FA", "", "F", "RA")):
        s.drops(INSIDE, ends.client(flags, 1, 1), "bad_flags", n + 1)
    s.note("Malformed: offsets and lengths that don't agree, cut headers.")
    good = ends.client("S", 1, options=[("MSS", 1460)])
    whole = bytes(good)
    short = good.copy()
    short[IP].len = 43
    broken = [ends.client("S", 1, dataofs=4), ends.client("S", 1, dataofs=6), short, whole[:50], whole[:55], whole[:56]]
    broken.append(whole[:14] + b"\x55" + whole[15:])
    for n, frame in enumerate(broken):
        s.drops(INSIDE, frame, "malformed", n + 1)
    s.note("An ICMP error from the clients' side quotes the moved number; one from the servers' side the client's own.")
    cookie = opened(s, ends)
    s.passes(INSIDE, error_about(ends.server("A", cookie + 5, 9), TO_SERVER), OUTSIDE,
             error_about(ends.server("A", SERVER_ISN + 5, 9), TO_SERVER))  # fmt: skip
    about = error_about(ends.client("A", 9, 9), TO_CLIENT)
    s.passes(OUTSIDE, about, INSIDE, about)
    unknown = error_about(Ends(port=9).server("A", 5, 9), TO_SERVER)
    s.passes(INSIDE, unknown, OUTSIDE, unknown)
    return s


def error_about(frame: Packet, link: Packet) -> Packet:
    """Fragmentation needed, with the header and 8 bytes of the packet."""
    quoted = bytes(frame)[14 : 14 + 28]
    return link / IP(src="198.18.0.1", dst="203.0.113.1") / ICMP(type=3, code=4, nexthopmtu=1280) / Raw(quoted)


def known_answers() -> None:
    """Of HalfSipHash-2-4 with the key 00 01 .. 07, as its authors give them: of no byte, and of the byte 00."""
    assert struct.pack("<I", half_siphash(KEYS, b"")) == bytes.fromhex("a9359f5b")
    assert struct.pack("<I", half_siphash(KEYS, b"\0")) == bytes.fromhex("27475ab8")


known_answers()

SCRIPTS: dict[str, Callable[[], Script]] = {
    "connection": connection,
    "server_first": server_first,
    "opening": opening,
    "cookies": cookies,
    "timeouts": timeouts,
    "policy": policy,
}
