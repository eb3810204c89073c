"""What tests of the kernel share: the check that this machine can run them."""

from __future__ import annotations

import pytest

from cora.device import features
from cora.diagnostics import render


@pytest.fixture(scope="session")
def kernel() -> None:
    """Skips, with the reason, where programs can't be run in the kernel."""
    problem = features.missing_error()
    if problem is not None:
        pytest.skip("\n".join(render(d) for d in problem.diagnostics))
