"""Waits at a station and quantiles of their sums, against what is known exactly and against a simulation."""

from __future__ import annotations

import heapq
import random
from math import exp, factorial, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cora.model.queueing import Journeys, Wait, waiting

UTILISATIONS = st.floats(0.01, 0.99)
SERVERS = st.floats(1, 200)


def erlang_c(utilisation: float, servers: int) -> float:
    """The probability that a visit to M/M/c waits."""
    load = utilisation * servers
    busy = load**servers / factorial(servers) / (1 - utilisation)
    return busy / (sum(load**k / factorial(k) for k in range(servers)) + busy)


@given(UTILISATIONS)
def test_one_server_waits_as_pollaczek_and_khinchine_say(utilisation: float) -> None:
    for scv in (0.0, 1.0, 4.0):
        exact = utilisation / (1 - utilisation) * (1 + scv) / 2 * 70.0
        assert waiting(utilisation, 1, 70.0, 1.0, scv).mean_ns == pytest.approx(exact)


@pytest.mark.parametrize("servers", [2, 4, 8, 50])
@pytest.mark.parametrize("utilisation", [0.5, 0.8, 0.95])
def test_many_servers_wait_nearly_as_erlang_says(servers: int, utilisation: float) -> None:
    """The error is at most 5% of the service time."""
    exact = erlang_c(utilisation, servers) * 100 / (servers * (1 - utilisation))
    assert waiting(utilisation, servers, 100.0, 1.0, 1.0).mean_ns == pytest.approx(exact, abs=5)


@given(UTILISATIONS, UTILISATIONS, SERVERS, st.floats(0, 10), st.floats(0, 10))
def test_waits_grow_with_load_and_variability(one: float, other: float, servers: float, a: float, s: float) -> None:
    less, more = sorted((one, other))
    assert waiting(less, servers, 50.0, a, s).mean_ns <= waiting(more, servers, 50.0, a, s).mean_ns
    assert waiting(less, servers, 50.0, a, s).mean_ns <= waiting(less, servers, 50.0, a + 1, s).mean_ns
    assert waiting(less, servers + 1, 50.0, a, s).mean_ns <= waiting(less, servers, 50.0, a, s).mean_ns


def simulated(utilisation: float, servers: int, services: list[float], packets: int) -> list[float]:
    """Waits at a station with Poisson arrivals, first come, first served."""
    rng = random.Random(7)
    mean = sum(services) / len(services)
    free = [0.0] * servers
    now, waits = 0.0, list[float]()
    for _ in range(packets):
        now += rng.expovariate(utilisation * servers / mean)
        start = max(now, heapq.heappop(free))
        heapq.heappush(free, start + rng.choice(services))
        waits.append(start - now)
    return waits


@pytest.mark.parametrize(("servers", "services"), [(1, [100.0]), (4, [100.0]), (8, [40.0, 40.0, 40.0, 400.0])])
def test_it_agrees_with_a_simulation(servers: int, services: list[float]) -> None:
    """The mean within a tenth; the 99th percentile, of which only the tail's form is assumed, within a quarter."""
    waits = sorted(simulated(0.85, servers, services, 200_000))
    mean = sum(services) / len(services)
    scv = sum(x * x for x in services) / len(services) / mean**2 - 1
    wait = waiting(0.85, servers, mean, 1.0, scv)
    assert wait.mean_ns == pytest.approx(sum(waits) / len(waits), rel=0.1)
    (found,) = Journeys((1.0,), (0.0,), ((1.0,),), (wait,)).quantiles_ns([0.99])
    assert found == pytest.approx(waits[int(0.99 * len(waits))], rel=0.25)


def test_quantiles_of_one_wait_are_exact() -> None:
    law = Journeys((1.0,), (1000.0,), ((1.0,),), (Wait(0.8, 500.0),))
    exact = [1000 + max(0.0, -500 * log((1 - q) / 0.8)) for q in (0.1, 0.5, 0.99)]
    assert law.quantiles_ns([0.1, 0.5, 0.99]) == pytest.approx(exact, rel=3e-4)


def test_quantiles_of_a_mixture_of_sums() -> None:
    """A third of the packets waits twice (Erlang-2), the others not at all."""
    law = Journeys((1.0, 2.0), (100.0, 5000.0), ((2.0, 1.0), (0.0, 0.0)), (Wait(1.0, 200.0), Wait(0.5, 1e-6)))
    assert law.mean_ns == pytest.approx((500 + 10_000) / 3)
    low, middle, high = law.quantiles_ns([0.2, 0.5, 0.99])
    x = (low - 100) / 200
    assert 1 - exp(-x) * (1 + x) == pytest.approx(0.6, abs=2e-3)
    assert middle == high == 5000.0


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.1, 1e5)), min_size=1, max_size=4), st.floats(0, 1e5))
def test_quantiles_are_in_order_and_not_below_what_is_fixed(waits: list[tuple[float, float]], fixed: float) -> None:
    law = Journeys((1.0,), (fixed,), ((1.0,) * len(waits),), tuple(Wait(p, d) for p, d in waits))
    p50, p90, p99 = law.quantiles_ns([0.5, 0.9, 0.99])
    assert fixed <= p50 <= p90 <= p99
    assert p50 <= 2.001 * law.mean_ns  # Markov
