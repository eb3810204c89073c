"""Copies of packets: what the control plane says of clone sessions and multicast groups, and the runs that they become.

A program asks for copies (`Copy`); each is one more run of the same program from a resume point on. Recirculated and
resubmitted packets are copies too: the packet that asked for one ends there (its verdict is a drop that isn't counted
as one), and its copy comes in again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cora.ir.nodes import Copy, Forward, Program
from cora.ir.packets import Copied, Dropped, Entered, Packet, Result

MAX_PASSES = 16
"""How often a packet and what was copied of it may come in again (`again`); one more time is a drop."""
COPIED = "copied"
"""The reason of a drop after which only the copies of the packet go on."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A member of a session or group: a port, and an instance that tells copies to one port apart."""

    port: int
    instance: int = 0


@dataclass(slots=True)
class Replication:
    """What the control plane has set up, by number. A session or group that isn't there makes no copies."""

    sessions: dict[int, tuple[Replica, ...]] = field(default_factory=dict[int, tuple[Replica, ...]])
    groups: dict[int, tuple[Replica, ...]] = field(default_factory=dict[int, tuple[Replica, ...]])

    def entries(self, copied: Copied) -> tuple[Entered, ...]:
        """Where the copies enter the program, and with what."""
        if copied.to == "again":
            return (Entered(copied.resume, copied.values),)
        table = self.sessions if copied.to == "session" else self.groups
        members = table.get(copied.which, ())
        return tuple(Entered(copied.resume, (m.port, m.instance, *copied.values)) for m in members)


def first_copy(program: Program) -> Copy | None:
    """Where the program clones, multicasts, recirculates or resubmits packets; None if it doesn't."""
    return next((op for block in program.blocks for op in block.ops if isinstance(op, Copy)), None)


def first_truncation(program: Program) -> Forward | None:
    """Where the program sends packets that are cut short; None if it doesn't."""
    return next((b.end for b in program.blocks if isinstance(b.end, Forward) and b.end.length is not None), None)


def run_copies(
    run: Callable[[Packet, Entered | None], Result],
    replication: Replication,
    packet: Packet,
    *,
    max_passes: int = MAX_PASSES,
) -> tuple[Result, ...]:
    """All verdicts of a packet and of its copies, in the order in which they come about. The drop of a packet of which
    only copies go on is left out."""
    waiting: deque[tuple[Packet, Entered | None, int]] = deque([(packet, None, 0)])
    found: list[Result] = []
    while waiting:
        packet, entered, passes = waiting.popleft()
        result = run(packet, entered)
        if not (isinstance(result, Dropped) and result.reason == COPIED and not result.digests):
            found.append(result)
        for copied in result.copies:
            again = passes + (copied.to == "again")
            if again > max_passes:
                found.append(Dropped("too many passes"))
                continue
            data = Packet(copied.frame, packet.port, packet.time_ns, packet.seed, _length(packet, copied))
            waiting.extend((data, entry, again) for entry in replication.entries(copied))
    return tuple(found)


def _length(packet: Packet, copied: Copied) -> int | None:
    """A packet that comes in again is as long as it is; a copy keeps the length that it came in with."""
    if copied.to == "again":
        return None
    return len(packet.data) if packet.length is None else packet.length
