"""Counts how many packets took each edge that the nf.yaml requires of a verification."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cora.ir.packets import TracedAccess
from cora.nf.spec import Edge, NfSpec

_ICMP_ERRORS = frozenset({3, 4, 5, 11, 12})
_ICMPV6_LAST_ERROR = 127  # RFC 4443, 2.1: types 0 to 127 are errors


def is_icmp_error(frame: bytes) -> bool:
    """Whether an Ethernet frame carries an ICMP or ICMPv6 error (no VLAN, no IPv6 extension headers)."""
    if frame[12:14] == b"\x08\x00" and len(frame) >= 35:
        at = 14 + (frame[14] & 15) * 4
        return frame[23] == 1 and len(frame) > at and frame[at] in _ICMP_ERRORS
    return frame[12:14] == b"\x86\xdd" and len(frame) > 54 and frame[20] == 58 and frame[54] <= _ICMPV6_LAST_ERROR


@dataclass(slots=True)
class EdgeTally:
    """Feed it every packet's accesses (a `Trace` with `all_states`), in order; `packets` then counts by edge."""

    spec: NfSpec
    packets: dict[str, int] = field(init=False)
    _inserted: dict[str, set[tuple[int, ...]]] = field(default_factory=dict[str, set[tuple[int, ...]]])

    def __post_init__(self) -> None:
        self.packets = {edge.name: 0 for edge in self.spec.edges}

    def observe(self, frame: bytes, port: int, accesses: Iterable[TracedAccess]) -> None:
        accesses = list(accesses)
        icmp_error = is_icmp_error(frame)
        name = next((p.name for p in self.spec.ports if p.number == port), "")
        for edge in self.spec.edges:
            fits = edge.port in ("", name) and edge.icmp_error in (None, icmp_error)
            if fits and any(self._takes(edge, access) for access in accesses):
                self.packets[edge.name] += 1
        for access in accesses:
            if access.kind == "insert" and access.hit:
                self._inserted.setdefault(access.state, set()).add(access.key)

    def missing(self) -> tuple[str, ...]:
        """The edges that no packet took."""
        return tuple(name for name, count in self.packets.items() if count == 0)

    def _takes(self, edge: Edge, access: TracedAccess) -> bool:
        if access.kind != edge.access or access.state.rpartition(".")[2] != edge.state.rpartition(".")[2]:
            return False
        expired = not access.hit and access.key in self._inserted.get(access.state, ())
        return (
            edge.hit in (None, access.hit)
            and edge.expired in (None, expired)
            and (edge.index is None or access.key == (edge.index,))
        )
