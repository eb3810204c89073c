"""The generated C as text: what it says of its origin, and which of the possible forms it takes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cora.codegen.deparse import in_place
from cora.codegen.xdp import emit_c, support_files
from cora.diagnostics import UserError
from cora.ir.clock import clock_step_ns
from cora.ir.nodes import Program
from cora.ir.text import parse_program
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.split import whole

HEAD = "program one for test\nheader h: dst:48 src:48 kind:16\nheader t: a:4 b:12\n"
PARSER = """
body main
block start
  ok:1 = room 112:32
  if ok:1 then parse else main
block parse
  extract h
  ok:1 = room 16:32
  if ok:1 then more else main
block more
  extract t
  goto main
block main
"""


def program(ops: str, end: str = "forward 1:16", declarations: str = "") -> Program:
    return parse_program(f"{HEAD}{declarations}{PARSER}{ops}\n  {end}\n")


def c_of(made: Program) -> str:
    split = whole(made)
    return emit_c(split.engines[0], split)


def test_comments_name_the_lines_of_p4() -> None:
    spec = load_nf("firewall")
    text = c_of(build_program(spec))
    lines = spec.program.read_text().splitlines()
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith("/* firewall.p4:")]
    assert len(comments) > 30
    for comment in comments:
        _, number, shown = comment.removeprefix("/* ").removesuffix(" */").split(":", 2)
        assert " ".join(lines[int(number) - 1].split()) == shown.strip().replace("* /", "*/").replace("/ *", "/*")
    assert str(spec.program.parent) not in text


def test_equal_programs_give_equal_text() -> None:
    assert c_of(program("  emit h\n  emit t")) == c_of(program("  emit h\n  emit t"))


@pytest.mark.parametrize(
    ("ops", "expected"),
    [
        ("  h.src:48 = 1:48\n  emit h\n  emit t", True),
        ("  emit t\n  emit h", False),
        ("  emit h", False),
        ("  valid t\n  emit h\n  emit t", False),
        ("  invalid t\n  emit h\n  emit t", False),
        ("  advance 8:32\n  emit h\n  emit t", False),
        ("  emit h\n  emit h\n  emit t", False),
    ],
)
def test_in_place_only_if_the_output_is_what_was_read(ops: str, expected: bool) -> None:
    made = program(ops)
    assert (in_place(made) is not None) is expected
    assert ("store_bytes(ctx" in c_of(made)) is not expected


def test_only_changed_fields_are_written_back() -> None:
    text = c_of(program("  t.b:12 = 5:12\n  emit h\n  emit t"))
    assert "put_16(p + 0, (((get_8(data + 14) >> 4) << 12) | t_b));" in text
    assert text.count("put_") == 1
    assert "h_src" not in text


def test_one_lookup_serves_a_straight_line_on_one_key() -> None:
    declarations = "flow_table f [k:16] -> (n:16) capacity 2 idle (5)\n"
    ops = "  (hit:1, n:16) = lookup f [h.kind:16]\n  touch f [h.kind:16]\n  update f [h.kind:16] field n (n:16)"
    assert c_of(program(ops, "drop x", declarations)).count("map_lookup(&m_f") == 1
    changed = ops.replace("  touch", "  h.kind:16 = 1:16\n  touch")
    assert c_of(program(changed, "drop x", declarations)).count("map_lookup(&m_f") == 2


def test_many_live_variables_go_to_the_scratch_cell() -> None:
    wide = "".join(f"  w{n}:64 = $time:64 + {n + 1}:64\n" for n in range(60))
    used = "".join(f"  x:64 = x:64 ^ w{n}:64\n" for n in range(60))
    split = whole(program(f"{wide}{used}", "forward x:64[15..0]"))
    text = emit_c(split.engines[0], split)
    assert 15 < len(set(re.findall(r"s->w\d+", text))) < 40
    assert " s->x" not in text
    assert "s->w" not in emit_c(split.engines[0], split, None)
    assert len(set(re.findall(r"s->w\d+", emit_c(split.engines[0], split, 0)))) == 60


def test_only_what_may_be_read_first_is_zeroed() -> None:
    register = "register r [index:32] -> (n:16) capacity 4\n"
    text = c_of(program("  (n:16) = read r [0:32]", "forward n:16 + (t.b:12 ++ 0:4)", register))
    assert "u64 n;" in text
    assert "u64 t_b = 0;" in text


def test_a_table_with_small_keys_is_an_array() -> None:
    table = "table f [k:{}] -> (action:8) capacity 9 default (0) actions (a)\n"
    text = c_of(program("  (hit:1, action:8) = lookup f [h.kind:16]", "forward zext(action:8, 16)", table.format(16)))
    assert text.count("number = cora_index.x_f[") == 1
    assert "if (h_kind < 1024) {" in text
    assert "map_lookup(&m_f" in text
    assert "d_f" not in text
    ops = "  (hit:1, action:8) = lookup f [h.kind:16[7..0]]"
    narrow = c_of(program(ops, "forward zext(action:8, 16)", table.format(8)))
    assert "cora_index.x_f[" in narrow
    assert "m_f" not in narrow


def test_the_clock_is_as_coarse_as_time_is_used() -> None:
    table = "flow_table f [k:16] -> ($profile:8) capacity 9 idle (2000000000, 500000000)\n"
    lookup = "  (hit:1, p:8) = lookup f [h.kind:16]"
    timers = program(lookup, "forward zext(p:8, 16)", table)
    assert clock_step_ns([timers]) == 5_000_000
    assert "time = cora_tick_time();" in c_of(timers)
    for exact in (
        program(lookup + "\n  now:64 = $time:64", "forward now:64[15..0]", table),
        replace(timers, clock_step_ns=0),
    ):
        assert clock_step_ns([exact, timers]) == 0
        assert "time = cora_time();" in c_of(exact)
    assert clock_step_ns([build_program(load_nf("nat"))]) == 10_000_000  # its nf.yaml says so
    assert clock_step_ns([build_program(load_nf("rate_limiter"))]) == 0


def test_compact_code_has_one_copy_and_no_arrays() -> None:
    split = whole(build_program(load_nf("nat")))
    fast, compact = emit_c(split.engines[0], split), emit_c(split.engines[0], split, None, compact=True)
    assert fast.count("slot_last->value = time") > compact.count("slot_last->value = time") > 0
    assert "x_pools" not in compact
    assert "m_pools" in compact


def test_support_files_are_there() -> None:
    assert [f.name for f in support_files()] == ["cora.h"]
    assert all(f.is_file() for f in support_files())


@pytest.mark.parametrize(
    ("code", "ops", "declarations"),
    [
        ("C0750", "  x:200 = zext($time:64, 200)\n  h.kind:16 = x:200[15..0]\n  emit h\n  emit t", ""),
        ("C0750", "", "flow_table f [k:129] -> () capacity 2\n"),
        (
            "C0751",
            "",
            "table t [k:16 ternary] -> (action:8) capacity 300 default (0)\n"
            + "".join(f"  row ({n} &&& 0xffff) -> (0)\n" for n in range(257)),
        ),
        ("C0752", "  x:128 = udiv(zext($time:64, 128), 3:128)\n  h.kind:16 = x:128[15..0]\n  emit h", ""),
        ("C0753", "  advance zext(h.kind:16, 32)", ""),
        ("C0754", f"  digest control ({', '.join(['1:8'] * 25)})", ""),
    ],
)
def test_what_xdp_cannot_do_is_an_error(code: str, ops: str, declarations: str) -> None:
    made = program(ops, "drop x" if not ops or "emit" not in ops else "forward 1:16", declarations)
    with pytest.raises(UserError) as caught:
        c_of(made)
    assert caught.value.diagnostics[0].code == code
    assert caught.value.diagnostics[0].help
