"""Random numbers and meters on two engines in the kernel: what the interpreter gives for the whole program."""

from __future__ import annotations

import pytest
from split_helpers import FAR, NEAR, plan_for
from test_split_draws import BEHIND_A_READ, HEAD, TWICE, packets

from cora.analysis import analyse
from cora.device.kernel_run import KernelRunner
from cora.ir.interp import run
from cora.ir.meters import MeterRates
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.split import split_program

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]


@pytest.mark.parametrize("body", [TWICE, BEHIND_A_READ])
def test_draws(body: str) -> None:
    program = parse_program(HEAD + body)
    graph = analyse(program)
    modes = {g.name: ("replicated", FAR) for g in graph.groups if g.replicable and g.name == "flows"}
    near = [s.index for s in graph.stages if all(a.on_copy for a in s.accesses)]
    store = Store(program)
    with KernelRunner(split_program(graph, plan_for(graph, near, modes))) as kernel:
        for packet in packets():
            assert kernel.run(packet) == run(program, store, packet)
        assert kernel.snapshot() == store.snapshot()


METERED = """program metered for test
header h: a:32 b:32 c:32 d:32
meter slow [index:32] -> () capacity 4
meter fast [index:32] -> () capacity 4
body main
block start
  room:1 = room 128:32
  if room:1 then parse else main
block parse
  extract h
  goto main
block main
  (c:8) = meter slow [h.d:32] ($length:32, 1:8)
  h.a:32 = zext(c:8, 32)
  if c:8 == 0:8 then red else other
block red
  drop red
block other
  (d:8) = meter fast [h.d:32] (1:32, c:8)
  h.b:32 = zext(d:8, 32)
  digest colours (c:8, d:8)
  emit h
  forward 2:16
"""


@pytest.mark.parametrize("owner", [NEAR, FAR])
def test_meters_with_an_owner(owner: str) -> None:
    program = parse_program(METERED)
    graph = analyse(program)
    assert all(not g.replicable for g in graph.groups)
    near = [s.index for s in graph.stages if owner == NEAR or all(a.state == "slow" for a in s.accesses)]
    split = split_program(graph, plan_for(graph, near, {"slow": ("exclusive", NEAR), "fast": ("exclusive", owner)}))
    store = Store(program)
    store.write_meter("slow", 1, MeterRates(10**8, 40, 3 * 10**8, 60))
    store.write_meter("fast", 1, MeterRates(10**6, 2, 10**7, 3))
    with KernelRunner(split, store=store) as kernel:
        for i in range(60):
            packet = Packet(bytes(12) + (i % 2).to_bytes(4, "big"), 0, 37 * i, 1)
            assert kernel.run(packet) == run(program, store, packet)
            assert kernel.snapshot() == store.snapshot()
