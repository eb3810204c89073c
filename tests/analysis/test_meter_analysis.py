"""Meters in the analysis: read-modify-write state with one owner, and part of what other state depends on."""

from __future__ import annotations

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.ir.text import parse_program

HEAD = """program metered for test
header h: a:32 b:32
meter tenants [index:32] -> () capacity 4
register last [index:32] -> (v:64) capacity 4
body main
block start
  ok:1 = room 64:32
  if ok:1 then parse else main
block parse
  extract h
  goto main
"""


def graph_of(body: str) -> StateGraph:
    return analyse(parse_program(HEAD + body))


def groups(graph: StateGraph) -> list[list[str]]:
    return sorted([f.name for f in g.states] for g in graph.groups)


PASS_ON = """block main
  (c:8) = meter tenants [h.a:32] ($length:32, 1:8)
  write last [h.b:32] (zext(c:8, 64))
  forward 1:16
"""
BOTH_WAYS = """block main
  (v:64) = read last [h.b:32]
  (c:8) = meter tenants [h.a:32] (v:64[31..0], 1:8)
  write last [h.b:32] (zext(c:8, 64))
  forward 1:16
"""


def test_a_meter_has_one_owner_and_says_why() -> None:
    graph = graph_of(PASS_ON)
    group = next(g for g in graph.groups if g.name == "tenants")
    assert not group.replicable and group.copies == ()
    (facts,) = group.states
    assert (facts.update, facts.key, facts.entry_bytes, facts.capacity) == ("general", "header", 64, 4)
    ((mine, other, why),) = group.conflicts
    assert mine == other and mine.kind == "meter" and "takes tokens" in why
    assert not mine.on_copy


def test_state_that_depends_on_colours_both_ways_is_one_group() -> None:
    assert groups(graph_of(PASS_ON)) == [["last"], ["tenants"]]
    assert groups(graph_of(BOTH_WAYS)) == [["tenants", "last"]]


def test_a_meter_begins_a_stage() -> None:
    stages = [[(a.state, a.kind) for a in s.accesses] for s in graph_of(PASS_ON).stages if s.accesses]
    assert [("tenants", "meter")] in stages
