"""Generates traffic that looks like a network's: many connections at once, a few of them busy, some new all the time.

Frames are as captured on the inside, before the NF touched them; the closed-loop replay turns answers into what the NF
would have seen. The same spec gives the same bytes on every machine.
"""

from __future__ import annotations

import bisect
import ipaddress
import itertools
import math
import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from cora.traffic.capture import Capture, Frame
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import ACK, FIN, ICMP, ICMPV6, PSH, RST, SYN, TCP, UDP, FlowKey
from cora.traffic.messages import messages
from cora.traffic.tunnel import Tunnel
from cora.traffic.wire import Extras, frame, header_bytes, icmp_error

T = TypeVar("T")

_PROTOCOLS = {"tcp": (TCP, TCP), "udp": (UDP, UDP), "icmp": (ICMP, ICMPV6)}
_HANDSHAKE = ((False, SYN), (True, SYN | ACK), (False, ACK))
_CLOSE = ((False, FIN | ACK), (True, FIN | ACK), (False, ACK))


def generate(spec: GenerateSpec, name: str = "generated") -> Capture:
    """The traffic of a spec, `spec.packets` frames from time 0 on."""
    generator = _Generator(spec)
    return Capture(name, tuple(itertools.islice(generator.frames(), spec.packets)))


@dataclass(slots=True)
class _Connection:
    key: FlowKey
    """From client to server."""
    data_left: int
    script: deque[tuple[bool, int]]
    """(answer, TCP flags) of packets that come before any data: handshake or close."""
    closes: tuple[tuple[bool, int], ...]
    pause_at: int = -1
    """It pauses when so many data packets are left."""
    asleep_until_ns: int = 0
    closing: bool = False
    sent: int = 0
    seqs: list[int] = field(default_factory=lambda: [1000, 2000])
    """Next TCP sequence numbers of client and server."""
    asked: bytes = b""
    """The last request, of a connection with messages."""

    @property
    def over(self) -> bool:
        return self.closing and not self.script


class _Generator:
    def __init__(self, spec: GenerateSpec) -> None:
        self.spec = spec
        self.random = random.Random(spec.seed)
        weights = [rank**-spec.skew for rank in range(1, spec.flows + 1)]
        self.ranks = list(itertools.accumulate(weights))
        mean = self.ranks[-1] / spec.flows
        self.lengths = [max(1.0, spec.connection_packets * w / mean) for w in weights]
        self.mix = _Weighted(spec.mix)
        self.sizes = _Weighted(spec.sizes)
        self.noise = self.random.randbytes(16_384)
        self.messages = None
        if spec.messages != "none":
            self.messages = messages(
                spec.messages, self.random, keys=spec.keys, skew=spec.key_skew, changes=spec.changes
            )
        self.hosts = {
            prefix: ipaddress.ip_network(prefix)
            for prefix in (spec.clients, spec.servers, spec.clients6, spec.servers6)
        }
        self.open = [self.connection(rank) for rank in range(spec.flows)]
        self.ident = 0
        self.tunnel = None if spec.tunnel is None else Tunnel(spec.tunnel, spec.clients, spec.clients6)

    def frames(self) -> Iterator[Frame]:
        """Frames without end."""
        now_ns = 0
        while True:
            now_ns += int(-math.log(1.0 - self.random.random()) / self.spec.rate_pps * 1e9)
            rank = self.pick(now_ns)
            connection = self.open[rank]
            asking, data = self.step(connection, now_ns)
            key = connection.key if asking else connection.key.reversed()
            yield self.arriving(key, data, asking, now_ns)
            if connection.over:
                self.open[rank] = self.connection(rank)
            yield from self.extras(connection.key, now_ns)

    def extras(self, key: FlowKey, now_ns: int) -> Iterator[Frame]:
        """Now and then a packet that is not part of a connection."""
        if self.random.random() < self.spec.icmp_errors:
            error = self.error_about(key)
            yield self.arriving(key.reversed(), error, False, now_ns)
        if self.random.random() < self.spec.unsolicited:
            # Backscatter: a SYN would open a connection, and then its sender would count as the inside.
            stray = self.key("tcp" if self.random.random() < 0.5 else "udp").reversed()._replace(sport=53)
            data = frame(stray, b"", Extras(flags=SYN | ACK))
            yield self.arriving(stray, data, False, now_ns)
        if self.tunnel is not None and self.random.random() < self.tunnel.spec.messages:
            _, data = self.tunnel.message(self.random)
            yield Frame(now_ns, data, len(data))
        if self.spec.flood:
            for _ in range(int(self.spec.flood + self.random.random())):
                data = frame(self.key("tcp"), b"", Extras(flags=SYN, seq=self.random.getrandbits(32)))
                yield Frame(now_ns, data, len(data))

    def arriving(self, key: FlowKey, data: bytes, inside: bool, now_ns: int) -> Frame:
        """The frame of a flow from its sender on, in a tunnel if it comes from the tunnel's side."""
        if self.tunnel is not None:
            data = self.tunnel.dress(key, data, inside, self.random)
        return Frame(now_ns, data, len(data))

    def pick(self, now_ns: int) -> int:
        """The rank of a connection that is awake, by Zipf's law; a new one if none is found soon."""
        rank = 0
        for _ in range(64):
            rank = bisect.bisect_left(self.ranks, self.random.random() * self.ranks[-1])
            if self.open[rank].asleep_until_ns <= now_ns:
                return rank
        self.open[rank] = self.connection(rank)
        return rank

    def connection(self, rank: int) -> _Connection:
        protocol = self.mix.pick(self.random.random())
        left = 1 + int(-math.log(1.0 - self.random.random()) * self.lengths[rank])
        draw = self.random.random()
        closes: tuple[tuple[bool, int], ...] = ()
        if protocol == "tcp" and draw >= self.spec.abandoned:
            resets = draw < self.spec.abandoned + self.spec.resets * (1 - self.spec.abandoned)
            closes = ((self.random.random() < 0.5, RST | ACK),) if resets else _CLOSE
        pause = self.random.randrange(left) if self.random.random() < self.spec.idle else -1
        return _Connection(self.key(protocol), left, deque(_HANDSHAKE if protocol == "tcp" else ()), closes, pause)

    def key(self, protocol: str) -> FlowKey:
        version = 6 if self.random.random() < self.spec.ipv6 else 4
        spec = self.spec
        clients, servers = (spec.clients6, spec.servers6) if version == 6 else (spec.clients, spec.servers)
        number = _PROTOCOLS[protocol][version == 6]
        source = self.random.randrange(1024, 65_536)
        target = source if protocol == "icmp" else self.random.choice(spec.server_ports)
        return FlowKey(version, number, self.host(clients), self.host(servers), source, target)

    def host(self, prefix: str) -> int:
        """An address of the prefix, without its first and last if it has more than two."""
        network = self.hosts[prefix]
        first, size = int(network.network_address), network.num_addresses
        return first + (self.random.randrange(1, size - 1) if size > 2 else self.random.randrange(size))

    def step(self, connection: _Connection, now_ns: int) -> tuple[bool, bytes]:
        """The connection's next packet, and whether the client sends it."""
        if connection.script:
            answer, flags = connection.script.popleft()
            data = self.packet(connection, answer, flags, 0)
        else:
            answer = self.is_answer(connection)
            flags = PSH | ACK
            data = self.packet(connection, answer, flags, self.sizes.pick(self.random.random()))
            connection.data_left -= 1
        if connection.data_left == connection.pause_at and not connection.script:
            connection.asleep_until_ns = now_ns + int(self.spec.idle_s * 1e9)
            connection.pause_at = -1
        if connection.data_left <= 0 and not connection.closing:
            connection.closing = True
            connection.script.extend(connection.closes)
        return not answer, data

    def is_answer(self, connection: _Connection) -> bool:
        """Without a handshake the first packet is a request; echoes and messages alternate."""
        protocol = connection.key.protocol
        if protocol in (ICMP, ICMPV6) or (protocol == UDP and self.messages is not None):
            return connection.sent % 2 == 1
        return connection.sent > 0 and self.random.random() < self.spec.answers

    def packet(self, connection: _Connection, answer: bool, flags: int, size: int) -> bytes:
        key = connection.key.reversed() if answer else connection.key
        data = self.payload(connection, answer, max(0, size - header_bytes(key)))
        self.ident = (self.ident + 1) & 0xFFFF
        extras = Extras(flags=flags, answer=answer, ident=self.ident, ttl=57 if answer else 64)
        if key.protocol == TCP:
            seqs = connection.seqs
            ack = seqs[not answer] if flags & ACK else 0
            extras = replace(extras, seq=seqs[answer], ack=ack)
            step = len(data) + (1 if flags & (SYN | FIN) else 0)
            seqs[answer] = (seqs[answer] + step) & 0xFFFFFFFF
        else:
            extras = replace(extras, seq=connection.sent // 2)
        connection.sent += 1
        return frame(key, data, extras)

    def payload(self, connection: _Connection, answer: bool, size: int) -> bytes:
        """Noise of this size, or the connection's next message."""
        if self.messages is None or connection.key.protocol != UDP:
            begin = self.random.randrange(len(self.noise) - size + 1) if size else 0
            return self.noise[begin : begin + size]
        if answer:
            return self.messages.answer(connection.key.dst, connection.asked, size)
        connection.asked = self.messages.request(size)
        return connection.asked

    def error_about(self, key: FlowKey) -> bytes:
        """Destination unreachable from a router on the outside, about a packet of the client.

        It quotes the IP header and 8 bytes (RFC 792), or what fits into IPv6's minimum MTU (RFC 4443)."""
        sent = frame(key, self.noise[:64], Extras(flags=PSH | ACK, ident=self.ident, ttl=60))
        if key.version == 6:
            about = FlowKey(6, ICMPV6, self.host(self.spec.servers6), key.src, 0, 0)
            return icmp_error(about, 1, 4, sent[14 : 14 + 1232])
        about = FlowKey(4, ICMP, self.host(self.spec.servers), key.src, 0, 0)
        return icmp_error(about, 3, self.random.choice((1, 3, 10)), sent[14 : 14 + 28])


class _Weighted(Generic[T]):
    """Picks a key by its weight from a number in [0, 1)."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.keys = list(weights)
        self.sums = list(itertools.accumulate(weights.values()))

    def pick(self, draw: float) -> T:
        return self.keys[min(bisect.bisect_right(self.sums, draw * self.sums[-1]), len(self.keys) - 1)]
