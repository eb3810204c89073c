"""Order within a flow: where near could let packets overtake others it names their flow, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mini_programs import mini_firewall, mini_flows, mini_nat
from split_helpers import copy_plan, shard_plan

from cora.analysis import analyse
from cora.ir.cfg import with_blocks
from cora.ir.nodes import Program
from cora.ir.packets import HandedOff, Packet, Sent
from cora.ir.text import parse_program
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.split import SplitRunner, split_program
from cora.split.engines import Split
from cora.split.gates import ORDER
from cora.split.numbering import Numbering

# Packets with a flag ask a table; what the others do is left open.
ASKING = """
program asking for test
header h: flow:8 part:8 flags:8 result:8
table sides [port:16] -> (action:8) capacity 4 default (0) actions (none, far)
flow_table flows [flow:8] -> (value:8) capacity 4
register parts [part:8] -> (value:8) capacity 256
body look
block start
  room:1 = room 32:32
  if room:1 then parse else look
block parse
  extract h
  goto look
block look
  (found:1, side:8) = lookup sides [$port:16]
  if {condition} then ask else {otherwise}
block ask
  (hit:1, value:8) = lookup flows [h.flow:8]
  if hit:1 then known else new
block known
  h.result:8 = value:8
  goto send
block new
  if h.flags:8[1..1] then refuse else add
block add
  (status:8) = insert flows [h.flow:8] (h.result:8)
  goto send
block read
  (value:8) = read parts [h.part:8]
  h.result:8 = value:8
  goto send
block look_again
  (hit:1, value:8) = lookup flows [h.flow:8]
  if hit:1 then send else refuse
block refuse
  drop refused
block send
  emit h
  forward 1:16
"""


def asking(condition: str = "h.flags:8[0..0]", otherwise: str = "send") -> Program:
    made = parse_program(ASKING.format(condition=condition, otherwise=otherwise))
    return with_blocks(made, made.blocks)  # without those that nothing leads to


def split_of(program: Program) -> Split:
    graph = analyse(program)
    return split_program(graph, copy_plan(graph))


def packet(flags: int, at: int) -> Packet:
    return Packet(bytes((7, 0, flags, 0)) + bytes(14), 0, at)


@pytest.mark.parametrize(
    ("condition", "otherwise", "hole"),
    [
        ("h.flags:8[0..0]", "send", True),
        ("h.flags:8[0..0]", "look_again", False),  # both look the flow up
        ("side:8 == 1:8", "send", False),  # all packets of a flow come by one port
        ("h.flow:8 == 1:8", "send", False),
        ("h.flags:8[0..0]", "read", True),  # what they read is no cell that frames name
    ],
)
def test_only_what_may_overtake_names_its_flow(condition: str, otherwise: str, hole: bool) -> None:
    split = split_of(asking(condition, otherwise))
    assert (split.echo is not None) == hole
    assert (ORDER in {s.name for s in split.engines[0].program.states}) == hole


@pytest.mark.parametrize("name", ["nat", "firewall"])
def test_bundled_functions_have_no_hole(name: str) -> None:
    graph = analyse(build_program(load_nf(name)))
    assert split_program(graph, copy_plan(graph)).echo is None
    assert split_program(graph, shard_plan(graph)).echo is None


def test_mini_functions() -> None:
    assert split_of(mini_nat()).echo is None
    assert split_of(mini_flows()).echo is None
    assert split_of(mini_firewall()).echo is not None  # packets that belong to no connection pass


def test_reordering_leaves_it_out() -> None:
    graph = analyse(asking())
    split = split_program(graph, replace(copy_plan(graph), reordering=True))
    assert split.echo is None


def test_a_packet_waits_behind_the_others_of_its_flow() -> None:
    split = split_of(asking())
    near, far = (e.engine for e in split.engines)
    runner = SplitRunner(split)
    first, second = runner.step(near, packet(1, 1)), runner.step(near, packet(0, 2))
    assert isinstance(first, HandedOff) and first.resume != split.echo
    assert isinstance(second, HandedOff) and second.resume == split.echo and second.engine == far


def test_an_echo_leaves_as_near_has_made_it() -> None:
    """The host drops the first packet and says nothing, so the flow still counts as busy."""
    runner = SplitRunner(split_of(asking()))
    runner.run(packet(3, 1))
    assert runner.run(packet(0, 2)) == Sent(1, packet(0, 2).data)
    assert runner.figures.hand_offs == 2
    runner.run(packet(0, 3))
    assert runner.figures.hand_offs == 2  # the echo has come back: the flow is idle again


SHARING = """
program sharing for test
header h: flow:8 part:8
body look
block start
  room:1 = room 16:32
  if room:1 then parse else look
block parse
  extract h
  goto look
block look
  v0:32 = zext(h.flow:8, 32)
{chain}
  if v{last}:32 == 0:32 then refuse else send
block refuse
  drop refused
block send
  emit h
  forward 1:16
"""


def test_what_numbers_share_is_looked_at_once() -> None:
    """On every way to it there would be 2^80 looks."""
    turns = 80
    chain = "\n".join(f"  v{n + 1}:32 = (v{n}:32 ^ (v{n}:32 << 1:32))" for n in range(turns))
    program = parse_program(SHARING.format(chain=chain, last=turns))
    found = Numbering(program, "look")
    assert set(found.facts) == {"look", "refuse", "send"}
    assert 0 in found.facts["refuse"].values()
