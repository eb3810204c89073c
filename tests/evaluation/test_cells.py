"""Cells on a pool of processes."""

from dataclasses import replace

from evaluation.grid import TRAFFICS, short
from evaluation.run import CELLS_A_PROCESS, in_parallel


def test_a_pool_outlives_its_processes() -> None:
    """More cells than the first processes take: each is answered, here with what is wrong with it."""
    cells = [(f"unknown{n}", TRAFFICS[0]) for n in range(2 * CELLS_A_PROCESS + 1)]
    found = dict(in_parallel(cells, replace(short(), packets=10), 2))
    assert set(found) == set(cells)
    assert all("unknown" in problem for problem in found.values() if isinstance(problem, str))
    assert not any(isinstance(problem, list) for problem in found.values())
