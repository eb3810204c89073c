"""Random numbers across engines: the owner goes on with the packet's next number, not with its first."""

from __future__ import annotations

import pytest
from split_helpers import FAR, NEAR, compare, plan_for

from cora.analysis import analyse
from cora.ir.nodes import HandOff, Program, Random
from cora.ir.packets import Packet
from cora.ir.text import parse_program
from cora.split import split_program

HEAD = """program draws for test
header h: a:32 b:32 c:32 d:32
register cells [index:32] -> (v:32) capacity 4
flow_table flows [k:32] -> (v:32) capacity 2 idle (1000)
body main
block start
  room:1 = room 128:32
  if room:1 then parse else main
block parse
  extract h
  goto main
"""
TWICE = """block main
  x:32 = random (0:32, 0xffffffff:32)
  h.a:32 = x:32
  (hit:1, w:32) = lookup flows [h.d:32]
  if hit:1 then tally else tally
block tally
  (v:32) = rmw cells [0:32] (v:32 + x:32)
  y:32 = random (0:32, 0xffffffff:32)
  h.b:32 = y:32
  emit h
  forward 1:16
"""
BEHIND_A_READ = """block main
  x:32 = random (0:32, 0xffffffff:32)
  h.a:32 = x:32
  goto look
block look
  (hit:1, v:32) = lookup flows [h.d:32]
  y:32 = random (0:32, 0xffffffff:32)
  h.b:32 = y:32
  if hit:1 then known else unknown
block known
  emit h
  forward 1:16
block unknown
  z:32 = random (0:32, 0xffffffff:32)
  h.c:32 = z:32
  (s:8) = insert flows [h.d:32] (z:32)
  emit h
  forward 2:16
"""


def packets() -> list[Packet]:
    keys = (1, 1, 2, 1, 3, 2, 2)
    return [Packet(bytes(12) + k.to_bytes(4, "big"), 0, 100 * i, 7 * i + 1) for i, k in enumerate(keys)]


def carried(program: Program) -> set[str]:
    found = [b.end.live for b in program.blocks if isinstance(b.end, HandOff)]
    return {getattr(e, "name", "") for live in found for e in live}


@pytest.mark.parametrize("compiled", [False, True])
def test_the_next_engine_draws_the_next_number(compiled: bool) -> None:
    program = parse_program(HEAD + TWICE)
    graph = analyse(program)
    near = [s.index for s in graph.stages if all(a.state == "flows" for a in s.accesses)]
    split = split_program(graph, plan_for(graph, near, {"flows": ("exclusive", NEAR)}))
    near, far = (e.program for e in split.engines)
    assert [sum(isinstance(op, Random) for b in p.blocks for op in b.ops) for p in (near, far)] == [1, 1]
    assert any("$draws" in name for name in carried(near))
    difference, _ = compare(program, split, packets(), compiled=compiled)
    assert difference is None


@pytest.mark.parametrize("compiled", [False, True])
def test_an_owner_that_starts_over_draws_the_same_numbers_again(compiled: bool) -> None:
    program = parse_program(HEAD + BEHIND_A_READ)
    graph = analyse(program)
    modes = {g.name: ("replicated", FAR) for g in graph.groups if g.replicable}
    assert "flows" in modes
    near = [s.index for s in graph.stages if all(a.on_copy for a in s.accesses)]
    split = split_program(graph, plan_for(graph, near, modes))
    assert split.engines[0].engine == NEAR
    difference, runner = compare(program, split, packets(), compiled=compiled)
    assert difference is None
    assert runner.figures.hits and runner.figures.answers
