"""The profile match_action: rules decide as the program does, the stand-in does what they say, tc reads them."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cora.cli.app import group
from cora.cli.match_action_tables import after_traffic, last_flows
from cora.cli.steps import Job, find_spec
from cora.codegen.match_action import INWARDS, KEY_BITS, Match, Rule, TableProgram, frame_bits
from cora.codegen.match_action_explore import table_program
from cora.codegen.match_action_flower import flower_batch, flower_filters, levels
from cora.codegen.match_action_json import table_json
from cora.codegen.match_action_path import NotExpressible, decide
from cora.codegen.match_action_path import Path as Way
from cora.codegen.match_action_report import table_report
from cora.device import features
from cora.device.standin import StandIn
from cora.diagnostics import UserError
from cora.ir.evaluate import evaluate
from cora.ir.interp import run
from cora.ir.nodes import Bin, Cast, Concat, Const, Entry, Expr, KeyMatch, Mux, Program, Slice, Un, Var
from cora.ir.packets import Dropped, Packet, Sent
from cora.ir.store import Store
from cora.ir.text import parse_program

HERE = Path(__file__).parent
NFS = ("nat", "firewall", "load_balancer", "heavy_hitter", "rate_limiter", "flow_monitor")
SERVED = {"nat": 60, "firewall": 40, "load_balancer": 50, "heavy_hitter": 0, "rate_limiter": 5, "flow_monitor": 0}
"""Of the last 80 packets of an NF's traffic, how many the rules for their flows serve at least."""


@pytest.fixture
def kernel() -> None:
    problem = features.missing_error()
    if problem is not None:
        pytest.skip(problem.diagnostics[0].message)


@cache
def offloaded(name: str) -> tuple[Job, Store, int, list[Match], TableProgram, list[Packet]]:
    """An NF after its traffic, with rules for the flows of the last 80 packets, and those packets."""
    job = Job(find_spec(name))
    job.capture = replace(job.capture, frames=job.capture.frames[:5000])
    store, packets = after_traffic(job)
    last = [p for p in packets[-80:] if len(p.data) >= 14]
    flows, now_ns = last_flows(last), packets[-1].time_ns
    return job, store, now_ns, flows, table_program(job.program, store, now_ns, flows), last


@pytest.mark.parametrize("name", NFS)
def test_what_each_function_hears(name: str, golden: Callable[[Path, str], None]) -> None:
    _, _, _, flows, table, _ = offloaded(name)
    golden(HERE / "golden" / f"match_action-{name}.txt", table_report(table, flows))


def state_after(before: dict[str, dict[Any, Any]], rule: Rule, packet: Packet) -> dict[str, dict[Any, Any]]:
    """What the control plane makes of one use of a rule."""
    after = {name: dict(cells) for name, cells in before.items()}
    for counter, index in rule.outcome.counts:
        packets, size = after[counter].get(index, (0, 0))
        after[counter][index] = (packets + 1, size + len(packet.data))
    for timer in rule.outcome.timers:
        if timer.key in after[timer.state]:
            values, _ = after[timer.state][timer.key]
            after[timer.state][timer.key] = (values, packet.time_ns)
        else:
            after[timer.state][timer.key[0]] = (packet.time_ns,)
    return after


@pytest.mark.bpf
@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("name", NFS)
def test_the_stand_in_serves_flows_as_the_program_would(name: str) -> None:
    job, store, now_ns, _, table, last = offloaded(name)
    served = 0
    with StandIn(table) as engine:
        for taken in last:
            packet = Packet(taken.data, taken.port, now_ns + 1, taken.seed)
            played = engine.run(packet.data, packet.port, packet.time_ns)
            if played.verdict == "inwards":
                assert played.data == packet.data
                continue
            served += 1
            whole = copy.deepcopy(store)
            result = run(job.program, whole, packet)
            if played.verdict == "drop":
                assert isinstance(result, Dropped) and result.reason == table.rules[played.rule].outcome.reason
            else:
                assert result == Sent(played.port, played.data)
            assert state_after(store.snapshot(), table.rules[played.rule], packet) == whole.snapshot()
            assert engine.use(played.rule).last_ns == packet.time_ns
    assert served >= SERVED[name]


@pytest.mark.parametrize("name", NFS)
def test_tc_reads_every_filter(name: str) -> None:
    """Kernels without flower refuse a filter that tc itself has understood: tc says that there is no classifier."""
    _, _, _, _, table, _ = offloaded(name)
    unshare, tc = shutil.which("unshare"), shutil.which("tc")
    if unshare is None or tc is None:
        pytest.skip("needs tc (iproute2) and unshare (util-linux)")
    if subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to make a network namespace")
    text = flower_batch(table, {0: "lo", 1: "lo"})
    assert len(table.rules) <= text.count("filter add")
    lines = tc_says(unshare, tc, text)
    allowed = ("Error: TC classifier not found.", "We have an error talking to the kernel", "Command failed -:")
    assert [line for line in lines if not line.startswith(allowed)] == []
    broken = tc_says(unshare, tc, text.replace("skip_sw", "skip_everything", 1))
    assert any("skip_everything" in line for line in broken) or not table.rules


def tc_says(unshare: str, tc: str, text: str) -> list[str]:
    command = [unshare, "-n", tc, "-force", "-batch", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def test_the_json_names_what_other_interfaces_call_it() -> None:
    _, _, _, _, table, _ = offloaded("nat")
    data = json.loads(table_json(table))
    assert len(data["rules"]) == len(table.rules) and data["profile"] == "match_action"
    names = {(f["over"], f["field"]): f for f in data["fields"]}
    assert names["ipv4", "ip.src"]["rte_flow"] == "IPV4.src_addr" and names["ipv4", "ip.src"]["flower"] == "src_ip"
    served = next(r for r in data["rules"] if r["verdict"] == "forward")
    assert {"field": "ttl", "add": "0xff", "rte_flow": "DEC_TTL"}.items() <= served["rewrites"][0].items()
    assert served["age"]["idle_ns"] > 0 and served["age"]["restarts"] and served["mark"] > 0
    assert served["checksums"][0] == "ip.checksum"


def test_levels_tell_which_rule_goes_first() -> None:
    _, _, _, _, table, _ = offloaded("nat")
    ranked = levels(table)
    for n, rule in enumerate(table.rules):
        for later in range(n + 1, len(table.rules)):
            if rule.match.both(table.rules[later].match) is not None:
                assert ranked[n] < ranked[later]


def test_what_flower_cannot_say_goes_inwards() -> None:
    ihl = Match(frame_bits(12, 0, 16).mask(), 0x0800 << frame_bits(12, 0, 16).shift)
    odd = frame_bits(26, 0, 32)
    match = ihl.both(Match(0xFF00FF00 << odd.shift, 0x0A000100 << odd.shift))
    assert match is not None
    outcome = table_with("  drop x").rules[0].outcome
    (filter_,) = flower_filters(TableProgram("x", (Rule(match, outcome),), ()), {0: "lo"})
    assert filter_.command.endswith("protocol ip prio 1 flower skip_sw action trap")


# ---------------------------------------------------------------- conditions

A, B, WIDE = Var("@16", 8), Var("@24", 8), Var("@16", 16)
constants = st.integers(0, 255).map(lambda n: Const(n, 8))
bytes_ = st.sampled_from([A, B, Bin("and", A, Const(0x3C, 8)), Bin("add", B, Const(7, 8))])
compared = st.one_of(
    st.builds(Bin, st.sampled_from(["eq", "ne"]), bytes_, constants),
    st.builds(Bin, st.sampled_from(["ult", "ule"]), st.sampled_from([A, B]), constants),
    st.builds(Bin, st.sampled_from(["ult", "ule"]), constants, st.sampled_from([A, B])),
    st.builds(lambda c: Bin("eq", Concat(A, B), Const(c, 16)), st.integers(0, 65535)),
    st.builds(lambda c: Bin("eq", Cast(A, 16), Const(c, 16)), st.integers(0, 300)),
)
conditions = st.recursive(
    compared,
    lambda inner: st.one_of(
        st.builds(Bin, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(lambda a: Un("not", a), inner),
        st.builds(Mux, inner, inner, inner),
    ),
    max_leaves=5,
)


@given(conditions, st.lists(st.integers(0, 65535), min_size=1, max_size=30))
def test_the_first_case_that_matches_is_the_value_of_the_condition(cond: Expr, values: list[int]) -> None:
    cases = list(decide(cond, Way({}, Match()), 0))
    for value in values:
        key = value << (KEY_BITS - 32)
        first = next(holds for case, holds in cases if key & case.match.mask == case.match.value)
        assert first == bool(evaluate(cond, {"@16": value >> 8, "@24": value & 255}) & 1)


@given(st.integers(0, 65535), st.integers(0, 15), st.integers(0, 15))
def test_slices_are_the_bits_that_they_name(value: int, hi: int, number: int) -> None:
    lo = min(hi, 3)
    cond = Bin("eq", Slice(WIDE, hi, lo), Const(number & (1 << hi - lo + 1) - 1, hi - lo + 1))
    key = value << (KEY_BITS - 32)
    cases = decide(cond, Way({}, Match()), 0)
    first = next(holds for case, holds in cases if key & case.match.mask == case.match.value)
    assert first == bool(evaluate(cond, {"@16": value}))


def test_fields_are_not_compared_with_each_other() -> None:
    with pytest.raises(NotExpressible) as caught:
        list(decide(Bin("ult", A, B), Way({}, Match()), 0))
    assert caught.value.limit.name == "compare"


# ---------------------------------------------------------------- small programs

ETHERNET = """program one for test
header h: dst:48 src:48 kind:16
header ip: version:4 ihl:4 tos:8 length:16 id:16 flags:3 offset:13 ttl:8 protocol:8 sum:16 src:32 dst:32
{declarations}body main
block start
  room1:1 = room 112:32
  if room1:1 then one else main
block one
  extract h
  if h.kind:16 == 0x800:16 then two else main
block two
  room2:1 = room 160:32
  if room2:1 then three else main
block three
  extract ip
  goto main
block main
  if ip.$valid:1 then more else bad
block bad
  drop no_ip
block more
"""
SENT = "  emit h\n  emit ip\n  forward 1:16"
WORSE = "\nblock worse\n  drop worse"


def program(body: str, declarations: str = "") -> Program:
    return parse_program(ETHERNET.format(declarations=declarations) + body + "\n")


def table_with(body: str, declarations: str = "", store: Callable[[Store], None] = lambda _: None) -> TableProgram:
    made = program(body, declarations)
    state = Store(made)
    store(state)
    return table_program(made, state, 1000, ())


COUNT_DOWN = """  if ip.ttl:8 == 0:8 then worse else good
block good
  t:8 = ip.ttl:8 - 1:8
  s:16 = checksum 0:16 plus (t:8, ip.protocol:8) minus (ip.sum:16, ip.ttl:8, ip.protocol:8)
  ip.sum:16 = {}
  ip.ttl:8 = t:8
"""


@pytest.mark.parametrize(
    ("limit", "body", "declarations"),
    [
        ("", COUNT_DOWN.format("~s:16") + SENT + WORSE, ""),
        ("checksum", COUNT_DOWN.format("s:16") + SENT + WORSE, ""),
        ("checksum", "  ip.src:32 = 7:32\n" + SENT, ""),
        (
            "no-action",
            COUNT_DOWN.format("~s:16").replace("if ip.ttl:8 == 0:8", "if ip.ttl:8 == 1:8") + SENT + WORSE,
            "",
        ),
        ("no-action", "  h.src:48 = h.dst:48\n" + SENT, ""),
        ("", "  h.src:48 = 5:48\n" + SENT, ""),
        ("headers", "  emit ip\n  emit h\n  forward 1:16", ""),
        ("headers", "  emit h\n  forward 1:16", ""),
        ("no-key", "  if ip.id:16 == 5:16 then worse else good\nblock good\n" + SENT + WORSE, ""),
        ("meter", "  (c:8) = meter m [0:32] ($length:32, 1:8)\n" + SENT, "meter m [i:32] -> () capacity 1\n"),
        ("message", "  digest d (ip.src:32)\n" + SENT, ""),
        ("hash", "  x:16 = hash crc16 (ip.src:32)\n  h.kind:16 = x:16\n" + SENT, ""),
        ("state-index", "  (v:64) = read r [ip.src:32]\n" + SENT, "register r [i:32] -> (v:64) capacity 9\n"),
        ("state-change", "  (v:64) = rmw r [0:32] (v:64 + 1:64)\n" + SENT, "register r [i:32] -> (v:64) capacity 9\n"),
    ],
)
def test_every_limit(limit: str, body: str, declarations: str) -> None:
    table = table_with(body, declarations)
    assert [u.limit.name for u in table.unfit] == limit.split()
    assert any(rule.outcome.verdict == "forward" for rule in table.rules) == (not limit)


FLOWS = "flow_table f [src:32] -> (port:16) capacity 8 idle (500)\n"
LOOK = """  (hit:1, port:16) = lookup f [ip.src:32]
  if hit:1 then known else worse
block known
{}  emit h
  emit ip
  forward port:16
block worse
  drop worse
"""


def test_entries_become_rules_with_the_idle_time_of_their_table() -> None:
    def fill(store: Store) -> None:
        for n in range(3):
            store.flow_tables["f"].put((0x0A000000 + n,), (n,), 499 + 60 * n)

    table = table_with(LOOK.format("  touch f [ip.src:32]\n"), FLOWS, fill)
    forwarded = [r for r in table.rules if r.outcome.verdict == "forward"]
    # The first entry was last used 501 ns ago: it has expired.
    assert [(r.outcome.port, r.outcome.idle_ns, r.outcome.timers[0].key) for r in forwarded] == [
        (1, 500, (0x0A000001,)),
        (2, 500, (0x0A000002,)),
    ]
    untouched = table_with(LOOK.format(""), FLOWS, fill)
    assert [u.limit.name for u in untouched.unfit] == ["time"]
    assert not any(r.outcome.verdict == "forward" for r in untouched.rules)


EXTRA = {"lpm": (8, 16), "ternary": (0xFF0000FF, 0xFFFF0000), "range": (0x0A00FFFF, 0x0A020005), "exact": (0, 0)}
TABLES = "table t [src:32 {}, dst:32] -> (action:8, port:16) capacity 8 default (0, 9)\n"


@pytest.mark.bpf
@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("kind", ["lpm", "ternary", "range", "exact"])
def test_tables_of_every_match_kind(kind: str) -> None:
    look = "  (hit:1, a:8, p:16) = lookup t [ip.src:32, ip.dst:32]\n"
    made = program(look + SENT.replace("1:16", "p:16"), TABLES.replace("{}", kind.replace("exact", "")))
    extra = EXTRA[kind]
    store = Store(made)
    for n, (value, more) in enumerate(zip((0x0A000000, 0x0A010000), extra, strict=True)):
        rank = n if kind == "ternary" else 0
        store.add_entry("t", Entry((KeyMatch(value, more), KeyMatch(7)), (1, 20 + n), priority=rank))
    table = table_program(made, store, 0, ())
    assert not table.unfit
    with StandIn(table) as engine:
        for src in (0x0A000000, 0x0A000001, 0x0A010000, 0x0A01FFFF, 0x0A020005, 0x0A020006, 0x0B000000, 0x0A550000):
            for dst in (7, 8):
                head = bytes(12) + b"\x08\x00" + bytes.fromhex("4500001400000000400600ff")
                packet = Packet(head + src.to_bytes(4, "big") + dst.to_bytes(4, "big"), 3, 0)
                result = run(made, store, packet)
                played = engine.run(packet.data, 3, 0)
                assert isinstance(result, Sent) and (played.port, played.data) == (result.port, result.data)


def test_no_rule_stands_last_that_only_says_what_happens_anyway() -> None:
    assert all(offloaded(name)[4].rules[-1].outcome != INWARDS for name in NFS if offloaded(name)[4].rules)


# ---------------------------------------------------------------- the command line


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    arguments = ["lint", "rate_limiter", "--profile", "match_action", "--flows", "3", "-o", str(tmp_path / "rules")]
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 1 and "meter tenant_meter" in done.output, done.output
    assert json.loads((tmp_path / "rules/table.json").read_text())["rules"]
    assert "filter add dev" in (tmp_path / "rules/flower.tc").read_text()


def test_rules_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = [
        "lint",
        "rate_limiter",
        "--profile",
        "match_action",
        "--flows",
        "0",
        "-o",
        str(tmp_path / "file/rules"),
    ]
    done = CliRunner().invoke(group, arguments)
    assert isinstance(done.exception, UserError) and done.exception.diagnostics[0].code == "C0778"


@pytest.mark.bpf
@pytest.mark.usefixtures("kernel")
def test_more_rules_than_there_is_room_for() -> None:
    outcome = table_with("  drop x").rules[0].outcome
    with pytest.raises(UserError) as caught:
        StandIn(TableProgram("x", tuple(Rule(Match(n, 0), outcome) for n in range(257)), ()))
    assert caught.value.diagnostics[0].code == "C0779"
