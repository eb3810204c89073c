"""Units of model files: each belongs to one dimension and converts to its base unit by one factor."""

from __future__ import annotations

from typing import Literal

Dimension = Literal["hertz", "bytes", "bits_per_s", "per_s", "time", "cycles", "count"]

BASE_UNITS: dict[Dimension, str] = {
    "hertz": "Hz",
    "bytes": "B",
    "bits_per_s": "b/s",
    "per_s": "/s",
    "time": "ns",
    "cycles": "cycles",
    "count": "",
}

UNITS: dict[str, tuple[Dimension, float]] = {
    "Hz": ("hertz", 1.0),
    "kHz": ("hertz", 1e3),
    "MHz": ("hertz", 1e6),
    "GHz": ("hertz", 1e9),
    "B": ("bytes", 1.0),
    "KiB": ("bytes", 2.0**10),
    "MiB": ("bytes", 2.0**20),
    "GiB": ("bytes", 2.0**30),
    "b/s": ("bits_per_s", 1.0),
    "Mb/s": ("bits_per_s", 1e6),
    "Gb/s": ("bits_per_s", 1e9),
    "/s": ("per_s", 1.0),
    "k/s": ("per_s", 1e3),
    "M/s": ("per_s", 1e6),
    "pps": ("per_s", 1.0),
    "Mpps": ("per_s", 1e6),
    "ns": ("time", 1.0),
    "us": ("time", 1e3),
    "ms": ("time", 1e6),
    "s": ("time", 1e9),
    "cycles": ("cycles", 1.0),
    "": ("count", 1.0),
}
"""Unit -> (dimension, factor to the base unit of the dimension)."""


Scales = tuple[tuple[float, str], ...]
"""(factor, prefix or unit), the largest first."""

DECIMAL: Scales = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
BINARY: Scales = ((2.0**30, "Gi"), (2.0**20, "Mi"), (2.0**10, "Ki"), (1.0, ""))
NANOSECONDS: Scales = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns"))


def scaled(value: float, scales: Scales) -> tuple[float, str]:
    """The value in the largest of the scales that leaves 1 or more of it, else in the last, and the scale's name."""
    factor, name = next(((f, n) for f, n in scales if value >= f), scales[-1])
    return value / factor, name


def units_of(dimensions: tuple[Dimension, ...]) -> str:
    """The units that may be written for any of the dimensions, for messages."""
    return ", ".join(repr(unit) for unit, (dim, _) in UNITS.items() if dim in dimensions)
