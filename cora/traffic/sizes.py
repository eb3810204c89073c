"""Size classes of packets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZE_BOUNDS = (64, 128, 256, 512, 1024, 1518, 9018, 65_550)
"""Upper bounds of the size classes in bytes: those of RFC 2819's etherStats, with jumbo frames beyond."""


def size_histogram(sizes: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """(upper bound, packets) of the size classes that hold any."""
    bounds = np.array(SIZE_BOUNDS)
    places = np.minimum(np.searchsorted(bounds, sizes), len(bounds) - 1)
    counts = np.bincount(places, minlength=len(bounds))
    return tuple((bound, int(n)) for bound, n in zip(SIZE_BOUNDS, counts, strict=True) if n)
