"""The lab's client: raw sockets on its ends of the wire, to send frames and to see exactly what comes back."""

from __future__ import annotations

import select
import socket
import struct
from dataclasses import dataclass

from cora.lab.topology import Device, inside

_ETH_P_ALL = 0x0003
_SOL_PACKET = 263
_PACKET_AUXDATA = 8
_PACKET_IGNORE_OUTGOING = 23
_STATUS_VLAN_VALID = 1 << 4
_STATUS_VLAN_TPID_VALID = 1 << 6
_AUXDATA = struct.Struct("=IIIHHHH")
_LARGEST_FRAME = 1 << 16
_RECEIVE_BUFFER_BYTES = 1 << 26
_SO_RCVBUFFORCE = 33  # beyond the system's limit; root may

SHORTEST_FRAME = 14
"""Linux refuses to send less than an Ethernet header."""


@dataclass(frozen=True, slots=True)
class Received:
    port: int
    data: bytes


def open_socket(device: Device) -> socket.socket:
    """A raw socket on a device, that doesn't block and sees what comes in only; it can take many frames at once."""
    with inside(device.namespace):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        sock.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
        sock.bind((device.name, 0))
    sock.setblocking(False)
    return sock


def _with_vlan(data: bytes, ancillary: list[tuple[int, int, bytes]]) -> bytes:
    """Puts the outer VLAN tag back, which the kernel takes off each received frame."""
    for level, kind, value in ancillary:
        if (level, kind) != (_SOL_PACKET, _PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = _AUXDATA.unpack_from(value)
        if status & _STATUS_VLAN_VALID:
            tag_type = tpid if status & _STATUS_VLAN_TPID_VALID else 0x8100
            return data[:12] + struct.pack("!HH", tag_type, tci) + data[12:]
    return data


class Client:
    """Sends and receives on the client's ends of a bed; close it, or use it as a context manager."""

    def __init__(self, ports: dict[int, Device]) -> None:
        self._sockets = {port: open_socket(device) for port, device in ports.items()}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets.values():
            sock.close()

    def send(self, port: int, data: bytes) -> None:
        self._sockets[port].send(data)

    def receive(self) -> list[Received]:
        """Everything that has arrived, without waiting."""
        arrived: list[Received] = []
        for port, sock in self._sockets.items():
            while True:
                try:
                    data, ancillary, _, _ = sock.recvmsg(_LARGEST_FRAME, 64)
                except BlockingIOError:
                    break
                arrived.append(Received(port, _with_vlan(data, ancillary)))
        return arrived

    def wait(self, seconds: float) -> None:
        """Until a frame arrives or the time is over."""
        select.select(list(self._sockets.values()), [], [], seconds)
