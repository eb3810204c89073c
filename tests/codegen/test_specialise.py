"""Copies of a program for each outcome of its parser: they do the same, and ask less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rewrites import check_rewrite
from strategies import program_settings

from cora.codegen import specialise
from cora.codegen.deparse import in_place
from cora.codegen.specialise import MOST_GROWTH, specialised
from cora.codegen.stack import crowded_out
from cora.ir.check import check_program
from cora.ir.interp import run
from cora.ir.nodes import Branch, Emit, Program
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.nf.build import build_program
from cora.nf.spec import load_nf

NFS = ("nat", "firewall", "load_balancer", "heavy_hitter", "kv_cache", "rate_limiter", "flow_monitor", "syn_proxy")
TWO_KINDS = """program two for test
header h: kind:8
header t: ttl:8
body main
counter seen [index:32] -> () capacity 4
block start
  extract h
  if h.kind:8 == 1:8 then more else main
block more
  extract t
  proto:8 = 6:8
  goto main
block main
  count seen [zext(proto:8, 32)]
  if t.$valid:1 then shorten else out
block shorten
  t.ttl:8 = t.ttl:8 - 1:8
  goto out
block out
  emit h
  emit t
  forward 1:16
"""


def length(program: Program) -> int:
    return sum(len(b.ops) + 1 for b in program.blocks)


def test_a_copy_does_not_ask_what_the_parser_has_asked() -> None:
    program = specialised(parse_program(TWO_KINDS))
    check_program(program)
    assert sum(isinstance(b.end, Branch) for b in program.blocks) == 1
    emits = [[op.header for op in b.ops if isinstance(op, Emit)] for b in program.blocks]
    assert sorted(filter(None, emits)) == [["h"], ["h", "t"]]


@program_settings(25)
@given(st.data())
def test_random_programs_do_the_same(data: st.DataObject) -> None:
    check_rewrite(specialised, data)


@pytest.mark.parametrize("name", NFS)
def test_bundled_functions_fit_on_the_stack(name: str) -> None:
    program = build_program(load_nf(name))
    other = specialised(program)
    check_program(other)
    assert length(program) < length(other) <= MOST_GROWTH * length(program)
    if name not in ("kv_cache", "load_balancer", "syn_proxy"):
        assert not crowded_out(other, in_place(other))


def test_a_program_that_would_be_too_long_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    program = parse_program(TWO_KINDS)
    monkeypatch.setattr(specialise, "MOST_GROWTH", 1)
    assert specialised(program) is program
    assert run(program, Store(program), Packet(b"\1\7", 0, 0, 0)) is not None


def test_variables_that_are_seldom_used_make_room() -> None:
    held = "".join(f"  a{n}:64 = $time:64 + {n}:64\n" for n in range(4))
    busy = "".join("  x:64 = x:64 ^ $time:64\n" for _ in range(9))
    late = "".join(f"  x:64 = x:64 ^ a{n}:64\n" for n in range(4))
    text = f"program one for test\nbody main\nblock main\n{held}{busy}{late}  forward x:64[15..0]\n"
    found = crowded_out(parse_program(text), None, 32)
    assert {"x", "$time"}.isdisjoint(found)
    assert found
