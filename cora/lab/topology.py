"""The soft NIC's wiring: namespaces and veth pairs, made for one lab run and removed after it, however it ends.

A bed with two engines:

    client [p0, p1] ══ nic [w0, w1 ... x0] ══ host [h0]

and with one engine, where the NIC is a plain one and the host has its ports:

    client [p0, p1] ══ host [w0, w1]

Every name begins with the lab's prefix and the process id, so that a later run can sweep away what a killed one left.
Interface indexes are distinct across namespaces, because accounting tells devices apart by them.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import socket
import struct
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

PREFIX = "cora-lab-"
MTU_BYTES = 3400
"""XDP on veth takes frames that fit a page with head and tail room: 3,506 bytes at most; the hand-off header needs
some of them."""

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17
_indexes = itertools.count(1000)


@dataclass(frozen=True, slots=True)
class Device:
    """One end of a veth pair."""

    name: str
    namespace: str
    index: int


@dataclass(frozen=True, slots=True)
class Bed:
    """What a run works with: `client` and `wire` ends by port number, and the inner link if there are two engines."""

    client: dict[int, Device]
    wire: dict[int, Device]
    near_inner: Device | None
    far_inner: Device | None


@contextlib.contextmanager
def inside(namespace: str) -> Generator[None]:
    """Runs this thread in a network namespace; unlike `ip netns exec` it leaves /sys/fs/bpf in view."""
    from pyroute2 import netns

    netns.pushns(namespace)
    try:
        yield
    finally:
        netns.popns()


def sweep() -> int:
    """Removes what killed runs left behind; returns how many namespaces that were."""
    from pyroute2 import netns

    removed = 0
    for name in netns.listnetns():
        if not name.startswith(PREFIX):
            continue
        pid = name.removeprefix(PREFIX).split("-")[0]
        if not (pid.isdigit() and Path("/proc", pid).exists()):
            netns.remove(name)
            removed += 1
    return removed


def _link(name_a: str, space_a: str, name_b: str, space_b: str) -> tuple[Device, Device]:
    from pyroute2 import NetNS

    a = Device(name_a, space_a, next(_indexes))
    b = Device(name_b, space_b, next(_indexes))
    with NetNS(space_a) as ipr:
        ipr.link("add", ifname=a.name, index=a.index, kind="veth", peer={"ifname": b.name})
        (index,) = ipr.link_lookup(ifname=b.name)
        ipr.link("set", index=index, net_ns_fd=b.namespace, IFLA_NEW_IFINDEX=b.index)
    for device in (a, b):
        _bring_up(device)
    return a, b


def _bring_up(device: Device) -> None:
    from pyroute2 import NetNS

    with inside(device.namespace):
        # Neighbour discovery would mix its own packets into the trace.
        Path(f"/proc/sys/net/ipv6/conf/{device.name}/disable_ipv6").write_text("1")
        _tx_checksum_offload_off(device.name)
    with NetNS(device.namespace) as ipr:
        ipr.link("set", index=device.index, mtu=MTU_BYTES, state="up")


def _tx_checksum_offload_off(name: str) -> None:
    """With it on, a veth leaves checksums to a receiver that XDP redirects past."""
    import ctypes

    value = ctypes.create_string_buffer(struct.pack("<II", _ETHTOOL_STXCSUM, 0), 8)
    request = struct.pack("<16sQ", name.encode(), ctypes.addressof(value)) + bytes(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCETHTOOL, request)


@contextlib.contextmanager
def bed(ports: tuple[int, ...], *, two_engines: bool) -> Generator[Bed]:
    """Makes the namespaces and links of a bed and removes them on exit."""
    from pyroute2 import netns

    base = f"{PREFIX}{os.getpid()}-{next(_indexes)}"
    client, near, host = f"{base}-client", f"{base}-nic", f"{base}-host"
    spaces = (client, near, host) if two_engines else (client, host)
    made: list[str] = []
    try:
        for space in spaces:
            netns.create(space)
            made.append(space)
        wire_space = near if two_engines else host
        pairs = {port: _link(f"p{port}", client, f"w{port}", wire_space) for port in ports}
        inner = _link("x0", near, "h0", host) if two_engines else (None, None)
        yield Bed(
            client={port: pair[0] for port, pair in pairs.items()},
            wire={port: pair[1] for port, pair in pairs.items()},
            near_inner=inner[0],
            far_inner=inner[1],
        )
    finally:
        for space in made:
            netns.remove(space)
