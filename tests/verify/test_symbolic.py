"""The symbolic check: what is right is proved, what is broken is found, with a packet that shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.cli.app import group
from cora.ir.nodes import Access, Advance, Const, Program
from cora.ir.text import parse_program
from cora.split import split_program, whole
from cora.split.engines import Split
from cora.verify.symbolic.case import Case, FlowCase, StateCase, replay
from cora.verify.symbolic.check import check
from cora.verify.symbolic.explore import Explorer
from cora.verify.symbolic.pairs import make_one
from cora.verify.symbolic.terms import const

for _beside in ("split", "faults", "bruteforce"):
    sys.path.insert(0, str(Path(__file__).parent.parent / _beside))

from mini_programs import mini_firewall, mini_flows, mini_trap  # noqa: E402
from split_helpers import copy_plan, shard_plan  # noqa: E402
from test_split_faults import (  # noqa: E402
    Faulty,
    count_twice,
    damage_a_value_on_the_way,
    forward_to_another_port,
    install_a_timer_ahead,
    install_other_values,
    skip_touch_near,
    trust_a_miss,
)
from test_split_sharded import keep_the_record_on_hand_off  # noqa: E402


def _split(make: Callable[[], Program], plan: Callable[..., object]) -> tuple[Program, StateGraph, Split]:
    program = make()
    graph = analyse(program)
    return program, graph, split_program(graph, plan(graph, 3))


@pytest.mark.parametrize(
    ("make", "plan"),
    [(mini_trap, copy_plan), (mini_firewall, shard_plan), (mini_flows, shard_plan), (mini_firewall, copy_plan)],
    ids=["trap", "firewall-records", "flows-records", "firewall-copies"],
)
def test_splits_of_small_functions_are_proved(make: Callable[[], Program], plan: Callable[..., object]) -> None:
    program, graph, split = _split(make, plan)
    report = check(program, split, graph=graph)
    assert report.proved, (report.stopped, report.unproved, report.counterexamples)
    assert report.ends >= 8


STAMPED = """program stamped for test
header h: a:32 b:32
register last [i:32] -> (t:64) capacity 4
flow_table f [k:32] -> (v:32) capacity 4 idle (40000)
body main
block start
  ok:1 = room 64:32
  if ok:1 then parse else main
block parse
  extract h
  goto main
block main
  if h.$valid:1 then whole else short
block short
  drop short
block whole
  write last [h.a:32] (($time:64 >> 30:8) + 1:64)
  (hit:1, v:32) = lookup f [h.a:32]
  if hit:1 then known else new
block known
  emit h
  forward 1:16
block new
  (t:64) = read last [h.b:32]
  (status:8) = insert f [h.a:32] (t:64[31..0])
  drop later
"""


def test_a_function_of_the_time_that_is_larger_than_the_time_is_a_maximum() -> None:
    program, graph, split = _split(lambda: parse_program(STAMPED), copy_plan)
    assert graph.group_of_state()["last"].states[0].update == "max"
    near = split.engines[0].program
    assert any(isinstance(op, Access) and op.kind == "write" for b in near.blocks[:6] for op in b.ops)
    report = check(program, split, graph=graph)
    assert report.proved, (report.stopped, report.unproved, report.counterexamples)


def test_a_program_is_its_own_split() -> None:
    program = mini_firewall()
    report = check(program, whole(program))
    assert report.proved
    assert report.by_text == report.ends


FAULTS: list[tuple[Callable[[Split], Faulty], Callable[[], Program], Callable[..., object]]] = [
    (trust_a_miss, mini_firewall, shard_plan),
    (forward_to_another_port, mini_trap, copy_plan),
    (install_other_values, mini_flows, copy_plan),
    (install_a_timer_ahead, mini_flows, copy_plan),
    (skip_touch_near, mini_flows, shard_plan),
    (count_twice, mini_flows, shard_plan),
    (keep_the_record_on_hand_off, mini_firewall, shard_plan),
    (damage_a_value_on_the_way, mini_flows, copy_plan),
]


@pytest.mark.parametrize(("fault", "make", "plan"), FAULTS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_fault_is_found_with_a_packet_that_shows_it(
    fault: Callable[[Split], Faulty], make: Callable[[], Program], plan: Callable[..., object]
) -> None:
    program, graph, split = _split(make, plan)
    places = [faulty for _, faulty in fault(split)][:3]
    assert places
    for faulty in places:
        report = check(program, faulty, graph=graph)
        if report.counterexamples:
            found = report.counterexamples[0]
            assert found.violated
            assert replay(program, faulty, found.case).difference
            assert replay(program, split, found.case).difference == ""
            assert found.way.legs[0].engine == "nic" and found.way.legs[0].stages
            return
    pytest.fail("no place of the fault was found")


def test_what_has_no_terms_is_named() -> None:
    program = mini_trap()
    entry = program.blocks[0]
    wide = replace(entry, ops=(*entry.ops, Advance(Const(7, 32))))
    odd = replace(program, blocks=(wide, *program.blocks[1:]))
    report = check(odd, whole(odd))
    assert not report.proved
    assert any("not between bytes" in u.why for u in report.unproved)


def test_without_time_nothing_is_proved() -> None:
    program, _, split = _split(mini_flows, copy_plan)
    report = check(program, split, limit_s=0.0)
    assert report.verdict == "not proved" and "0 s" in report.stopped


def test_what_time_was_too_short_for_is_named() -> None:
    result = CliRunner().invoke(group, ["verify", "nat", "-t", "softnic", "--symbolic", "--time-limit-s", "0.5"])
    assert result.exit_code == 4, result.output
    assert "the time was over here" in result.output and "  nic: " in result.output
    assert "limits: 20 s for each question to z3, 0.5 s of CPU in all\nNOT proved, nor refuted" in result.output


REPARSED = """program reparsed for test
header h: kind:8 key:8
header deep: a:8
flow_table f [k:8] -> (v:8) capacity 4 idle (1000)
body main
block start
  ok:1 = room 16:32
  if ok:1 then parse else short
block parse
  extract h
  switch h.kind:8 (1 => one, 2 => two, else => main)
block one
  deeper:1 = room 8:32
  if deeper:1 then first else short
block first
  extract deep
  goto main
block two
  deeper:1 = room 8:32
  if deeper:1 then second else short
block second
  extract deep
  m:1 = 1:1
  goto main
block short
  s:1 = 1:1
  goto main
block main
  if s:1 then too_short else look
block too_short
  drop short
block look
  (hit:1, v:8) = lookup f [h.key:8]
  if hit:1 then known else new
block known
  emit h
  emit deep
  forward 1:16
block new
  if deep.$valid:1 then keep else refuse
block refuse
  drop refused
block keep
  (status:8) = insert f [h.key:8] (deep.a:8)
  if m:1 then late else later
block late
  drop late
block later
  drop later
"""


def test_a_parser_that_runs_again_takes_the_same_way() -> None:
    """Ways that have met on near part again on far, which parses what near had parsed; no others do."""
    program, graph, split = _split(lambda: parse_program(REPARSED), copy_plan)
    explorer = Explorer(program, split)
    assert list(explorer.failures()) == []
    assert explorer.oracle.asked < 80
    assert check(program, split, graph=graph).proved


def test_what_is_a_number_on_each_way_is_one_of_these_where_they_meet() -> None:
    program = parse_program("program p for test\nbody main\nblock main\n  forward x:16\n")
    ways = [Explorer(program, whole(program)).start() for _ in range(3)]
    for way, number in zip(ways, (4, 5, 4), strict=True):
        way.split.env["x"] = const(number, 16)
    met = make_one(ways)
    assert met.facts.numbers_of(met.split.env["x"]) == {4, 5}
    again = make_one([met, ways[0]])
    assert again.facts.numbers_of(again.split.env["x"]) == {4, 5}


def test_a_case_puts_copies_where_they_belong() -> None:
    """A fresh copy of an entry that the owner thinks is old: whole and split serve the packet alike."""
    program, _, split = _split(mini_firewall, copy_plan)
    frame = (1).to_bytes(4, "big") + (3).to_bytes(4, "big") + (5).to_bytes(2, "big") + bytes(2) + bytes((6, 0, 9, 0))
    key = (1, 3, 5, 0)
    flow = FlowCase(key, ((0, 1, 0), 10), ((0, 1, 0), 1000))
    case = Case(frame, 0, 1020, 0, (StateCase("conns", flows=(flow,)),))
    outcome = replay(program, split, case)
    assert outcome.difference == ""


def test_the_command_proves_a_bundled_function() -> None:
    result = CliRunner().invoke(group, ["verify", "rate_limiter", "-t", "softnic", "--symbolic", "--json"])
    assert result.exit_code == 0, result.output
    report = msgspec.json.decode(result.output)
    assert report["ends"] > 50 and report["unproved"] == [] and report["counterexamples"] == []


def test_a_time_limit_of_nothing_is_refused() -> None:
    result = CliRunner().invoke(group, ["verify", "rate_limiter", "--symbolic", "--time-limit-s", "0"])
    assert result.exit_code != 0
