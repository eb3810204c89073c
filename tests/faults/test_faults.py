"""Every seeded fault is caught by a check, and docs/faults.md says by which. All columns: `make verify-all`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fault_everywhere import everywhere
from fault_kinds import CONTROL, Seeded, hand_off_the_changed_frame, skip_a_count, truncate_a_field
from fault_reasons import REASONS
from fault_table import (
    COLUMNS,
    DOCUMENT,
    FUNCTIONS,
    KERNEL_COLUMNS,
    Row,
    broken,
    brute_force,
    bundled,
    caught,
    document,
    every_fault,
    recorded,
    small_functions,
    symbolic,
)
from mini_programs import mini_nat
from split_helpers import NEAR, copy_plan
from test_split_faults import with_program

from cora.analysis import analyse
from cora.device import features
from cora.ir.nodes import Access, Cast, HandOff
from cora.split import split_program
from cora.split.engines import Split

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


def test_every_fault_is_caught_in_the_kernel_where_it_exists() -> None:
    """At the packet at which the interpreter notices it; what a bundled function doesn't show has a reason."""
    told: set[tuple[str, str]] = set()
    pairs = [(c, COLUMNS.index(c), COLUMNS.index(f"kernel: {c}")) for c in (COLUMNS[0], *FUNCTIONS)]
    for name, marks in recorded().items():
        if name != CONTROL.name:
            told |= {(name, column) for column, here, _ in pairs if marks[here] == "no"}
            assert marks[-KERNEL_COLUMNS] == "yes", name
            assert "yes" in marks[1 - KERNEL_COLUMNS :] or name == "lose the update of a drop", name
        told |= {(name, COLUMNS[there]) for _, here, there in pairs if marks[there] != marks[here]}
    assert told == REASONS.keys()


@pytest.mark.parametrize(("seeded", "sharded"), ALL, ids=lambda x: x.name if isinstance(x, Seeded) else "")
def test_small_functions_catch_what_the_document_says(seeded: Seeded, sharded: bool) -> None:
    mark, _ = caught(small_functions(seeded, sharded=sharded), kernel=False)
    assert mark == recorded()[seeded.name][0]


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
@pytest.mark.parametrize(
    ("name", "where"), [("take back another key", "nat"), ("keep the record on hand off", "small functions")]
)
def test_the_kernel_catches_what_the_document_says(name: str, where: str) -> None:
    seeded, sharded = next(pair for pair in ALL if pair[0].name == name)
    small = where == COLUMNS[0]
    trials = small_functions(seeded, sharded=sharded) if small else bundled(seeded, where, sharded=sharded)
    marks = recorded()[name]
    assert caught(trials, kernel=True) == (marks[COLUMNS.index(where)], marks[COLUMNS.index(f"kernel: {where}")])


# ---------------------------------------------------------------- a rule broken everywhere


@pytest.fixture(scope="module")
def split() -> Split:
    graph = analyse(mini_nat())
    return split_program(graph, copy_plan(graph, 3))


def test_everywhere_is_every_operation(split: Split) -> None:
    faulty = broken(Seeded(skip_a_count, ""), split)[-1]
    counts = [op for e in faulty.engines for b in e.program.blocks for op in b.ops if isinstance(op, Access)]
    assert not any(op.kind == "count" for op in counts)
    rest = sum(len(b.ops) for e in faulty.engines for b in e.program.blocks)
    assert rest == sum(len(b.ops) for e in split.engines for b in e.program.blocks) - len(list(skip_a_count(split)))


def test_everywhere_is_every_value_of_a_hand_off(split: Split) -> None:
    faulty = broken(Seeded(truncate_a_field, ""), split)[-1]
    values = [
        (right, wrong)
        for engine in split.engines
        for a, b in zip(engine.program.blocks, faulty.engine(engine.engine).program.blocks, strict=True)
        if isinstance(a.end, HandOff) and isinstance(b.end, HandOff)
        for right, wrong in zip(a.end.live, b.end.live, strict=True)
    ]
    assert sum(a != b and isinstance(b, Cast) for a, b in values) == len(list(truncate_a_field(split)))


def test_everywhere_is_every_end(split: Split) -> None:
    faulty = broken(Seeded(hand_off_the_changed_frame, ""), split)[-1]
    ends = [b.end for b in faulty.engine(NEAR).program.blocks if isinstance(b.end, HandOff)]
    assert len(ends) > 1 and {end.frame for end in ends} == {"emitted"}


def test_of_changes_to_the_same_thing_the_first_counts(split: Split) -> None:
    near = split.engine(NEAR)
    block = next(b for b in near.program.blocks if b.ops)

    def without(count: int) -> Split:
        changed = replace(block, ops=block.ops[count:])
        blocks = tuple(changed if b.name == block.name else b for b in near.program.blocks)
        return with_program(split, NEAR, replace(near.program, blocks=blocks))

    assert everywhere(split, [without(1), without(len(block.ops))]) == without(1)
    assert everywhere(split, []) == split
