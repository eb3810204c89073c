"""The packet tests of nf_programs/nat/tests. What must come out is said here, not taken from a run."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from ipaddress import IPv4Address

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, GRE, Dot1Q, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

HOST, HOST2 = "10.0.0.5", "10.0.0.6"
WEB, DNS = "198.51.100.7", "192.0.2.53"
EXTERNAL = "203.0.113.1"
MAC_IN, MAC_NAT, MAC_OUT = "02:00:00:00:00:05", "02:00:00:00:00:aa", "02:00:00:00:00:07"
PROTO = {"tcp": 0, "udp": 1, "icmp": 2}
FIRST, MASK = 20_000, 0xFF


def candidates(addr: str, port: int, proto: str, first: int = FIRST, mask: int = MASK) -> list[int]:
    """The external ports that nat looks at for a flow, in order: CRC-32 (as in zlib) of address, port and protocol
    gives the first one and the step to the next."""
    h = zlib.crc32(IPv4Address(addr).packed + port.to_bytes(2, "big") + bytes([PROTO[proto]]))
    return [first + (((h & 0xFFFF) + i * (h >> 16 | 1)) & mask) for i in range(4)]


def port_of(addr: str, port: int, proto: str) -> int:
    return candidates(addr, port, proto)[0]


def ether(out: bool = True) -> Ether:
    return Ether(src=MAC_IN, dst=MAC_NAT) if out else Ether(src=MAC_OUT, dst=MAC_NAT)


def ip(src: str, dst: str, *, ttl: int = 64, **fields: object) -> IP:
    return IP(src=src, dst=dst, ttl=ttl, id=7, **fields)


def configured(title: str, *, mask: int = MASK, defines: tuple[str, ...] = ()) -> Script:
    script = Script(title)
    script.add(*(f"define {d}" for d in defines))
    script.add("add interfaces port:1 inside(port:0)", "add interfaces port:0 outside(port:1)")
    for proto in PROTO:
        script.add(
            f"add pools protocol:{proto} pool(address:{EXTERNAL}, first_port:{FIRST}, port_mask:{mask:#x}, "
            f"timeout_ns:timeout({proto}), profile:profile({proto}))"
        )
    return script


def tcp() -> Script:
    s = configured("TCP: both directions of a connection, and two hosts with the same source port.")
    ext = port_of(HOST, 40000, "tcp")
    out, back = ether() / ip(HOST, WEB), ether(False) / ip(WEB, EXTERNAL, ttl=50)
    s.note("Handshake: the first packet takes an external port.")
    syn = TCP(sport=40000, dport=443, flags="S", seq=1000, options=[("MSS", 1460)])
    s.passes(INSIDE, out / syn, OUTSIDE, ether() / ip(EXTERNAL, WEB, ttl=63) / with_port(syn, sport=ext))
    s.add("check_counter mappings(opened) packets = 1")
    answer = TCP(sport=443, dport=ext, flags="SA", seq=9000, ack=1001)
    s.passes(OUTSIDE, back / answer, INSIDE, ether(False) / ip(WEB, HOST, ttl=49) / with_port(answer, dport=40000))
    s.note("Data of odd length: checksums cover it, and it isn't looked at.")
    data = TCP(sport=40000, dport=443, flags="PA", seq=1001, ack=9001) / Raw(b"GET / HTTP/1.1\r\n\r")
    s.passes(INSIDE, out / data, OUTSIDE, ether() / ip(EXTERNAL, WEB, ttl=63) / with_port(data, sport=ext))
    s.note("To another peer: the mapping is the same (endpoint-independent), and lets that peer answer too.")
    other = TCP(sport=40000, dport=80, flags="S", seq=5)
    s.passes(
        INSIDE,
        ether() / ip(HOST, DNS) / other,
        OUTSIDE,
        ether() / ip(EXTERNAL, DNS, ttl=63) / with_port(other, sport=ext),
    )
    s.add("check_counter mappings(opened) packets = 1")
    s.note("Another host, same source port: another external port.")
    ext2 = port_of(HOST2, 40000, "tcp")
    assert ext2 != ext
    s.passes(
        INSIDE,
        ether() / ip(HOST2, WEB) / syn,
        OUTSIDE,
        ether() / ip(EXTERNAL, WEB, ttl=63) / with_port(syn, sport=ext2),
    )
    s.add(f"register_read slot_addr {ext2} = {int(IPv4Address(HOST2)):#x}", f"register_read slot_port {ext2} = 40000")
    s.note("Nobody owns this port; and to UDP, TCP's ports are unknown.")
    s.drops(OUTSIDE, back / TCP(sport=443, dport=19_999, flags="S"), "no_mapping", 1)
    s.drops(OUTSIDE, back / UDP(sport=443, dport=ext) / Raw(b"x"), "no_mapping", 2)
    return s


def with_port(packet: Packet, **fields: int) -> Packet:
    """A copy with other ports; its checksum is computed anew."""
    made = packet.copy()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def udp() -> Script:
    s = configured("UDP checksums: as usual, absent (0), and one that comes out as 0.")
    ext = port_of(HOST, 5353, "udp")
    out, nat = ether() / ip(HOST, DNS), ether() / ip(EXTERNAL, DNS, ttl=63)
    query = UDP(sport=5353, dport=53) / Raw(b"query")
    s.passes(INSIDE, out / query, OUTSIDE, nat / with_port(query, sport=ext))
    answer = UDP(sport=53, dport=ext) / Raw(b"answer!")
    s.passes(
        OUTSIDE,
        ether(False) / ip(DNS, EXTERNAL) / answer,
        INSIDE,
        ether(False) / ip(DNS, HOST, ttl=63) / with_port(answer, dport=5353),
    )
    s.note("No checksum stays no checksum, out and in.")
    bare = UDP(sport=5353, dport=53, chksum=0) / Raw(b"no sum")
    s.passes(INSIDE, out / bare, OUTSIDE, nat / with_port(bare, sport=ext))
    bare = UDP(sport=53, dport=ext, chksum=0) / Raw(b"no sum")
    s.passes(
        OUTSIDE,
        ether(False) / ip(DNS, EXTERNAL) / bare,
        INSIDE,
        ether(False) / ip(DNS, HOST, ttl=63) / with_port(bare, dport=5353),
    )
    s.note("The translated packet's checksum is 0, which is sent as 0xffff.")
    zero = nat / UDP(sport=ext, dport=53) / Raw(b"\0\0")
    word = Ether(bytes(zero))[UDP].chksum
    special = UDP(sport=5353, dport=53) / Raw(word.to_bytes(2, "big"))
    expected = nat / with_port(special, sport=ext)
    assert Ether(bytes(expected))[UDP].chksum == 0xFFFF
    s.passes(INSIDE, out / special, OUTSIDE, expected)
    return s


def icmp_echo() -> Script:
    s = configured("Ping: the identifier is translated like a port.")
    ext = port_of(HOST, 77, "icmp")
    request = ICMP(type=8, id=77, seq=3) / Raw(b"abcdefg")
    s.passes(
        INSIDE,
        ether() / ip(HOST, WEB) / request,
        OUTSIDE,
        ether() / ip(EXTERNAL, WEB, ttl=63) / (ICMP(type=8, id=ext, seq=3) / Raw(b"abcdefg")),
    )
    reply = ICMP(type=0, id=ext, seq=3) / Raw(b"abcdefg")
    s.passes(
        OUTSIDE,
        ether(False) / ip(WEB, EXTERNAL) / reply,
        INSIDE,
        ether(False) / ip(WEB, HOST, ttl=63) / (ICMP(type=0, id=77, seq=3) / Raw(b"abcdefg")),
    )
    s.note("A request from outside, even with an identifier in use; a reply from inside; a ping to the pool's address.")
    s.drops(OUTSIDE, ether(False) / ip(WEB, EXTERNAL) / ICMP(type=8, id=ext), "icmp_query", 1)
    s.drops(INSIDE, ether() / ip(HOST, WEB) / ICMP(type=0, id=77), "icmp_query", 2)
    s.drops(INSIDE, ether() / ip(HOST, EXTERNAL) / ICMP(type=8, id=77), "icmp_query", 3)
    s.note("A reply with an identifier that nobody owns; other kinds of ICMP are not translated.")
    s.drops(OUTSIDE, ether(False) / ip(WEB, EXTERNAL) / ICMP(type=0, id=4), "no_mapping", 1)
    s.drops(INSIDE, ether() / ip(HOST, WEB) / ICMP(type=10), "other_protocol", 1)
    return s


def hairpin() -> Script:
    s = configured("Hairpin: two inside hosts talk by the external address; packets go back inside.")
    ext1, ext2 = port_of(HOST, 1111, "udp"), port_of(HOST2, 2222, "udp")
    swapped = Ether(src=MAC_NAT, dst=MAC_IN)
    s.note("The second host opens a mapping by talking to somebody outside.")
    hello = UDP(sport=2222, dport=3478) / Raw(b"stun")
    s.passes(
        INSIDE,
        ether() / ip(HOST2, DNS) / hello,
        OUTSIDE,
        ether() / ip(EXTERNAL, DNS, ttl=63) / with_port(hello, sport=ext2),
    )
    s.note("The first host sends to it: both ends are translated. Then the other way round.")
    knock = UDP(sport=1111, dport=ext2) / Raw(b"knock")
    s.passes(
        INSIDE,
        ether() / ip(HOST, EXTERNAL) / knock,
        INSIDE,
        swapped / ip(EXTERNAL, HOST2, ttl=63) / with_port(knock, sport=ext1, dport=2222),
    )
    reply = UDP(sport=2222, dport=ext1) / Raw(b"who is there")
    s.passes(
        INSIDE,
        ether() / ip(HOST2, EXTERNAL) / reply,
        INSIDE,
        swapped / ip(EXTERNAL, HOST, ttl=63) / with_port(reply, sport=ext2, dport=1111),
    )
    s.note("To itself.")
    own = UDP(sport=1111, dport=ext1) / Raw(b"echo")
    s.passes(
        INSIDE,
        ether() / ip(HOST, EXTERNAL) / own,
        INSIDE,
        swapped / ip(EXTERNAL, HOST, ttl=63) / with_port(own, sport=ext1, dport=1111),
    )
    s.note("An ICMP error about such a packet is translated at both ends too.")
    seen = ip(EXTERNAL, HOST2, ttl=63) / with_port(knock, sport=ext1, dport=2222)
    sent = ip(HOST, EXTERNAL, ttl=63) / knock
    s.passes(
        INSIDE,
        ether() / ip(HOST2, EXTERNAL) / ICMP(type=3, code=3) / Raw(bytes(seen)),
        INSIDE,
        swapped / ip(EXTERNAL, HOST, ttl=63) / ICMP(type=3, code=3) / Raw(bytes(sent)),
    )
    s.note("To a port that nobody owns.")
    s.drops(INSIDE, ether() / ip(HOST, EXTERNAL) / UDP(sport=1111, dport=9) / Raw(b"?"), "no_mapping", 1)
    return s


def icmp_errors() -> Script:
    s = configured("ICMP errors: the packet that they quote is translated, with its checksums.")
    for proto, layer in {
        "udp": UDP(sport=1000, dport=53) / Raw(b"datagram"),
        "tcp": TCP(sport=1000, dport=53, flags="S", seq=1),
        "icmp": ICMP(type=8, id=1000, seq=1) / Raw(b"ping"),
    }.items():
        ext = port_of(HOST, 1000, proto)
        mapped = with_port(layer, id=ext) if proto == "icmp" else with_port(layer, sport=ext)
        _errors_from_outside(s, proto, layer, mapped)
        if proto != "icmp":
            _errors_from_inside(s, proto, ext)
    s.note("A quoted UDP checksum of 0 stays 0.")
    ext = port_of(HOST, 1000, "udp")
    seen = ip(EXTERNAL, DNS, ttl=60) / UDP(sport=ext, dport=53, chksum=0) / Raw(b"none")
    sent = ip(HOST, DNS, ttl=60) / UDP(sport=1000, dport=53, chksum=0) / Raw(b"none")
    s.passes(OUTSIDE, error_from_outside(seen), INSIDE, error_to_inside(sent))
    s.note("About a packet that nobody sent, in either direction; or with something that isn't translated in it.")
    s.drops(OUTSIDE, error_from_outside(ip(EXTERNAL, DNS) / UDP(sport=9, dport=53)), "icmp_unmatched", 1)
    s.drops(
        INSIDE,
        ether() / ip(HOST, DNS) / ICMP(type=3, code=3) / Raw(bytes(ip(DNS, HOST) / UDP(sport=53, dport=9))),
        "icmp_unmatched",
        2,
    )
    s.drops(OUTSIDE, error_from_outside(ip(EXTERNAL, DNS) / GRE() / Raw(b"12345678")), "other_protocol", 1)
    s.note("The quote is cut short; the quoted packet wasn't sent by the external address.")
    s.drops(OUTSIDE, ether(False) / ip(DNS, EXTERNAL) / ICMP(type=3) / Raw(bytes(seen)[:24]), "malformed", 1)
    s.drops(OUTSIDE, error_from_outside(ip(WEB, DNS) / UDP(sport=ext, dport=53)), "not_ours", 1)
    return s


ROUTER = "192.0.2.254"


def error_from_outside(quoted: Packet, keep: int = 200) -> Packet:
    return ether(False) / ip(ROUTER, EXTERNAL) / ICMP(type=11, code=0) / Raw(bytes(quoted)[:keep])


def error_to_inside(quoted: Packet, keep: int = 200) -> Packet:
    return ether(False) / ip(ROUTER, HOST, ttl=63) / ICMP(type=11, code=0) / Raw(bytes(quoted)[:keep])


def _errors_from_outside(s: Script, proto: str, layer: Packet, mapped: Packet) -> None:
    s.note(f"{proto}: the packet goes out, a router on its way complains. It quotes 8 bytes behind the IP header.")
    s.passes(INSIDE, ether() / ip(HOST, DNS) / layer, OUTSIDE, ether() / ip(EXTERNAL, DNS, ttl=63) / mapped)
    seen, sent = ip(EXTERNAL, DNS, ttl=1) / mapped, ip(HOST, DNS, ttl=1) / layer
    s.passes(OUTSIDE, error_from_outside(seen, 28), INSIDE, error_to_inside(sent, 28))


def _errors_from_inside(s: Script, proto: str, ext: int) -> None:
    s.note(f"{proto}: a packet comes in, the host refuses it.")
    make = UDP if proto == "udp" else TCP
    came = make(sport=53, dport=ext) / Raw(b"unwanted")
    arrived = with_port(came, dport=1000)
    s.passes(
        OUTSIDE,
        ether(False) / ip(DNS, EXTERNAL) / came,
        INSIDE,
        ether(False) / ip(DNS, HOST, ttl=63) / arrived,
    )
    refused = bytes(ip(DNS, HOST, ttl=63) / arrived)[:28]
    shown = bytes(ip(DNS, EXTERNAL, ttl=63) / came)[:28]
    s.passes(
        INSIDE,
        ether() / ip(HOST, DNS) / ICMP(type=3, code=3) / Raw(refused),
        OUTSIDE,
        ether() / ip(EXTERNAL, DNS, ttl=63) / ICMP(type=3, code=3) / Raw(shown),
    )


def expiry() -> Script:
    s = configured("A mapping lives until neither direction has used it for the timeout (UDP: 120 s).")
    ext = port_of(HOST, 7000, "udp")
    there, back = UDP(sport=7000, dport=53) / Raw(b"a"), UDP(sport=53, dport=ext) / Raw(b"b")
    out = (
        INSIDE,
        ether() / ip(HOST, DNS) / there,
        OUTSIDE,
        ether() / ip(EXTERNAL, DNS, ttl=63) / with_port(there, sport=ext),
    )
    into = (
        OUTSIDE,
        ether(False) / ip(DNS, EXTERNAL) / back,
        INSIDE,
        ether(False) / ip(DNS, HOST, ttl=63) / with_port(back, dport=7000),
    )
    s.passes(*out)
    s.note("Exactly the timeout later it is still there; each packet restarts it.")
    s.add("time +120s")
    s.passes(*into)
    s.add("time +120s")
    s.passes(*into)
    s.note("Answers alone kept it alive. The entry of `outbound` is gone, but the host gets the same port again.")
    s.passes(*out)
    s.add("check_counter mappings(opened) packets = 1", "check_counter mappings(resumed) packets = 1")
    s.note("An ICMP error doesn't keep it alive.")
    s.add("time +100s")
    quoted = ip(EXTERNAL, DNS) / with_port(there, sport=ext)
    s.passes(OUTSIDE, error_from_outside(quoted), INSIDE, error_to_inside(ip(HOST, DNS) / there))
    s.add("time +20000001us")
    s.drops(*into[:2], "no_mapping", 1)
    s.drops(OUTSIDE, error_from_outside(quoted), "icmp_unmatched", 1)
    s.note("After that it is opened anew, and lives from outbound packets alone.")
    s.passes(*out)
    s.add("check_counter mappings(opened) packets = 2", "time +120s")
    s.passes(*out)
    s.add("time +120s")
    s.passes(*into)
    s.add("check_counter mappings(opened) packets = 2")
    return s


def exhaustion() -> Script:
    s = configured("A pool of four ports: the fifth flow finds none, until one expires.", mask=3)
    flows = [(HOST, 6000 + i) for i in range(5)]
    taken: dict[tuple[str, int], int] = {}
    for flow in flows[:4]:
        free = [p for p in candidates(*flow, "udp", mask=3) if p not in taken.values()]
        taken[flow] = free[0]
        s.add("time +1s")
        _small_udp(s, flow, taken[flow])
    s.note("All four candidates belong to others.")
    addr, port = flows[4]
    there = UDP(sport=port, dport=53) / Raw(b"m")
    s.drops(INSIDE, ether() / ip(addr, DNS) / there, "exhausted", 1)
    s.note("The second flow stays busy, the first one's mapping expires: its port is taken over.")
    s.add("time +117s")
    _small_udp(s, flows[1], taken[flows[1]])
    s.drops(INSIDE, ether() / ip(addr, DNS) / there, "exhausted", 2)
    s.add("time +1us")
    _small_udp(s, flows[2], taken[flows[2]])
    _small_udp(s, flows[3], taken[flows[3]])
    _small_udp(s, flows[4], taken[flows[0]])
    s.note("The port's packets now go to the new owner; the old one finds the pool exhausted.")
    back = UDP(sport=53, dport=taken[flows[0]]) / Raw(b"n")
    s.passes(
        OUTSIDE,
        ether(False) / ip(DNS, EXTERNAL) / back,
        INSIDE,
        ether(False) / ip(DNS, addr, ttl=63) / with_port(back, dport=port),
    )
    s.drops(INSIDE, ether() / ip(HOST, DNS) / (UDP(sport=6000, dport=53) / Raw(b"o")), "exhausted", 3)
    return s


def _small_udp(s: Script, flow: tuple[str, int], ext: int) -> None:
    addr, port = flow
    there = UDP(sport=port, dport=53) / Raw(b"m")
    s.passes(
        INSIDE,
        ether() / ip(addr, DNS) / there,
        OUTSIDE,
        ether() / ip(EXTERNAL, DNS, ttl=63) / with_port(there, sport=ext),
    )


def table_full() -> Script:
    s = configured(
        "No room for a mapping: the packet is dropped, and its slot stays free.", defines=("OUTBOUND_SIZE=2",)
    )
    for port in (1, 2):
        _small_udp(s, (HOST, port), port_of(HOST, port, "udp"))
    there = UDP(sport=3, dport=53) / Raw(b"m")
    s.drops(INSIDE, ether() / ip(HOST, DNS) / there, "table_full", 1)
    slot = (PROTO["udp"] << 16) + port_of(HOST, 3, "udp")
    s.add(f"register_read slot_last {slot} = 0", "check_counter mappings(opened) packets = 2")
    return s


def policy() -> Script:
    s = configured("What isn't translated: passed or dropped by `policy`, or dropped for good.")
    fragment = ip(HOST, WEB, flags="MF") / UDP(sport=1, dport=2) / Raw(b"x" * 24)
    later = IP(src=HOST, dst=WEB, id=7, frag=4, proto=17) / Raw(b"y" * 24)
    v6 = ether() / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=1, dport=2) / Raw(b"six")
    arp = ether() / ARP(hwsrc=MAC_IN, psrc=HOST, pdst="10.0.0.1")
    gre = ether() / ip(HOST, WEB) / GRE() / Raw(b"tunnel")
    vlan = ether() / Dot1Q(vlan=5) / ip(HOST, WEB) / UDP(sport=1, dport=2)
    kinds = {
        "fragment": (ether() / fragment, ether() / later),
        "ipv6": (v6,),
        "arp": (arp,),
        "other_protocol": (gre,),
        "other_ethertype": (vlan,),
    }
    s.note("Without entries in `policy`, all of it is dropped.")
    for kind, frames in kinds.items():
        for i, frame in enumerate(frames):
            s.drops(INSIDE, frame, kind, i + 1)
    s.note("Let through, unchanged, in both directions.")
    for kind, frames in kinds.items():
        s.add(f"add policy traffic:{kind} let_through()")
        for frame in frames:
            s.passes(INSIDE, frame, OUTSIDE, frame)
            s.passes(OUTSIDE, frame, INSIDE, frame)
    s.note("IP options, a TTL that ends here, broken headers, a frame cut short, an unknown port.")
    options = ether() / IP(src=HOST, dst=WEB, options=[b"\x01\x01\x01\x00"]) / UDP(sport=1, dport=2)
    s.drops(INSIDE, options, "ip_options", 1)
    s.drops(INSIDE, ether() / ip(HOST, WEB, ttl=1) / UDP(sport=1, dport=2), "ttl", 1)
    s.drops(INSIDE, ether() / ip(HOST, WEB, ttl=0) / UDP(sport=1, dport=2), "ttl", 2)
    good = bytes(ether() / ip(HOST, WEB) / UDP(sport=1, dport=2) / Raw(b"good"))
    s.drops(INSIDE, good[:14] + b"\x65" + good[15:], "malformed", 1)
    s.drops(INSIDE, good[:14] + b"\x44" + good[15:], "malformed", 2)
    for i, length in enumerate((14, 33, 41)):
        s.drops(INSIDE, good[:length], "malformed", 3 + i)
    s.drops(5, good, "no_interface", 1)
    s.note("From outside, to an address that isn't the pool's.")
    s.drops(OUTSIDE, ether(False) / ip(WEB, HOST) / UDP(sport=1, dport=2), "not_ours", 1)
    return s


def routed() -> Script:
    """`_via` interfaces set MAC addresses; a protocol without a pool is dropped."""
    s = Script("Interfaces that set MAC addresses, as a router does; a protocol without a pool.")
    up, down = "02:00:00:00:0a:01", "02:00:00:00:0b:01"
    peer, host = "02:00:00:00:0a:02", "02:00:00:00:0b:02"
    s.add(f"add interfaces port:1 inside_via(port:0, source_mac:{up}, next_hop_mac:{peer})")
    s.add(f"add interfaces port:0 outside_via(port:1, source_mac:{down}, next_hop_mac:{host})")
    s.add(
        f"add pools protocol:tcp pool(address:{EXTERNAL}, first_port:{FIRST}, port_mask:{MASK}, "
        "timeout_ns:timeout(tcp), profile:profile(tcp))"
    )
    ext = port_of(HOST, 40000, "tcp")
    syn, answer = TCP(sport=40000, dport=443, flags="S"), TCP(sport=443, dport=ext, flags="SA")
    s.passes(
        INSIDE,
        ether() / ip(HOST, WEB) / syn,
        OUTSIDE,
        Ether(src=up, dst=peer) / ip(EXTERNAL, WEB, ttl=63) / with_port(syn, sport=ext),
    )
    s.passes(
        OUTSIDE,
        ether(False) / ip(WEB, EXTERNAL) / answer,
        INSIDE,
        Ether(src=down, dst=host) / ip(WEB, HOST, ttl=63) / with_port(answer, dport=40000),
    )
    s.drops(INSIDE, ether() / ip(HOST, WEB) / UDP(sport=1, dport=2), "no_pool", 1)
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "tcp": tcp,
    "udp": udp,
    "icmp_echo": icmp_echo,
    "hairpin": hairpin,
    "icmp_errors": icmp_errors,
    "expiry": expiry,
    "exhaustion": exhaustion,
    "table_full": table_full,
    "policy": policy,
    "routed": routed,
}
