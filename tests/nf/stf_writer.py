"""Writes packet tests: packets and what is expected of them are built by scapy, checksums included, from scratch."""

from __future__ import annotations

from scapy.packet import Packet, Raw

INSIDE = 1
OUTSIDE = 0


class Script:
    """The lines of one STF file."""

    def __init__(self, title: str) -> None:
        self.lines = [
            f"# {title}",
            "# Written by tests/nf/write_packet_tests.py: packets and checksums come from scapy.",
            "",
        ]

    def add(self, *lines: str) -> None:
        self.lines += lines

    def note(self, text: str) -> None:
        self.lines += ["", f"# {text}"]

    def send(self, port: int, frame: Packet | bytes) -> None:
        self.lines.append(f"packet {port} {bytes(frame).hex()}{_about(frame)}")

    def expect(self, port: int, frame: Packet | bytes) -> None:
        self.lines.append(f"expect {port} {bytes(frame).hex()}${_about(frame)}")

    def passes(self, port: int, frame: Packet | bytes, out_port: int, out: Packet | bytes) -> None:
        """The packet comes out as `out`, and nothing else does."""
        self.send(port, frame)
        self.expect(out_port, out)
        self.lines.append("no_packet")

    def drops(self, port: int, frame: Packet | bytes, counter: str, count: int) -> None:
        """Nothing comes out, and the counter cell `drops(counter)` is at `count`."""
        self.send(port, frame)
        self.lines.append("no_packet")
        self.lines.append(f"check_counter drops({counter}) packets = {count}")

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def changed(frame: bytes, at: int, *values: int) -> bytes:
    """The frame with other bytes from a place on."""
    return frame[:at] + bytes(values) + frame[at + len(values) :]


def _about(frame: Packet | bytes) -> str:
    if isinstance(frame, bytes):
        return ""
    plain = frame.copy()
    if plain.haslayer(Raw):
        plain[Raw].underlayer.remove_payload()
    return f"  # {plain.summary().removeprefix('Ether / ')}"
