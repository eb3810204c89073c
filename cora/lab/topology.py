"""The lab's wiring: namespaces and veth pairs, made for one run and removed after it, however it ends.

A bed with two engines, and the link between them:

    client [p0, p1] ══ nic [w0, w1 ... x0] ══ host [y0]

with a relay in the link, a namespace of its own between the halves:

    ... nic [x0] ══ relay [a0 ... b0] ══ host [y0]

with one engine, where the NIC is a plain one and the host has its ports:

    client [p0, p1] ══ host [w0, w1]

and with an engine that only steers (an eSwitch) in front, which has for each port a pair of ends:

    client [p0, p1] ══ eswitch [s0, s1 ... r0, r1] ══ arm [w0, w1 ... x0] ══ host [y0]

Every name begins with the lab's prefix, the process id and the time at which the process began, so that a later run can
tell what a killed one left from what a living one uses, and sweep it away. Interface indexes are distinct across
namespaces and processes, because accounting tells devices apart by them.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import socket
import struct
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cora.diagnostics import error

PREFIX = "cora-lab-"
MTU_BYTES = 3400
"""XDP on veth takes frames that fit a page with head and tail room: 3,506 bytes at most; the hand-off header needs
some of them."""

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17
_INDEXES_A_PROCESS = 500
"""Times the largest process id (2^22) this stays below 2^31; a process that makes more devices begins again, and its
first ones are long gone then."""


@dataclass(frozen=True, slots=True)
class Device:
    """One end of a veth pair."""

    name: str
    namespace: str
    index: int


@dataclass(frozen=True, slots=True)
class Link:
    """What connects two engines. `relay` are the ends that a relay between them has, towards the wire and inwards."""

    outer: Device
    inner: Device
    relay: tuple[Device, Device] | None


@dataclass(frozen=True, slots=True)
class Bed:
    """What a run works with: by port number the `client`'s ends and those of the first engine (`wire`), between them
    those of an engine that only steers (towards the client and inwards), and the links between engines in turn."""

    client: dict[int, Device]
    wire: dict[int, Device]
    steering: dict[int, tuple[Device, Device]]
    links: tuple[Link, ...]

    @property
    def host(self) -> tuple[Device, ...]:
        """The devices by which packets reach the innermost engine."""
        return (self.links[-1].inner,) if self.links else tuple(self.wire.values())


@contextlib.contextmanager
def inside(namespace: str) -> Generator[None]:
    """Runs this thread in a network namespace; unlike `ip netns exec` it leaves /sys/fs/bpf in view."""
    from pyroute2 import netns

    netns.pushns(namespace)
    try:
        yield
    finally:
        netns.popns()


def _began(pid: int) -> int | None:
    """When a process began, in clock ticks since the machine did; None if there is no such process."""
    try:
        return int(Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None


def _own_prefix() -> str:
    pid = os.getpid()
    return f"{PREFIX}{pid}-{_began(pid)}-"


def sweep() -> int:
    """Removes what killed runs left behind; returns how many namespaces that were. What a living process made stays."""
    from pyroute2 import netns

    removed = 0
    for name in netns.listnetns():
        made_by = re.match(rf"{PREFIX}(\d+)-(\d+)-", name)
        if made_by and _began(int(made_by[1])) != int(made_by[2]):
            with contextlib.suppress(FileNotFoundError):  # another run sweeps too
                netns.remove(name)
                removed += 1
    return removed


def _process_indexes() -> Iterator[int]:
    base = 1000 + os.getpid() * _INDEXES_A_PROCESS
    return itertools.cycle(range(base, base + _INDEXES_A_PROCESS))


_indexes = _process_indexes()
_beds = itertools.count(1)


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
def bed(ports: Sequence[int], engines: Sequence[str], *, steering: str = "", relay: bool = False) -> Generator[Bed]:
    """Makes the namespaces and links of a bed and removes them on exit. `engines` are names, from the wire inwards;
    `steering` is that of an engine in front of them that only steers. C0840 if the kernel refuses."""
    from pyroute2 import netns
    from pyroute2.netlink.exceptions import NetlinkError

    base = f"{_own_prefix()}{next(_beds)}"
    spaces = {
        name: f"{base}-{re.sub(r'[^A-Za-z0-9]', '', name)[:20]}" for name in ("client", steering, *engines) if name
    }
    if relay:
        spaces["relay"] = f"{base}-relay"
    made: list[str] = []
    try:
        try:
            for space in spaces.values():
                netns.create(space)
                made.append(space)
            place = _connected(ports, spaces, engines, steering, relay)
        except (OSError, NetlinkError) as problem:
            raise error(
                "C0840",
                f"the kernel refused the lab's namespaces and links: {problem}",
                help="the lab needs root, network namespaces and veth (modprobe veth)",
            ) from problem
        yield place
    finally:
        for space in made:
            netns.remove(space)


def _connected(
    ports: Sequence[int], spaces: dict[str, str], engines: Sequence[str], steering: str, with_relay: bool
) -> Bed:
    """Links namespaces that are there; `spaces` has their names by engine, and those of `client` and `relay`."""
    client, first = spaces["client"], spaces[engines[0]]
    relay = spaces["relay"] if with_relay else None
    outside: dict[int, Device] = {}
    wire: dict[int, Device] = {}
    steered: dict[int, tuple[Device, Device]] = {}
    for port in ports:
        if not steering:
            outside[port], wire[port] = _link(f"p{port}", client, f"w{port}", first)
            continue
        outside[port], towards_client = _link(f"p{port}", client, f"s{port}", spaces[steering])
        inwards, wire[port] = _link(f"r{port}", spaces[steering], f"w{port}", first)
        steered[port] = towards_client, inwards
    links: list[Link] = []
    for number, (outer, inner) in enumerate(itertools.pairwise(spaces[e] for e in engines)):
        if relay is None:
            links.append(Link(*_link(f"x{number}", outer, f"y{number}", inner), None))
            continue
        near, relay_outer = _link(f"x{number}", outer, f"a{number}", relay)
        relay_inner, far = _link(f"b{number}", relay, f"y{number}", inner)
        links.append(Link(near, far, (relay_outer, relay_inner)))
    return Bed(outside, wire, steered, tuple(links))
