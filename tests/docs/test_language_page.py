"""docs/language.md says what is true: its examples exist, run or are refused as it says, and its codes have pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cora.error_catalog import CATALOG

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
CONFORMANCE = ROOT / "tests" / "conformance"
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
    for line in PAGE.splitlines()
    if line.startswith("| ") and len(re.findall(r"(?<!\\)\|", line)) == 7 and "construct" not in line
]
"""(construct, checks, runs, XDP, split, example)."""
REFUSED = re.compile(r"^# xdp refuses: (C\d{4})$", re.MULTILINE)


def examples(cell: str) -> list[Path]:
    return [CONFORMANCE / f"{name}.stf" for name in re.findall(r"`([\w/]+)`", cell)]


def test_codes_have_pages() -> None:
    codes = set(re.findall(r"C\d{4}", PAGE))
    assert len(codes) > 10
    assert codes <= CATALOG.keys()


def test_rows_are_found() -> None:
    assert len(ROWS) > 45
    assert all(len(row) == 6 and row[1] == "yes" for row in ROWS)
    assert sum(bool(examples(row[5])) for row in ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_examples_say_the_same(row: list[str]) -> None:
    for example in examples(row[5]):
        refused = REFUSED.search(example.read_text(encoding="utf-8"))
        assert row[2] == "yes", "its packet test runs on the interpreter"
        assert row[3] == (refused[1] if refused else "yes"), example
