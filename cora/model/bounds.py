"""The rate that several limits leave together."""

from __future__ import annotations

from dataclasses import dataclass

from cora.model.resources import Row

SHARPNESS = 40.0
"""How sharply the lowest limit rules; fitted to the published rows of the Agilio near two limits (docs/models.md). With
two equal limits 1.7% are lost, with one 10% above the other 0.05%."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The rate at which one resource is full."""

    resource: str
    rate_pps: float
    assumed: bool


def limits(rate_pps: float, rows: tuple[Row, ...]) -> tuple[Limit, ...]:
    """Of the resources whose demand grows with the rate, the lowest first. `rows` are those of an evaluation at
    `rate_pps`."""
    found = [
        Limit(row.resource, max(0.0, rate_pps * (row.capacity - row.fixed) / row.per_rate), row.assumed)
        for row in rows
        if row.per_rate > 0
    ]
    return tuple(sorted(found, key=lambda limit: limit.rate_pps))


def reached_pps(found: tuple[Limit, ...], sharpness: float = SHARPNESS) -> float:
    """Packets/s under all limits: (sum of r^-p)^(-1/p), which is the lowest where the others are far, and less where
    two are near each other: then now the one and now the other is in the way."""
    lowest = found[0].rate_pps
    if lowest <= 0:
        return 0.0
    return lowest * sum((lowest / limit.rate_pps) ** sharpness for limit in found) ** (-1 / sharpness)
