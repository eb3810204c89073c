"""What a lookup teaches: a second one of the same entry, and what a miss leaves."""

from __future__ import annotations

import pytest
from test_analyse import graph_of

from cora.analysis.graph import StateGraph
from cora.analysis.known import known_value
from cora.ir.nodes import Bin, Expr, Un, Var

STATES = "flow_table f [k:32] -> (v:32) capacity 4"
FIRST = """
block main
  (hit:1, v:32) = lookup f [h.a:32]
  if hit:1 then first else miss
block first
"""
SECOND = """
  (again:1, w:32) = lookup f [h.a:32]
  if again:1 then yes else no
block yes
  forward 1:16
block no
  drop no
"""
MISS = """
block miss
  (status:8) = insert f [v:32] (h.b:32)
  forward 2:16
"""


def kinds(graph: StateGraph) -> list[str]:
    return [site.kind for stage in graph.stages for site in stage.accesses]


@pytest.mark.parametrize(
    ("between", "lookups"),
    [
        ("", 1),
        ("  touch f [h.a:32]", 1),
        ("  h.b:32 = 5:32", 1),
        ("  update f [h.a:32] field v (1:32)", 2),
        ("  delete f [h.b:32]", 2),
        ("  h.a:32 = 5:32", 2),
        ("  hit:1 = 0:1", 2),
        ("  v:32 = 0:32", 2),
    ],
)
def test_an_entry_is_looked_up_once(between: str, lookups: int) -> None:
    graph = graph_of(f"{FIRST}{between}{SECOND}{MISS}", STATES)
    assert kinds(graph).count("lookup") == lookups


def test_a_miss_leaves_zeros() -> None:
    """The key of the insert is no value of the state, so the table may be copied; after a hit it would be."""
    graph = graph_of(f"{FIRST}  forward 1:16{MISS}", STATES)
    insert = next(s for stage in graph.stages for s in stage.accesses if s.kind == "insert")
    assert insert.key == "const" and graph.groups[0].replicable
    after_hit = graph_of(f"{FIRST}  delete f [v:32]\n  forward 1:16{MISS}", STATES)
    assert not after_hit.groups[0].replicable


def test_deep_conditions_are_evaluated_once() -> None:
    """Twice at each level would never end."""
    deep: Expr = Var("x", 1)
    for level in range(60):
        deep = Bin("or" if level % 2 else "and", Un("not", deep), Var("x", 1))
    assert known_value(deep, {"x": None}) is None
    assert known_value(deep, {"x": 1}) in (0, 1)
