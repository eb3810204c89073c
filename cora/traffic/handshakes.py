"""TCP handshakes in a replay through a program that answers SYNs itself, as a SYN proxy does.

The captured client has seen the captured server's SYN+ACK; here it sees the program's, with another sequence number. So
what it acknowledges later is moved by the difference. The server answers only when a SYN has reached it: its captured
SYN+ACK is held back until then, and without a SYN nothing of it is played.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from cora.traffic.assign import Assignment
from cora.traffic.capture import Frame
from cora.traffic.checksum import change, updated
from cora.traffic.headers import ACK, SYN, TCP, Headers

_SEQ, _ACK, _CHECKSUM = 4, 8, 16
_32_BITS = 0xFFFFFFFF


@dataclass(slots=True)
class _Handshake:
    answered_with: int
    """The sequence number that the program sent to the client."""
    held: Frame | None = None
    moved: int = 0
    """What is added to the client's acknowledgements."""
    reached: bool = False


class Handshakes:
    """The connections of which the program answered the SYN, by their number."""

    def __init__(self) -> None:
        self._open: dict[int, _Handshake] = {}

    def answered_by_program(self, assignment: Assignment, sent: Headers, data: bytes) -> None:
        """Notes what the program sent back to a client, if that is a SYN+ACK of its own to a SYN."""
        if sent.tcp_flags & (SYN | ACK) == SYN | ACK and not assignment.headers.tcp_flags & ACK:
            self._open[assignment.connection] = _Handshake(_number(data, sent, _SEQ))

    def holds(self, assignment: Assignment, frame: Frame) -> bool:
        """Whether the server's frame comes too early, since no SYN has reached the server. A SYN+ACK is kept."""
        handshake = self._open.get(assignment.connection)
        if handshake is None or assignment.headers.key is None or assignment.headers.key.protocol != TCP:
            return False
        if handshake.reached:
            return False
        if assignment.headers.tcp_flags & SYN and handshake.held is None and assignment.headers.l4_checksum >= 0:
            handshake.held = frame
            handshake.moved = handshake.answered_with - _number(frame.data, assignment.headers, _SEQ)
        return True

    def moved(self, assignment: Assignment, data: bytes) -> bytes:
        """The client's frame with the acknowledgement of what it has really seen."""
        handshake, headers = self._open.get(assignment.connection), assignment.headers
        if handshake is None or not handshake.moved or headers.inner is not None:
            return data
        if not headers.tcp_flags & ACK or headers.l4_checksum < 0:
            return data
        made = bytearray(data)
        at, check = headers.l4 + _ACK, headers.l4 + _CHECKSUM
        new = struct.pack(">I", (_number(data, headers, _ACK) + handshake.moved) & _32_BITS)
        (old_checksum,) = struct.unpack_from(">H", made, check)
        struct.pack_into(">H", made, check, updated(old_checksum, change(bytes(made[at : at + 4]), new)))
        made[at : at + 4] = new
        return bytes(made)

    def reached_server(self, assignment: Assignment, sent: Headers) -> Frame | None:
        """Notes that a packet of the client got through. Returns the server's SYN+ACK if this was the SYN for it."""
        handshake = self._open.get(assignment.connection)
        if handshake is None or handshake.reached or sent.tcp_flags & (SYN | ACK) != SYN:
            return None
        handshake.reached = True
        held, handshake.held = handshake.held, None
        return held


def _number(data: bytes, headers: Headers, at: int) -> int:
    """A 32-bit field of the TCP header."""
    (value,) = struct.unpack_from(">I", data, headers.l4 + at)
    return value
