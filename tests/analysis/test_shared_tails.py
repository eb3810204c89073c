"""What follows where ways join exists once for each set of states on the way, as far as the bounds allow."""

from __future__ import annotations

from cora.analysis import analyse
from cora.analysis.analyse import Bounds
from cora.analysis.graph import StateGraph
from cora.ir.text import parse_program

_START = """body main
block start
  ok:1 = room 64:32
  if ok:1 then parse else main
block parse
  extract h
  goto main
"""


def _graph(states: str, body: str) -> StateGraph:
    return analyse(parse_program(f"program p for test\nheader h: a:32 b:32\n{states}\n{_START}{body}"))


def _joins(graph: StateGraph) -> list[str]:
    """Stages that packets enter from more than one stage."""
    sources: dict[int, set[int]] = {}
    for edge in graph.edges:
        sources.setdefault(edge.target, set()).add(edge.source)
    return [graph.stages[target].name for target, found in sorted(sources.items()) if len(found) > 1]


def _sums(count: int) -> StateGraph:
    """Each packet adds to some of `count` registers, as its bits say, and is sent."""
    states = "\n".join(f"register r{i} [k:32] -> (n:32) capacity 4" for i in range(count))
    blocks = ["block main\n  goto ask0"]
    for i in range(count):
        then = f"ask{i + 1}" if i + 1 < count else "send"
        blocks.append(f"block ask{i}\n  if h.a:32[{i}..{i}] then add{i} else {then}")
        blocks.append(f"block add{i}\n  (n:32) = rmw r{i} [0:32] (n:32 + 1:32)\n  goto {then}")
    blocks.append("block send\n  h.b:32 = 7:32\n  forward 1:16")
    return _graph(states, "\n".join(blocks))


def test_ways_through_different_states_do_not_join() -> None:
    """Each register may live elsewhere, and what sends a packet is then where the packet is."""
    graph = _sums(2)
    assert _joins(graph) == []
    assert sum(stage.name == "change r1" or stage.name.startswith("change r1 ") for stage in graph.stages) == 2


def test_beyond_the_bounds_they_do() -> None:
    """Ten registers make a thousand sets: more than is worth telling apart."""
    graph = _sums(10)
    assert len(graph.stages) <= Bounds().stages
    assert len(_joins(graph)) >= 5


def test_a_table_behind_another_owners_state_is_hit_or_missed_apart() -> None:
    """That a packet has gone to the owner of a sum says nothing about where the entries of a flow table are."""
    graph = _graph(
        "register sum [k:32] -> (n:32) capacity 4\nflow_table seen [k:32] -> (v:32) capacity 64 idle (1000)",
        """block main
  (n:32) = rmw sum [0:32] (n:32 + 1:32)
  if h.a:32 == 0:32 then send else look
block look
  (hit:1, v:32) = lookup seen [h.b:32]
  if hit:1 then known else new
block known
  touch seen [h.b:32]
  goto send
block new
  (status:8) = insert seen [h.b:32] (1:32)
  goto send
block send
  h.a:32 = n:32
  forward 1:16
""",
    )
    names = [stage.name for stage in graph.stages]
    assert {"change sum", "lookup seen", "seen hit", "seen miss"} <= set(names)
    assert _joins(graph) == []
