"""What tests of the kernel share: the check that this machine can run them, and the helpers of the split tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cora.device import features
from cora.diagnostics import render

sys.path.insert(0, str(Path(__file__).parent.parent / "split"))  # mini_programs, split_helpers


@pytest.fixture(scope="session")
def kernel() -> None:
    """Skips, with the reason, where programs can't be run in the kernel."""
    problem = features.missing_error()
    if problem is not None:
        pytest.skip("\n".join(render(d) for d in problem.diagnostics))
