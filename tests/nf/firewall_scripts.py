"""The packet tests of nf_programs/firewall/tests. The firewall changes no packet: what passes comes out as it came."""

from __future__ import annotations

from collections.abc import Callable

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NS,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
)
from scapy.layers.l2 import ARP, GRE, Ether
from scapy.packet import Packet, Raw
from stf_writer import INSIDE, OUTSIDE, Script

HOST, WEB = "10.0.0.5", "198.51.100.7"
SERVER = "10.0.0.80"
HOST6, WEB6 = "fd00:10::5", "2001:db8:5::7"
MAC_IN, MAC_OUT = "02:00:00:00:00:05", "02:00:00:00:00:07"
SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSING, RESET = range(5)
LINK = Ether(src=MAC_IN, dst=MAC_OUT)
OTHER_SIDE = {INSIDE: OUTSIDE, OUTSIDE: INSIDE}


def configured(title: str, *rules: str, defines: tuple[str, ...] = ()) -> Script:
    """Connections from inside are allowed, and what `rules` say besides."""
    script = Script(title)
    script.add(*(f"define {d}" for d in defines))
    script.add("add interfaces port:1 forward_to(port:0)", "add interfaces port:0 forward_to(port:1)")
    script.add("add rules 1 direction:from_host allow(number:0)", *rules)
    return script


def passes(s: Script, port: int, frame: Packet) -> None:
    s.passes(port, frame, OTHER_SIDE[port], frame)


class Talk:
    """A TCP connection: frames from its client and from its server. The client is on `side`."""

    def __init__(self, script: Script, client: str, server: str, dport: int, side: int = INSIDE) -> None:
        self.s, self.side = script, side
        layer = IPv6 if ":" in client else IP
        there, back = (MAC_IN, MAC_OUT) if side == INSIDE else (MAC_OUT, MAC_IN)
        self.client_ip = Ether(src=there, dst=back) / layer(src=client, dst=server)
        self.server_ip = Ether(src=back, dst=there) / layer(src=server, dst=client)
        self.ports = (40000, dport)

    def client(self, flags: str, payload: bytes = b"") -> tuple[int, Packet]:
        sport, dport = self.ports
        return self.side, self.client_ip / TCP(sport=sport, dport=dport, flags=flags) / Raw(payload)

    def server(self, flags: str, payload: bytes = b"") -> tuple[int, Packet]:
        sport, dport = self.ports
        return OTHER_SIDE[self.side], self.server_ip / TCP(sport=dport, dport=sport, flags=flags) / Raw(payload)

    def handshake(self) -> None:
        for frame in (self.client("S"), self.server("SA"), self.client("A")):
            passes(self.s, *frame)


def tcp() -> Script:
    s = configured("TCP: a connection from handshake to its end, and a new one on the same ports.")
    talk = Talk(s, HOST, WEB, 443)
    s.note("Nothing but a SYN opens a connection.")
    for i, flags in enumerate(("A", "SA", "FA", "R", "", "SF")):
        s.drops(*talk.client(flags), "not_opening", i + 1)
    talk.handshake()
    s.add("check_counter opened(outgoing) packets = 1")
    s.note("Data both ways; a SYN+ACK sent again, because the acknowledgement got lost behind the firewall.")
    passes(s, *talk.client("PA", b"GET"))
    passes(s, *talk.server("PA", b"200"))
    passes(s, *talk.server("SA"))
    passes(s, *talk.client("A"))
    s.note("The server closes first; the client still sends data, then closes too.")
    for frame in (talk.server("FA"), talk.client("A"), talk.client("PA", b"more"), talk.client("FA"), talk.server("A")):
        passes(s, *frame)
    s.note("A new connection on the same ports, while the old one is still remembered: no rule is asked.")
    talk.handshake()
    passes(s, *talk.client("PA", b"again"))
    s.add("check_counter opened(outgoing) packets = 1")
    s.note("The server resets it. Only RST may follow, or a new SYN from the side that opened it.")
    passes(s, *talk.server("R"))
    passes(s, *talk.client("RA"))
    s.drops(*talk.client("A"), "illegal_state", 1)
    s.drops(*talk.server("PA", b"late"), "illegal_state", 2)
    s.drops(*talk.server("S"), "illegal_state", 3)
    talk.handshake()
    return s


def tcp_illegal() -> Script:
    s = configured("TCP: packets that are illegal in the state of their connection.")
    talk = Talk(s, HOST, WEB, 443)
    s.note("After a SYN: only a SYN+ACK from the other side (or the SYN again, or a RST).")
    passes(s, *talk.client("S"))
    passes(s, *talk.client("S"))
    illegal = [
        talk.client("A"),
        talk.client("SA"),
        talk.client("FA"),
        talk.server("A"),
        talk.server("S"),
        talk.server("FA"),
    ]
    for i, frame in enumerate(illegal):
        s.drops(*frame, "illegal_state", i + 1)
    s.note("After the SYN+ACK: the SYN and the SYN+ACK may be repeated, data of the server changes nothing.")
    for frame in (talk.server("SA"), talk.client("S"), talk.server("SA"), talk.server("PA", b"early")):
        passes(s, *frame)
    for i, frame in enumerate([talk.client("SA"), talk.server("S"), talk.client("")]):
        s.drops(*frame, "illegal_state", 7 + i)
    passes(s, *talk.client("A"))
    s.note("Established: no SYN, no flags at all, no nonsense.")
    illegal = [
        talk.client("S"),
        talk.server("S"),
        talk.client("SA"),
        talk.client(""),
        talk.client("F"),
        talk.client("SFA"),
    ]
    for i, frame in enumerate(illegal):
        s.drops(*frame, "illegal_state", 10 + i)
    s.note("URG, PSH, ECE and CWR don't matter.")
    passes(s, *talk.client("PAU", b"x"))
    passes(s, *talk.server("AEC", b"x"))
    s.note("Closing: no SYN+ACK.")
    passes(s, *talk.client("FPA"))
    s.drops(*talk.server("SA"), "illegal_state", 16)
    passes(s, *talk.server("A"))
    return s


def rules() -> Script:
    s = configured(
        "Rules: asked for first packets only; the first that matches by priority wins, default is to deny.",
        "add rules 5 direction:from_net protocol:tcp destination:10.0.0.80 destination_port:80..81 allow(number:1)",
        "add rules 6 direction:from_net source:198.51.100.128/25 deny()",
        "add rules 3 direction:from_net protocol:udp source:2001:db8:5::/48 source_port:53 allow(number:2)",
        "add rules 7 direction:from_host destination:192.0.2.0/24 deny()",
    )
    s.note("From outside to the web server: ports 80 and 81, but not from a blocked network.")
    talk = Talk(s, WEB, SERVER, 80, OUTSIDE)
    talk.handshake()
    passes(s, *Talk(s, WEB, SERVER, 81, OUTSIDE).client("S"))
    s.add("check_counter opened(web) packets = 2")
    s.drops(*Talk(s, WEB, SERVER, 82, OUTSIDE).client("S"), "denied", 1)
    s.drops(*Talk(s, "198.51.100.200", SERVER, 80, OUTSIDE).client("S"), "denied", 2)
    s.drops(*Talk(s, WEB, HOST, 80, OUTSIDE).client("S"), "denied", 3)
    s.note("The web server's side may not open the connection again: the entry knows who opened it.")
    s.drops(*talk.server("S"), "illegal_state", 1)
    s.note("From inside to a forbidden network; and an answer that nobody asked for.")
    s.drops(*Talk(s, HOST, "192.0.2.1", 443).client("S"), "denied", 4)
    s.drops(OUTSIDE, LINK / IP(src=WEB, dst=HOST) / UDP(sport=53, dport=9) / Raw(b"x"), "denied", 5)
    s.note("IPv6 UDP by source port.")
    passes(s, OUTSIDE, LINK / IPv6(src=WEB6, dst=HOST6) / UDP(sport=53, dport=5353) / Raw(b"x"))
    s.drops(OUTSIDE, LINK / IPv6(src=WEB6, dst=HOST6) / UDP(sport=54, dport=5353) / Raw(b"x"), "denied", 6)
    s.add("check_counter opened(2) packets = 1")
    return s


def udp_and_echo() -> Script:
    s = configured("UDP and ping, IPv4 and IPv6: the answer is let in, and both directions are one entry.")
    _ask_and_answer(s, IP, HOST, WEB, ICMP(type=8, id=77), ICMP(type=0, id=77), before=0)
    _ask_and_answer(s, IPv6, HOST6, WEB6, ICMPv6EchoRequest(id=77), ICMPv6EchoReply(id=77), before=2)
    return s


def _ask_and_answer(
    s: Script, layer: type[Packet], host: str, web: str, ping: Packet, pong: Packet, before: int
) -> None:
    """`before` is how many packets were dropped for each reason until now."""
    out, into = LINK / layer(src=host, dst=web), LINK / layer(src=web, dst=host)
    there, back = out / UDP(sport=5353, dport=53) / Raw(b"query"), into / UDP(sport=53, dport=5353) / Raw(b"answer")
    s.note(f"{layer.__name__}: an answer before the question is not let in; after it, it is.")
    s.drops(OUTSIDE, back, "denied", before + 1)
    for port, frame in ((INSIDE, there), (INSIDE, there), (OUTSIDE, back), (INSIDE, there), (OUTSIDE, back)):
        passes(s, port, frame)
    s.note("A reply opens nothing; a request from outside is another connection, even with the same identifier.")
    s.drops(OUTSIDE, into / pong, "not_opening", before + 1)
    passes(s, INSIDE, out / ping)
    passes(s, OUTSIDE, into / pong)
    s.drops(OUTSIDE, into / ping, "denied", before + 2)
    s.drops(INSIDE, out / pong, "not_opening", before + 2)


def icmp_errors() -> Script:
    s = configured("ICMP errors pass if the packet that they quote belongs to a connection; they don't keep it alive.")
    router = "192.0.2.254"
    sent = IP(src=HOST, dst=WEB) / UDP(sport=1000, dport=53) / Raw(b"q")
    error = LINK / IP(src=router, dst=HOST) / ICMP(type=11) / Raw(bytes(sent)[:28])
    s.drops(OUTSIDE, error, "icmp_unmatched", 1)
    passes(s, INSIDE, LINK / sent)
    passes(s, OUTSIDE, error)
    s.note("The other way: the host refuses an answer.")
    answer = IP(src=WEB, dst=HOST) / UDP(sport=53, dport=1000) / Raw(b"a")
    passes(s, OUTSIDE, LINK / answer)
    passes(s, INSIDE, LINK / IP(src=HOST, dst=WEB) / ICMP(type=3, code=3) / Raw(bytes(answer)))
    s.note("TCP and ping.")
    syn = IP(src=HOST, dst=WEB) / TCP(sport=40000, dport=443, flags="S")
    passes(s, INSIDE, LINK / syn)
    passes(s, OUTSIDE, LINK / IP(src=router, dst=HOST) / ICMP(type=3, code=13) / Raw(bytes(syn)[:28]))
    ping = IP(src=HOST, dst=WEB) / ICMP(type=8, id=77)
    passes(s, INSIDE, LINK / ping)
    passes(s, OUTSIDE, LINK / IP(src=router, dst=HOST) / ICMP(type=11) / Raw(bytes(ping)))
    pong = IP(src=WEB, dst=HOST) / ICMP(type=0, id=77)
    passes(s, OUTSIDE, LINK / pong)
    passes(s, INSIDE, LINK / IP(src=HOST, dst=WEB) / ICMP(type=12) / Raw(bytes(pong)))
    s.note("In the wrong direction, about another port, about something that is no connection, cut short.")
    s.drops(INSIDE, error, "icmp_unmatched", 2)
    other = IP(src=HOST, dst=WEB) / UDP(sport=1001, dport=53)
    s.drops(OUTSIDE, LINK / IP(src=router, dst=HOST) / ICMP(type=3) / Raw(bytes(other)), "icmp_unmatched", 3)
    gre = IP(src=HOST, dst=WEB) / GRE() / Raw(b"12345678")
    s.drops(OUTSIDE, LINK / IP(src=router, dst=HOST) / ICMP(type=3) / Raw(bytes(gre)), "icmp_unmatched", 4)
    s.drops(OUTSIDE, LINK / IP(src=router, dst=HOST) / ICMP(type=3) / Raw(bytes(sent)[:24]), "malformed", 1)
    _icmpv6_errors(s)
    s.note("Errors don't restart the timeout (UDP after an answer: 120 s).")
    s.add("time +100s")
    passes(s, OUTSIDE, error)
    s.add("time +21s")
    s.drops(OUTSIDE, error, "icmp_unmatched", 5)
    return s


def _icmpv6_errors(s: Script) -> None:
    s.note("The same with ICMPv6.")
    sent = IPv6(src=HOST6, dst=WEB6) / UDP(sport=1000, dport=53) / Raw(b"q")
    passes(s, INSIDE, LINK / sent)
    for kind in (ICMPv6DestUnreach(code=4), ICMPv6PacketTooBig(mtu=1280)):
        passes(s, OUTSIDE, LINK / IPv6(src="2001:db8::fe", dst=HOST6) / kind / Raw(bytes(sent)))
    ping = IPv6(src=HOST6, dst=WEB6) / ICMPv6EchoRequest(id=9)
    passes(s, INSIDE, LINK / ping)
    passes(s, OUTSIDE, LINK / IPv6(src="2001:db8::fe", dst=HOST6) / ICMPv6DestUnreach() / Raw(bytes(ping)))


def timeouts() -> Script:
    s = configured("Each state has its own idle timeout.")
    talk = Talk(s, HOST, WEB, 443)
    s.note("SYN without answer: 30 s.")
    passes(s, *talk.client("S"))
    s.add("time +30s")
    passes(s, *talk.server("SA"))
    s.add("time +30001ms")
    s.drops(*talk.client("A"), "not_opening", 1)
    s.note("Established: 7440 s, restarted by each direction.")
    talk.handshake()
    s.add("check_counter opened(outgoing) packets = 2", "time +7440s")
    passes(s, *talk.server("A"))
    s.add("time +7440s")
    passes(s, *talk.client("A"))
    s.note("Packets that are dropped don't restart it.")
    s.add("time +7000s")
    s.drops(*talk.server("S"), "illegal_state", 1)
    s.add("time +441s")
    s.drops(*talk.client("A"), "not_opening", 2)
    s.note("Closing: 120 s.")
    talk.handshake()
    passes(s, *talk.client("FA"))
    s.add("time +120s")
    passes(s, *talk.server("A"))
    s.add("time +121s")
    s.drops(*talk.server("FA"), "not_opening", 3)
    s.note("Reset: 10 s.")
    talk.handshake()
    passes(s, *talk.client("R"))
    s.add("time +10s")
    passes(s, *talk.client("R"))
    s.add("time +11s")
    s.drops(*talk.client("R"), "not_opening", 4)
    s.note("UDP: 30 s until the first answer, 120 s from then on.")
    there = LINK / IP(src=HOST, dst=WEB) / UDP(sport=5353, dport=53) / Raw(b"q")
    back = LINK / IP(src=WEB, dst=HOST) / UDP(sport=53, dport=5353) / Raw(b"a")
    passes(s, INSIDE, there)
    s.add("time +31s")
    s.drops(OUTSIDE, back, "denied", 1)
    passes(s, INSIDE, there)
    passes(s, OUTSIDE, back)
    s.add("time +120s")
    passes(s, INSIDE, there)
    s.add("time +120s")
    passes(s, OUTSIDE, back)
    s.add("time +121s")
    s.drops(OUTSIDE, back, "denied", 2)
    return s


def table_full() -> Script:
    s = configured(
        "No room for a connection: its packets are dropped, those of others pass.", defines=("CONNECTIONS=2",)
    )
    talks = [Talk(s, HOST, WEB, port) for port in (1, 2, 3)]
    talks[0].handshake()
    passes(s, *talks[1].client("S"))
    s.drops(*talks[2].client("S"), "table_full", 1)
    passes(s, *talks[0].client("PA", b"still here"))
    s.add("check_counter opened(outgoing) packets = 2")
    return s


def policy() -> Script:
    s = configured("What belongs to no connection: passed or dropped by `policy`.")
    solicit = IPv6(src="fe80::1", dst="ff02::1:ff00:5", hlim=255) / ICMPv6ND_NS(tgt=HOST6)
    kinds = {
        "fragment": (
            IP(src=HOST, dst=WEB, flags="MF") / UDP(sport=1, dport=2) / Raw(b"x" * 24),
            IP(src=HOST, dst=WEB, frag=4, proto=17) / Raw(b"y" * 24),
            IPv6(src=HOST6, dst=WEB6) / IPv6ExtHdrFragment(m=1, nh=17) / Raw(b"z" * 24),
        ),
        "ipv4_options": (IP(src=HOST, dst=WEB, options=[b"\x01\x01\x01\x00"]) / UDP(sport=1, dport=2),),
        "ipv6_extension": (IPv6(src=HOST6, dst=WEB6) / IPv6ExtHdrDestOpt() / UDP(sport=1, dport=2),),
        "arp": (ARP(hwsrc=MAC_IN, psrc=HOST, pdst="10.0.0.1"),),
        "neighbour_discovery": (solicit,),
        "other_icmp": (IP(src=HOST, dst=WEB) / ICMP(type=10),),
        "other_protocol": (IP(src=HOST, dst=WEB) / GRE() / Raw(b"t"), IPv6(src=HOST6, dst=WEB6, nh=47) / Raw(b"t" * 8)),
    }
    frames = {kind: [LINK / layer for layer in layers] for kind, layers in kinds.items()}
    frames["other_ethertype"] = [Ether(src=MAC_IN, dst=MAC_OUT, type=0x88CC) / Raw(b"lldp")]
    s.note("Without entries in `policy`, all of it is dropped.")
    for kind, some in frames.items():
        for i, frame in enumerate(some):
            s.drops(OUTSIDE, frame, kind, i + 1)
    s.note("Let through, in both directions.")
    for kind, some in frames.items():
        s.add(f"add policy traffic:{kind} let_through()")
        for frame in some:
            passes(s, INSIDE, frame)
            passes(s, OUTSIDE, frame)
    s.note("Broken headers, a frame cut short, an unknown port.")
    good = bytes(LINK / IP(src=HOST, dst=WEB) / UDP(sport=1, dport=2) / Raw(b"good"))
    good6 = bytes(LINK / IPv6(src=HOST6, dst=WEB6) / UDP(sport=1, dport=2) / Raw(b"good"))
    for i, frame in enumerate(
        (
            good[:14] + b"\x65" + good[15:],
            good[:14] + b"\x44" + good[15:],
            good6[:14] + b"\x40" + good6[15:],
            good[:41],
            good6[:50],
        )
    ):
        s.drops(INSIDE, frame, "malformed", i + 1)
    s.drops(5, good, "no_interface", 1)
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "tcp": tcp,
    "tcp_illegal": tcp_illegal,
    "rules": rules,
    "udp_and_echo": udp_and_echo,
    "icmp_errors": icmp_errors,
    "timeouts": timeouts,
    "table_full": table_full,
    "policy": policy,
}
