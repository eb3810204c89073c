"""How the states of engines become that of one program: owners count, and copies with what they may be ahead with."""

from __future__ import annotations

import pytest

from cora.ir.text import parse_program
from cora.split.combine import combined_snapshot
from cora.split.engines import EngineProgram, Split

STATES = """program p for test
header h: a:8
register r [index:32] -> (v:64) capacity 4
counter c [index:32] -> () capacity 4
flow_table f [k:8] -> (v:8) capacity 4 idle (10)
body main
block main
"""
READS = parse_program(STATES + "  (v:64) = read r [0:32]\n  forward 1:16\n")
WRITES = parse_program(STATES + "  write r [0:32] ($time:64)\n  forward 1:16\n")


def split(near_writes: bool, records: tuple[str, ...] = ()) -> Split:
    program = WRITES if near_writes else READS
    near = EngineProgram("nic", program, (), ("r", "c", "f"), True, records)
    return Split((near, EngineProgram("host", READS, ("r", "c", "f"), (), False)), ())


def whole(
    near_writes: bool,
    near: dict,
    host: dict,
    records: tuple[str, ...] = (),
    left: dict | None = None,
    offered: dict | None = None,
) -> dict:
    empty = {"r": {}, "c": {}, "f": {}}
    marks = {"nic": {"f": left or {}}, "host": {"f": offered or {}}}
    return combined_snapshot(split(near_writes, records), {"nic": empty | near, "host": empty | host}, marks)


@pytest.mark.parametrize(
    ("near_writes", "near", "host", "expected"),
    [
        (True, {0: (9,)}, {0: (5,)}, {0: (9,)}),
        (True, {0: (9,)}, {}, {0: (9,)}),
        (True, {0: (4,)}, {0: (5,)}, {0: (5,)}),
        # A copy that is only read must not hide that the owner holds something else.
        (False, {0: (9,)}, {0: (5,)}, {0: (5,)}),
        (False, {0: (9,)}, {}, {}),
    ],
)
def test_registers(near_writes: bool, near: dict, host: dict, expected: dict) -> None:
    assert whole(near_writes, {"r": near}, {"r": host})["r"] == expected


def test_counts_are_summed() -> None:
    assert whole(False, {"c": {0: (1, 60), 1: (2, 2)}}, {"c": {0: (3, 90)}})["c"] == {0: (4, 150), 1: (2, 2)}


def test_timers_of_copies_count_and_copies_without_an_owner_do_not() -> None:
    near, host = {(1,): ((7,), 50), (2,): ((7,), 3)}, {(1,): ((7,), 20)}
    assert whole(False, {"f": near}, {"f": host})["f"] == {(1,): ((7,), 50)}


def test_records_count_where_they_are() -> None:
    near, host = {(1,): ((8,), 50)}, {(1,): ((7,), 60), (2,): ((1,), 1)}
    assert whole(False, {"f": near}, {"f": host}, ("f",))["f"] == {(1,): ((8,), 50), (2,): ((1,), 1)}


def test_a_record_that_is_leaving_counts_until_the_owner_has_taken_it() -> None:
    """It left with stamp 5; the owner offered it before, offered it again since, or has its own in use."""
    near, host = {(1,): ((8,), 50)}, {(1,): ((7,), 60)}
    for offered, expected in (({(1,): 4}, near), ({(1,): 6}, host), ({}, host)):
        assert whole(False, {"f": near}, {"f": host}, ("f",), {(1,): 5}, offered)["f"] == expected
