"""Which port a captured packet came in by, and which connection it belongs to.

A capture says nothing of ports. Two rules give them: by `initiator` (the side that opened a connection is the inside;
the default), or by prefixes (packets from these addresses come in by the inside port). Connections are followed in
either case: the replay must know which packets are answers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from cora.diagnostics import error
from cora.nf.spec import NfSpec
from cora.traffic.headers import ACK, ICMP, ICMPV6, SYN, TCP, UDP, FlowKey, Headers
from cora.traffic.tunnel import TunnelKind, parse_through

ConnectionKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class PortRules:
    """The port on the inside (of clients, of the protected network) and the one on the outside."""

    inside_port: int
    outside_port: int
    inside_prefixes: tuple[str, ...] = ()
    """If given, source addresses decide: these prefixes are inside, all others outside."""
    tunnel: TunnelKind | None = None
    """Packets in such tunnels are known by what they carry."""


def port_rules(nf: NfSpec) -> PortRules:
    """The rules of a network function's nf.yaml."""
    return PortRules(nf.inside_port, nf.outside_port, nf.traffic.inside_prefixes, nf.traffic.tunnel)


@dataclass(frozen=True, slots=True)
class Assignment:
    port: int
    connection: int
    """Number of the connection, counted from 0 in order of appearance."""
    answer: bool
    """It travels from the responder to the initiator of its connection."""
    initiator: FlowKey | None
    """The connection's key in the direction of its first packet; None if the frame has no flow."""
    headers: Headers
    """Of the packet that the frame carries in a tunnel, if the rules name a kind."""


@dataclass(slots=True)
class _Connection:
    index: int
    initiator: FlowKey | None
    source_mac: bytes = b""


@dataclass(slots=True)
class PortAssigner:
    """Feed it the frames in order; it remembers connections and fragments."""

    rules: PortRules
    connections: dict[ConnectionKey, _Connection] = field(default_factory=dict[ConnectionKey, _Connection])
    _networks: dict[int, list[tuple[int, int]]] = field(init=False)
    _fragments: dict[tuple[int, ...], FlowKey] = field(default_factory=dict[tuple[int, ...], FlowKey])
    count: int = 0

    def __post_init__(self) -> None:
        self._networks = _parse_prefixes(self.rules.inside_prefixes)

    def assign(self, data: bytes) -> Assignment:
        """The port and the connection of the next frame."""
        headers = parse_through(data, self.rules.tunnel)
        flow = self.flow(headers)
        if flow is None:
            return self._without_flow(data, headers)
        about_sender = headers.inner is not None  # an ICMP error goes against the packet that it quotes
        known = self.connections.get(flow.connection())
        if known is None or _reopened(known, flow, headers):
            known = self._open(flow.connection(), _initiator(flow, headers))
        initiator = known.initiator
        assert initiator is not None
        answer = (flow == initiator) == about_sender
        return Assignment(self._port(headers.key, answer), known.index, answer, initiator, headers)

    def flow(self, headers: Headers) -> FlowKey | None:
        """The flow that a frame is about, with the ports of the first fragment for later ones (if that was seen)."""
        flow, fragment = headers.flow, headers.fragment
        if flow is None or fragment is None or headers.key is None:
            return flow
        name = (*headers.key[:4], fragment[0])
        if fragment[1]:
            return self._fragments.get(name, flow)
        if headers.inner is None:
            self._fragments[name] = flow
        return flow

    def _without_flow(self, data: bytes, headers: Headers) -> Assignment:
        source, target = data[6:12], data[:6]
        key = (headers.ethertype, *sorted((source, target)))
        known = self.connections.get(key)
        if known is None:
            known = self._open(key, None)
            known.source_mac = source
        answer = source != known.source_mac
        port = self.rules.outside_port if answer else self.rules.inside_port
        return Assignment(port, known.index, answer, None, headers)

    def _open(self, key: ConnectionKey, initiator: FlowKey | None) -> _Connection:
        known = self.connections[key] = _Connection(self.count, initiator)
        self.count += 1
        return known

    def _port(self, key: FlowKey | None, answer: bool) -> int:
        outside = answer
        if self.rules.inside_prefixes and key is not None:
            outside = not any(key.src & mask == net for net, mask in self._networks[key.version])
        return self.rules.outside_port if outside else self.rules.inside_port


def _initiator(flow: FlowKey, headers: Headers) -> FlowKey:
    """Who opened a connection whose first captured packet is this one. Captures begin in the midst of connections, so
    a SYN+ACK, an echo reply and a packet from a well-known port to another are taken for answers."""
    if headers.inner is not None:
        return flow
    if flow.protocol == TCP and headers.tcp_flags & SYN:
        return flow.reversed() if headers.tcp_flags & ACK else flow
    if flow.protocol in (ICMP, ICMPV6):
        return flow.reversed() if headers.icmp_type in (0, 129) else flow
    if flow.protocol in (TCP, UDP) and flow.sport < 1024 <= flow.dport:
        return flow.reversed()
    return flow


def _reopened(known: _Connection, flow: FlowKey, headers: Headers) -> bool:
    """A SYN from the other side opens the connection anew, the other way round."""
    opens = flow.protocol == TCP and headers.tcp_flags & (SYN | ACK) == SYN and headers.inner is None
    return opens and known.initiator != flow


def _parse_prefixes(prefixes: Iterable[str]) -> dict[int, list[tuple[int, int]]]:
    networks: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for prefix in prefixes:
        try:
            network = ipaddress.ip_network(prefix)
        except ValueError as problem:
            raise error(
                "C0511",
                f"{prefix!r} is not a prefix: {problem}",
                where="traffic: inside prefixes",
                help='write prefixes as "10.0.0.0/8" or "2001:db8::/32", with zeros behind the prefix length',
            ) from None
        networks[network.version].append((int(network.network_address), int(network.netmask)))
    return networks
