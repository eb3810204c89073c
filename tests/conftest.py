"""What all tests share: goldens and the data beside the repository."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# What a change is judged by must not depend on luck: under CI each property draws the same examples every time.
# Everyone else draws new ones.
settings.register_profile("cora", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("cora")

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what the tests produce as the new goldens")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, text)`: the text is what the file says. `pytest --update-golden` writes the file instead."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"there is no golden {path}; make it with: pytest --update-golden {request.node.nodeid}"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; if it should: pytest --update-golden"

    return compare


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of real traces and p4c's output beside the repository; tests that need it are skipped without it."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the folder {folder}, which is not part of the repository")
    return folder


@pytest.fixture(scope="session")
def kernel() -> None:
    """Skips, with the reason, where programs can't be run in the kernel."""
    from cora.device import features
    from cora.diagnostics import render

    problem = features.missing_error()
    if problem is not None:
        pytest.skip("\n".join(render(d) for d in problem.diagnostics))
