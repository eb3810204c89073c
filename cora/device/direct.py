"""Tables whose small keys are looked up in arrays (`StateLayout.direct`), as the control plane writes them."""

from __future__ import annotations

import ctypes
from collections import deque

from cora.codegen.layout import DIRECT_KEYS
from cora.device.bpf import Map


class DirectRows:
    """`index`: by key, the number of its row; `rows`: by number, what is stored; row 0 is for keys that have none.

    A row that gets other values moves: it is written beside the old one, then the index points to it. So a packet sees
    the old values or the new ones, never a mixture. Rows that were left are used again last."""

    def __init__(self, index: Map, place: int, rows: Map) -> None:
        """`place`: which of the arrays in the map `index` is this table's."""
        # An aligned number of 4 bytes is stored in one piece.
        self._index = (ctypes.c_uint32 * DIRECT_KEYS).from_buffer(index.memory(), place * 4 * DIRECT_KEYS)
        self._rows = rows
        self._used: dict[int, tuple[int, bytes]] = {}
        self._free = deque(range(1, rows.max_entries))

    def set_default(self, value: bytes) -> None:
        self._rows.update(bytes(4), value)

    def put(self, key: int, value: bytes) -> None:
        """Stores the row of a key below `DIRECT_KEYS`."""
        if not 0 <= key < DIRECT_KEYS:
            raise ValueError(f"{key} isn't among the keys that are looked up in arrays")
        number, held = self._used.get(key, (0, b""))
        if held == value:
            return
        fresh = self._free.popleft()
        self._rows.update(fresh.to_bytes(4, "little"), value)
        self._index[key] = fresh
        self._used[key] = fresh, value
        if number:
            self._free.append(number)

    def remove(self, key: int) -> None:
        """The key has no row any more."""
        number, _ = self._used.pop(key, (0, b""))
        self._index[key] = 0
        if number:
            self._free.append(number)
