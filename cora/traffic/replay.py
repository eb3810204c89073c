"""Closed-loop replay: a capture becomes the packets that the NF would have seen, with answers to what it really sent.

A captured answer carries the addresses that the captured client used. Behind a NAT or a balancer the peer would have
answered to what came out of the NF, so the replay runs the program, learns from each forwarded packet what the NF made
of its connection's addresses and ports, and rewrites the answers (and the packets quoted in ICMP errors) to that.
A UDP request that the program answers itself never reaches its server: the captured answer is left out. For a SYN that
the program answers see `cora.traffic.handshakes`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from cora.diagnostics import error
from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, Result, Sent
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.traffic.assign import Assignment, PortAssigner, PortRules
from cora.traffic.capture import Capture, Frame
from cora.traffic.handshakes import Handshakes
from cora.traffic.headers import UDP, FlowKey, rewrite
from cora.traffic.tunnel import parse_through

START_NS = 86_400 * 10**9
"""When a replay begins: a day after the clock's zero, so that no state looks as if it had just been used."""

ETHERNET_HEADER = 14

RunOne = Callable[[Store, Packet], Result]


@dataclass(frozen=True, slots=True)
class Replay:
    """The packets as the NF saw them and what it did with each. All tuples have one element a packet."""

    name: str
    packets: tuple[Packet, ...]
    results: tuple[Result, ...]
    store: Store
    """The state after the last packet."""
    connections: tuple[int, ...]
    """The number of each packet's connection, in order of appearance (non-IP frames: of their pair of MACs)."""
    answers: tuple[bool, ...]
    rewritten: int
    """Answers that were rewritten to what the NF had sent."""
    skipped: int
    """Frames longer than `largest_frame` or shorter than an Ethernet header, left out: no wire carries them."""
    unasked: int
    """Answers left out since the program had answered the request itself, or since their server never got a SYN."""

    @property
    def duration_ns(self) -> int:
        return self.packets[-1].time_ns - self.packets[0].time_ns if self.packets else 0

    def part(self, begin: int, end: int, what: str) -> Replay:
        """Packets `begin` to `end` (exclusive); `what` is added to the name. Everything else is of the whole replay."""
        return dataclasses.replace(
            self,
            name=f"{self.name} ({what})",
            packets=self.packets[begin:end],
            results=self.results[begin:end],
            connections=self.connections[begin:end],
            answers=self.answers[begin:end],
        )


def replay(
    capture: Capture,
    program: Program,
    store: Store,
    rules: PortRules,
    *,
    run: RunOne | None = None,
    start_ns: int = START_NS,
    largest_frame: int | None = None,
) -> Replay:
    """Runs the program on the capture, in order and closed loop; `store` (fresh, with its entries) is changed.

    `run` stands in for the compiled program. Times are moved so that the first packet comes at `start_ns`, and never
    go back. Frames that were cut by the snap length are padded with zeros to their length on the wire. Raises
    `UserError` C0507 for a capture without packets.
    """
    if not any(frame.original_length >= ETHERNET_HEADER for frame in capture.frames):
        raise error("C0507", "the capture holds no packets", where=capture.name, help="give another capture")
    loop = ClosedLoop(rules)
    step = run if run is not None else compile_program(program)
    packets: list[Packet] = []
    results: list[Result] = []
    assigned: list[Assignment] = []
    offset_ns, now_ns = start_ns - capture.frames[0].time_ns, start_ns
    for index, frame in enumerate(capture.frames):
        if frame.original_length < ETHERNET_HEADER or (largest_frame and frame.original_length > largest_frame):
            continue
        now_ns = max(now_ns, frame.time_ns + offset_ns)
        packet, assignment = loop.packet(frame, now_ns, index)
        if loop.is_unasked(assignment, frame):
            continue
        due: tuple[Packet, Assignment] | None = (packet, assignment)
        while due is not None:
            packet, assignment = due
            result = step(store, packet)
            due = loop.saw(assignment, result, packet)
            packets.append(packet)
            results.append(result)
            assigned.append(assignment)
    return Replay(
        capture.name,
        tuple(packets),
        tuple(results),
        store,
        tuple(a.connection for a in assigned),
        tuple(a.answer for a in assigned),
        loop.rewritten,
        len(capture.frames) - len(packets) - loop.unasked,
        loop.unasked,
    )


class ClosedLoop:
    """What the replay knows of the NF: for each connection, the key that its packets left with."""

    def __init__(self, rules: PortRules) -> None:
        self.assigner = PortAssigner(rules)
        self.translated: dict[int, FlowKey] = {}
        self.answered: dict[int, int] = {}
        """By connection: requests that the program answered itself, of which the captured answer is still to come."""
        self.handshakes = Handshakes()
        self.rewritten = 0
        self.unasked = 0

    def packet(self, frame: Frame, time_ns: int, index: int) -> tuple[Packet, Assignment]:
        """The captured frame as the NF sees it. `index` makes the seed of its random numbers."""
        data = frame.data.ljust(frame.original_length, b"\0")
        assignment = self.assigner.assign(frame.data)
        sent_as = self.translated.get(assignment.connection)
        if assignment.answer and sent_as is not None and sent_as != assignment.initiator:
            data = _answer(data, assignment, sent_as)
            self.rewritten += 1
        elif not assignment.answer:
            data = self.handshakes.moved(assignment, data)
        return Packet(data, assignment.port, time_ns, seed_of(index)), assignment

    def is_unasked(self, assignment: Assignment, frame: Frame) -> bool:
        """Whether the frame is the captured answer to a request that has not reached its server."""
        if not assignment.answer or assignment.headers.inner is not None:
            return False
        if self.handshakes.holds(assignment, frame):
            self.unasked += 1
            return True
        open_requests = self.answered.get(assignment.connection, 0)
        if open_requests:
            self.answered[assignment.connection] = open_requests - 1
            self.unasked += 1
        return open_requests > 0

    def saw(self, assignment: Assignment, result: Result, packet: Packet) -> tuple[Packet, Assignment] | None:
        """Learns from what the NF made of a packet; returns the answer that was held back and is due now."""
        if not isinstance(result, Sent) or assignment.answer or assignment.initiator is None:
            return None
        if assignment.headers.inner is not None or assignment.headers.is_later_fragment:
            return None
        sent = parse_through(result.data, self.assigner.rules.tunnel)
        if sent.key is None:
            return None
        if sent.key == assignment.initiator.reversed():  # the function itself has answered
            if sent.key.protocol == UDP:
                self.answered[assignment.connection] = self.answered.get(assignment.connection, 0) + 1
            self.handshakes.answered_by_program(assignment, sent, result.data)
        elif sent.key[:2] == assignment.initiator[:2]:
            self.translated[assignment.connection] = sent.key
            held = self.handshakes.reached_server(assignment, sent)
            if held is not None:
                self.unasked -= 1
                data = held.data.ljust(held.original_length, b"\0")
                answer = self.assigner.assign(held.data)
                return Packet(data, answer.port, packet.time_ns, packet.seed ^ 1), answer
        return None


def seed_of(index: int) -> int:
    """The seed of the random numbers of packet `index` (64 bits)."""
    return (index + 1) * 0x9E3779B97F4A7C15 & (1 << 64) - 1


def _answer(data: bytes, assignment: Assignment, sent_as: FlowKey) -> bytes:
    headers, initiator = assignment.headers, assignment.initiator
    if headers.inner is None or headers.key is None or initiator is None:
        return rewrite(data, headers, sent_as.reversed())
    own = headers.key
    outer = own._replace(
        src=sent_as.dst if own.src == initiator.dst else own.src,
        dst=sent_as.src if own.dst == initiator.src else own.dst,
    )
    return rewrite(data, headers, outer, sent_as)
