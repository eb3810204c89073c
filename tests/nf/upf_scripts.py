"""The packet tests of nf_programs/upf/tests: both directions, messages, filters, meters, volumes, idle sessions."""

from __future__ import annotations

import ipaddress
import struct
import zlib
from collections.abc import Callable

from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from stf_writer import Script, changed

ACCESS, CORE = 1, 0
N3, GNB, OTHER_GNB = "203.0.113.1", "192.0.2.7", "192.0.2.8"
UE, UE6, SENSOR, ASLEEP, WEB, WEB6 = (
    "10.45.0.1",
    "2001:db8:45::1",
    "10.45.0.2",
    "10.45.0.3",
    "198.51.100.7",
    "2001:db8:5::7",
)
UP, DOWN = 0x1001, 0x80000001
FROM_GNB = Ether(src="02:00:00:00:00:07", dst="02:00:00:00:03:01")
TO_CORE = Ether(src="02:00:00:00:06:01", dst="02:00:00:00:06:fe")
FROM_CORE = Ether(src="02:00:00:00:06:fe", dst="02:00:00:00:06:01")
TO_GNB = Ether(src="02:00:00:00:03:01", dst="02:00:00:00:03:fe")
MTU = 1500
NOTIFY_NS = 1 << 33
ECHO_REQUEST, ECHO_RESPONSE, ERROR_INDICATION, NOTIFICATION, END_MARKER, USER = 1, 2, 26, 31, 254, 255


def configured(title: str, *, defines: tuple[str, ...] = (), entries: str = "") -> Script:
    """UE has session 1 (and an IPv6 prefix), the sensor session 2, the sleeper session 3 without a tunnel."""
    s = Script(title)
    s.add(*(f"define {d}" for d in defines), *([f"entries {entries}"] if entries else []))
    s.add(
        f"add interfaces port:{ACCESS} access(port:{CORE}, address:{N3}, source_mac:02:00:00:00:06:01, "
        "next_hop_mac:02:00:00:00:06:fe)",
        f"add interfaces port:{CORE} core(port:{ACCESS}, address:{N3}, source_mac:02:00:00:00:03:01, "
        f"next_hop_mac:02:00:00:00:03:fe, mtu:{MTU})",
        *(f"add tunnels teid:{UP + n} belongs_to(session:{1 + n})" for n in range(3)),
        f"add ues address:{UE}/32 reachable(session:1, rules:1, profile:0, gnb:{GNB}, teid:{DOWN})",
        f"add ues address:2001:db8:45::/64 reachable(session:1, rules:1, profile:0, gnb:{GNB}, teid:{DOWN})",
        f"add ues address:{SENSOR}/32 reachable(session:2, rules:2, profile:1, gnb:{OTHER_GNB}, teid:{DOWN + 1})",
        f"add ues address:{ASLEEP}/32 idle(session:3, rules:1, profile:0)",
    )
    return s


def bits(address: str) -> bytes:
    """An address as 128 bits."""
    made = ipaddress.ip_address(address)
    return made.packed if made.version == 6 else b"\0" * 10 + b"\xff\xff" + made.packed


def number(address: str) -> int:
    return int(ipaddress.ip_address(address))


def source_port(user: Packet) -> int:
    """The outer source port follows from the flow of the user packet."""
    layer = user[IP] if IP in user else user[IPv6]
    hidden = IP in user and (user[IP].frag or "MF" in user[IP].flags or user[IP].options)
    ports = next((user[kind] for kind in (TCP, UDP) if kind in user and not hidden), None)
    protocol = IP(bytes(user)).proto if IP in user else IPv6(bytes(user)).nh
    key = bits(layer.src) + bits(layer.dst)
    key += struct.pack(">HHB", ports.sport if ports else 0, ports.dport if ports else 0, protocol)
    return 0xC000 | zlib.crc32(key) & 0xFFFF


def tunnelled(user: Packet, teid: int = UP, *, gnb: str = GNB, dst: str = N3, **fields: object) -> Packet:
    """An uplink frame. `fields` are those of the GTP-U header."""
    gtpu = GTP_U_Header(teid=teid, gtp_type=USER, **fields)
    return FROM_GNB / IP(src=gnb, dst=dst) / UDP(sport=2152, dport=2152) / gtpu / user


def message(
    kind: int, rest: bytes, teid: int = 0, sequence: int | None = 7, gnb: str = GNB, port: int = 2152
) -> Packet:
    """A GTP-U message that is no user packet."""
    optional = b"" if sequence is None else struct.pack(">HBB", sequence, 0, 0)
    flags = 0x30 if sequence is None else 0x32
    gtpu = struct.pack(">BBHI", flags, kind, len(optional + rest), teid) + optional + rest
    return FROM_GNB / IP(src=gnb, dst=N3) / UDP(sport=port, dport=2152) / Raw(gtpu)


def raw_gtpu(flags: int, optional: bytes, user: Packet, teid: int = UP) -> Packet:
    """A user packet with any optional part."""
    rest = optional + bytes(user)
    gtpu = struct.pack(">BBHI", flags, USER, len(rest), teid) + rest
    return FROM_GNB / IP(src=GNB, dst=N3) / UDP(sport=2152, dport=2152) / Raw(gtpu)


def encapsulated(user: Packet, *, gnb: str = GNB, teid: int = DOWN, qfi: int = 9, dscp: int = 0) -> Packet:
    """What must come out towards the gNB."""
    outer = IP(src=N3, dst=gnb, tos=dscp << 2, id=0, flags="DF", ttl=64)
    udp = UDP(sport=source_port(user), dport=2152, chksum=0)
    container = GTPPDUSessionContainer(type=0, QFI=qfi)
    return TO_GNB / outer / udp / GTP_U_Header(teid=teid, gtp_type=USER) / container / user


def uplink() -> Script:
    s = configured("From the gNB: user packets leave their tunnels, if their session has their source address.")
    ask = IP(src=UE, dst=WEB) / TCP(sport=40000, dport=443, flags="S")
    ask6 = IPv6(src=UE6, dst=WEB6) / UDP(sport=5000, dport=53) / Raw(b"query")
    container = GTPPDUSessionContainer(type=1, QFI=9)
    s.note("The first packet makes the session active.")
    s.add("digest session_active 1 1")
    s.passes(ACCESS, tunnelled(ask), CORE, TO_CORE / ask)
    s.note("With a container, with a sequence number, with both; IPv6; ping; options; fragments.")
    s.passes(ACCESS, tunnelled(container / ask), CORE, TO_CORE / ask)
    s.passes(ACCESS, tunnelled(ask6, S=1, seq=0xFFFF), CORE, TO_CORE / ask6)
    s.passes(ACCESS, tunnelled(container / ask6, S=1, seq=1), CORE, TO_CORE / ask6)
    for layers in (
        IP(src=UE, dst=WEB) / ICMP(type=8, id=3),
        IP(src=UE, dst=WEB, options=[b"\x94\x04\0\0"]) / UDP(sport=1, dport=2),
        IP(src=UE, dst=WEB, frag=100, proto=17) / Raw(b"the rest"),
        IPv6(src=UE6, dst=WEB6) / IPv6ExtHdrFragment(m=1, nh=17) / Raw(b"12345678"),
        IPv6(src="2001:db8:45::99", dst=WEB6) / TCP(dport=80),
        IP(src=UE, dst=WEB, proto=132) / Raw(b""),
    ):
        s.passes(ACCESS, tunnelled(layers), CORE, TO_CORE / layers)
    s.note("A user packet in a tunnel may itself be one for GTP-U's port: it isn't looked into.")
    nested = IP(src=UE, dst=WEB) / UDP(sport=2152, dport=2152) / Raw(b"\x30\xff\0\0\0\0\0\1")
    s.passes(ACCESS, tunnelled(nested), CORE, TO_CORE / nested)
    s.note("Extension headers of one, two and eight words.")
    for words in (1, 2, 8):
        extension = bytes((words, 0x1C, 9)) + bytes(4 * words - 4) + b"\0"
        s.passes(ACCESS, raw_gtpu(0x34, b"\0\0\0\x85" + extension, ask), CORE, TO_CORE / ask)
    s.note("The optional word without an extension: its last byte says nothing.")
    s.passes(ACCESS, raw_gtpu(0x32, b"\0\5\0\x85", ask), CORE, TO_CORE / ask)
    s.passes(ACCESS, raw_gtpu(0x31, b"\0\0\7\0", ask), CORE, TO_CORE / ask)
    s.note("What pads the frame stays behind the packet.")
    small = IP(src=UE, dst=WEB) / UDP(sport=1, dport=2)
    s.passes(ACCESS, bytes(tunnelled(small)) + b"\0" * 7, CORE, bytes(TO_CORE / small) + b"\0" * 7)
    s.note("Another's address, an address of nobody, another's tunnel.")
    s.drops(ACCESS, tunnelled(IP(src=SENSOR, dst=WEB) / UDP()), "spoofed", 1)
    s.drops(ACCESS, tunnelled(IP(src=WEB, dst=UE) / UDP()), "spoofed", 2)
    s.drops(ACCESS, tunnelled(ask, UP + 1), "spoofed", 3)
    s.note("A tunnel of nobody: the control plane hears of it, as the gNB must.")
    s.add(f"digest path_messages {USER} {number(GNB)} 99 0")
    s.drops(ACCESS, tunnelled(ask, 99), "unknown_tunnel", 1)
    s.drops(ACCESS, tunnelled(ask, dst="203.0.113.2"), "not_ours", 1)
    s.drops(5, tunnelled(ask), "no_interface", 1)
    s.add("check_counter passed(uplink) packets = 17")
    return s


def downlink() -> Script:
    s = configured("From the data network: user packets go into the tunnel of whose address they have.")
    answer = IP(src=WEB, dst=UE) / TCP(sport=443, dport=40000, flags="SA")
    s.add("digest session_active 1 0")
    s.passes(CORE, FROM_CORE / answer, ACCESS, encapsulated(answer))
    for layers in (
        IPv6(src=WEB6, dst=UE6) / UDP(sport=53, dport=5000) / Raw(b"answer"),
        IPv6(src=WEB6, dst="2001:db8:45:0:1::") / TCP(sport=80),
        IPv6(src=WEB6, dst=UE6) / IPv6ExtHdrFragment(m=1, nh=17) / Raw(b"12345678"),
        IP(src=WEB, dst=UE, tos=0xB8) / ICMP(type=0, id=3),
        IP(src=WEB, dst=UE, flags="MF") / UDP(sport=7, dport=8) / Raw(b"12345678"),
        IP(src=WEB, dst=UE, frag=1, proto=17) / Raw(b"12345678"),
        IP(src=WEB, dst=UE, options=[b"\x94\x04\0\0"]) / UDP(sport=7, dport=8),
        IP(src=WEB, dst=UE) / UDP(sport=2152, dport=2152) / Raw(b"\x30\xff\0\0\0\0\0\1"),
    ):
        s.passes(CORE, FROM_CORE / layers, ACCESS, encapsulated(layers))
    s.note("What pads the frame stays behind the packet, and counts in no length.")
    small = IP(src=WEB, dst=UE) / UDP(sport=1, dport=2)
    s.passes(CORE, bytes(FROM_CORE / small) + b"\0" * 18, ACCESS, bytes(encapsulated(small)) + b"\0" * 18)
    s.note("The longest that a tunnel takes, and one byte more.")
    longest = IP(src=WEB, dst=UE) / UDP(sport=1, dport=2) / Raw(b"." * (MTU - 44 - 28))
    s.passes(CORE, FROM_CORE / longest, ACCESS, encapsulated(longest))
    s.drops(CORE, FROM_CORE / longest / Raw(b"."), "too_long", 1)
    s.note("Nobody's address.")
    s.drops(CORE, FROM_CORE / IP(src=WEB, dst="10.45.0.99") / UDP(), "unknown_ue", 1)
    s.drops(CORE, FROM_CORE / IPv6(src=WEB6, dst="2001:db8:46::1") / UDP(), "unknown_ue", 2)
    s.note("A UE without a tunnel: the control plane hears of it, once in an interval.")
    waiting = FROM_CORE / IP(src=WEB, dst=ASLEEP) / UDP(sport=1, dport=2)
    s.add(f"time {4 * NOTIFY_NS}ns", "digest downlink_data 3 9")
    s.drops(CORE, waiting, "paged", 1)
    s.drops(CORE, waiting, "paged", 2)
    s.add(f"register_read notified 3 = {5}", f"time {5 * NOTIFY_NS - 1}ns")
    s.drops(CORE, waiting, "paged", 3)
    s.add("time +1ns", "digest downlink_data 3 9")
    s.drops(CORE, waiting, "paged", 4)
    s.note("What it sends itself passes all the same.")
    upwards = IP(src=ASLEEP, dst=WEB) / UDP(sport=1, dport=2)
    s.add("digest session_active 3 1")
    s.passes(ACCESS, tunnelled(upwards, UP + 2), CORE, TO_CORE / upwards)
    s.add("check_counter passed(downlink) packets = 11", "check_counter passed(uplink) packets = 1")
    return s


def messages() -> Script:
    s = configured("Messages of GTP-U: echo requests are answered, all else goes to the control plane.")

    def echo(sequence: int, gnb: str, port: int, link: Ether = FROM_GNB) -> None:
        back = Ether(src=link.dst, dst=link.src) / IP(src=N3, dst=gnb, ttl=64)
        body = struct.pack(">BBHIHBB", 0x32, ECHO_RESPONSE, 6, 0, sequence, 0, 0) + b"\x0e\0"
        answer = back / UDP(sport=2152, dport=port, chksum=0) / Raw(body)
        s.passes(ACCESS, message(ECHO_REQUEST, b"", sequence=sequence, gnb=gnb, port=port), ACCESS, answer)

    echo(0, GNB, 2152)
    echo(0xFFFF, OTHER_GNB, 40000)
    s.add("check_counter passed(echo) packets = 2")
    s.note("One with a private extension, one without a sequence number, the answer to one.")
    count = 0

    def told(kind: int, frame: Packet, teid: int, sequence: int) -> None:
        nonlocal count
        count += 1
        s.add(f"digest path_messages {kind} {number(GNB)} {teid} {sequence}")
        s.drops(ACCESS, frame, "message", count)

    told(ECHO_REQUEST, message(ECHO_REQUEST, b"\xff\0\x03\0\x01x"), 0, 7)
    told(ECHO_REQUEST, message(ECHO_REQUEST, b"", sequence=None), 0, 0)
    told(ECHO_RESPONSE, message(ECHO_RESPONSE, b"\x0e\0"), 0, 7)
    s.note("Error indications name the TEID that the gNB doesn't know.")
    element = b"\x10" + DOWN.to_bytes(4, "big") + b"\x85\0\x04" + ipaddress.ip_address(N3).packed
    told(ERROR_INDICATION, message(ERROR_INDICATION, element), DOWN, 7)
    told(ERROR_INDICATION, message(ERROR_INDICATION, element, sequence=None), DOWN, 0)
    told(END_MARKER, message(END_MARKER, b"", UP, None), UP, 0)
    told(NOTIFICATION, message(NOTIFICATION, b"\x8d\x01\x85"), 0, 7)
    s.drops(ACCESS, message(ERROR_INDICATION, b"\x11" + element[1:]), "malformed", 1)
    s.drops(ACCESS, message(ERROR_INDICATION, b"\x10\0\0"), "malformed", 2)
    return s


def malformed() -> Script:
    s = configured("Broken headers, in the tunnel and around it.")
    user = IP(src=UE, dst=WEB) / UDP(sport=1, dport=2) / Raw(b"data")
    good = bytes(tunnelled(user))
    plain = bytes(FROM_CORE / IP(src=WEB, dst=UE) / UDP(sport=1, dport=2))
    plain6 = bytes(FROM_CORE / IPv6(src=WEB6, dst=UE6) / UDP(sport=1, dport=2))
    count = 0

    def broken(frame: bytes, port: int = ACCESS) -> None:
        nonlocal count
        count += 1
        s.drops(port, frame, "malformed", count)

    s.note("Lengths that contradict each other: of IP, UDP, GTP-U and the user packet.")
    broken(changed(good, 16, 0, 67))
    broken(changed(good, 38, 0, 47))
    broken(changed(good, 38, 0, 0))
    broken(changed(good, 44, 0, 31))
    broken(changed(good, 52, 0, 31))
    s.note("GTP of another version, GTP', a user packet that isn't IP, one that is cut short.")
    broken(changed(good, 42, 0x50))
    broken(changed(good, 42, 0x20))
    broken(changed(good, 50, 0x55))
    broken(changed(good, 50, 0x44))
    broken(good[:60])
    broken(good[:46])
    broken(good[:36])
    broken(good[:15])
    s.note("An extension of no words, of too many, one that is cut short, two of them.")
    broken(bytes(raw_gtpu(0x34, b"\0\0\0\x85\0\0\0\0", user)))
    broken(bytes(raw_gtpu(0x34, b"\0\0\0\x85\x09" + bytes(35), user)))
    broken(bytes(raw_gtpu(0x34, b"\0\0\0\x85\x01\x10", Raw(b""))))
    broken(bytes(raw_gtpu(0x34, b"\0\0\0\x85\x08\x10", user)))
    broken(bytes(raw_gtpu(0x34, b"\0\0\0\x85" + b"\x01\x10\x09\xc0" + b"\x01\x12\x34\0", user)))
    broken(bytes(raw_gtpu(0x34, b"", Raw(b""))))
    s.note("From the data network.")
    broken(changed(plain, 14, 0x65), CORE)
    broken(changed(plain, 14, 0x44), CORE)
    broken(changed(plain, 16, 0, 19), CORE)
    broken(plain[:30], CORE)
    broken(plain[:36], CORE)
    broken(changed(plain6, 14, 0x45), CORE)
    broken(changed(plain6, 18, 0xFF, 0xD8), CORE)
    broken(plain6[:50], CORE)
    return s


def sessions() -> Script:
    s = configured(
        "Filters choose the QoS flow, meters the rate; volumes are reported.",
        defines=("REPORT_SHIFT=10",),
        entries="rates.yaml",
    )
    s.add(
        "add filters 30 protocol:17 remote_port:5060 flow(qfi:1, dscp:46, metered:0)",
        f"add filters 20 rules:2 remote:{WEB} flow(qfi:8, dscp:8, metered:1)",
        "add filters 10 rules:2 deny()",
        "digest session_active 1 0",
    )
    call = IP(src=WEB, dst=UE) / UDP(sport=5060, dport=5060)
    s.passes(CORE, FROM_CORE / call, ACCESS, encapsulated(call, qfi=1, dscp=46))
    s.note("The other end's port decides, not the UE's.")
    other = IP(src=WEB, dst=UE) / UDP(sport=5061, dport=5060)
    s.passes(CORE, FROM_CORE / other, ACCESS, encapsulated(other))
    upwards = IP(src=UE, dst=WEB) / UDP(sport=9, dport=5060)
    s.passes(ACCESS, tunnelled(upwards), CORE, TO_CORE / upwards)
    s.add("register_read volume 2 = 56", "register_read volume 3 = 28")
    s.note("A sensor reaches its server only.")
    s.add("digest session_active 2 0")
    reading = IP(src=WEB, dst=SENSOR) / UDP(sport=9, dport=9)
    there = encapsulated(reading, gnb=OTHER_GNB, teid=DOWN + 1, qfi=8, dscp=8)
    s.passes(CORE, FROM_CORE / reading, ACCESS, there)
    s.drops(CORE, FROM_CORE / IP(src="198.51.100.8", dst=SENSOR) / UDP(sport=9), "filtered", 1)
    s.drops(ACCESS, tunnelled(IP(src=SENSOR, dst="198.51.100.8") / UDP(), UP + 1), "filtered", 2)
    s.note(
        "The meter of session 1 downwards has 3000 bytes at most: red is dropped and not charged. Calls don't count."
    )
    big = IP(src=WEB, dst=UE) / TCP(sport=80, dport=9) / Raw(b"." * 946)
    for sent, reported in ((1042, True), (2028, False), (3014, True)):
        if reported:
            s.add(f"digest usage_reports 1 0 {sent}")
        s.passes(CORE, FROM_CORE / big, ACCESS, encapsulated(big))
    s.drops(CORE, FROM_CORE / big, "red", 1)
    s.add("register_read volume 2 = 3014")
    s.passes(CORE, FROM_CORE / call, ACCESS, encapsulated(call, qfi=1, dscp=46))
    s.note("Upwards it has tokens of its own; a second later there are 2000 downwards again.")
    s.passes(ACCESS, tunnelled(upwards), CORE, TO_CORE / upwards)
    s.add("time +1s")
    for sent in (4028, 5014):
        if sent >> 10 != (sent - 986) >> 10:
            s.add(f"digest usage_reports 1 0 {sent}")
        s.passes(CORE, FROM_CORE / big, ACCESS, encapsulated(big))
    s.drops(CORE, FROM_CORE / big, "red", 2)
    s.note("A volume at the end of its 64 bits begins anew.")
    s.add(f"register_write volume 3 {2**64 - 20}", "digest usage_reports 1 1 8")
    s.passes(ACCESS, tunnelled(upwards), CORE, TO_CORE / upwards)
    s.add("register_read volume 3 = 8")
    return s


def idle() -> Script:
    s = configured("A session is idle after its time without a packet; the next one is reported.")
    down = IP(src=WEB, dst=UE) / UDP(sport=1, dport=2)
    up = IP(src=UE, dst=WEB) / UDP(sport=2, dport=1)
    sensed = IP(src=SENSOR, dst=WEB) / UDP(sport=2, dport=1)

    def both(wait: str, uplink_reported: bool = False, downlink_reported: bool = False) -> None:
        s.add(f"time +{wait}")
        if uplink_reported:
            s.add("digest session_active 1 1")
        s.passes(ACCESS, tunnelled(up), CORE, TO_CORE / up)
        if downlink_reported:
            s.add("digest session_active 1 0")
        s.passes(CORE, FROM_CORE / down, ACCESS, encapsulated(down))

    both("0s", uplink_reported=True)
    s.note("Packets of either direction keep it active.")
    both("60s")
    s.add("time +59s")
    s.passes(CORE, FROM_CORE / down, ACCESS, encapsulated(down))
    both("59s")
    s.note("Red and spoofed packets don't: they get no further.")
    s.add("time +59s")
    s.drops(ACCESS, tunnelled(up, UP + 1), "spoofed", 1)
    both("2s", uplink_reported=True)
    s.note("A sensor is idle after 10 s.")
    s.add("digest session_active 2 1")
    s.passes(ACCESS, tunnelled(sensed, UP + 1), CORE, TO_CORE / sensed)
    s.add("time +10s")
    s.passes(ACCESS, tunnelled(sensed, UP + 1), CORE, TO_CORE / sensed)
    s.add("time +10001ms", "digest session_active 2 1")
    s.passes(ACCESS, tunnelled(sensed, UP + 1), CORE, TO_CORE / sensed)
    return s


def policy() -> Script:
    s = configured("What belongs to no session: blocked, unless the policy lets it through.")
    arp = FROM_GNB / ARP(psrc=GNB, pdst=N3)
    ping = FROM_GNB / IP(src=GNB, dst=N3) / ICMP(type=8)
    first = FROM_GNB / IP(src=GNB, dst=N3, flags="MF") / UDP(sport=2152, dport=2152) / Raw(b"." * 16)
    s.drops(ACCESS, arp, "arp", 1)
    s.drops(ACCESS, ping, "not_tunnelled", 1)
    s.drops(ACCESS, FROM_GNB / IP(src=GNB, dst=N3) / UDP(dport=2153), "not_tunnelled", 2)
    options = IP(src=GNB, dst=N3, options=[b"\x94\x04\0\0"]) / UDP(dport=2152)
    s.drops(ACCESS, FROM_GNB / options / Raw(bytes(16)), "not_tunnelled", 3)
    s.drops(ACCESS, first, "fragment", 1)
    s.drops(ACCESS, FROM_GNB / IP(src=GNB, dst=N3, frag=9, proto=17) / Raw(b"the rest"), "fragment", 2)
    s.drops(ACCESS, FROM_GNB / IPv6(src=WEB6, dst=UE6) / UDP(), "other", 1)
    s.drops(CORE, Ether(bytes(FROM_CORE)[:12] + b"\x88\xcc" + bytes(50)), "other", 2)
    s.add("add policy traffic:0 let_through()", "add policy traffic:1 let_through()")
    s.passes(ACCESS, arp, CORE, arp)
    s.passes(CORE, arp, ACCESS, arp)
    s.passes(ACCESS, ping, CORE, ping)
    s.drops(ACCESS, first, "fragment", 3)
    return s


def table_full() -> Script:
    s = configured("No room for one more active session: its packets are dropped.", defines=("ACTIVE=2",))
    first = IP(src=WEB, dst=UE) / UDP(sport=1, dport=2)
    second = IP(src=WEB, dst=SENSOR) / UDP(sport=1, dport=2)
    third = IP(src=ASLEEP, dst=WEB) / UDP(sport=1, dport=2)
    s.add("digest session_active 1 0")
    s.passes(CORE, FROM_CORE / first, ACCESS, encapsulated(first))
    s.add("digest session_active 2 0")
    s.passes(CORE, FROM_CORE / second, ACCESS, encapsulated(second, gnb=OTHER_GNB, teid=DOWN + 1))
    s.drops(ACCESS, tunnelled(third, UP + 2), "table_full", 1)
    s.passes(CORE, FROM_CORE / first, ACCESS, encapsulated(first))
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "uplink": uplink,
    "downlink": downlink,
    "messages": messages,
    "malformed": malformed,
    "sessions": sessions,
    "idle": idle,
    "policy": policy,
    "table_full": table_full,
}
