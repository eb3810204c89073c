"""docs/plan-changes.md says what the planner says now: a few of its rows, made again."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
from plan_changes import PAGE, rows  # noqa: E402


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def _words(sentence: str) -> str:
    return re.sub(r"[0-9][0-9.,]*( [kMG](?=[ a-z/]))?", "#", sentence)


def test_some_rows_of_the_page_are_up_to_date() -> None:
    """Words are compared as they are, host cores within a tenth: a better model of a cost needs no new page."""
    written = PAGE.read_text(encoding="utf-8").split("## nat")[1].split("\n## ")[0]
    found = {tuple(_cells(line)[:2]): _cells(line) for line in written.splitlines() if line.startswith("| ")}
    made = [_cells(row) for row in rows("nat", frozenset({"as it is", "rate"}))]
    assert len(made) == 3
    for cells in made:
        old = found[cells[0], cells[1]]
        assert _words(old[5]) == _words(cells[5])
        assert [float(c.strip("()")) for c in old[3:5]] == pytest.approx(
            [float(c.strip("()")) for c in cells[3:5]], rel=0.1
        )
