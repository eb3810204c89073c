"""What hits, misses and packets of no flow do alike: each does it where it is, and the split equals the whole."""

from __future__ import annotations

import random

import pytest
from split_helpers import FAR, NEAR, compare, plan_for

from cora.analysis import analyse
from cora.ir.packets import Packet
from cora.ir.text import parse_program
from cora.split import split_program

METERED = """program metered for test
header h: a:32 b:32
register total [i:32] -> (n:32) capacity 4
flow_table seen [k:32] -> (v:32) capacity 16 idle (400)
counter sent [i:8] -> () capacity 2
body main
block start
  ok:1 = room 64:32
  if ok:1 then parse else main
block parse
  extract h
  goto main
block main
  (n:32) = rmw total [h.a:32 & 3:32] (n:32 + 1:32)
  if h.b:32 == 0:32 then tail else second
block second
  (hit:1, v:32) = lookup seen [h.b:32]
  if hit:1 then known else new
block known
  touch seen [h.b:32]
  goto tail
block new
  (status:8) = insert seen [h.b:32] (1:32)
  goto tail
block tail
  count sent [0:8]
  h.a:32 = n:32
  emit h
  forward 1:16
"""


def _traffic(seed: int, count: int) -> list[Packet]:
    rng = random.Random(seed)
    now, packets = 10**6, list[Packet]()
    for _ in range(count):
        now += rng.choice((3, 3, 3, 90))
        data = rng.randrange(6).to_bytes(4) + rng.choice((0, 1, 2, 3, 4)).to_bytes(4)
        packets.append(Packet(data, 0, now, rng.randrange(1 << 32)))
    return packets


@pytest.mark.parametrize("copies", [1, 100])
def test_only_misses_leave_the_near_engine(copies: int) -> None:
    program = parse_program(METERED)
    graph = analyse(program)
    far = {s.stage for stage in graph.stages for s in stage.accesses if s.kind == "insert"}
    modes = {"total": ("exclusive", NEAR), "seen": ("replicated", FAR), "sent": ("merged", FAR)}
    near = {stage.index for stage in graph.stages} - far
    split = split_program(graph, plan_for(graph, near, modes, copies))
    for seed in range(3):
        packets = _traffic(seed, 400)
        difference, runner = compare(program, split, packets, compiled=seed % 2 == 0)
        assert difference is None
        none = sum(packet.data[4:] == bytes(4) for packet in packets)
        assert runner.figures.hits >= none + 50 and 5 < runner.figures.hand_offs < len(packets) - none
