"""The packet tests of nf_programs/vxlan_gateway/tests: tunnels both ways, learning, forgetting, marks, odd frames."""

from __future__ import annotations

import ipaddress
import struct
import zlib
from collections.abc import Callable

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw
from stf_writer import Script, changed

TENANTS, UNDERLAY = 1, 0
LOCAL, VTEP, OTHER, COPIER = "203.0.113.1", "192.0.2.7", "192.0.2.8", "192.0.2.1"
VLAN, VNI, STRICT_VLAN, STRICT_VNI = 10, 0x123456, 11, 77
HERE, THERE, ALL = "02:00:0a:00:00:05", "02:00:c6:33:64:07", "ff:ff:ff:ff:ff:ff"
GATEWAY, ROUTER = "02:00:00:00:03:01", "02:00:00:00:03:fe"
MTU = 1550


def configured(title: str, *, defines: tuple[str, ...] = ()) -> Script:
    """Two tenants: of the first, frames to unknown stations go to the copier, of the strict one nowhere."""
    s = Script(title)
    s.add(*(f"define {d}" for d in defines))
    s.add(
        f"add interfaces port:{TENANTS} tenants(port:{UNDERLAY}, address:{LOCAL}, source_mac:{GATEWAY}, mtu:{MTU})",
        f"add interfaces port:{UNDERLAY} underlay(port:{TENANTS}, address:{LOCAL})",
        f"add vlans vlan:{VLAN} tenant(vni:{VNI}, unknown_to:{COPIER})",
        f"add vlans vlan:{STRICT_VLAN} tenant(vni:{STRICT_VNI}, unknown_to:0)",
        f"add vnis vni:{VNI} to_vlan(vlan:{VLAN})",
        f"add vnis vni:{STRICT_VNI} to_vlan(vlan:{STRICT_VLAN})",
        *(f"add vteps address:{vtep} reached_by(next_hop_mac:{ROUTER})" for vtep in (VTEP, OTHER, COPIER)),
    )
    return s


def mac(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))


def bits(address: str) -> bytes:
    """An address as 128 bits."""
    made = ipaddress.ip_address(address)
    return made.packed if made.version == 6 else b"\0" * 10 + b"\xff\xff" + made.packed


def source_port(src: str, dst: str, layers: Packet) -> int:
    """The outer source port follows from the flow of the frame."""
    key = mac(src) + mac(dst)
    if ARP in layers:
        return 0xC000 | zlib.crc32(key + bytes(37)) & 0xFFFF
    layer = layers[IP] if IP in layers else layers[IPv6]
    hidden = IP in layers and (layers[IP].frag or "MF" in layers[IP].flags or layers[IP].options)
    ports = next((layers[kind] for kind in (TCP, UDP) if kind in layers and not hidden), None)
    protocol = IP(bytes(layers)).proto if IP in layers else IPv6(bytes(layers)).nh
    key += bits(layer.src) + bits(layer.dst)
    key += struct.pack(">BHH", protocol, ports.sport if ports else 0, ports.dport if ports else 0)
    return 0xC000 | zlib.crc32(key) & 0xFFFF


def tagged(layers: Packet, *, src: str = HERE, dst: str = THERE, vlan: int = VLAN, **fields: int) -> Packet:
    """A frame on the tenants' side."""
    return Ether(src=src, dst=dst) / Dot1Q(vlan=vlan, **fields) / layers


def sent(layers: Packet, vtep: str, *, src: str = HERE, dst: str = THERE, vni: int = VNI, tos: int = 0) -> Packet:
    """What must come out towards the underlay."""
    outer = IP(src=LOCAL, dst=vtep, tos=tos, id=0, flags="DF", ttl=64)
    udp = UDP(sport=source_port(src, dst, layers), dport=4789, chksum=0)
    inner = Ether(src=src, dst=dst) / layers
    return Ether(src=GATEWAY, dst=ROUTER) / outer / udp / VXLAN(flags=8, vni=vni) / inner


def tunnelled(
    layers: Packet,
    *,
    src: str = THERE,
    dst: str = HERE,
    vtep: str = VTEP,
    vni: int = VNI,
    tos: int = 0,
    to: str = LOCAL,
    flags: int = 8,
) -> Packet:
    """A frame that comes in from the underlay."""
    outer = Ether(src=ROUTER, dst=GATEWAY) / IP(src=vtep, dst=to, tos=tos) / UDP(sport=0xC123, dport=4789, chksum=0)
    return outer / VXLAN(flags=flags, vni=vni) / Ether(src=src, dst=dst) / layers


ASK = IP(src="10.0.0.5", dst="198.51.100.7") / TCP(sport=40000, dport=443)
ANSWER = IP(src="198.51.100.7", dst="10.0.0.5") / TCP(sport=443, dport=40000)


def arrives(s: Script, frame: Packet, layers: Packet, **fields: object) -> None:
    s.passes(UNDERLAY, frame, TENANTS, tagged(layers, **{"src": THERE, "dst": HERE, **fields}))


def learning() -> Script:
    s = configured("Stations are learned from what comes out of tunnels, move, and are forgotten after 300 s.")
    s.note("Not known yet: to the tenant's VTEP for such frames; the strict tenant has none.")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, COPIER))
    s.drops(TENANTS, tagged(ASK, vlan=STRICT_VLAN), "unknown_station", 1)
    arrives(s, tunnelled(ANSWER), ANSWER)
    s.add("check_counter learning(learned) packets = 1", "check_counter passed(unknown) packets = 1")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, VTEP))
    s.note("Each tenant has stations of its own.")
    s.drops(TENANTS, tagged(ASK, vlan=STRICT_VLAN), "unknown_station", 2)
    arrives(s, tunnelled(ANSWER, vtep=OTHER, vni=STRICT_VNI), ANSWER, vlan=STRICT_VLAN)
    s.passes(TENANTS, tagged(ASK, vlan=STRICT_VLAN), UNDERLAY, sent(ASK, OTHER, vni=STRICT_VNI))
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, VTEP))
    s.note("It moves: the control plane hears of it.")
    addresses = [int(ipaddress.ip_address(a)) for a in (VTEP, OTHER)]
    s.add(f"digest station_moved {VNI} {int.from_bytes(mac(THERE), 'big')} {addresses[0]} {addresses[1]}")
    arrives(s, tunnelled(ANSWER, vtep=OTHER), ANSWER)
    arrives(s, tunnelled(ANSWER, vtep=OTHER), ANSWER)
    s.add("check_counter learning(moved) packets = 1", "check_counter learning(learned) packets = 2")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, OTHER))
    s.note("Its own frames keep it known, those to it don't.")
    s.add("time +300s")
    arrives(s, tunnelled(ANSWER, vtep=OTHER), ANSWER)
    s.add("time +200s")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, OTHER))
    s.add("time +100s")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, OTHER))
    s.add("time +1ns")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, COPIER))
    s.note("A forgotten station that comes back elsewhere has not moved.")
    arrives(s, tunnelled(ANSWER, vtep=VTEP), ANSWER)
    s.add("check_counter learning(moved) packets = 1", "check_counter learning(learned) packets = 3")
    s.passes(TENANTS, tagged(ASK), UNDERLAY, sent(ASK, VTEP))
    return s


def to_underlay() -> Script:
    s = configured("From tenants: the tag says whose, the tunnel has lengths, marks and a source port of the frame.")
    arrives(s, tunnelled(ANSWER), ANSWER)
    plain: tuple[tuple[Packet, int], ...] = (
        (IP(src="10.0.0.5", dst="198.51.100.7", tos=0xB9) / UDP(sport=1, dport=2) / Raw(b"data"), 0xB9),
        (IP(src="10.0.0.5", dst="198.51.100.7") / ICMP(type=8, id=3), 0),
        (IP(src="10.0.0.5", dst="198.51.100.7", frag=9, proto=17) / Raw(b"the rest"), 0),
        (IP(src="10.0.0.5", dst="198.51.100.7", options=[b"\x94\x04\0\0"]) / UDP(sport=1, dport=2), 0),
        (IPv6(src="fd00:10::5", dst="2001:db8:5::7", tc=0x2A) / TCP(sport=7, dport=8, flags="S"), 0x2A),
        (IPv6(src="fd00:10::5", dst="2001:db8:5::7") / IPv6ExtHdrFragment(m=1, nh=17) / Raw(b"12345678"), 0),
        (IP(src="10.0.0.5", dst="198.51.100.7") / UDP(sport=4789, dport=4789) / Raw(bytes(30)), 0),
    )
    for layers, tos in plain:
        s.passes(TENANTS, tagged(layers, prio=5), UNDERLAY, sent(layers, VTEP, tos=tos))
    s.note("ARP to all, to one; a group's frame; what pads a frame stays behind it and counts in no length.")
    arp = ARP(hwsrc=HERE, psrc="10.0.0.5", pdst="198.51.100.7")
    s.passes(TENANTS, tagged(arp, dst=ALL), UNDERLAY, sent(arp, COPIER, dst=ALL))
    s.passes(TENANTS, tagged(arp), UNDERLAY, sent(arp, VTEP))
    group = "01:00:5e:00:00:01"
    s.passes(TENANTS, tagged(ASK, dst=group), UNDERLAY, sent(ASK, COPIER, dst=group))
    s.drops(TENANTS, tagged(arp, dst=ALL, vlan=STRICT_VLAN), "unknown_station", 1)
    small = IP(src="10.0.0.5", dst="198.51.100.7") / UDP(sport=1, dport=2)
    s.passes(TENANTS, bytes(tagged(small)) + bytes(14), UNDERLAY, bytes(sent(small, VTEP)) + bytes(14))
    s.note("The longest that a tunnel takes, and one byte more.")
    longest = small / Raw(b"." * (1500 - 28))
    s.passes(TENANTS, tagged(longest), UNDERLAY, sent(longest, VTEP))
    s.drops(TENANTS, tagged(longest / Raw(b"....")), "too_long", 1)
    s.drops(TENANTS, tagged(longest / Raw(b"." * 15)), "too_long", 2)
    s.note("No tag, nobody's tag, two tags, a frame of which nothing says how long it is, a group as source.")
    s.drops(TENANTS, Ether(src=HERE, dst=THERE) / ASK, "untagged", 1)
    s.drops(TENANTS, tagged(ASK, vlan=12), "unknown_vlan", 1)
    s.drops(TENANTS, tagged(Dot1Q(vlan=3) / ASK), "no_length", 1)
    s.drops(TENANTS, Ether(src=HERE, dst=THERE) / Dot1Q(vlan=VLAN, type=0x88CC) / Raw(bytes(40)), "no_length", 2)
    s.drops(TENANTS, tagged(ASK, src=group), "bad_source", 1)
    s.drops(5, tagged(ASK), "no_interface", 1)
    return s


def to_tenants() -> Script:
    s = configured("From the underlay: tunnels of known VTEPs to this gateway, of known tenants, end here.")
    for layers in (
        ANSWER,
        IPv6(src="2001:db8:5::7", dst="fd00:10::5") / UDP(sport=53, dport=5000) / Raw(b"answer"),
        ARP(op=2, hwsrc=THERE, psrc="198.51.100.7", hwdst=HERE, pdst="10.0.0.5"),
        IP(src="198.51.100.7", dst="10.0.0.5", frag=9, proto=17) / Raw(b"the rest"),
    ):
        arrives(s, tunnelled(layers), layers)
    other = Ether(src=THERE, dst=ALL, type=0x88CC) / Raw(b"neighbours")
    lldp = Ether(bytes(tunnelled(ANSWER))[:50] + bytes(other))
    fixed = bytes(lldp)[:16] + (36 + len(other)).to_bytes(2, "big") + bytes(lldp)[18:]
    fixed = fixed[:24] + ip_checksum(fixed[14:34]) + fixed[26:38] + (16 + len(other)).to_bytes(2, "big") + fixed[40:]
    s.passes(UNDERLAY, fixed, TENANTS, bytes(other)[:12] + b"\x81\0\0\x0a" + bytes(other)[12:])
    s.note("What pads the outer frame stays.")
    small = IP(src="198.51.100.7", dst="10.0.0.5") / UDP(sport=1, dport=2)
    wanted = bytes(tagged(small, src=THERE, dst=HERE)) + bytes(5)
    s.passes(UNDERLAY, bytes(tunnelled(small)) + bytes(5), TENANTS, wanted)
    s.note("Other bits of the flags don't matter; frames from one VTEP for the stations of another's pass.")
    arrives(s, tunnelled(ANSWER, flags=0x88), ANSWER)
    s.note("Nobody's VNI, an unknown VTEP, another gateway's, a tag within, a group as source.")
    s.drops(UNDERLAY, tunnelled(ANSWER, vni=78), "unknown_vni", 1)
    s.drops(UNDERLAY, tunnelled(ANSWER, vtep="192.0.2.9"), "unknown_vtep", 1)
    s.drops(UNDERLAY, tunnelled(ANSWER, to="203.0.113.2"), "not_tunnelled", 1)
    s.drops(UNDERLAY, tunnelled(Dot1Q(vlan=5) / ANSWER), "inner_tag", 1)
    s.drops(UNDERLAY, tunnelled(ANSWER, src="03:00:00:00:00:01"), "bad_source", 1)
    s.add("check_counter learning(learned) packets = 1")
    s.note("What isn't a tunnel: blocked, unless the policy lets it through.")
    arp = Ether(src=ROUTER, dst=ALL) / ARP(psrc="203.0.113.254", pdst=LOCAL)
    ping = Ether(src=ROUTER, dst=GATEWAY) / IP(src=VTEP, dst=LOCAL) / ICMP(type=8)
    s.drops(UNDERLAY, arp, "arp", 1)
    s.drops(UNDERLAY, ping, "not_tunnelled", 2)
    part = Ether(src=ROUTER, dst=GATEWAY) / IP(src=VTEP, dst=LOCAL, flags="MF") / UDP(dport=4789) / Raw(bytes(40))
    s.drops(UNDERLAY, part, "fragment", 1)
    s.drops(UNDERLAY, Ether(src=ROUTER, dst=GATEWAY) / IPv6() / UDP(), "other", 1)
    s.add("add policy traffic:0 let_through()")
    s.passes(UNDERLAY, arp, TENANTS, arp)
    return s


def ip_checksum(header: bytes) -> bytes:
    """The checksum of an IPv4 header; what stands in its place doesn't matter."""
    made = IP(header[:10] + b"\0\0" + header[12:])
    del made.chksum
    return bytes(made)[10:12]


def marks() -> Script:
    s = configured("Congestion that a tunnel met is passed on (RFC 6040).")

    def packets(ecn: int) -> tuple[Packet, Packet]:
        return (
            IP(src="198.51.100.7", dst="10.0.0.5", tos=0x28 | ecn) / UDP(sport=1, dport=2),
            IPv6(src="2001:db8:5::7", dst="fd00:10::5", tc=0x28 | ecn) / UDP(sport=1, dport=2),
        )

    s.note("Not marked on the way: as it is.")
    for ecn in range(4):
        for layers in packets(ecn):
            arrives(s, tunnelled(layers, tos=ecn & 2), layers)
    s.note("Marked on the way: marked, if its sender understands; dropped, if not.")
    for ecn in (1, 2, 3):
        for layers, marked in zip(packets(ecn), packets(3), strict=True):
            arrives(s, tunnelled(layers, tos=3), marked)
    for count, layers in enumerate(packets(0)):
        s.drops(UNDERLAY, tunnelled(layers, tos=3), "congestion", count + 1)
    s.drops(UNDERLAY, tunnelled(ARP(), tos=3), "congestion", 3)
    return s


def malformed() -> Script:
    s = configured("Broken headers, on either side.")
    good = bytes(tunnelled(ANSWER))
    plain = bytes(tagged(ASK))
    plain6 = bytes(tagged(IPv6(src="fd00:10::5", dst="2001:db8:5::7") / UDP()))
    arp = bytes(tagged(ARP()))
    count = 0

    def broken(frame: bytes, port: int = UNDERLAY) -> None:
        nonlocal count
        count += 1
        s.drops(port, frame, "malformed", count)

    s.note("Lengths of IP and UDP, no VNI, cut short.")
    broken(changed(good, 16, 0, 91))
    broken(changed(good, 38, 0, 69))
    broken(changed(good, 38, 0, 8))
    broken(changed(good, 42, 0))
    for size in (30, 38, 46, 60, 80):
        broken(good[:size])
    s.note("The packet in the tunnel.")
    broken(changed(good, 64, 0x65))
    broken(changed(good, 64, 0x44))
    s.note("From tenants.")
    for frame in (
        changed(plain, 18, 0x55),
        changed(plain, 18, 0x44),
        changed(plain, 20, 0, 19),
        changed(plain, 20, 0xFF, 0xF0),
        changed(plain6, 18, 0x40),
        changed(plain6, 22, 0xFF, 0xB0),
        changed(arp, 22, 8),
        changed(arp, 23, 16),
        plain[:16],
        plain[:30],
        plain[:40],
        plain6[:50],
        arp[:24],
    ):
        broken(frame, TENANTS)
    return s


def table_full() -> Script:
    s = configured(
        "No room for a station: its frames pass, those to it go to the tenant's VTEP.", defines=("STATIONS=2",)
    )
    stations = ["02:00:00:00:01:01", "02:00:00:00:01:02", "02:00:00:00:01:03"]
    for station in stations:
        arrives(s, tunnelled(ANSWER, src=station), ANSWER, src=station)
    s.add("check_counter learning(learned) packets = 2", "check_counter learning(no_room) packets = 1")
    for station, vtep in zip(stations, (VTEP, VTEP, COPIER), strict=True):
        s.passes(TENANTS, tagged(ASK, dst=station), UNDERLAY, sent(ASK, vtep, dst=station))
    return s


SCRIPTS: dict[str, Callable[[], Script]] = {
    "learning": learning,
    "to_underlay": to_underlay,
    "to_tenants": to_tenants,
    "marks": marks,
    "malformed": malformed,
    "table_full": table_full,
}
