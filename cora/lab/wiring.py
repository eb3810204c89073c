"""Puts a split's programs onto the devices of a bed: attached, with their ports and links, and removed again."""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

from cora.device.bpf import create_xdp_link, possible_cpus
from cora.device.libbpf import Object
from cora.device.loader import LoadedEngine
from cora.ir.store import Snapshot, Store
from cora.lab.kernel_programs import load_program
from cora.lab.topology import Bed, Device, inside
from cora.split.combine import combined_snapshot
from cora.split.engines import Split

_VIRTUAL_TIME_AND_SEED = 1
_DROPPED = 2  # VERDICT_DROPPED in targets/xdp/cora.h
_SETTLE_S = 0.02
STEERING = "steering"
"""What counters call an engine that only steers."""


@dataclass(frozen=True, slots=True)
class Wired:
    """Engines that run on a bed. The first one faces the wire."""

    engines: tuple[LoadedEngine, ...]
    host: tuple[Device, ...]
    """The devices whose receive processing is the host's cost."""
    verdicts: tuple[mmap.mmap, ...]
    """`cora_verdict` of each engine as memory; told only by engines that were loaded to verify."""
    steering: Object | None

    def set_clock(self, time_ns: int, seed: int) -> None:
        """Time and seed of the next packet (for engines loaded to verify); other engines get them with the packet."""
        value = struct.pack("<4Q", _VIRTUAL_TIME_AND_SEED, time_ns, seed, 0)
        self.engines[0].map("cora_config").update(bytes(4), value)

    def forget_verdicts(self) -> None:
        for verdict in self.verdicts:
            struct.pack_into("<Q", verdict, 0, 0)

    def drop_reason(self) -> str:
        """Why the packet was dropped that was sent since `forget_verdicts`; "" if no engine has dropped one."""
        for engine, verdict in zip(self.engines, self.verdicts, strict=True):
            kind, _, reason = struct.unpack_from("<3Q", verdict, 0)
            if kind == _DROPPED:
                return engine.layout.reasons[reason]
        return ""

    def settle(self, idle: Callable[[], bool] = lambda: True) -> None:
        """Waits until no packet is under way any more; `idle` tells whether a relay holds none."""
        finished = -1
        while not idle() or finished != (finished := self.finished()):
            time.sleep(_SETTLE_S)

    def snapshot(self, split: Split) -> Snapshot:
        """The state of all engines as that of one unsplit program."""
        parts = {e.engine.engine: e.snapshot() for e in self.engines}
        return combined_snapshot(split, parts, {e.engine.engine: e.marks() for e in self.engines})

    def received(self) -> int:
        """Packets that have come in by the wire."""
        return self.engines[0].stats()["received"]

    def finished(self) -> int:
        """Packets that have been sent to the wire or dropped, on any engine."""
        stats = [engine.stats() for engine in self.engines]
        return stats[0]["sent"] + sum(s["dropped"] for s in stats)

    def counters(self) -> dict[str, dict[str, int]]:
        """What each engine has counted, by its name; of an engine that steers, the frames in both directions."""
        counted = {engine.engine.engine: engine.stats() for engine in self.engines}
        if self.steering is None:
            return counted
        data = self.steering.maps["counts"].lookup(bytes(4)) or bytes(16 * possible_cpus())
        words = struct.unpack(f"<{len(data) // 8}Q", data)
        return {STEERING: {"steered": sum(words[0::2]), "dropped": sum(words[1::2])}, **counted}


@contextlib.contextmanager
def wired(
    split: Split, store: Store, bed: Bed, client_fd: int, *, verify: bool, relay_fd: int | None = None
) -> Generator[Wired]:
    """Loads and attaches the engines, with the entries of `store`; `client_fd` is the XDP program on the client's ends
    and `relay_fd` that on a relay's (a redirect into a veth needs one at the other end)."""
    with (
        loaded(split, store, verify=verify) as engines,
        connected(engines, bed, client_fd, relay_fd=relay_fd) as running,
    ):
        yield running


@contextlib.contextmanager
def loaded(split: Split, store: Store, *, verify: bool) -> Generator[tuple[LoadedEngine, ...]]:
    """The engines in the kernel, with the entries of `store`, attached to nothing yet."""
    with contextlib.ExitStack() as stack:
        engines = tuple(stack.enter_context(LoadedEngine(e, split, verify=verify)) for e in split.engines)
        for engine in engines:
            engine.fill(store)
            engine.flush()
        yield engines


@contextlib.contextmanager
def connected(
    engines: tuple[LoadedEngine, ...], bed: Bed, client_fd: int, *, relay_fd: int | None = None
) -> Generator[Wired]:
    """Attaches loaded engines to a bed, as `wired` does."""
    with contextlib.ExitStack() as stack:
        for device in bed.client.values():
            stack.callback(os.close, attach(client_fd, device))
        for port, device in bed.wire.items():
            _connect_port(engines[0], port, device)
            stack.callback(os.close, attach(engines[0].program("cora_wire"), device))
        for number, link in enumerate(bed.links):
            for here, there, device in ((number, number + 1, link.outer), (number + 1, number, link.inner)):
                engine = engines[here]
                with inside(device.namespace):
                    engine.map("cora_links").update(struct.pack("<I", there), struct.pack("<I", device.index))
                if "cora_inner" in engine.object.programs:  # a NIC to which the host returns nothing has none
                    stack.callback(os.close, attach(engine.program("cora_inner"), device))
            for device in link.relay or ():
                assert relay_fd is not None
                stack.callback(os.close, attach(relay_fd, device))
        steering = stack.enter_context(_steering(bed)) if bed.steering else None
        memories = [stack.enter_context(contextlib.closing(e.map("cora_verdict").memory())) for e in engines]
        yield Wired(engines, bed.host, tuple(memories), steering)


def attach(program_fd: int, device: Device) -> int:
    """Attaches an XDP program; it stays while the result, a file descriptor, is open."""
    with inside(device.namespace):
        return create_xdp_link(program_fd, device.index)


def _connect_port(engine: LoadedEngine, port: int, device: Device) -> None:
    engine.connect_port(device.index, port)
    with inside(device.namespace):
        engine.map("cora_ports").update(struct.pack("<I", port), struct.pack("<I", device.index))


@contextlib.contextmanager
def _steering(bed: Bed) -> Generator[Object]:
    """The engine in front that passes packets between the client's links and those of the first engine."""
    with contextlib.ExitStack() as stack:
        program = load_program("steer")
        stack.callback(program.close)
        for ends in bed.steering.values():
            for here, there in (ends, ends[::-1]):
                with inside(here.namespace):
                    program.maps["pairs"].update(struct.pack("<I", here.index), struct.pack("<I", there.index))
                stack.callback(os.close, attach(program.programs["steer"], here))
        yield program
