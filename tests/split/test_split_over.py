"""Packets that start over: hand-offs carry no variables, and the owner computes them again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from mini_programs import mini_firewall, mini_nat, mini_trap
from split_helpers import (
    NEAR,
    compare,
    copy_plan,
    firewall_frame,
    mini_traffic,
    nat_frame,
    plan_for,
    trap_frame,
)

from cora.analysis import analyse
from cora.diagnostics import UserError
from cora.ir.nodes import Program
from cora.ir.packets import Packet
from cora.ir.text import parse_program
from cora.plan.io import plan_from_json, plan_to_json
from cora.split import split_program
from cora.split.engines import Split

CASES = [(mini_nat, nat_frame), (mini_firewall, firewall_frame), (mini_trap, trap_frame)]

HEAD = """program over for test
header h: a:32 b:32 c:32 d:32
counter seen [index:32] -> () capacity 4
register own [index:32] -> (v:32) capacity 4
flow_table flows [k:32] -> (v:32) capacity 4 idle (1000)
body main
block start
  room:1 = room 128:32
  if room:1 then parse else main
block parse
  extract h
  goto main
"""
TAIL = """block look
  (hit:1, v:32) = lookup flows [k:32]
  if hit:1 then known else unknown
block known
  touch flows [k:32]
  h.b:32 = v:32
  emit h
  forward 1:16
block unknown
  h.c:32 = x:32
  (s:8) = insert flows [k:32] (x:32)
  emit h
  forward 2:16
"""
COUNTED = """block main
  x:32 = random (0:32, 0xffffffff:32)
  k:32 = h.d:32 + 1:32
  count seen [0:32]
  if h.a:32 == 0:32 then look else odd
block odd
  count seen [1:32]
  k:32 = h.d:32
  goto look
"""
READ = """block main
  (x:32) = rmw own [0:32] (x:32 + 1:32)
  k:32 = h.d:32
  goto look
"""


def carried(split: Split) -> set[str]:
    """The program's variables in the frames to far."""
    names = (field.name for layout in split.layouts for field in layout.fields)
    return {name.partition(".")[2] for name in names if name.startswith("$in")}


@pytest.mark.parametrize(("make", "frames"), CASES)
def test_split_equals_whole(make: Callable[[], Program], frames: Callable[[random.Random, int], bytes]) -> None:
    program = make()
    graph = analyse(program)
    plan = plan_from_json(plan_to_json(replace(copy_plan(graph, 3), starts_over=True)))
    split = split_program(graph, plan)
    on, over = (sum(layout.size for layout in s.layouts) for s in (split_program(graph, copy_plan(graph, 3)), split))
    assert over < on
    for seed in range(1):
        difference, runner = compare(program, split, mini_traffic(seed, 400, frames), compiled=seed == 0)
        assert difference is None
        assert runner.figures.hits > 10 and runner.figures.answers > 10


@pytest.mark.parametrize("compiled", [False, True])
def test_what_near_has_counted_and_drawn_is_neither_counted_nor_drawn_again(compiled: bool) -> None:
    program = parse_program(HEAD + COUNTED + TAIL)
    graph = analyse(program)
    plan = copy_plan(graph)
    assert {"k", "x"} <= carried(split_program(graph, plan))
    split = split_program(graph, replace(plan, starts_over=True))
    assert not carried(split)
    packets = [
        Packet(n.to_bytes(4, "big") + bytes(8) + key.to_bytes(4, "big"), 0, 100 * i, 7 * i + 1)
        for i, (n, key) in enumerate(((0, 1), (1, 2), (1, 5), (0, 1), (1, 5), (0, 9), (1, 2)))
    ]
    difference, runner = compare(program, split, packets, compiled=compiled)
    assert difference is None
    assert runner.figures.hits and runner.figures.answers


def test_what_near_has_read_for_itself_can_not_be_read_again() -> None:
    graph = analyse(parse_program(HEAD + READ + TAIL))
    near = [s.index for s in graph.stages if all(a.state == "own" for a in s.accesses)]
    plan = plan_for(graph, near, {"own": ("exclusive", NEAR)})
    assert "x" in carried(split_program(graph, plan))
    with pytest.raises(UserError) as refused:
        split_program(graph, replace(plan, starts_over=True))
    assert [d.code for d in refused.value.diagnostics] == ["C0714"]
