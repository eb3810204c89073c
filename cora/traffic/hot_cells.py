"""The busiest cells of a state, with keys that one can read."""

from __future__ import annotations

import ipaddress
from collections import Counter

from cora.ir.nodes import State
from cora.ir.store import Key
from cora.traffic.profile import HotCell

MOST = 8
"""How many cells are named."""

_ADDRESS_WORDS = ("src", "dst", "addr", "address", "ip", "client", "server", "source", "target", "local", "remote")


def hot_cells(state: State, cells: Counter[Key], most: int = MOST) -> tuple[HotCell, ...]:
    """The `most` busiest cells, the busiest first, equal ones by key."""
    total = cells.total()
    busiest = sorted(cells.items(), key=lambda cell: (-cell[1], cell[0]))[:most]
    return tuple(HotCell(key_text(state, key), count, count / total) for key, count in busiest)


def key_text(state: State, key: Key) -> str:
    """A key in words. Fields are called by the last part of their names; 128 bits, and 32 with a name
    that says so, are addresses."""
    return " ".join(
        f"{field.name.rpartition('.')[2]}={_value(field.name, field.width, value)}"
        for field, value in zip(state.key, key, strict=True)
    )


def _value(name: str, width: int, value: int) -> str:
    words = name.rpartition(".")[2].lower().split("_")
    if width == 128:
        address = ipaddress.IPv6Address(value)
        return str(address.ipv4_mapped or address)
    if width == 32 and any(word in _ADDRESS_WORDS for word in words):
        return str(ipaddress.IPv4Address(value))
    return str(value) if width <= 32 else f"{value:#x}"
