"""The profile nfp-xdp: what the linter accepts and refuses, and that what it accepts works."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from cora.analysis import analyse
from cora.cli.app import group
from cora.cli.steps import Job, find_spec
from cora.codegen.nfp_limits import RULES
from cora.codegen.nfp_lint import lint_engine, lint_program
from cora.codegen.nfp_object import lint_object
from cora.codegen.nfp_report import lint_report
from cora.codegen.nfp_xdp import emit_nfp_c, nfp_support_files
from cora.device import features
from cora.device.bpf import TestRun
from cora.device.compile import build_engine, build_nfp_engine, compile_c
from cora.device.libbpf import Object
from cora.diagnostics import UserError
from cora.ir.interp import run
from cora.ir.nodes import Entry, HandOff, KeyMatch, Program
from cora.ir.packets import Packet, Sent
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.nf.build import build_program
from cora.nf.spec import bundled_names, load_nf
from cora.split import whole
from cora.split.engines import EngineProgram, Layout, Split

HERE = Path(__file__).parent
BOUNCER = HERE / "programs" / "bouncer.p4"
NFS = bundled_names()
DROP, PASS, TX = 1, 2, 3


@pytest.fixture
def compiler() -> None:
    problem = features.missing_error()
    if problem is not None:
        pytest.skip(problem.diagnostics[0].message)


@pytest.mark.parametrize("name", NFS)
def test_what_each_function_hears(name: str, golden: Callable[[Path, str], None]) -> None:
    program = build_program(load_nf(name))
    golden(HERE / "golden" / f"nfp-{name}.txt", lint_report(analyse(program), lint_program(program)))


HEAD = """program one for test
header h: dst:48 src:48 kind:16
{declarations}body main
block start
  room:1 = room 112:32
  if room:1 then parse else main
block parse
  extract h
  goto main
block main
{ops}
  {end}
"""
FLOWS = "flow_table f [k:16] -> (n:16) capacity 2 idle (5)\n"
FOREVER = "flow_table f [k:16] -> (n:16) capacity 2\n"
HASH = "  x:32 = hash crc32 (h.src:48)\n  h.kind:16 = x:32[15..0]\n  emit h"
LPM = "table t [k:16 lpm] -> (action:8) capacity 4\n"
CELLS = "register r [index:32] -> (v:64) capacity 4\n"


def program(ops: str, declarations: str = "", end: str = "drop x") -> Program:
    return parse_program(HEAD.format(declarations=declarations, ops=ops, end=end))


@pytest.mark.parametrize(
    ("rules", "ops", "declarations", "end"),
    [
        ("clock", "  (hit:1, n:16) = lookup f [h.kind:16]", FLOWS, "drop x"),
        ("", "  (hit:1, n:16) = lookup f [h.kind:16]", FOREVER, "drop x"),
        ("map-values", "  touch f [h.kind:16]", FOREVER, "drop x"),
        ("map-changes", "  (s:8) = insert f [h.kind:16] (1:16)", FOREVER, "drop x"),
        ("map-values", "  (v:64) = rmw r [0:32] (v:64 + 1:64)", CELLS, "drop x"),
        ("", "  (v:64) = read r [0:32]", CELLS, "drop x"),
        ("clock", "  h.src:48 = $time:64[47..0]\n  emit h", "", "forward $port:16"),
        ("no-redirect", "  emit h", "", "forward 1:16"),
        ("no-redirect", "  p:16 = h.kind:16\n  emit h", "", "forward p:16"),
        ("", "  p:32 = zext($port:16, 32)\n  q:32 = p:32\n  emit h", "", "forward zext(q:32, 16)"),
        ("output", "  h.src:48 = 1:48", "", "forward $port:16"),
        ("divide", "  h.src:48 = umod(h.src:48, 3:48)\n  emit h", "", "forward $port:16"),
        ("divide", "  h.src:48 = udiv(h.src:48, h.dst:48)\n  emit h", "", "forward $port:16"),
        ("multiply", "  h.src:48 = h.src:48 * 3:48\n  emit h", "", "forward $port:16"),
        ("", "  h.src:48 = zext(h.kind:16, 48) * 3:48\n  emit h", "", "forward $port:16"),
        ("constant-data", HASH, "", "forward $port:16"),
        ("helpers", "  digest d (h.src:48)", "", "drop x"),
        ("random", "  x:16 = random (0:16, 9:16)\n  h.kind:16 = x:16\n  emit h", "", "forward $port:16"),
        ("map-kinds", "  (hit:1, a:8) = lookup t [h.kind:16]", LPM, "drop x"),
        ("elements", "", "table t [k:16] -> (action:8) capacity 3000000\n", "drop x"),
        ("entry-size", "", "table t [k:128] -> (a:128, b:128, c:128, d:64) capacity 4\n", "drop x"),
        ("map-count", "", "".join(f"counter c{n} [i:8] -> () capacity 1\n" for n in range(128)), "drop x"),
    ],
)  # fmt: skip
def test_every_rule(rules: str, ops: str, declarations: str, end: str) -> None:
    lint = lint_program(program(ops, declarations, end))
    assert [f.rule.name for f in lint.findings] == rules.split()
    assert lint.accepted == (rules in ("", "random"))


def test_rules_say_what_to_do() -> None:
    assert all(rule.limit and rule.source and rule.help for rule in RULES.values())


# ---------------------------------------------------------------- objects

OBJECTS = {
    "map-values": "u64 *v = map_lookup(&cells, &zero); if (v) *v = 1;",
    "constant-data": "static const u32 table[4] = {1, 2, 3, 4}; return table[ctx->rx_queue_index & 3] & 1;",
    "helpers": "return (int)ktime_get_ns();",
    "divide": "u64 *v = map_lookup(&cells, &zero); if (v) return 100 / *v;",
    "map-changes": "u64 one = 1; map_update(&cells, &zero, &one, 0);",
    "random": "return prandom_u32() & 1;",
    "": "u64 *v = map_lookup(&cells, &zero); if (v) ADD(v, 2);",
}


def object_of(body: str) -> tuple[Path, str]:
    text = f"""#define CORA_PORT 0
#include "cora_nfp.h"
struct {{
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
}} cells SEC(".maps");
SEC("xdp") int cora_wire(struct xdp_md *ctx)
{{
	u32 zero = 0;

	/* some.p4:7: it happens here; */
	{body}
	return 2;
}}
"""
    return compile_c(text, "nfp_test", nfp_support_files(), "v2"), text


@pytest.mark.bpf
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("rule", OBJECTS)
def test_instructions_are_checked_too(rule: str) -> None:
    lint = lint_object(*object_of(OBJECTS[rule]))
    assert {f.rule.name for f in lint.findings} == ({rule} if rule else set())
    assert all(f.p4 == "some.p4:7: it happens here;" for f in lint.findings)
    assert lint.accepted == (rule in ("", "random"))


@pytest.mark.bpf
@pytest.mark.usefixtures("compiler")
def test_a_pointer_that_went_over_the_stack_is_still_followed() -> None:
    body = """u64 *v = map_lookup(&cells, &zero);
	u64 *volatile kept = v;
	if (v)
		*kept = 1;"""
    assert [f.rule.name for f in lint_object(*object_of(body)).findings] == ["map-values"]


@pytest.mark.bpf
@pytest.mark.usefixtures("compiler")
def test_the_ordinary_program_would_be_refused_by_its_instructions() -> None:
    split = whole(build_program(load_nf("rate_limiter")))
    made = build_engine(split.engines[0], split)
    lint = lint_object(made, made.with_suffix(".c").read_text())
    assert {"map-values", "constant-data", "helpers", "map-changes"} <= {f.rule.name for f in lint.findings}
    assert any(f.what == "a call of helper 2, map_update" and ".p4:" in f.p4 for f in lint.findings)


# ---------------------------------------------------------------- what is accepted works


@pytest.mark.bpf
@pytest.mark.usefixtures("compiler")
def test_an_accepted_program_does_in_the_kernel_what_the_interpreter_does() -> None:
    job = Job(find_spec(str(BOUNCER)))
    split = whole(job.program, "nic")
    engine = split.engines[0]
    assert not lint_engine(engine, split).findings
    made = build_nfp_engine(engine, split, 1)
    assert not lint_object(made, made.with_suffix(".c").read_text()).findings
    store = Store(job.program)
    blocked = 0x0A000007
    store.add_entry("senders", Entry((KeyMatch(blocked),), (0, 3)))
    loaded = Object(made)
    try:
        loaded.maps["d_senders"].update(bytes(4), bytes((1, 0)))
        loaded.maps["m_senders"].update(blocked.to_bytes(4, "little"), bytes((0, 3)))
        wire = TestRun(loaded.programs["cora_wire"])
        for n in range(40):
            source = (0x0A000000 + n % 10).to_bytes(4, "big")
            kind = b"\x08\x00" if n % 7 else b"\x08\x06"
            frame = bytes(range(12)) + kind + bytes(12) + source + bytes(4) + bytes(n)
            result = run(job.program, store, Packet(frame, 1, 0))
            verdict, data = wire(frame)
            assert verdict == (TX if isinstance(result, Sent) else DROP)
            assert not isinstance(result, Sent) or data == result.data
        counts = loaded.maps["m_drops"]
        cells = {n: struct.unpack("<QQ", counts.lookup(n.to_bytes(4, "little")) or b"") for n in range(4)}
        assert {n: c for n, c in cells.items() if any(c)} == store.snapshot()["drops"]
    finally:
        loaded.close()


def near_and_far() -> Split:
    """A near half that drops what it knows and hands the rest off."""
    near = program("  if h.kind:16 == 0x800:16 then hand else end\nblock hand", end="drop hand\nblock end\n  drop x")
    blocks = tuple(
        b if b.name != "hand" else type(b)(b.name, b.ops, HandOff("host", 1, (), "received")) for b in near.blocks
    )
    far = program("  emit h", end="forward 1:16")
    layout = Layout("host", 1, (), 0)
    return Split(
        (
            EngineProgram("nic", Program(near.name, near.arch, near.headers, (), blocks, near.body), (), (), True),
            EngineProgram("host", far, (), (), False),
        ),
        (layout,),
    )


@pytest.mark.bpf
@pytest.mark.usefixtures("compiler")
def test_hand_offs_go_to_the_host_with_a_header_in_front() -> None:
    split = near_and_far()
    lint = lint_engine(split.engines[0], split)
    assert [f.rule.name for f in lint.findings] == ["adjust-head"] and lint.accepted
    made = build_nfp_engine(split.engines[0], split, 0)
    checked = lint_object(made, made.with_suffix(".c").read_text())
    assert {f.rule.name for f in checked.findings} == {"adjust-head"} and checked.accepted
    loaded = Object(made)
    try:
        wire = TestRun(loaded.programs["cora_wire"])
        frame = bytes(12) + b"\x08\x00" + b"rest"
        verdict, data = wire(frame)
        assert verdict == PASS and data[12:14] == b"\x88\xb5" and data.endswith(frame)
        assert wire(bytes(12) + b"\x86\xdd" + b"rest")[0] == DROP
    finally:
        loaded.close()


def test_what_is_refused_is_not_written() -> None:
    split = whole(program("  touch f [h.kind:16]", FOREVER), "nic")
    with pytest.raises(UserError) as caught:
        emit_nfp_c(split.engines[0], split, 0)
    assert [d.code for d in caught.value.diagnostics] == ["C0770"]
    assert "rule map-values" in caught.value.diagnostics[0].help


# ---------------------------------------------------------------- the command line


def test_the_linter_alone() -> None:
    refused = CliRunner().invoke(group, ["lint", "nat", "--profile", "nfp-xdp"])
    assert refused.exit_code == 1 and "nat.p4:490: insert outbound" in refused.output
    data = json.loads(CliRunner().invoke(group, ["lint", "nat", "--json"]).output)
    assert {"rule": "clock", "place": "nat.p4:682"}.items() <= data[0].items()
    fits = CliRunner().invoke(group, ["lint", str(BOUNCER)])
    assert fits.exit_code == 0 and "4 of 4 stages fit" in fits.output


def test_a_plan_is_shown_with_what_the_driver_says() -> None:
    done = CliRunner().invoke(group, ["compile", str(BOUNCER), "-t", "agilio-cx-xdp"])
    assert done.exit_code == 0 and "nfp-xdp: the plan runs nothing on nic" in done.output
    done = CliRunner().invoke(group, ["compile", str(BOUNCER), "-t", "agilio-cx", "--profile", "nfp-xdp"])
    assert "Strategies" in done.output and "nfp-xdp: the program of nic fits" in done.output, done.output


def test_a_plan_that_the_driver_refuses_is_an_error_after_it_is_shown(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    arguments = ["compile", "heavy_hitter", "-t", "softnic", "--profile", "nfp-xdp", "-o", str(bundle)]
    done = CliRunner().invoke(group, arguments)
    assert isinstance(done.exception, UserError) and "Strategies" in done.output
    assert {d.code for d in done.exception.diagnostics} == {"C0770"}
    assert "is refused" in (bundle / "engines/nic/nfp-xdp.txt").read_text()
    assert not list((bundle / "engines/nic").glob("*.o"))


@pytest.mark.bpf
@pytest.mark.usefixtures("compiler")
def test_a_bundle_has_an_object_for_each_port(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    arguments = ["compile", str(BOUNCER), "-t", "agilio-cx", "--profile", "nfp-xdp", "-o", str(bundle)]
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 0, done.output
    made = {f.name for f in (bundle / "engines/nic").iterdir()}
    assert {f"program.port{n}.bpf.{kind}" for n in (0, 1) for kind in "co"} <= made
    assert (bundle / "include/cora_nfp.h").is_file()
