"""What the analysis says of small programs and of the bundled network functions."""

from __future__ import annotations

import pytest

from cora.analysis import analyse, to_dot, to_networkx
from cora.analysis.graph import StateGraph
from cora.analysis.updates import Steps, function_of_time
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Slice, Var
from cora.ir.text import parse_program
from cora.nf.build import build_program
from cora.nf.spec import load_nf

TIME = Var("$time", 64)


def graph_of(body: str, states: str) -> StateGraph:
    """The graph of a program that parses one header with fields a and b (32 bits) and runs `body` from block `main`."""
    parser = (
        "body main\nblock start\n  ok:1 = room 64:32\n  if ok:1 then parse else main\n"
        "block parse\n  extract h\n  goto main\n"
    )
    return analyse(parse_program(f"program p for test\nheader h: a:32 b:32\n{states}\n{parser}{body}"))


def classes(graph: StateGraph, state: str) -> dict[str, str]:
    facts = next(f for g in graph.groups for f in g.states if f.name == state)
    return {f.name: f.update for f in facts.fields}


SECONDS = Bin("lshr", TIME, Const(30, 8))


@pytest.mark.parametrize(
    ("expr", "steps"),
    [
        (TIME, ()),
        (Bin("lshr", TIME, Const(20, 8)), (("quotient", 1 << 20),)),
        (Slice(TIME, 63, 16), (("quotient", 1 << 16),)),
        (Slice(TIME, 61, 30), (("quotient", 1 << 30),)),
        (Slice(TIME, 60, 30), None),  # 2^62 ns don't fit
        (Slice(TIME, 47, 0), None),
        (Cast(Bin("udiv", TIME, Const(1000, 64)), 54), (("quotient", 1000),)),
        (Cast(Bin("udiv", TIME, Const(1000, 64)), 48), None),
        (Cast(TIME, 80), ()),
        (Cast(TIME, 80, signed=True), None),
        (Concat(Const(0, 8), Slice(TIME, 63, 4)), (("quotient", 16),)),
        (Bin("lshr", Slice(TIME, 63, 4), Const(4, 8)), (("quotient", 256),)),
        (Bin("add", TIME, Const(1, 64)), (("plus", 1),)),
        (Bin("add", Const(2, 64), Bin("add", TIME, Const(1, 64))), (("plus", 3),)),
        (Bin("add", TIME, Const(0, 64)), ()),
        (Bin("add", TIME, Const((3 << 62) + 1, 64)), None),  # with 2^62 - 1 it wraps
        (Bin("add", Cast(TIME, 80), Const(3 << 63, 80)), None),  # more than 64 bits
        (Bin("add", SECONDS, Const(1, 64)), (("quotient", 1 << 30), ("plus", 1))),
        (Cast(Bin("add", SECONDS, Const(1, 64)), 33), (("quotient", 1 << 30), ("plus", 1))),
        (Cast(Bin("add", SECONDS, Const(1, 64)), 32), None),  # 2^32 - 1 and one more
        (Slice(Bin("add", SECONDS, Const(8, 64)), 63, 3), (("quotient", 1 << 30), ("plus", 8), ("quotient", 8))),
        (Bin("add", Slice(SECONDS, 31, 0), Const(1, 32)), None),  # 32 bits wrap
        (Bin("sub", TIME, Const(1, 64)), None),
        (Bin("add", TIME, TIME), None),
        (Var("x", 64), None),
    ],
)
def test_values_that_grow_with_time(expr: Expr, steps: Steps | None) -> None:
    assert function_of_time(expr) == steps


def test_update_classes() -> None:
    states = "\n".join(
        f"register {name} [i:32] -> (v:{bits}) capacity 4{rest}"
        for name, bits, rest in [
            ("mixed", 64, ""), ("grows", 64, ""), ("begins_late", 64, " default (7)"), ("sums", 16, ""),
            ("doubles", 16, ""), ("only_read", 16, ""),
        ]
    )  # fmt: skip
    body = """
block main
  now:64 = $time:64
  write mixed [h.a:32] (now:64)
  write mixed [h.b:32] (now:64 >> 1:8)
  write grows [h.a:32] (now:64)
  write grows [h.b:32] ($time:64)
  write begins_late [h.a:32] (now:64)
  (old:16) = rmw sums [h.a:32] (old:16 + 3:16)
  (old:16) = rmw doubles [h.a:32] (old:16 + old:16)
  (seen:16) = read only_read [h.a:32]
  forward 1:16
"""
    graph = graph_of(body, states)
    found = {s.name: classes(graph, s.name)["v"] for s in graph.program.states}
    assert found == {
        "mixed": "general", "grows": "max", "begins_late": "general", "sums": "add", "doubles": "rmw",
        "only_read": "read_only",
    }  # fmt: skip


def test_provenance_follows_tables_hashes_and_state() -> None:
    states = """table t [k:32] -> (action:8, a.v:32) capacity 4 default (0, 0) actions (none, a)
register r [i:32] -> (v:32) capacity 4
register w [i:32] -> (v:32) capacity 4
counter c [i:32] -> () capacity 4"""
    body = """
block main
  (hit:1, action:8, v:32) = lookup t [h.a:32]
  h1:32 = hash crc32 (v:32, $port:16)
  (x:32) = read r [h1:32]
  write w [h.a:32] (1:32)
  write r [x:32] (2:32)
  luck:32 = random (0:32, 3:32)
  count c [luck:32]
  forward 1:16
"""
    keys = [(s.state, s.kind, s.key) for stage in graph_of(body, states).stages for s in stage.accesses]
    assert keys == [
        ("t", "lookup", "header"),
        ("r", "read", "header_function"),
        ("w", "write", "header"),
        ("r", "write", "state"),
        ("c", "count", "opaque"),
    ]


def test_a_touch_needs_a_hit_of_the_same_key() -> None:
    states = "flow_table f [k:32] -> (v:32) capacity 4 idle (9)"
    body = """
block main
  (hit:1, v:32) = lookup f [h.a:32]
  if hit:1 then yes else no
block yes
  touch f [h.a:32]
  touch f [h.b:32]
  h.a:32 = 1:32
  touch f [h.a:32]
  forward 1:16
block no
  drop no
"""
    graph = graph_of(body, states)
    touches = [s.on_copy for stage in graph.stages for s in stage.accesses if s.kind == "touch"]
    assert touches == [True, False, False]


def test_conflicts_name_both_places() -> None:
    """The owner looks up a key that comes from state while copies restart timers."""
    states = """flow_table f [k:32] -> (next:32) capacity 4 idle (9)"""
    body = """
block main
  (hit:1, next:32) = lookup f [h.a:32]
  if hit:1 then first else miss
block first
  touch f [h.a:32]
  (hit2:1, other:32) = lookup f [next:32]
  forward 1:16
block miss
  (status:8) = insert f [h.a:32] (h.b:32)
  forward 2:16
"""
    group = graph_of(body, states).groups[0]
    assert not group.replicable
    ((first, second, reason),) = group.conflicts
    assert (first.kind, first.key, second.kind) == ("lookup", "state", "touch")
    assert "timer" in reason


def test_a_maximum_that_is_read_again_keeps_packets_from_crossing() -> None:
    """`if stale {last = now; insert}`: an owner that started over would find the slot fresh."""
    states = """register last [i:32] -> (t:64) capacity 4
register other [i:32] -> (v:32) capacity 4"""
    body = """
block main
  (t:64) = read last [h.a:32]
  if 5:64 < ($time:64 - t:64) then claim else refuse
block claim
  write last [h.a:32] ($time:64)
  if h.b:32 == 0:32 then mark else done
block mark
  write other [h.a:32] (1:32)
  goto done
block done
  forward 1:16
block refuse
  drop busy
"""
    graph = graph_of(body, states)
    mark = next(s.index for s in graph.stages if any(a.state == "other" for a in s.accesses))
    (into,) = [e for e in graph.edges if e.target == mark]
    assert "last has been written" in into.conflict(graph.holdable)
    restart = into.restart(graph.holdable)
    assert restart == 1 or graph.stages[restart].accesses[0].state == "last"


@pytest.mark.parametrize("name", ["nat", "firewall"])
def test_bundled_functions_are_servable(name: str) -> None:
    graph = analyse(build_program(load_nf(name)))
    assert all(group.replicable for group in graph.groups)
    assert len({s.name for s in graph.stages}) == len(graph.stages) < 40
    table = {"nat": "outbound", "firewall": "connections"}[name]
    hit = next(s for s in graph.stages if s.name == f"{table} hit")
    assert hit.accesses and all(site.on_copy for site in hit.accesses)
    edge = next(e for e in graph.edges if e.target == hit.index)
    held = graph.holdable
    assert graph.stages[edge.restart(held)].name == f"lookup {table}" and not edge.conflict(held)
    lookup = graph.stages[edge.source]
    assert {way.restart for way in lookup.misses if way.taken(held)} == {edge.source}
    assert not any(way.why_not(held) for way in lookup.misses if way.taken(held))


def test_nat_is_one_group() -> None:
    graph = analyse(build_program(load_nf("nat")))
    group = graph.group_of_state()["outbound"]
    assert {f.name for f in group.states} == {"outbound", "slot_addr", "slot_port", "slot_last"}
    assert dict(group.copies) == {
        "outbound": "partial", "slot_addr": "full", "slot_port": "full", "slot_last": "full",
    }  # fmt: skip
    assert classes(graph, "slot_last") == {"value": "max"}


def test_the_graph_as_networkx_and_dot() -> None:
    program = build_program(load_nf("nat"))
    first, second = analyse(program), analyse(program)
    assert first == second and to_dot(first) == to_dot(second)
    drawn = to_networkx(first)
    assert drawn.nodes["state:outbound"]["copies"] == "full,partial"
    flows = [d for _, _, d in drawn.edges(data=True) if d["kind"] == "flow"]
    assert len(flows) == len(first.edges) and all(isinstance(d["live_bits"], int) for d in flows)
    assert to_dot(first).startswith('digraph "nat" {') and "cylinder" in to_dot(first)
