"""The programs of benchmarks/handwritten in the kernel: compiled, set up as the network function's entries say, run
packet by packet (for comparison with the interpreter), and read out in the form of `Store.snapshot`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cora.codegen.xdp import support_files
from cora.device.bpf import Map, TestRun
from cora.device.compile import compile_c
from cora.device.libbpf import Object
from cora.device.ticks import ticks_within
from cora.ir.nodes import Entry
from cora.ir.packets import Dropped, Packet, Result, Sent
from cora.ir.store import Snapshot, Store

FOLDER = Path(__file__).resolve().parent / "handwritten"
SENT, DROPPED = 1, 2  # `VERDICT_...` in targets/xdp/cora.h
VIRTUAL = 2  # `cora_config.is_virtual`: time, seed and port
ANY_REASON = "dropped"
"""The reason of every drop here; which one it was is in the counter `drops`."""


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.bpf.c").read_text()


def compiled(text: str, name: str) -> Path:
    return compile_c(text, name, (*support_files(), FOLDER / "frame.h"))


def load(path: Path, verify: bool, step_ns: int = 0) -> Object:
    """`step_ns`: of the clock, as the function may have it (`cora.ir.clock`)."""
    return Object(
        path, {".rodata.cora": int(verify).to_bytes(4, "little"), ".rodata.tick": ticks_within(step_ns).packed()}
    )


def put(kernel: Map, index: int, content: bytes) -> None:
    kernel.update(index.to_bytes(4, "little"), content.ljust(kernel.value_bytes, b"\0"))


def put_setting(maps: dict[str, Map], name: str, index: int, content: bytes) -> None:
    """One cell of an array of settings (SETTINGS in frame.h); `content` is as long as its type."""
    kernel = maps[f".data.{name}"]
    with kernel.memory() as memory:
        at = index * len(content)
        memory[at : at + len(content)] = content


# ---------------------------------------------------------------- entries of the control plane


def rows(store: Store, table: str) -> Iterator[Entry]:
    """The rows of a table, the ones that win first."""
    yield from sorted(store.tables[table].rows, key=lambda row: -row.priority)


def set_up_policy(maps: dict[str, Map], store: Store) -> None:
    for row in rows(store, "policy"):
        put(maps["let_through"], row.key[0].value, struct.pack("<I", row.values[0] == 0))


def set_up_nat(maps: dict[str, Map], store: Store) -> None:
    for row in rows(store, "interfaces"):
        action, inside, inside_via, source, hop, outside, outside_via, source_2, hop_2 = row.values
        egress = (inside, inside_via, outside, outside_via)[action]
        macs = ((0, 0), (hop, source), (0, 0), (hop_2, source_2))[action]
        content = struct.pack("<IIB", 1 + action // 2, egress, action % 2)
        content += b"".join(m.to_bytes(6, "big") for m in macs) + bytes(3)
        put_setting(maps, "interfaces", row.key[0].value, content)
    for row in rows(store, "pools"):
        _, address, first_port, port_mask, timeout_ns, profile = row.values
        content = struct.pack("<Q", timeout_ns) + address.to_bytes(4, "big")
        put_setting(
            maps, "pools", row.key[0].value, content + struct.pack("<HHBB6x", first_port, port_mask, profile, 1)
        )
    set_up_policy(maps, store)


def set_up_firewall(maps: dict[str, Map], store: Store) -> None:
    for row in rows(store, "interfaces"):
        put_setting(maps, "interfaces", row.key[0].value, struct.pack("<II", 1, row.values[1]))
    for n, row in enumerate(rows(store, "rules")):
        direction, protocol, src, dst, sport, dport = row.key
        content = b"".join(n.to_bytes(16, "big") for k in (src, dst) for n in (k.value & k.extra, k.extra))
        content += struct.pack("<4H", sport.value, sport.extra, dport.value, dport.extra)
        masks = (direction.value & direction.extra, direction.extra, protocol.value & protocol.extra, protocol.extra)
        content += bytes((*masks, row.values[0] == 0, row.values[1]))
        put(maps["rules"], n, content)
        put(maps["rule_count"], 0, struct.pack("<I", n + 1))
    for n, timeout_ns in enumerate(store.flow_tables["connections"].state.idle_timeouts_ns):
        put_setting(maps, "timeouts", n, struct.pack("<Q", timeout_ns))
    set_up_policy(maps, store)


# ---------------------------------------------------------------- state


def counters(kernel: Map) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for n, data in kernel.cells(bytes(kernel.stored_bytes)):
        words = struct.unpack(f"<{len(data) // 8}Q", data)
        found[n] = sum(words[0::2]), sum(words[1::2])
    return found


def nat_snapshot(maps: dict[str, Map]) -> Snapshot:
    found: Snapshot = {name: dict(counters(maps[name])) for name in ("drops", "mappings")}
    found["outbound"] = {}
    for key, value in maps["outbound"].items():
        address, port, proto = struct.unpack(">IHBx", key)
        last_ns, external, profile = struct.unpack("<Q2sB5x", value)
        found["outbound"][address, port, proto] = (profile, int.from_bytes(external, "big")), last_ns
    found |= {"slot_last": {}, "slot_addr": {}, "slot_port": {}}
    for n, cell in maps["slots"].cells(bytes(16)):
        last_ns, address, port = struct.unpack("<Q4s2s2x", cell)
        values = {"slot_last": last_ns, "slot_addr": int.from_bytes(address), "slot_port": int.from_bytes(port)}
        for name, value in values.items():
            if value:
                found[name][n] = (value,)
    return found


def firewall_snapshot(maps: dict[str, Map]) -> Snapshot:
    found: Snapshot = {name: dict(counters(maps[name])) for name in ("drops", "opened")}
    found["connections"] = {}
    for key, value in maps["connections"].items():
        remote, local, remote_port, local_port, protocol = struct.unpack(">16s16sHHB3x", key)
        last_ns, state, opener = struct.unpack("<QBB6x", value)
        ends = int.from_bytes(remote), int.from_bytes(local), remote_port, local_port, protocol
        found["connections"][ends] = (state, opener, state), last_ns
    return found


# ---------------------------------------------------------------- programs


@dataclass(frozen=True, slots=True)
class ByHand:
    """A hand-written network function."""

    name: str
    set_up: Callable[[dict[str, Map], Store], None]
    snapshot: Callable[[dict[str, Map]], Snapshot]


BY_HAND = {
    "nat": ByHand("nat", set_up_nat, nat_snapshot),
    "firewall": ByHand("firewall", set_up_firewall, firewall_snapshot),
}


class HandwrittenRunner:
    """Runs packets through a hand-written program with virtual time and ports; close it."""

    def __init__(self, which: ByHand, store: Store) -> None:
        self._which = which
        self._object = load(compiled(text_of(which.name), which.name), verify=True)
        which.set_up(self._object.maps, store)
        self._run = TestRun(self._object.programs["cora_wire"])
        self._config = self._object.maps["cora_config"].memory()
        self._verdict = self._object.maps["cora_verdict"].memory()

    def run(self, packet: Packet) -> Result:
        struct.pack_into("<4Q", self._config, 0, VIRTUAL, packet.time_ns, packet.seed, packet.port)
        struct.pack_into("<Q", self._verdict, 0, 0)
        _, data = self._run(packet.data)
        kind, port, _ = struct.unpack_from("<3Q", self._verdict, 0)
        if kind not in (SENT, DROPPED):
            raise RuntimeError(f"{self._which.name} by hand ended without a verdict")
        return Sent(port, data) if kind == SENT else Dropped(ANY_REASON)

    def snapshot(self) -> Snapshot:
        return self._which.snapshot(self._object.maps)

    def close(self) -> None:
        self._config.close()
        self._verdict.close()
        self._object.close()
