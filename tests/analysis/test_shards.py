"""Which records may live on one engine at a time, by which key, and what stages that gives."""

from __future__ import annotations

import pytest

from cora.analysis import analyse
from cora.analysis.graph import StateGraph, StateGroup
from cora.analysis.origins import swapped
from cora.ir.nodes import Bin, Const, Expr, Var
from cora.ir.text import parse_program
from cora.nf.build import build_program
from cora.nf.spec import load_nf

PARSER = (
    "body main\nblock start\n  ok:1 = room 64:32\n  if ok:1 then parse else main\n"
    "block parse\n  extract h\n  goto main\n"
)
TABLE = "flow_table t [k:32] -> (v:32) capacity 4 idle (50)\n"


def graph_of(body: str, states: str = TABLE) -> StateGraph:
    """The graph of a program that parses one header with fields a and b and runs `body` from block `main`."""
    return analyse(parse_program(f"program p for test\nheader h: a:32 b:32\n{states}{PARSER}{body}"))


def group(graph: StateGraph, name: str) -> StateGroup:
    return next(g for g in graph.groups if g.name == name)


HIT = """
block main
  (hit:1, v:32) = lookup t [h.a:32]
  if hit:1 then known else new
block known
  {known}
  goto out
block new
  (s:8) = insert t [h.a:32] (1:32)
  goto out
block out
  emit h
  forward 1:16
"""


def test_a_record_may_be_changed_where_it_is() -> None:
    graph = graph_of(HIT.format(known="update t [h.a:32] field v (v:32 + 1:32)"))
    sites = {s.kind: s for stage in graph.stages for s in stage.accesses}
    assert sites["update"].on_record and not sites["update"].on_copy and sites["update"].gains
    assert not sites["insert"].on_record and sites["lookup"].on_record
    assert graph.sharded_groups == ("t",)
    key = group(graph, "t").shard_key
    assert key is not None and key.fields == ("k",) and not key.symmetric


def test_a_stage_that_changes_a_record_is_not_shared_with_one_that_makes_it() -> None:
    """So that the first may run on a NIC and the second needn't."""
    graph = graph_of(HIT.format(known="update t [h.a:32] field v (v:32 + 1:32)"))
    (change,) = (s.index for s in graph.stages if any(a.kind == "update" for a in s.accesses))
    (make,) = (s.index for s in graph.stages if any(a.kind == "insert" for a in s.accesses))
    after = {i: {e.target for e in graph.edges if e.source == i} for i in (change, make)}
    assert change != make and not after[change] & after[make]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("update t [v:32] field v (3:32)", "can't be computed before"),
        ("update t [h.b:32] field v (3:32)", "two records"),
    ],
)
def test_accesses_of_other_records(known: str, words: str) -> None:
    graph = graph_of(HIT.format(known=known))
    (conflict,) = group(graph, "t").shard_conflicts
    assert not group(graph, "t").shardable and not graph.partitions and not graph.sharded_groups
    assert words in conflict[2] and conflict[0].kind == "update"


def test_equal_keys_in_other_variables_are_proved_equal() -> None:
    body = HIT.format(known="goto again\nblock again\n  update t [key:32] field v (3:32)").replace(
        "block main\n", "block main\n  key:32 = h.a:32\n"
    )
    body = body.replace("lookup t [h.a:32]", "lookup t [mux(1:1 == 1:1, key:32, h.b:32)]")
    graph = graph_of(body.replace("insert t [h.a:32]", "insert t [key:32]"))
    # Nothing proves that the condition holds: the two keys differ on the other way.
    assert not group(graph, "t").shardable
    assert group(graph_of(body.replace("mux(1:1 == 1:1, key:32, h.b:32)", "h.a:32")), "t").shardable


def test_registers_always_are_everywhere() -> None:
    graph = graph_of(
        "block main\n  write r [h.a:32] (1:32)\n  forward 1:16\n", "register r [i:32] -> (v:32) capacity 4\n"
    )
    assert "nothing tells which engine has it" in group(graph, "r").shard_conflicts[0][2]


def test_both_directions_of_the_firewall_reach_one_record() -> None:
    """Proved through its two interfaces, IPv4 and IPv6, and the packets quoted in ICMP errors."""
    graph = analyse(build_program(load_nf("firewall")))
    key = group(graph, "connections").shard_key
    assert key is not None and key.symmetric
    assert key.fields == ("remote", "local", "remote_port", "local_port", "protocol")
    assert graph.sharded_groups == ("connections",)


def test_slots_of_the_nat_cannot_be_sharded() -> None:
    graph = analyse(build_program(load_nf("nat")))
    assert graph.partitions == () and not any(g.shardable for g in graph.groups)


def test_a_coarser_key_holds_for_the_finer_one_but_not_the_other_way_round() -> None:
    states = TABLE + "flow_table pairs [x:32, y:32] -> (n:32) capacity 4\n"
    body = """
block main
  (hit:1, v:32) = lookup t [h.a:32]
  if hit:1 then known else second
block known
  update t [h.a:32] field v (v:32 + 1:32)
  goto second
block second
  (there:1, n:32) = lookup pairs [h.a:32, h.b:32]
  if there:1 then both else out
block both
  update pairs [h.a:32, h.b:32] field n (n:32 + 1:32)
  goto out
block out
  forward 1:16
"""
    graph = graph_of(body, states)
    assert {p.group: set(p.groups) for p in graph.partitions} == {"t": {"t", "pairs"}, "pairs": {"pairs"}}
    assert graph.sharded_groups == ("t", "pairs")


A, B, C = Var("h.a", 32), Var("h.b", 32), Var("h.c", 32)


@pytest.mark.parametrize(
    ("one", "other", "yes"),
    [
        ((A, B), (B, A), True),
        ((A, B, C), (B, A, C), True),
        ((A, B), (A, B), False),
        ((A, B), (B, C), False),
        ((A,), (B,), False),
        ((Bin("add", A, B), B), (Bin("add", B, A), A), True),
        ((Bin("add", A, B), A), (Bin("sub", B, A), B), False),
        ((A, Const(1, 8), B), (B, Const(2, 8), A), False),
    ],
)
def test_swapped_ends(one: tuple[Expr, ...], other: tuple[Expr, ...], yes: bool) -> None:
    assert swapped(one, other) is yes


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("old:16 + h.a:32[15..0]", "add"),
        ("h.a:32[15..0] | old:16", "or"),
        ("mux(old:16 < h.a:32[15..0], old:16, h.a:32[15..0])", "min"),
        ("mux(old:16 < h.a:32[15..0], h.a:32[15..0], old:16)", "largest"),
        ("old:16 + old:16", "rmw"),
        ("h.a:32[15..0]", "rmw"),
    ],
)
def test_how_an_rmw_combines(new: str, expected: str) -> None:
    body = f"block main\n  (old:16) = rmw r [h.b:32] ({new})\n  forward 1:16\n"
    graph = graph_of(body, "register r [i:32] -> (v:16) capacity 4\n")
    assert group(graph, "r").states[0].fields[0].update == expected
