"""Reads a flow as people write it: `10.0.0.1:1234 > 198.51.100.7:443/tcp`, `[2001:db8::1]:53 > [2001:db8::2]:9/udp`,
`10.0.0.1 > 198.51.100.7/icmp` (with `:identifier` behind the first address for one echo)."""

from __future__ import annotations

import ipaddress
import re

from cora.diagnostics import UserError, error
from cora.traffic.headers import ICMP, ICMPV6, TCP, UDP, FlowKey

PROTOCOLS = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmp6": ICMPV6, "icmpv6": ICMPV6}
HELP = 'write "10.0.0.1:1234 > 198.51.100.7:443/tcp", "[2001:db8::1]:53 > [2001:db8::2]:9/udp", or "… > …/icmp"'
_SIDE = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[^:\[\]]*))(?::(?P<port>[^:]*))?")


def parse_flow(text: str) -> FlowKey:
    """The key of a flow; ports of ICMP are its identifier, or -1 for any. Raises `UserError` C0642."""
    match [side.strip() for side in text.split(">")]:
        case [left, right] if "/" in right:
            right, _, protocol = right.rpartition("/")
        case _:
            raise _wrong(text, "it takes two addresses with '>' between them and '/protocol' at the end")
    number = PROTOCOLS.get(protocol.strip().casefold())
    if number is None:
        raise _wrong(text, f"there is no protocol {protocol.strip()!r} here (tcp, udp, icmp)")
    source, sport = _side(text, left)
    target, dport = _side(text, right)
    if source.version != target.version:
        raise _wrong(text, "one address is IPv4 and the other IPv6")
    if number in (ICMP, ICMPV6):
        number = ICMP if source.version == 4 else ICMPV6
        identifier = sport if sport is not None else dport if dport is not None else -1
        return FlowKey(source.version, number, int(source), int(target), identifier, identifier)
    if sport is None or dport is None:
        raise _wrong(text, "both sides need a port")
    return FlowKey(source.version, number, int(source), int(target), sport, dport)


def _side(text: str, side: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int | None]:
    match = _SIDE.fullmatch(side.strip())
    # An IPv6 address without brackets has no port.
    address, port = (match["six"] or match["four"], match["port"]) if match else (side.strip(), None)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        raise _wrong(text, f"{address!r} is not an IP address") from None
    if port is None:
        return found, None
    if not port.isdecimal() or int(port) > 65535:
        raise _wrong(text, f"{port!r} is not a port")
    return found, int(port)


def _wrong(text: str, why: str) -> UserError:
    return error("C0642", f"{text!r} is not a flow: {why}", help=HELP)


def flow_text(key: FlowKey) -> str:
    """The key as it is written."""
    name = {TCP: "tcp", UDP: "udp"}.get(key.protocol, "icmp")

    def side(address: int, port: int) -> str:
        shown = str(ipaddress.IPv4Address(address) if key.version == 4 else ipaddress.IPv6Address(address))
        if port < 0:
            return shown
        return f"{shown}:{port}" if key.version == 4 else f"[{shown}]:{port}"

    return f"{side(key.src, key.sport)} > {side(key.dst, key.dport)}/{name}"


def kind_text(key: FlowKey) -> str:
    """ "IPv4 tcp"."""
    return f"IPv{key.version} {flow_text(key).rpartition('/')[2]}"


def same_flow(wanted: FlowKey, key: FlowKey) -> bool:
    """The key is that of the wanted flow, in either direction."""
    if wanted.sport < 0:
        key = key._replace(sport=-1, dport=-1)
    return key in (wanted, wanted.reversed())
