"""Packets made from a program itself: every path of its parser, the ends of the ranges that it tells apart, flows whose
hashes collide, frames cut at every header. They come between those of `cora.traffic.edge` (connections in both
directions, timeouts, answers to what the NF sent) and change some of them.

    packets = ProgramPackets(program, rules, spec, store=store, count=10_000)
    for packet in packets:
        packets.saw(run(program, store, packet))
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result, Trace
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.checksum import checksum
from cora.traffic.edge import Draft, EdgePackets
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import TCP, UDP, FlowKey
from cora.traffic.mutate import MIN_FRAME, mutate
from cora.traffic.replay import START_NS
from cora.traffic.wire import frame
from cora.verify.packets_paths import ParserPaths, Walked, put_bits
from cora.verify.packets_values import field_values

_PROBES = 1500
"""Flows that are looked at for collisions."""
_FEW_CELLS = 8
"""A state of which so few keys were seen isn't hashed into."""
_COLLISION_SHARE = 0.01
_FIRST_STEERED = 10
"""The first of so many packets go along all paths of the parser."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How many of the frames are changed, and how: weights."""

    share: float
    path: int
    value: int
    cut: int
    malformed: int


USUAL = Mix(0.4, path=4, value=4, cut=2, malformed=3)
RANDOM = Mix(2 / 3, path=1, value=1, cut=3, malformed=3)
"""A third as they should be, the rest cut or malformed in about equal parts."""


class ProgramPackets:
    """`count` packets; the same arguments and results give the same packets. Arguments as those of `EdgePackets`."""

    def __init__(
        self,
        program: Program,
        rules: PortRules,
        spec: GenerateSpec | None = None,
        *,
        store: Store,
        count: int = 10_000,
        seed: int = 1,
        mix: Mix = USUAL,
    ) -> None:
        self.program, self.rules, self.mix = program, rules, mix
        self.paths = ParserPaths(program)
        self.values = field_values(program, store)
        self.edge = EdgePackets(
            program, rules, spec, store=store, count=count, seed=seed, odd=self._change, odd_share=mix.share
        )
        self.edge.plan.extend([self._steered] * (count // _FIRST_STEERED))
        self.collisions = self._collisions(copy.deepcopy(store), random.Random(seed))

    def __iter__(self) -> Iterator[Packet]:
        rng = self.edge.rng
        for packet in self.edge:
            yield packet
            if self.collisions and rng.random() < _COLLISION_SHARE and not self.edge.plan:
                self.edge.plan.extend(self._collide(*rng.choice(self.collisions)))

    def saw(self, result: Result) -> None:
        """What the NF did with the last packet."""
        self.edge.saw(result)

    # ------------------------------------------------------------ changes

    def _steered(self) -> Draft:
        makers = (self.edge.new, self.edge.unsolicited) if self.paths.asks_port else (self.edge.new,)
        maker = makers[0] if len(makers) == 1 else self.edge.rng.choice(makers)
        self.edge.port, key, data = maker()
        return self.edge.port, key, self._another_path(self.edge.rng, key, data)

    def _change(self, rng: random.Random, key: FlowKey, data: bytes) -> bytes:
        mix = self.mix
        makers = (self._another_path, self._another_value, self._cut, self._malformed)
        maker = rng.choices(makers, (mix.path, mix.value, mix.cut, mix.malformed))[0]
        return maker(rng, key, data).ljust(MIN_FRAME, b"\0")

    def _another_path(self, rng: random.Random, key: FlowKey, data: bytes) -> bytes:
        walked = self.paths.steer(data, rng, self.edge.port)
        return self._with_values(walked, rng) if rng.random() < 0.3 else walked.frame

    def _another_value(self, rng: random.Random, key: FlowKey, data: bytes) -> bytes:
        return self._with_values(self.paths.walk(data, self.edge.port), rng)

    def _with_values(self, walked: Walked, rng: random.Random) -> bytes:
        """One or two fields at the end of a range that the program tells apart; half of the frames get a right IPv4
        checksum again."""
        data = bytearray(walked.frame)
        places = [p for p in walked.places if p.field in self.values]
        for place in rng.sample(places, min(len(places), rng.choice((1, 1, 2)))):
            put_bits(data, place.at, place.width, rng.choice(self.values[place.field]))
        return repaired(data) if rng.random() < 0.5 else bytes(data)

    def _cut(self, rng: random.Random, key: FlowKey, data: bytes) -> bytes:
        return data[
            : max(MIN_FRAME, rng.choice(self.paths.walk(data, self.edge.port).borders) + rng.choice((-1, 0, 0, 1)))
        ]

    def _malformed(self, rng: random.Random, key: FlowKey, data: bytes) -> bytes:
        """Odd in a way of `cora.traffic.mutate`, or with some bits of its headers turned."""
        if rng.random() < 0.6:
            return mutate(rng, key, data)
        made = bytearray(data)
        for _ in range(rng.choice((1, 1, 2, 8))):
            made[rng.randrange(min(len(made), 1 + max(self.paths.walk(data, self.edge.port).borders)))] ^= (
                1 << rng.randrange(8)
            )
        return bytes(made)

    # ------------------------------------------------------------ collisions

    def _collisions(self, store: Store, rng: random.Random) -> list[tuple[FlowKey, FlowKey]]:
        """Pairs of flows from the inside that use the same cell of a register, or the same entry of a flow table."""
        step, trace = compile_program(self.program, trace=True), Trace(all_states=True)
        flows: dict[tuple[str, tuple[int, ...]], FlowKey] = {}
        cells: dict[str, set[tuple[int, ...]]] = {}
        pairs: list[tuple[FlowKey, FlowKey]] = []
        kinds = {s.name: s.kind for s in self.program.states}
        for number in range(_PROBES):
            key = self._probe(rng)
            trace.clear()
            _, _, data = self.edge.arriving(self.rules.inside_port, key, frame(key, b""))
            step(store, Packet(data, self.rules.inside_port, START_NS, number), trace=trace)
            for access in trace.accesses:
                if kinds[access.state] in ("register", "flow_table"):
                    other = flows.setdefault((access.state, access.key), key)
                    cells.setdefault(access.state, set()).add(access.key)
                    if other != key and len(cells[access.state]) > _FEW_CELLS:
                        pairs.append((other, key))
        return pairs

    def _probe(self, rng: random.Random) -> FlowKey:
        source, target = rng.choice(self.edge.clients[4]), rng.choice(self.edge.servers[4])
        ports = rng.randrange(1024, 65_536), rng.choice(self.edge.server_ports)
        return FlowKey(4, rng.choice((TCP, UDP)), source, target, *ports)

    def _collide(self, one: FlowKey, other: FlowKey) -> list[Callable[[], Draft | None]]:
        """Both flows in turns, the last time after a timeout."""

        def send(key: FlowKey, wait_ns: int) -> Callable[[], Draft | None]:
            def draft() -> Draft:
                self.edge.now_ns += wait_ns
                self.edge.flows.append(key)
                return self.edge.arriving(self.rules.inside_port, key, frame(key, b""))

            return draft

        late_ns = self.edge.rng.choice(self.edge.timeouts_ns) + 1
        return [send(key, wait) for wait in (0, 1000, 0, late_ns) for key in (one, other)]


def repaired(data: bytes | bytearray) -> bytes:
    """The frame with a right checksum in its IPv4 header, if it has one right behind the Ethernet header."""
    made = bytearray(data)
    size = (made[14] & 15) * 4 if len(made) > 14 else 0
    if made.startswith(b"\x08\x00", 12) and size >= 20 and len(made) >= 14 + size:
        made[24:26] = b"\0\0"
        made[24:26] = checksum(made[14 : 14 + size]).to_bytes(2, "big")
    return bytes(made)
