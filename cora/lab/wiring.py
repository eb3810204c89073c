"""Puts a split's programs onto the devices of a bed: attached, with their ports and links, and removed again."""

from __future__ import annotations

import contextlib
import os
import struct
import time
from collections.abc import Generator
from dataclasses import dataclass

from cora.device.bpf import create_xdp_link
from cora.device.loader import LoadedEngine
from cora.ir.store import Snapshot, Store
from cora.lab.topology import Bed, Device, inside
from cora.split.combine import combined_snapshot
from cora.split.engines import Split

_SLOTS = 1024
"""Of `cora_interfaces` in targets/xdp/cora.h: an interface's slot is its index modulo this."""
_VIRTUAL_TIME_AND_SEED = 1
_SETTLE_S = 0.02


@dataclass(frozen=True, slots=True)
class Wired:
    """Engines that run on a bed. The first one faces the wire."""

    engines: tuple[LoadedEngine, ...]
    host: tuple[Device, ...]
    """The devices whose receive processing is the host's cost."""

    def set_clock(self, time_ns: int, seed: int) -> None:
        """Time and seed of the next packet (for engines loaded to verify); other engines get them with the packet."""
        value = struct.pack("<4Q", _VIRTUAL_TIME_AND_SEED, time_ns, seed, 0)
        self.engines[0].map("cora_config").update(bytes(4), value)

    def settle(self) -> None:
        """Waits until no packet is under way any more."""
        finished = -1
        while finished != (finished := self.finished()):
            time.sleep(_SETTLE_S)

    def snapshot(self, split: Split) -> Snapshot:
        """The state of all engines as that of one unsplit program."""
        return combined_snapshot(split, {e.engine.engine: e.snapshot() for e in self.engines})

    def finished(self) -> int:
        """Packets that have been sent to the wire or dropped, on any engine."""
        stats = [engine.stats() for engine in self.engines]
        return stats[0]["sent"] + sum(s["dropped"] for s in stats)


@contextlib.contextmanager
def wired(split: Split, store: Store, bed: Bed, client_fd: int, *, verify: bool) -> Generator[Wired]:
    """Loads and attaches the engines, with the entries of `store`; `client_fd` is the XDP program on the client's ends
    (a redirect into a veth needs one at the other end)."""
    with contextlib.ExitStack() as stack:
        engines = tuple(stack.enter_context(LoadedEngine(e, split, verify=verify)) for e in split.engines)
        for engine in engines:
            engine.fill(store)
            engine.flush()
        for device in bed.client.values():
            stack.callback(os.close, _attach(client_fd, device))
        for port, device in bed.wire.items():
            _connect_port(engines[0], port, device)
            stack.callback(os.close, _attach(engines[0].program("cora_wire"), device))
        if len(engines) == 2 and bed.near_inner is not None and bed.far_inner is not None:
            for number, (engine, device) in enumerate(zip(engines, (bed.near_inner, bed.far_inner), strict=True)):
                with inside(device.namespace):
                    other = struct.pack("<I", 1 - number)
                    engine.map("cora_links").update(other, struct.pack("<I", device.index))
                if "cora_inner" in engine.object.programs:  # a NIC to which the host returns nothing has none
                    stack.callback(os.close, _attach(engine.program("cora_inner"), device))
        host = (bed.far_inner,) if bed.far_inner is not None else tuple(bed.wire.values())
        yield Wired(engines, host)


def _attach(program_fd: int, device: Device) -> int:
    with inside(device.namespace):
        return create_xdp_link(program_fd, device.index)


def _connect_port(engine: LoadedEngine, port: int, device: Device) -> None:
    slot = struct.pack("<I", device.index % _SLOTS)
    engine.map("cora_interfaces").update(slot, struct.pack("<II", device.index, port))
    with inside(device.namespace):
        engine.map("cora_ports").update(struct.pack("<I", port), struct.pack("<I", device.index))
