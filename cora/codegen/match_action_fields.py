"""Fields that a match-action engine knows: where they stand, and what `tc flower`, rte_flow and DOCA Flow call them.

A field's place depends on what a rule matches: behind EtherType 0x0800 stands IPv4, behind protocol 6 without options
TCP. Names: tc-flower(8) and tc-pedit(8) of iproute2; rte_flow.h of DPDK; doca_flow.h of DOCA.
"""

from __future__ import annotations

from dataclasses import dataclass

from cora.codegen.match_action import PORT, Bits, Match, frame_bits

ETHERNET_BYTES, IPV4_BYTES, IPV6_BYTES = 14, 20, 40
ETHERTYPE = frame_bits(12, 0, 16)
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
TCP, UDP, ICMP = 6, 17, 1


@dataclass(frozen=True, slots=True)
class Field:
    """`flower`: the key of a filter, "" if it has none; `munge`: what pedit rewrites, "" if it can't."""

    name: str
    bits: Bits
    flower: str
    rte_match: str
    doca_match: str
    munge: str = ""
    rte_rewrite: str = ""


@dataclass(frozen=True, slots=True)
class ChecksumField:
    name: str
    bits: Bits
    areas: tuple[Bits, ...]
    """What it covers of the headers."""

    def covers(self, bits: Bits) -> bool:
        return any(a.offset <= bits.offset and bits.offset + bits.width <= a.offset + a.width for a in self.areas)


@dataclass(frozen=True, slots=True)
class Layers:
    """What a match says of the headers: `l3` and `l4` are "" where it doesn't."""

    l3: str
    l4: str
    fields: tuple[Field, ...]
    checksums: tuple[ChecksumField, ...]


def _ethernet() -> tuple[Field, ...]:
    return (
        Field("port", PORT, "dev", "REPRESENTED_PORT", "parser_meta.port_meta"),
        Field(
            "eth.dst", frame_bits(0, 0, 48), "dst_mac", "ETH.dst", "outer.eth.dst_mac",
            "eth dst set", "MODIFY_FIELD mac_dst",
        ),
        Field(
            "eth.src", frame_bits(6, 0, 48), "src_mac", "ETH.src", "outer.eth.src_mac",
            "eth src set", "MODIFY_FIELD mac_src",
        ),
        Field("eth.type", ETHERTYPE, "protocol", "ETH.type", "outer.eth.type"),
    )  # fmt: skip


def _ipv4(at: int) -> tuple[Field, ...]:
    return (
        # flower knows no version (the EtherType says it) and no length of the header; rte_flow has both.
        Field("ip.version", frame_bits(at, 0, 4), "", "IPV4.version_ihl", "outer.ip4.version_ihl"),
        Field("ip.ihl", frame_bits(at, 4, 4), "", "IPV4.version_ihl", "outer.ip4.version_ihl"),
        Field("ip.tos", frame_bits(at + 1, 0, 8), "ip_tos", "IPV4.type_of_service", "outer.ip4.dscp_ecn", "ip tos set",
              "MODIFY_FIELD ipv4_dscp"),
        Field("ip.more_fragments", frame_bits(at + 6, 2, 1), "ip_flags", "IPV4.fragment_offset", "outer.ip4.flags"),
        Field("ip.offset", frame_bits(at + 6, 3, 13), "ip_flags", "IPV4.fragment_offset", "outer.ip4.flags"),
        Field("ttl", frame_bits(at + 8, 0, 8), "ip_ttl", "IPV4.time_to_live", "outer.ip4.ttl", "ip ttl add", "DEC_TTL"),
        Field("ip.protocol", frame_bits(at + 9, 0, 8), "ip_proto", "IPV4.next_proto_id", "outer.ip4.next_proto"),
        Field("ip.src", frame_bits(at + 12, 0, 32), "src_ip", "IPV4.src_addr", "outer.ip4.src_ip", "ip src set",
              "MODIFY_FIELD ipv4_src"),
        Field("ip.dst", frame_bits(at + 16, 0, 32), "dst_ip", "IPV4.dst_addr", "outer.ip4.dst_ip", "ip dst set",
              "MODIFY_FIELD ipv4_dst"),
    )  # fmt: skip


def _ipv6(at: int) -> tuple[Field, ...]:
    return (
        Field("ip.version", frame_bits(at, 0, 4), "", "IPV6.vtc_flow", "outer.ip6.version"),
        Field("ip.protocol", frame_bits(at + 6, 0, 8), "ip_proto", "IPV6.proto", "outer.ip6.next_proto"),
        Field("ttl", frame_bits(at + 7, 0, 8), "ip_ttl", "IPV6.hop_limits", "outer.ip6.hop_limit", "ip6 hoplimit add",
              "DEC_TTL"),
        Field("ip.src", frame_bits(at + 8, 0, 128), "src_ip", "IPV6.src_addr", "outer.ip6.src_ip", "ip6 src set",
              "MODIFY_FIELD ipv6_src"),
        Field("ip.dst", frame_bits(at + 24, 0, 128), "dst_ip", "IPV6.dst_addr", "outer.ip6.dst_ip", "ip6 dst set",
              "MODIFY_FIELD ipv6_dst"),
    )  # fmt: skip


def _ports(at: int, kind: str) -> tuple[Field, ...]:
    upper = kind.upper()
    return (
        Field(f"{kind}.sport", frame_bits(at, 0, 16), "src_port", f"{upper}.src_port", f"outer.{kind}.l4_port.src_port",
              f"{kind} sport set", f"MODIFY_FIELD {kind}_port_src"),
        Field(f"{kind}.dport", frame_bits(at + 2, 0, 16), "dst_port", f"{upper}.dst_port",
              f"outer.{kind}.l4_port.dst_port", f"{kind} dport set", f"MODIFY_FIELD {kind}_port_dst"),
    )  # fmt: skip


def layers_of(match: Match) -> Layers:
    """The fields of the packets of a match."""
    fields = _ethernet()
    if not match.known(ETHERTYPE):
        return Layers("", "", fields, ())
    at, l3 = ETHERNET_BYTES, ""
    checksums: tuple[ChecksumField, ...] = ()
    addresses: Bits | None = None
    if ETHERTYPE.of(match.value) == IPV4:
        l3, fields = "ipv4", fields + _ipv4(at)
        checksums = (ChecksumField("ip.checksum", frame_bits(at + 10, 0, 16), (frame_bits(at, 0, 160),)),)
        addresses = frame_bits(at + 12, 0, 64)
        length = frame_bits(at, 4, 4)
        plain = match.known(length) and length.of(match.value) == 5
        protocol, at = frame_bits(at + 9, 0, 8), at + IPV4_BYTES
    elif ETHERTYPE.of(match.value) == IPV6:
        l3, fields, plain = "ipv6", fields + _ipv6(at), True
        addresses = frame_bits(at + 8, 0, 256)
        protocol, at = frame_bits(at + 6, 0, 8), at + IPV6_BYTES
    else:
        return Layers("", "", fields, ())
    if not plain or not match.known(protocol):
        return Layers(l3, "", fields, checksums)
    return _with_l4(l3, protocol.of(match.value), at, fields, checksums, addresses)


def _with_l4(
    l3: str, protocol: int, at: int, fields: tuple[Field, ...], checksums: tuple[ChecksumField, ...], addresses: Bits
) -> Layers:
    match protocol:
        case 6:
            flags = Field("tcp.flags", frame_bits(at + 13, 0, 8), "tcp_flags", "TCP.tcp_flags", "outer.tcp.flags")
            area = (addresses, frame_bits(at, 0, 128))
            checksum = ChecksumField("tcp.checksum", frame_bits(at + 16, 0, 16), area)
            return Layers(l3, "tcp", (*fields, *_ports(at, "tcp"), flags), (*checksums, checksum))
        case 17:
            area = (addresses, frame_bits(at, 0, 48))
            checksum = ChecksumField("udp.checksum", frame_bits(at + 6, 0, 16), area)
            return Layers(l3, "udp", (*fields, *_ports(at, "udp")), (*checksums, checksum))
        case 1 if l3 == "ipv4":
            kinds = (
                Field("icmp.type", frame_bits(at, 0, 8), "type", "ICMP.icmp_type", "outer.icmp.type"),
                Field("icmp.code", frame_bits(at + 1, 0, 8), "code", "ICMP.icmp_code", "outer.icmp.code"),
            )
            return Layers(l3, "icmp", (*fields, *kinds), checksums)
        case _:
            return Layers(l3, "", fields, checksums)


def rewritable(layers: Layers, bits: Bits) -> str | None:
    """The name of a field that the device can rewrite; None if it can't."""
    return next((f.name for f in layers.fields if f.bits == bits and f.munge), None)


def without_key(layers: Layers, match: Match) -> int:
    """The bits of a match that no field of the device covers."""
    covered = 0
    for field in layers.fields:
        covered |= field.bits.mask()
    return match.mask & ~covered
