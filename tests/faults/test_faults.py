"""Every seeded fault is caught by a check, and docs/faults.md says by which. All columns: `make verify-all`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fault_kinds import CONTROL, Seeded
from fault_table import (
    COLUMNS,
    DOCUMENT,
    Row,
    brute_force,
    document,
    every_fault,
    in_the_kernel,
    interpreted,
    recorded,
    small_functions,
    symbolic,
)

from cora.device import features

ALL = every_fault()


@pytest.fixture
def kernel() -> Iterator[None]:
    if features.missing_error() is not None:
        pytest.skip("needs root, BPF and a compiler for it")
    yield


def test_the_document_is_the_table_of_these_faults() -> None:
    marks = recorded()
    rows = [Row(seeded, marks.get(seeded.name, ())) for seeded, _ in ALL]
    assert all(len(r.marks) == len(COLUMNS) for r in rows)
    assert document(rows) == DOCUMENT.read_text(encoding="utf-8"), "run: python benchmarks/faults.py --write"


def test_every_fault_is_caught_and_the_control_is_not() -> None:
    marks = recorded()
    faults = [seeded.name for seeded, _ in ALL if seeded is not CONTROL]
    assert len(set(faults)) >= 15
    assert [name for name in faults if "yes" not in marks[name]] == []
    assert "yes" not in marks[CONTROL.name]


@pytest.mark.parametrize(("seeded", "sharded"), ALL, ids=lambda x: x.name if isinstance(x, Seeded) else "")
def test_small_functions_catch_what_the_document_says(seeded: Seeded, sharded: bool) -> None:
    assert small_functions(seeded, sharded=sharded) == recorded()[seeded.name][0]


@pytest.mark.parametrize("name", ["keep the copy on hand off", "take the record of another shard"])
def test_brute_force_catches_what_the_document_says(name: str) -> None:
    seeded = next(s for s, _ in ALL if s.name == name)
    assert brute_force(seeded) == recorded()[name][COLUMNS.index("brute force")] == "yes"


@pytest.mark.parametrize("name", ["truncate a field", "keep the record on hand off"])
def test_the_symbolic_check_catches_what_the_document_says(name: str) -> None:
    seeded, sharded = next(pair for pair in ALL if pair[0].name == name)
    assert symbolic(seeded, sharded=sharded) == recorded()[name][COLUMNS.index("symbolic")] == "yes"


@pytest.mark.bpf
@pytest.mark.usefixtures("kernel")
def test_the_kernel_catches_what_the_document_says() -> None:
    seeded = next(s for s, _ in ALL if s.name == "trust a miss")
    caught, place = interpreted(seeded, "nat", sharded=False)
    assert caught == recorded()[seeded.name][COLUMNS.index("nat")]
    assert place is not None
    assert in_the_kernel("nat", place) == recorded()[seeded.name][COLUMNS.index("kernel: nat")]
