"""Sends packets through the real devices one at a time and compares each output with what the program should do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cora.ir.packets import Dropped, Packet, Result, Sent, first_difference
from cora.lab.client import SHORTEST_FRAME, Client, Received
from cora.lab.topology import MTU_BYTES
from cora.lab.wiring import Wired

ETHERNET_BYTES = 14
PATIENCE_S = 1.0
"""How long a packet may be under way before it counts as lost."""
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class LabDifference:
    packet: int
    text: str


@dataclass(frozen=True, slots=True)
class LockstepResult:
    compared: int
    differences: int
    examples: tuple[LabDifference, ...]
    """The first few of them."""
    left_out: int
    """Packets that no veth carries: shorter than an Ethernet header or longer than the MTU."""
    drops: tuple[tuple[str, int], ...]
    """(reason, packets), the most frequent first."""
    sent: int
    """Frames that came back."""


def fits(packet: Packet) -> bool:
    """Whether a veth of the lab carries the frame."""
    return SHORTEST_FRAME <= len(packet.data) <= MTU_BYTES - 200 + ETHERNET_BYTES


def lockstep(
    wired: Wired,
    client: Client,
    packets: Sequence[Packet],
    expected: Sequence[Result],
    progress: Callable[[int], None],
    output: Callable[[Packet, Received], None] = lambda _, __: None,
) -> LockstepResult:
    """Plays the packets; `expected` are the reference's results. Virtual time is each packet's own. `output` is told
    what came back for each packet."""
    compared = differences = left_out = sent = 0
    drops: Counter[str] = Counter()
    examples: list[LabDifference] = []
    for number, (packet, wanted) in enumerate(zip(packets, expected, strict=True)):
        if not fits(packet):
            left_out += 1
            continue
        wired.set_clock(packet.time_ns, packet.seed)
        wired.forget_verdicts()
        client.send(packet.port, packet.data)
        compared += 1
        got = _outcome(wired, client, wanted, compared)
        sent += len(got)
        for received in got:
            output(packet, received)
        reason = wired.drop_reason()
        drops.update([reason] if reason else [])
        text = _difference(wanted, got, reason)
        if text:
            differences += 1
            if len(examples) < _EXAMPLES:
                examples.append(LabDifference(number, text))
        progress(1)
    return LockstepResult(compared, differences, tuple(examples), left_out, tuple(drops.most_common()), sent)


def _outcome(wired: Wired, client: Client, wanted: Result, sent: int) -> list[Received]:
    """What came back for the packet that was sent last, the `sent`-th. As a rule it is there at once, for the kernel
    carries a packet through all devices before the send returns; otherwise it comes when the engines have finished."""
    got = client.receive()
    deadline = time.monotonic() + PATIENCE_S
    while not (got and isinstance(wanted, Sent)):
        if wired.finished() >= sent:
            return got + client.receive()
        if time.monotonic() > deadline:
            return got
        client.wait(0.001)
        got += client.receive()
    return got


def _difference(wanted: Result, got: list[Received], reason: str) -> str:
    if isinstance(wanted, Dropped):
        if got:
            return f"expected no output, got {len(got)} frames"
        return "" if reason == wanted.reason else f"expected a drop ({wanted.reason}), got {reason or 'no verdict'}"
    assert isinstance(wanted, Sent)
    if not got:
        why = f"a drop ({reason})" if reason else "nothing"
        return f"expected {len(wanted.data)} bytes by port {wanted.port}, got {why}"
    if len(got) > 1:
        return f"expected one frame, got {len(got)}"
    frame = got[0]
    if frame.port != wanted.port:
        return f"expected port {wanted.port}, got port {frame.port}"
    if frame.data != wanted.data:
        at = first_difference(frame.data, wanted.data)
        return f"the frames differ from byte {at} on: expected {wanted.data.hex()}, got {frame.data.hex()}"
    return ""
