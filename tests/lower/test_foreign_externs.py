"""Externs that Cora knows no meaning of: how calls are lowered, where they may run, and that running one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from p4_programs import Runner, lower, v1model

from cora.analysis import analyse
from cora.cli.app import group
from cora.codegen.xdp import emit_c
from cora.diagnostics import UserError
from cora.ir.foreign import as_if_zero, foreign_calls
from cora.ir.text import parse_program, print_program
from cora.model.costs import FOREIGN_CYCLES, count_ops
from cora.model.uses import Uses
from cora.split import whole

TOP = """
@cycles(500) extern bit<8> twist(in bit<16> x, inout bit<8> y, out bool odd);
extern void ping(string what);
extern Box<T> { Box(bit<8> n); @cycles(20) T get(in T x); void put(in T v); }
"""
LOCALS = "Box<bit<8>>(3) box; @cycles(70) Box<bit<8>>(4) other;"


def program(ingress: str) -> str:
    text = v1model(f"sm.egress_spec = 1; {ingress}", locals=LOCALS)
    return text.replace("header ", TOP + "header ", 1)


def test_a_call_gets_its_values_and_gives_its_results() -> None:
    ir = lower(program("bool odd; h.eth.a = twist(h.eth.c, h.eth.b, odd); if (odd) { h.eth.b = 1; }"))
    (call,) = foreign_calls(ir)
    assert call.function == "twist" and call.cycles == 500
    assert [v.name for v in call.args if hasattr(v, "name")] == ["h.eth.c", "h.eth.b"]
    assert [v.width for v in call.results] == [8, 1, 8]
    assert parse_program(print_program(ir)) == ir


def test_methods_are_named_by_their_object() -> None:
    calls = foreign_calls(lower(program("box.put(h.eth.a); h.eth.b = box.get(h.eth.a); other.put(1);")))
    assert [(c.function, c.cycles) for c in calls] == [("box.put", 0), ("box.get", 20), ("other.put", 70)]


def test_a_call_without_results_is_no_dead_code() -> None:
    assert len(foreign_calls(lower(program('ping("here"); ping("there");')))) == 2


def test_running_one_is_refused_and_only_then() -> None:
    runner = Runner(program("if (h.eth.a == 1) { box.put(2); }"))
    assert runner.send("02020304") == "1 02020304"
    with pytest.raises(UserError) as caught:
        runner.send("01020304")
    (found,) = caught.value.diagnostics
    assert found.code == "C0322" and "box.put()" in found.message and found.span is not None


def test_generated_code_has_none() -> None:
    split = whole(lower(program("box.put(2);")))
    with pytest.raises(UserError, match=r"box\.put"):
        emit_c(split.engines[0], split)


def test_a_profile_takes_results_for_zeros() -> None:
    ir = as_if_zero(lower(program("h.eth.b = box.get(h.eth.a);")))
    assert not foreign_calls(ir)
    assert Runner(program("h.eth.b = 0;")).send("01020304") == "1 01000304"


def test_it_is_a_stage_of_its_own_with_the_cost_that_it_declares() -> None:
    graph = analyse(lower(program("if (h.eth.a == 1) { h.eth.b = box.get(2); box.put(3); }")))
    names = [stage.name for stage in graph.stages]
    assert "call box.get" in names and "call box.put" in names
    costs = [count_ops(graph.program, b, Uses()).foreign_cycles for b in graph.program.blocks]
    assert sorted(c for c in costs if c) == [20, FOREIGN_CYCLES]


def test_a_parser_cannot_call_one() -> None:
    text = program("").replace("pkt.extract(h.eth);", 'pkt.extract(h.eth); ping("x");')
    with pytest.raises(UserError) as caught:
        lower(text)
    assert [d.code for d in caught.value.diagnostics] == ["C0303"]


def test_check_says_which_externs_stay_on_the_host(tmp_path: Path) -> None:
    own = tmp_path / "own.p4"
    own.write_text(program("box.put(2); box.put(3);"))
    done = CliRunner().invoke(group, ["check", str(own)])
    assert done.exit_code == 0
    assert done.output.count("C0322") == 1 and "box.put() does: it stays on the host" in done.output
