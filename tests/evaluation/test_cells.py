"""Cells on a pool of processes."""

import subprocess
import sys
from dataclasses import replace

from evaluation.grid import TRAFFICS, short
from evaluation.run import CELLS_A_PROCESS, in_parallel
from evaluation.store import NO_PART


def test_a_pool_outlives_its_processes() -> None:
    """More cells than the first processes take: each is answered, here with what is wrong with it."""
    cells = [(f"unknown{n}", TRAFFICS[0]) for n in range(2 * CELLS_A_PROCESS + 1)]
    found = dict(in_parallel(cells, replace(short(), packets=10), 2))
    assert set(found) == set(cells)
    assert all("unknown" in problem for problem in found.values() if isinstance(problem, str))
    assert not any(isinstance(problem, list) for problem in found.values())


def test_packages_that_a_stored_cell_does_not_ask_for_have_no_part_in_it() -> None:
    """Else what is stored would be taken for new after a change of them."""
    script = f"""
import sys
from dataclasses import replace
from evaluation.grid import short
from evaluation.run import cell
assert isinstance(cell(("rate_limiter", "churn", replace(short(), traffics=())))[2], list)
print([name for name in sys.modules for part in {NO_PART!r} if (name + ".").startswith("cora." + part + ".")])
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
