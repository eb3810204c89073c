"""docs/nfs/*.md against the planner: what is offloaded on both NICs, in which mode, and why the rest is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from explain_helpers import bundled_solver
from nf_pages import FOLDER, unexplained, updated

from cora.nf.spec import bundled_names

NFS = bundled_names()
TARGETS = ("agilio-cx", "bluefield2")


@pytest.mark.parametrize("name", NFS)
def test_the_tables_of_a_page_are_what_the_planner_says(name: str, golden: Callable[[Path, str], None]) -> None:
    """`pytest --update-golden` writes the planner's columns; the others are kept, and must be written by hand."""
    solvers = [bundled_solver(name, target) for target in TARGETS]
    path = FOLDER / f"{name}.md"
    text = updated(path.read_text(encoding="utf-8"), solvers)
    golden(path, text)
    assert unexplained(text, solvers) == []
