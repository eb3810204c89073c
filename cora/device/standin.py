"""A match-action engine in the kernel: rules of `cora.codegen.match_action` loaded into targets/eswitch/standin.bpf.c.

The program there only knows what such an engine knows: masked keys with priorities, fields set, the TTL counted down,
checksums kept right, uses counted, packets sent, dropped or passed inwards.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from cora import resources
from cora.codegen.match_action import (
    FRAME_BYTES,
    KEY_BITS,
    PORT_BITS,
    AddField,
    Rule,
    SetField,
    TableProgram,
)
from cora.codegen.match_action_fields import layers_of
from cora.codegen.xdp import support_files
from cora.device import features
from cora.device.bpf import TestRun
from cora.device.compile import compile_c
from cora.device.libbpf import Object
from cora.diagnostics import error

_FILE = resources.folder("targets") / "eswitch" / "standin.bpf.c"
_MOST_MASKS, _MOST_RULES = 256, 65536
_VERDICTS = {"forward": 1, "drop": 2, "inwards": 3}
_KINDS: dict[int, Literal["forward", "drop", "inwards"]] = {1: "forward", 2: "drop", 3: "inwards"}


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a frame: the number of the rule that decided (-1: none), `port` if it was forwarded, and the bytes
    that left."""

    verdict: Literal["forward", "drop", "inwards"]
    rule: int
    port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Use:
    packets: int
    bytes: int
    last_ns: int


class StandIn:
    """The rules of a table program in the kernel. Close it, or leave its `with` block, to free it."""

    def __init__(self, table: TableProgram) -> None:
        """Loads the rules. Raises UserError C0779 for more rules or masks than it has room for."""
        problem = features.missing_error()
        if problem is not None:
            raise problem
        masks = list(dict.fromkeys(rule.match.mask for rule in table.rules))
        if len(masks) > _MOST_MASKS or len(table.rules) > _MOST_RULES:
            raise error(
                "C0779",
                f"{len(table.rules)} rules with {len(masks)} masks; there is room for {_MOST_RULES} and {_MOST_MASKS}",
                help="offload fewer flows",
            )
        made = compile_c(_FILE.read_text(), "standin", support_files())
        self._object = Object(made, {".rodata.cora": (1).to_bytes(4, "little")})
        self._run = TestRun(self._object.programs["cora_wire"])
        self._config = self._object.maps["cora_config"].memory()
        self._verdict = self._object.maps["cora_verdict"].memory()
        for n, mask in enumerate(masks):
            self._object.maps["masks"].update(n.to_bytes(4, "little"), _key(0, mask))
        self._object.maps["mask_count"].update(bytes(4), len(masks).to_bytes(4, "little"))
        number = {mask: n for n, mask in enumerate(masks)}
        entries: dict[bytes, bytes] = {}
        for n, rule in enumerate(table.rules):
            entries.setdefault(_key(number[rule.match.mask], rule.match.value), _action(n, rule))
        self._object.maps["rules"].update_many(list(entries.items()))

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._config.close()
        self._verdict.close()
        self._object.close()

    def run(self, frame: bytes, port: int, time_ns: int) -> Played:
        """Runs one frame that comes in by `port` at `time_ns`."""
        struct.pack_into("<4Q", self._config, 0, 2, time_ns, 0, port)
        struct.pack_into("<3Q", self._verdict, 0, 0, 0, 0)
        _, data = self._run(frame)
        kind, sent_to, mark = struct.unpack_from("<2Qq", self._verdict, 0)
        return Played(_KINDS[kind], mark, sent_to if kind == 1 else 0, data)

    def use(self, rule: int) -> Use:
        """How often the rule of that number (its mark) was used, and when last."""
        data = self._object.maps["uses"].lookup(rule.to_bytes(4, "little"))
        assert data is not None
        return Use(*struct.unpack("<3Q", data))


def _key(number: int, value: int) -> bytes:
    return struct.pack("<I", number) + value.to_bytes(KEY_BITS // 8, "big") + bytes(2)


def _action(mark: int, rule: Rule) -> bytes:
    outcome, layers = rule.outcome, layers_of(rule.match)
    keep, put, ttl_at = bytearray(b"\xff" * FRAME_BYTES), bytearray(FRAME_BYTES), 0
    for rewrite in outcome.rewrites:
        start = (rewrite.bits.offset - PORT_BITS) // 8
        match rewrite:
            case SetField(bits=bits, value=value):
                size = bits.width // 8
                keep[start : start + size] = bytes(size)
                put[start : start + size] = value.to_bytes(size, "big")
            case AddField():
                ttl_at = start
    covered, sums = bytearray(FRAME_BYTES), [0, 0]
    for checksum in layers.checksums if outcome.rewrites else ():
        bit = 1 if checksum.name == "ip.checksum" else 2
        sums[bit - 1] = at = (checksum.bits.offset - PORT_BITS) // 8
        for area in checksum.areas:
            first = (area.offset - PORT_BITS) // 8
            for byte in range(first, min(first + area.width // 8, FRAME_BYTES)):
                covered[byte] |= bit if byte not in (at, at + 1) else 0
    head = struct.pack("<5I", mark, _VERDICTS[outcome.verdict], outcome.port, rule.min_bytes, mark)
    return head + struct.pack("<4H", ttl_at, *sums, layers.l4 == "udp") + bytes(keep) + bytes(put) + bytes(covered)
