"""Reuse distances and working sets: how soon the entries of a flow table are used again, and how many at a time.

The reuse distance of a reference (Mattson et al., 1970, "stack distance") is the number of different other entries that
were used since the same entry was last used. An LRU cache of C entries hits exactly the references whose distance is
below C, so one histogram tells the hits of every size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cora.traffic.profile import TableReuse, WorkingSet

Ints = NDArray[np.int64]

WINDOWS_NS = (10**8, 10**9, 10**10)
"""Of working sets: 0.1 s, 1 s and 10 s."""


def table_reuse(state: str, packets: Ints, entries: Ints, times_ns: Ints, since: int = 0) -> TableReuse | None:
    """The reuse of a table's entries; None if no reference is left to count.

    `packets` and `entries` have one element a reference: the packet's index, ascending, and the entry's number.
    `times_ns` is by packet. References of packets before `since` are known but not counted.
    """
    packets, entries = _once_a_packet(packets, entries)
    counted = packets >= since
    if not counted.any():
        return None
    distances = reuse_distances(entries)[counted]
    again = distances[distances >= 0]
    return TableReuse(
        state=state,
        references=len(distances),
        first=len(distances) - len(again),
        distances=_by_powers_of_two(again),
        working_sets=tuple(
            working_set(times_ns[packets[counted]], entries[counted], window_ns) for window_ns in WINDOWS_NS
        ),
    )


def _once_a_packet(packets: Ints, entries: Ints) -> tuple[Ints, Ints]:
    width = int(entries.max(initial=0)) + 1
    first = np.sort(np.unique(packets * width + entries, return_index=True)[1])
    return packets[first], entries[first]


def reuse_distances(entries: Ints) -> Ints:
    """By reference, its reuse distance; -1 for the first reference to an entry. O(n log² n) time.

    For a reference at i whose entry was last used at p, the other entries used between are as many as there are
    references j in (p, i) that are the first of their entry since p: those with prev(j) < p, where prev(j) is the last
    reference before j to the same entry, or -1. The p + 1 references up to p have prev(j) < j <= p as well. So the
    distance is the number of j < i with prev(j) < p, less p + 1.
    """
    count = len(entries)
    previous = np.full(count, -1, dtype=np.int64)
    order = np.argsort(entries, kind="stable")
    same = entries[order][1:] == entries[order][:-1]
    previous[order[1:][same]] = order[:-1][same]
    again = previous >= 0
    return np.where(again, _smaller_before(previous) - previous - 1, -1)


def _smaller_before(values: Ints) -> Ints:
    """By place i, how many j < i have values[j] < values[i]: a merge sort from the bottom up, a numpy call a level.
    Values are from -1 to the number of values."""
    count = len(values)
    places = np.arange(count)
    spread = count + 2
    found = np.zeros(count, dtype=np.int64)
    width = 1
    while width < count:
        pair = places // (2 * width)
        right = (places // width) % 2 == 1
        keys = pair * spread + values + 1
        left = np.sort(keys[~right])
        # Keys of earlier pairs are smaller than those of this one: what they contribute is as many as they have.
        earlier = np.searchsorted(left, pair[right] * spread)
        found[right] += np.searchsorted(left, keys[right]) - earlier
        width *= 2
    return found


def _by_powers_of_two(distances: Ints) -> tuple[tuple[int, int], ...]:
    """(bound, number of distances below it and not below the bound before)."""
    # The bound of d is the smallest power of two above d: its number of bits, exact in frexp for all indices.
    bits = np.frexp(distances.astype(np.float64))[1].astype(np.int64)
    return tuple((1 << place, int(n)) for place, n in enumerate(np.bincount(bits)))


def working_set(times_ns: Ints, entries: Ints, window_ns: int) -> WorkingSet:
    """Different entries in each window from the first reference on, up to the last; there is at least one reference."""
    windows = (times_ns - times_ns[0]) // window_ns
    width = int(entries.max()) + 1
    distinct = np.unique(windows * width + entries) // width
    sizes = np.bincount(distinct)
    return WorkingSet(window_ns, float(sizes.mean()), int(sizes.max()))


def concatenated(parts: Sequence[Sequence[int]]) -> Ints:
    """The elements of all sequences, one after the other."""
    return np.concatenate([np.array(part, dtype=np.int64) for part in parts])
