"""The shared questions about control flow: `cora.ir.cfg`."""

from __future__ import annotations

import pytest

from cora.ir.cfg import (
    dominators,
    header_names,
    liveness,
    op_reads,
    op_writes,
    parser_blocks,
    predecessors,
    reachable,
    substitute,
    topological_order,
    with_blocks,
)
from cora.ir.nodes import Access, Bin, Block, Const, Emit, Extract, Goto, Var
from cora.ir.text import parse_program

PROGRAM = parse_program("""program p for "pna-b"
header h: a:16
register r [index:32] -> (value:16) capacity 8
body body

block entry
  room:1 = room 16:32
  if room:1 then read else body

block read
  extract h
  goto body

block body
  x:16 = h.a:16 + 1:16
  if h.$valid:1 then left else right

block left
  y:16 = x:16
  goto join

block right
  y:16 = 2:16
  goto join

block join
  emit h
  forward y:16
""")


def test_graph_questions() -> None:
    assert parser_blocks(PROGRAM) == {"entry", "read"}
    assert predecessors(PROGRAM.blocks)["join"] == ("left", "right")
    assert reachable(PROGRAM.blocks, ("left",)) == {"left", "join"}
    assert dominators(PROGRAM)["join"] == {"entry", "body", "join"}


def test_blocks_are_sorted_and_unreachable_ones_dropped() -> None:
    lost = Block("lost", (), Goto("join"))
    shuffled = with_blocks(PROGRAM, (PROGRAM.blocks[0], lost, *reversed(PROGRAM.blocks[1:])))
    assert [b.name for b in shuffled.blocks] == [b.name for b in PROGRAM.blocks]


def test_a_cycle_is_an_error() -> None:
    with pytest.raises(ValueError, match="cycle"):
        topological_order((Block("a", (), Goto("b")), Block("b", (), Goto("a"))), ("a",))


def test_liveness_knows_what_header_operations_touch() -> None:
    live = liveness(PROGRAM)
    assert live.at_start["join"] == {"y", "h.a", "h.$valid"}
    assert live.at_start["body"] == {"h.a", "h.$valid"}
    assert live.at_end["left"] == {"y", "h.a", "h.$valid"}
    headers = header_names(PROGRAM)
    assert op_writes(Extract("h"), headers) == op_reads(Emit("h"), headers) == {"h.a", "h.$valid"}


def test_an_rmw_does_not_read_its_own_results() -> None:
    old = Var("old", 16)
    op = Access("r", "rmw", (Var("i", 32),), (Bin("add", old, Var("by", 16)),), (old,))
    assert op_reads(op, header_names(PROGRAM)) == {"i", "by"}


def test_substitution_is_simultaneous() -> None:
    x, y = Var("x", 8), Var("y", 8)
    assert substitute(Bin("add", x, y), {"x": y, "y": Const(1, 8)}) == Bin("add", y, Const(1, 8))
