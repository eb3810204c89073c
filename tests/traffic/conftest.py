"""A NAT of 15 blocks in IR text, with the state graph that analysis would find; small enough to count by hand."""

from __future__ import annotations

import pytest

from cora.analysis.graph import AccessSite, Stage, StateFacts, StateGraph, StateGroup
from cora.ir.nodes import Access, Program
from cora.ir.text import parse_program

TINY_NAT = """
program tiny for test
header eth: dst:48 src:48 type:16
header ip: first:8 tos:8 length:16 id:16 frag:16 ttl:8 proto:8 sum:16 src:32 dst:32
header l4: sport:16 dport:16
flow_table out [src:32, sport:16, dst:32, dport:16] -> (port:16) capacity 64 idle (10000000000)
flow_table back [port:16, dst:32, dport:16] -> (src:32, sport:16) capacity 64 idle (10000000000)
register next [index:32] -> (port:16) capacity 1 default (5000)
counter seen [index:32] -> () capacity 4
body main

block start
  ok:1 = room 272:32
  if ok:1 then parse_eth else main
block parse_eth
  extract eth
  if eth.type:16 == 0x800:16 then parse_ip else main
block parse_ip
  extract ip
  if ip.proto:8 == 1:8 then main else parse_l4
block parse_l4
  ok:1 = room 32:32
  if ok:1 then take_l4 else main
block take_l4
  extract l4
  goto main
block main
  count seen [zext($port:16, 32)]
  if l4.$valid:1 then which else pass
block which
  if $port:16 == 1:16 then inside else outside
block inside
  (hit:1, port:16) = lookup out [ip.src:32, l4.sport:16, ip.dst:32, l4.dport:16]
  if hit:1 then old else new
block old
  touch out [ip.src:32, l4.sport:16, ip.dst:32, l4.dport:16]
  goto send
block new
  (port:16) = rmw next [0:32] (port:16 + 1:16)
  (status:8) = insert out [ip.src:32, l4.sport:16, ip.dst:32, l4.dport:16] (port:16)
  (status2:8) = insert back [port:16, ip.dst:32, l4.dport:16] (ip.src:32, l4.sport:16)
  goto send
block send
  ip.src:32 = 0xcb007101:32
  l4.sport:16 = port:16
  emit eth
  emit ip
  emit l4
  forward 2:16
block outside
  (hit:1, client:32, cport:16) = lookup back [l4.dport:16, ip.src:32, l4.sport:16]
  if hit:1 then known else unknown
block known
  touch back [l4.dport:16, ip.src:32, l4.sport:16]
  ip.dst:32 = client:32
  l4.dport:16 = cport:16
  emit eth
  emit ip
  emit l4
  forward 1:16
block unknown
  drop unknown
block pass
  drop other
"""

STAGES = (
    ("parser", "start parse_eth parse_ip parse_l4 take_l4"),
    ("main", "main which"),
    ("inside", "inside"),
    ("old", "old send"),
    ("new", "new"),
    ("outside", "outside"),
    ("known", "known"),
    ("unknown", "unknown"),
    ("pass", "pass"),
)
"""`send` is counted to `old`: a new flow's path goes through it too."""


@pytest.fixture(scope="session")
def nat() -> Program:
    return parse_program(TINY_NAT)


@pytest.fixture(scope="session")
def nat_graph(nat: Program) -> StateGraph:
    stages = tuple(
        Stage(n, name, tuple(blocks.split()), _sites(nat, n, blocks.split()), None)
        for n, (name, blocks) in enumerate(STAGES)
    )
    facts = {s.name: StateFacts(s.name, "general", "header", (), 16, s.capacity) for s in nat.states}
    mapping = StateGroup(
        "mapping",
        (facts["out"], facts["back"], facts["next"]),
        (("out", "partial"), ("back", "partial"), ("next", "full")),
        (),
    )
    seen = StateGroup("seen", (facts["seen"],), (("seen", "merged"),), ())
    return StateGraph(nat, stages, (), (mapping, seen))


def _sites(program: Program, stage: int, blocks: list[str]) -> tuple[AccessSite, ...]:
    return tuple(
        AccessSite(stage, b, op.state, op.kind, "header", op.kind in ("lookup", "touch", "count"), None)
        for b in blocks
        for op in program.block(b).ops
        if isinstance(op, Access)
    )
