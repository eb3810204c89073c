"""Queues: how long a visit waits, and the quantiles of a sum of waits. Formulas and sources: docs/models.md, "Latency".

A station is G/G/c: c servers, first come, first served, arrivals and services of any variability. `c` may be no whole
number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import Any

import numpy as np

FULL = 1 - 1e-9
"""From this utilisation on a queue is taken to grow without bound."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait of one visit: none with probability 1 - `delayed`, else exponential with the mean `mean_delay_ns`."""

    delayed: float
    mean_delay_ns: float

    @property
    def mean_ns(self) -> float:
        return self.delayed * self.mean_delay_ns


def waiting(utilisation: float, servers: float, service_ns: float, arrival_scv: float, service_scv: float) -> Wait:
    """The wait at a station, utilisation < 1.

    Allen-Cunneen: the mean wait of M/M/c times (Ca^2 + Cs^2) / 2, with squared coefficients of variation of the times
    between arrivals and of the services. That an M/M/c visit waits at all has the probability
    rho^(sqrt(2 (c + 1)) - 1) (Sakasegawa 1977), exact for c = 1; the wait of those that do is exponential with the mean
    service / (c (1 - rho)).
    """
    delayed = utilisation ** (sqrt(2 * (servers + 1)) - 1)
    mean = service_ns / (servers * (1 - utilisation))
    return Wait(delayed, mean * (arrival_scv + service_scv) / 2)


def sharing(compute_ns: float, memory_ns: float, bursts: float, threads: int, load: float) -> Wait:
    """The wait of one burst of computing for a core that runs one of its threads at a time, until that waits for
    memory.

    A packet computes `compute_ns` in `bursts` and waits `memory_ns` in between. `load` is the packets that each core
    has on average if none waits for it. A core with n of them is a closed network of one server and a delay: mean value
    analysis (Reiser and Lavenberg 1980) gives what a burst finds there. Each of the other threads of the core has a
    packet with the probability that any thread has one.
    """
    queues = _found_at_core(compute_ns, memory_ns, threads)
    busy = load / threads
    for _ in range(50):  # what a packet waits for its core it spends on its thread
        longer = 1 + _expected(queues, busy) * compute_ns / (compute_ns + memory_ns)
        busy = (busy + min(1.0, longer * load / threads)) / 2
    found = _expected(queues, busy)
    return Wait(found / (1 + found), compute_ns / bursts * (1 + found))


def _expected(queues: Sequence[float], busy: float) -> float:
    """The mean of `queues` if as many things are there as are busy, each with that probability."""
    most = len(queues) - 1
    return sum(comb(most, n) * busy**n * (1 - busy) ** (most - n) * queue for n, queue in enumerate(queues))


def _found_at_core(compute_ns: float, memory_ns: float, threads: int) -> list[float]:
    """By the number of other packets on a core: how many of them a burst finds computing or ready to."""
    queues = [0.0]
    for others in range(1, threads):
        time_ns = compute_ns * (1 + queues[-1])
        queues.append(others * time_ns / (time_ns + memory_ns))
    return queues


@dataclass(frozen=True, slots=True)
class Journeys:
    """Kinds of packets: how often each comes, what it takes without queues, and its visits by station."""

    weights: tuple[float, ...]
    fixed_ns: tuple[float, ...]
    visits: tuple[tuple[float, ...], ...]
    """For each kind, by station, the number of visits; a fraction is a mean."""
    waits: tuple[Wait, ...]

    @property
    def mean_ns(self) -> float:
        total = 0.0
        for weight, fixed, visits in zip(self.weights, self.fixed_ns, self.visits, strict=True):
            total += weight * (fixed + sum(n * w.mean_ns for n, w in zip(visits, self.waits, strict=True)))
        return total / sum(self.weights)

    def quantiles_ns(self, shares: Sequence[float]) -> tuple[float, ...]:
        """The times within which these shares of the packets are through, to 0.01%; waits are independent."""
        law = _Law(self)
        return tuple(law.quantile(share) for share in shares)


_SMALL = 1e-4
"""A station that adds less than this share to the mean of every kind is taken at its mean wait."""
_DECAY = 18.4
_TERMS, _AVERAGED = 24, 11
"""Terms of the Fourier series, and partial sums that Euler's summation averages over."""


class _Law:
    """The distribution of a mixture of sums, by numerical inversion of its Laplace transform."""

    def __init__(self, journeys: Journeys) -> None:
        visits = np.array(journeys.visits, dtype=float).reshape(len(journeys.weights), len(journeys.waits))
        means = np.array([w.mean_ns for w in journeys.waits])
        fixed = np.array(journeys.fixed_ns, dtype=float)
        total = fixed + visits @ means
        kept = np.array((visits * means > _SMALL * total[:, None]).any(axis=0), dtype=bool)
        self.fixed: Any = fixed + visits[:, ~kept] @ means[~kept]
        self.visits: Any = visits[:, kept]
        self.delayed: Any = np.array([w.delayed for w in journeys.waits])[kept]
        self.delays: Any = np.array([w.mean_delay_ns for w in journeys.waits])[kept]
        self.weights: Any = np.array(journeys.weights) / sum(journeys.weights)
        self.mean = float(self.weights @ total)
        # Abate and Whitt (1995), EULER: e^(A/2)/t (Re f(A/2t) / 2 + sum of (-1)^k Re f((A + 2 k pi i) / 2t)), where the
        # last partial sums are averaged with binomial weights.
        last = [sum(comb(_AVERAGED, j) for j in range(i, _AVERAGED + 1)) / 2**_AVERAGED for i in range(_AVERAGED + 1)]
        factors = [0.5, *([1.0] * _TERMS), *last[1:]]
        steps = np.arange(len(factors))
        self.points: Any = (_DECAY + 2j * np.pi * steps) / 2
        self.factors: Any = np.exp(_DECAY / 2) * np.array(factors) * (-1.0) ** steps

    def beyond(self, time_ns: float) -> float:
        """The share of packets that take longer."""
        open_ = self.fixed <= time_ns
        late = float(self.weights[~open_].sum())
        if not open_.any() or not len(self.delays):
            return late
        left = np.maximum(time_ns - self.fixed[open_], 1e-9 * self.mean)
        at = self.points[None, :] / left[:, None]
        one = 1 - self.delayed + self.delayed / (1 + at[:, :, None] * self.delays)
        transform = np.exp((np.log(one) * self.visits[open_][:, None, :]).sum(axis=2))
        tail = ((1 - transform) / at).real @ self.factors / left
        return late + float(self.weights[open_] @ np.clip(tail, 0.0, 1.0))

    def quantile(self, share: float) -> float:
        low, high = float(self.fixed.min()), max(float(self.fixed.max()), self.mean)
        while self.beyond(high) > 1 - share:
            low, high = high, 2 * high
        while high - low > 1e-4 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self.beyond(middle) <= 1 - share else (middle, high)
        # Packets that wait nowhere all take one time: then it is that, and not what is just above.
        steps = [float(time) for time in self.fixed if low < time <= high and self.beyond(float(time)) <= 1 - share]
        return min(steps, default=high)
