"""Reuse distances and working sets against plain restatements of what they are."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cora.traffic.reuse import reuse_distances, table_reuse, working_set

references = st.lists(st.integers(0, 12), min_size=1, max_size=60)


def distances(entries: list[int]) -> list[int]:
    found: list[int] = []
    for i, entry in enumerate(entries):
        before = [j for j in range(i) if entries[j] == entry]
        found.append(len(set(entries[before[-1] + 1 : i])) if before else -1)
    return found


def lru_hits(entries: list[int], size: int) -> int:
    cache: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for entry in entries:
        hits += entry in cache
        cache.pop(entry, None)
        cache[entry] = None
        if len(cache) > size:
            cache.popitem(last=False)
    return hits


@settings(deadline=None, max_examples=200)
@given(references)
def test_distances_are_those_of_the_definition(entries: list[int]) -> None:
    assert reuse_distances(np.array(entries, dtype=np.int64)).tolist() == distances(entries)


@settings(deadline=None, max_examples=100)
@given(references)
def test_a_cache_hits_what_the_histogram_says(entries: list[int]) -> None:
    packets = np.arange(len(entries))
    table = table_reuse("t", packets, np.array(entries, dtype=np.int64), packets)
    assert table is not None
    assert table.references == len(entries)
    assert table.first == len(set(entries))
    assert table.first + sum(n for _, n in table.distances) == len(entries)
    for size in (1, 2, 4, 8, 16):
        assert round(table.share_within(size) * len(entries)) == lru_hits(entries, size)
    assert table.share_within(0) == 0


def test_a_packet_counts_once_for_an_entry() -> None:
    """Packet 0 uses 5 twice and 6 between; packet 1 uses 5 again."""
    times_ns = np.array([0, 10])
    table = table_reuse("t", np.array([0, 0, 0, 1]), np.array([5, 6, 5, 5]), times_ns)
    assert table is not None
    assert (table.references, table.first, table.distances) == (3, 2, ((1, 0), (2, 1)))


def test_what_came_before_is_known_and_not_counted() -> None:
    packets, entries = np.arange(5), np.array([1, 2, 1, 2, 3])
    table = table_reuse("t", packets, entries, packets, since=2)
    assert table is not None
    assert (table.references, table.first, table.distances) == (3, 1, ((1, 0), (2, 2)))
    assert table_reuse("t", packets, entries, packets, since=5) is None


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), min_size=1, max_size=30), st.integers(1, 40))
def test_working_sets(uses: list[tuple[int, int]], window: int) -> None:
    times = np.cumsum([gap for gap, _ in uses])
    entries = [entry for _, entry in uses]
    sets: dict[int, set[int]] = {}
    for time, entry in zip(times.tolist(), entries, strict=True):
        sets.setdefault((time - int(times[0])) // window, set()).add(entry)
    got = working_set(times, np.array(entries, dtype=np.int64), window)
    windows = max(sets) + 1
    assert got.peak == max(map(len, sets.values()))
    assert got.mean == pytest.approx(sum(map(len, sets.values())) / windows)
