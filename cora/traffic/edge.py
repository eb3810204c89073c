"""Packets that look for trouble, for `cora verify`: few flows that meet, gaps beyond every timeout, odd frames, and
answers to what the NF really sent.

It is a closed loop: iterate over `EdgePackets`, run each packet, and tell the result by `saw` before taking the next.

    edge = EdgePackets(program, rules, spec, count=10_000)
    for packet in edge:
        edge.saw(run(program, store, packet))
"""

from __future__ import annotations

import ipaddress
import random
import struct
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cora.ir.interp import Packet, Result, Sent
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import ACK, FIN, ICMP, ICMPV6, PSH, RST, SYN, TCP, UDP, FlowKey, parse_headers
from cora.traffic.messages import messages
from cora.traffic.mutate import MIN_FRAME, Mutation, mutate, replace_protocol, with_flags
from cora.traffic.replay import START_NS, seed_of
from cora.traffic.tunnel import ALL_MESSAGES, Tunnel
from cora.traffic.wire import PLAIN, Extras, frame, icmp_error

_PORTS = (0, 1, 53, 80, 443, 1023, 1024, 40_000, 40_001, 40_002, 65_534, 65_535)
_ERRORS = {4: ((3, 0), (3, 1), (3, 3), (3, 4), (11, 0), (12, 0)), 6: ((1, 0), (1, 4), (2, 0), (3, 0), (4, 1))}
_MAX_FRAME = 1514
_FEW_KEYS, _CHANGES = 4, 0.2
"""Of requests, where a spec has messages: they shall meet."""
_MESSAGE_SHARE = 0.7
_ODD_PAYLOAD_SHARE = 0.05

Draft = tuple[int, FlowKey, bytes]
"""Port, flow, frame."""


@dataclass(frozen=True, slots=True)
class _Output:
    """What the NF sent."""

    port: int
    key: FlowKey
    data: bytes


class EdgePackets:
    """`count` packets; the same arguments and results give the same packets.

    The timeouts are those of the program's flow tables. `spec` gives the prefixes of clients and servers (a handful of
    addresses of each is used) and the server ports; addresses and ports that the entries of `store` name (a public
    address, a server that may be reached) are used as well. Frames have 14 to 1514 bytes. Times never go back.
    """

    def __init__(
        self,
        program: Program,
        rules: PortRules,
        spec: GenerateSpec | None = None,
        *,
        store: Store | None = None,
        count: int = 10_000,
        seed: int = 1,
        odd: Mutation = mutate,
        odd_share: float = 0.25,
    ) -> None:
        """`odd` changes one frame in `1 / odd_share`."""
        spec = spec or GenerateSpec()
        self.odd, self.odd_share = odd, odd_share
        self.rules = rules
        self.tunnel = None if spec.tunnel is None else Tunnel(spec.tunnel, spec.clients, spec.clients6)
        self.count = count
        self.rng = random.Random(seed)
        self.timeouts_ns = sorted({t for s in program.states for t in s.idle_timeouts_ns if t}) or [10**9]
        self.now_ns = START_NS
        self.clients = {4: _few(spec.clients, 4), 6: _few(spec.clients6, 2)}
        self.servers = {4: _few(spec.servers, 3), 6: _few(spec.servers6, 2)}
        self.named, ports = named_in_entries(store) if store is not None else ({4: [], 6: []}, [])
        self.server_ports = (*spec.server_ports, *_PORTS, *ports)
        self.flows: deque[FlowKey] = deque(maxlen=48)
        self.outputs: deque[_Output] = deque(maxlen=64)
        self.last_output: _Output | None = None
        self.plan: deque[Callable[[], Draft | None]] = deque()
        self.fresh_port = 1024
        self.port = rules.inside_port
        """That the frame comes in by which `odd` changes."""
        self.service_ports = spec.server_ports
        self.messages = None
        self.turn = 0
        if spec.messages != "none":
            self.messages = messages(spec.messages, self.rng, keys=_FEW_KEYS, skew=0.0, changes=_CHANGES)

    def __iter__(self) -> Iterator[Packet]:
        for index in range(self.count):
            port, _, data = self._draft()
            data = data[:_MAX_FRAME].ljust(MIN_FRAME, b"\0")
            yield Packet(data, port, self.now_ns, seed_of(index))

    def saw(self, result: Result) -> None:
        """What the NF did with the last packet."""
        self.last_output = None
        if isinstance(result, Sent):
            data = result.data if self.tunnel is None else self.tunnel.undress(result.data)
            key = parse_headers(data).key
            if key is not None:
                self.last_output = _Output(result.port, key, data)
                self.outputs.append(self.last_output)

    # ------------------------------------------------------------ what comes next

    def _draft(self) -> Draft:
        while self.plan:
            draft = self.plan.popleft()()
            if draft is not None:
                return draft
        rng = self.rng
        self._advance()
        if rng.random() < 0.06:
            sequence = rng.choices((self._conversation, self._boundary, self._burst), (5, 2, 2))[0]
            self.plan.extend(sequence())
            return self._draft()
        maker = rng.choices(_MAKERS, _WEIGHTS)[0]
        if self.tunnel is not None and self.tunnel.has_messages and rng.random() < 0.03:
            maker = EdgePackets.message
        port, key, data = maker(self)
        if rng.random() < self.odd_share:
            data = self._odd(port, key, data)
        if rng.random() < 0.02:
            port = rng.choice((0, 3, 255, 65_535, self.rules.inside_port, self.rules.outside_port))
        return port, key, data

    def _odd(self, port: int, key: FlowKey, data: bytes) -> bytes:
        """The frame with something odd: of one in a tunnel as often in what it carries as around it."""
        self.port = port
        if self.tunnel is not None and self.rng.random() < 0.5:
            carried = self.odd(self.rng, key, self.tunnel.undress(data))
            return self.arriving(port, key, carried)[2]
        return self.odd(self.rng, key, data)

    def arriving(self, port: int, key: FlowKey, data: bytes) -> Draft:
        """A plain frame as it comes in by a port: in a tunnel, if that is the tunnel's side."""
        if self.tunnel is not None:
            data = self.tunnel.dress(key, data, port == self.rules.inside_port, self.rng)
        return port, key, data

    def _advance(self) -> None:
        """Mostly small steps; one in 100 lands around or beyond a timeout."""
        rng = self.rng
        if rng.random() < 0.01:
            timeout = rng.choice(self.timeouts_ns)
            self.now_ns += rng.choice((timeout - 1, timeout, timeout + 1, timeout // 2, 2 * timeout + 1))
        else:
            self.now_ns += rng.choice((0, 1, 1000, 1000, 50_000, 10**6, 10**7))

    # ------------------------------------------------------------ single packets

    def _key(self) -> FlowKey:
        rng = self.rng
        version = 6 if rng.random() < 0.2 else 4
        protocol = rng.choice((TCP, TCP, TCP, UDP, UDP, ICMP))
        source = rng.choice(_PORTS)
        target = source if protocol == ICMP else rng.choice(self.server_ports)
        if self.messages is not None and rng.random() < _MESSAGE_SHARE:
            version, protocol, target = 4, UDP, rng.choice(self.service_ports)
        key = FlowKey(
            version, protocol, rng.choice(self.clients[version]), rng.choice(self.servers[version]), source, target
        )
        return replace_protocol(key, protocol)

    def _inside(self, key: FlowKey, extras: Extras = PLAIN) -> Draft:
        return self._send(self.rules.inside_port, key, extras)

    def _send(self, port: int, key: FlowKey, extras: Extras) -> Draft:
        self.flows.append(key)
        payload = self.rng.randbytes(self.rng.choice((0, 1, 6, 18, 100)))
        if self.messages is not None and key.protocol == UDP and self.rng.random() < 1 - _ODD_PAYLOAD_SHARE:
            payload = self.messages.request(len(payload))
        return self.arriving(port, key, frame(key, payload, extras))

    def new(self) -> Draft:
        return self._inside(self._key(), Extras(flags=SYN))

    def again(self) -> Draft:
        if not self.flows:
            return self.new()
        return self._inside(self.rng.choice(self.flows), with_flags(PLAIN, self.rng))

    def answer(self) -> Draft:
        """An answer to a packet that the NF sent, through the port that it left by."""
        if not self.outputs:
            return self.unsolicited()
        output, extras = self._output(), with_flags(Extras(answer=True), self.rng)
        self.turn = (self.turn + 1) % 8
        if self.turn % 2:  # the next step of a handshake, if it was one; now and then it is refused
            flags = parse_headers(output.data).tcp_flags & (SYN | ACK)
            after_syn = RST | ACK if self.turn == 7 else SYN | ACK
            extras = replace(extras, flags={SYN: after_syn, SYN | ACK: ACK}.get(flags, extras.flags))
        return self._answer_to(output, extras)

    def _output(self) -> _Output:
        """Something that the NF sent, mostly of late: older flows have often expired."""
        recent = self.rng.random() < 0.7
        return self.outputs[-self.rng.randrange(1, 1 + min(8 if recent else 64, len(self.outputs)))]

    def _answer_to(self, output: _Output, extras: Extras) -> Draft:
        key = output.key.reversed()
        if key.protocol == TCP:
            extras = replace(extras, **_acknowledging(output.data))
        payload = self.rng.randbytes(self.rng.choice((0, 6, 100)))
        if self.messages is not None and key.protocol == UDP:
            headers = parse_headers(output.data)
            payload = self.messages.answer(key.src, output.data[headers.l4 + 8 :], len(payload)) or payload
        return self.arriving(output.port, key, frame(key, payload, extras))

    def almost_answer(self) -> Draft:
        """An answer with one thing changed: an address, a port, the protocol, or the port that it comes in by."""
        port, key, _ = self.answer()
        rng = self.rng
        change = rng.randrange(4)
        if change == 0:
            key = key._replace(src=rng.choice(self.servers[key.version]))
        elif change == 1:
            key = key._replace(sport=rng.choice(_PORTS))
        elif change == 2:
            key = key._replace(dport=rng.choice(_PORTS))
        else:
            port = self.rules.inside_port
        return self.arriving(port, key, frame(key, b"", with_flags(Extras(answer=True), rng)))

    def error_about_sent(self) -> Draft:
        """An ICMP error about a packet that the NF sent; it quotes all of it, 8 bytes of its layer 4, or less."""
        if not self.outputs:
            return self.error_about_nothing()
        output = self._output()
        return self._error(output.port, output.key, output.data)

    def error_about_nothing(self) -> Draft:
        key = self._key().reversed()
        return self._error(self.rules.outside_port, key, frame(key, b"never sent"))

    def _error(self, port: int, key: FlowKey, sent: bytes) -> Draft:
        rng = self.rng
        headers = parse_headers(sent)
        layer4 = max(headers.l4, headers.l3)
        end = rng.choice((len(sent), layer4 + 8, layer4 + 8, layer4 + 4, layer4 + 2, layer4, headers.l3 + 10))
        router = key.dst if rng.random() < 0.3 else rng.choice(self.servers[key.version])
        protocol = ICMP if key.version == 4 else ICMPV6
        about = FlowKey(key.version, protocol, router, key.src, 0, 0)
        kind, code = rng.choice(_ERRORS[key.version])
        rest = rng.choice((0, 1280, 0xFFFFFFFF))
        return self.arriving(port, about, icmp_error(about, kind, code, sent[headers.l3 : max(end, headers.l3)], rest))

    def unsolicited(self) -> Draft:
        """From the outside to an address that the NF uses, or to a client behind it."""
        rng = self.rng
        key = self._key().reversed()
        seen = [o.key.src for o in self.outputs if o.key.version == key.version] + 8 * self.named[key.version]
        if seen and rng.random() < 0.7:
            key = key._replace(dst=rng.choice(seen))
        return self.arriving(self.rules.outside_port, key, frame(key, b"?", with_flags(PLAIN, rng)))

    def hairpin(self) -> Draft:
        """From a client to an address and port that the NF itself sent from."""
        if not self.outputs:
            return self.new()
        target = self.rng.choice(self.outputs).key
        source = self.rng.choice(self.clients[target.version])
        key = target._replace(src=source, dst=target.src, sport=self.rng.choice(_PORTS), dport=target.sport)
        if key.protocol in (ICMP, ICMPV6):
            key = key._replace(dport=key.sport)
        return self._inside(key, with_flags(PLAIN, self.rng))

    def message(self) -> Draft:
        """What the other ends of tunnels say about the tunnels themselves."""
        assert self.tunnel is not None
        key, data = self.tunnel.message(self.rng, ALL_MESSAGES)
        inside = self.tunnel.spec.side == "inside"
        return self.rules.inside_port if inside else self.rules.outside_port, key, data

    # ------------------------------------------------------------ sequences

    def _conversation(self) -> list[Callable[[], Draft | None]]:
        """A whole connection, each answer to what the NF sent just before. One in four is opened from the outside."""
        key = self._key()
        key = key._replace(src=self.clients[key.version][0], dst=self.servers[key.version][0])
        port, fresh = self.rules.inside_port, self._fresh_port()
        key = key._replace(sport=fresh, dport=fresh if key.protocol in (ICMP, ICMPV6) else key.dport)
        if self.rng.random() < 0.25:
            key = key._replace(src=key.dst, dst=self.rng.choice([key.src, *self.named[key.version]]))
            port = self.rules.outside_port

        def ask(flags: int = ACK) -> Callable[[], Draft | None]:
            return lambda: self._send(port, key, Extras(flags=flags))

        def reply(flags: int = ACK, wait_ns: int = 1000) -> Callable[[], Draft | None]:
            def draft() -> Draft | None:
                self.now_ns += wait_ns
                output = self.last_output
                return None if output is None else self._answer_to(output, Extras(flags=flags, answer=True))

            return draft

        if key.protocol != TCP:
            late_ns = self.rng.choice(self.timeouts_ns)
            return [ask(), reply(), ask(), reply(), ask(), reply(wait_ns=late_ns), ask(), reply(wait_ns=late_ns + 1)]
        data = [ask(PSH | ACK), reply(PSH | ACK), reply(), ask(PSH | ACK)] * self.rng.choice((1, 2, 4))
        steps = [ask(SYN), reply(SYN | ACK), ask(), *data]
        match self.rng.randrange(3):
            case 0:
                return [*steps, reply(RST | ACK), ask(), ask(SYN)]
            case 1:
                return [*steps, reply(FIN | ACK), ask(FIN | ACK), reply(), ask(SYN), reply(SYN | ACK)]
            case _:
                return [*steps, ask(FIN | ACK), reply(FIN | ACK), ask(), ask()]

    def _boundary(self) -> list[Callable[[], Draft | None]]:
        """Packets of one flow exactly at, just before and just after a timeout, in either direction."""
        key = self.rng.choice(self.flows) if self.flows and self.rng.random() < 0.5 else self._key()
        timeout = self.rng.choice(self.timeouts_ns)

        def ask(wait_ns: int) -> Callable[[], Draft | None]:
            def draft() -> Draft | None:
                self.now_ns += wait_ns
                return self._inside(key, Extras(flags=self.rng.choice((ACK, SYN))))

            return draft

        def reply(wait_ns: int) -> Callable[[], Draft | None]:
            def draft() -> Draft | None:
                self.now_ns += wait_ns
                output = self.last_output
                return None if output is None else self._answer_to(output, Extras(answer=True))

            return draft

        waits = [timeout - 1, timeout, timeout + 1]
        self.rng.shuffle(waits)
        return [ask(0), *(ask(w) for w in waits), reply(waits[0]), ask(0), reply(waits[1]), ask(1), reply(waits[2])]

    def _burst(self) -> list[Callable[[], Draft | None]]:
        """Many new flows at once, from one client to one server: pressure on tables and pools."""
        key = self._key()._replace(src=self.clients[4][0], dst=self.servers[4][0], version=4)
        key = replace_protocol(key, self.rng.choice((TCP, UDP, ICMP)))

        def draft() -> Draft:
            self.now_ns += 1000
            port = self._fresh_port()
            flow = key._replace(sport=port, dport=port if key.protocol == ICMP else key.dport)
            return self._inside(flow, Extras(flags=SYN))

        return [draft] * self.rng.choice((8, 16, 64))

    def _fresh_port(self) -> int:
        self.fresh_port = 1024 + (self.fresh_port - 1023) % 64_512
        return self.fresh_port


_Maker = Callable[[EdgePackets], Draft]
_MIX: tuple[tuple[_Maker, int], ...] = (
    (EdgePackets.new, 20),
    (EdgePackets.again, 25),
    (EdgePackets.answer, 25),
    (EdgePackets.almost_answer, 6),
    (EdgePackets.error_about_sent, 8),
    (EdgePackets.error_about_nothing, 3),
    (EdgePackets.unsolicited, 7),
    (EdgePackets.hairpin, 6),
)
_MAKERS = [maker for maker, _ in _MIX]
_WEIGHTS = [weight for _, weight in _MIX]


def named_in_entries(store: Store) -> tuple[dict[int, list[int]], list[int]]:
    """The addresses (by IP version) and the ports that rows of the control plane's tables match or give.

    By width: 32 and 128 bits are taken for addresses (an IPv4 one may stand in 128, RFC 4291, 2.5.5), 16 for ports.
    """
    found: dict[int, dict[int, None]] = {4: {}, 6: {}}
    ports: dict[int, None] = {}
    for table in store.tables.values():
        widths = [f.width for f in (*table.state.key, *table.state.values)]
        for row in table.rows:
            for bits, value in zip(widths, (*(m.value for m in row.key), *row.values), strict=True):
                if bits == 16 and value:
                    ports[value] = None
                elif bits in (32, 128) and value >> 32 in (0, 0xFFFF):
                    if value >> 24:  # smaller numbers are indices, not addresses
                        found[4][value & 0xFFFFFFFF] = None
                elif bits == 128:
                    found[6][value] = None
    return {version: list(addresses) for version, addresses in found.items()}, list(ports)


def _acknowledging(data: bytes) -> dict[str, int]:
    """The sequence numbers of an answer to a TCP segment: SYN cookies are only known by them."""
    headers = parse_headers(data)
    segment = data[headers.l4 :]
    if headers.l4 < 0 or len(segment) < 14:
        return {}
    seq, ack = struct.unpack_from(">II", segment, 4)
    data_octets = max(0, len(segment) - (segment[12] >> 4) * 4)
    taken = 1 if headers.tcp_flags & (SYN | FIN) else data_octets  # behind the options of a SYN+ACK may be padding
    return {"seq": ack, "ack": (seq + taken) & 0xFFFFFFFF}


def _few(prefix: str, count: int) -> list[int]:
    """The first usable addresses of a prefix."""
    network = ipaddress.ip_network(prefix)
    first, size = int(network.network_address), network.num_addresses
    return [first + (1 + n) % size for n in range(min(count, size))]
