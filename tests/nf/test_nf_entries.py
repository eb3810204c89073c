"""entries.yaml: how values are written, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cora.diagnostics import Source, UserError, render
from cora.ir.meters import MeterRates
from cora.ir.nodes import Block, Drop, Entry, Field, KeyField, KeyMatch, Program, State
from cora.ir.store import Store
from cora.nf.entries import (
    AddEntry,
    SetDefault,
    Write,
    WriteMeter,
    WriteRegister,
    apply_entries,
    load_entries,
    read_write,
)
from cora.nf.spec import IdleTimeout, Port
from cora.nf.values import Vocabulary
from cora.nf.yaml_text import parse_yaml

ACTIONS = ("allow", "deny")
VALUES = (Field("action", 8), Field("allow.number", 8), Field("allow.mac", 48))
RULES = State(
    "Main.rules",
    "table",
    (
        KeyField("source", 128, "ternary"),
        KeyField("port", 16, "range"),
        KeyField("protocol", 8, "optional"),
    ),
    VALUES,
    2,
    actions=ACTIONS,
)
ROUTES = State("routes", "table", (KeyField("dst", 32, "lpm"),), VALUES, 4, actions=ACTIONS)
PORTS = State("ports", "table", (KeyField("in", 16),), VALUES, 4, actions=ACTIONS)
FIXED = State("fixed", "table", (KeyField("in", 16),), VALUES, 4, const_entries=True, actions=ACTIONS)
FLOWS = State("flows", "flow_table", (KeyField("a", 8),), (Field("x", 8),), 4)
LIMITS = State("limits", "register", (KeyField("index", 32),), (Field("value", 16),), 8)
PAIRS = State("pairs", "register", (KeyField("index", 32),), (Field("low", 8), Field("high", 8)), 8)
TENANTS = State("tenants", "meter", (KeyField("index", 32),), (), 8)
PROGRAM = Program(
    "demo", "pna", (), (RULES, ROUTES, PORTS, FIXED, FLOWS, LIMITS, PAIRS, TENANTS), (Block("b", (), Drop()),), "b"
)
WORDS = Vocabulary(
    ports=(Port("inside", 7, "host"),),
    idle_timeouts=(IdleTimeout("slow", 2.0), IdleTimeout("fast", 0.5)),
    names={"protocol": {"tcp": 6, "udp": 17}},
)


def read(text: str) -> Write:
    return read_write(parse_yaml(Source("entries.yaml", text)), PROGRAM, WORDS)


def key_of(match: str, table: str = "rules") -> tuple[KeyMatch, ...]:
    write = read(f"{{table: {table}, match: {match}, action: deny}}")
    assert isinstance(write, AddEntry)
    return write.entry.key


MAPPED = 0xFFFF << 32


@pytest.mark.parametrize(
    ("text", "value", "mask"),
    [
        ("10.0.0.0/8", MAPPED | 10 << 24, (1 << 128) - (1 << 24)),
        ("0.0.0.0/0", MAPPED, (1 << 128) - (1 << 32)),
        ("10.0.0.1", MAPPED | 10 << 24 | 1, (1 << 128) - 1),
        ("2001:db8::/32", 0x20010DB8 << 96, (1 << 128) - (1 << 96)),
        ("'::1'", 1, (1 << 128) - 1),
        ("0x10&&&0xf0", 0x10, 0xF0),
        ("any", 0, 0),
    ],
)
def test_ternary(text: str, value: int, mask: int) -> None:
    assert key_of(f'{{source: "{text}"}}' if "'" not in text else f"{{source: {text}}}")[0] == KeyMatch(value, mask)


@pytest.mark.parametrize(
    ("text", "low", "high"), [("80", 80, 80), ("1000..2000", 1000, 2000), ("any", 0, 65535), ("0..0", 0, 0)]
)
def test_range(text: str, low: int, high: int) -> None:
    assert key_of(f"{{port: {text}}}")[1] == KeyMatch(low, high)


def test_key_fields_that_are_left_out_match_anything() -> None:
    assert key_of("{}") == (KeyMatch(0, 0), KeyMatch(0, 65535), KeyMatch(0, 0))


def test_words_and_prefixes() -> None:
    assert key_of("{protocol: udp}")[2] == KeyMatch(17, 255)
    assert key_of("{dst: 10.1.0.0/16}", "routes") == (KeyMatch(10 << 24 | 1 << 16, 16),)
    assert key_of("{dst: 10.1.2.3}", "routes") == (KeyMatch(0x0A010203, 32),)
    assert key_of("{in: port(inside)}", "ports") == (KeyMatch(7),)
    assert key_of("{in: profile(fast)}", "ports") == (KeyMatch(1),)


def test_rows_defaults_and_registers() -> None:
    row = read("{table: Main.rules, priority: 5, action: allow, params: {mac: 02:00:00:00:00:01, number: 0x10}}")
    assert isinstance(row, AddEntry)
    assert row.state == "Main.rules"
    assert (row.entry.values, row.entry.priority) == ((0, 16, 0x020000000001), 5)
    default = read("{table: ports, default: true, action: deny}")
    assert isinstance(default, SetDefault) and (default.state, default.values) == ("ports", (1, 0, 0))
    cell = read("{register: limits, index: 3, value: 1000}")
    assert isinstance(cell, WriteRegister) and (cell.index, cell.values) == (3, (1000,))
    pair = read("{register: pairs, index: 0x4, value: {high: 1, low: 2}}")
    assert isinstance(pair, WriteRegister) and (pair.index, pair.values) == (4, (2, 1))


def test_meters(tmp_path: Path) -> None:
    path = tmp_path / "entries.yaml"
    path.write_text("- {meter: tenants, index: 3, cir: 1000, cbs: 0x10, pir: 2000, pbs: 32}\n")
    (write,) = load_entries(path, PROGRAM)
    assert isinstance(write, WriteMeter)
    assert (write.index, write.rates) == (3, MeterRates(cir=1000, cbs=16, pir=2000, pbs=32))
    store = Store(PROGRAM)
    apply_entries(store, [write])
    assert store.snapshot()["tenants"] == {3: (16 * 10**9, 32 * 10**9, 0)}


def test_apply(tmp_path: Path) -> None:
    path = tmp_path / "entries.yaml"
    path.write_text(
        "- {table: ports, match: {in: 4}, action: deny}\n"
        "- {table: ports, default: true, action: allow, params: {number: 9, mac: 0}}\n"
        "- {register: limits, index: 1, value: 5}\n"
    )
    store = Store(PROGRAM)
    apply_entries(store, load_entries(path, PROGRAM))
    assert store.tables["ports"].rows == [Entry((KeyMatch(4),), (1, 0, 0))]
    assert store.tables["ports"].default == (0, 9, 0)
    assert store.registers["limits"].read(1) == (5,)


MISTAKES = [
    ("{table: rulse, action: deny}", "C0410", "rulse", "did you mean 'rules'?"),
    ("{table: flows, action: deny}", "C0410", "flows", "packets add its entries"),
    ("{meter: tenant, index: 1, cir: 1, cbs: 1, pir: 1, pbs: 1}", "C0410", "tenant", "did you mean 'tenants'?"),
    ("{meter: tenants, index: 1, cir: 2, cbs: 1, pir: 1, pbs: 1}", "C0417", "1", "at least as fast"),
    ("{register: limit, index: 1, value: 2}", "C0410", "limit", "did you mean 'limits'?"),
    ("{table: rules, action: alow}", "C0411", "alow", "did you mean 'allow'?"),
    ("{table: rules, action: deny, params: {x: 1}}", "C0411", "x", "nothing is known here"),
    ("{table: rules, action: deny, match: {sorce: any}}", "C0411", "sorce", "did you mean 'source'?"),
    ("{table: rules, action: allow, params: {number: 1}}", "C0412", "{number: 1}", "add `mac: ...`"),
    ("{table: ports, action: deny, match: {}}", "C0412", "{}", "write `in: ...`"),
    ("{table: ports, action: deny, match: {in: any}}", "C0412", "any", "write `in: ...`"),
    ("{table: ports, action: deny, match: {in: 65536}}", "C0414", "65536", "0 to 65535 do"),
    ("{table: ports, action: deny, match: {in: 10.0.0.1}}", "C0414", "10.0.0.1", "order of fields"),
    ("{table: ports, action: deny, match: {in: port(insid)}}", "C0413", "port(insid)", "did you mean 'inside'?"),
    ("{table: ports, action: deny, match: {in: prot(inside)}}", "C0413", "prot(inside)", "did you mean 'port'?"),
    ("{table: rules, action: deny, match: {protocol: tpc}}", "C0413", "tpc", "did you mean 'tcp'?"),
    ("{table: rules, action: deny, match: {port: 9..3}}", "C0413", "9..3", "write low..high"),
    ("{table: routes, action: deny, match: {dst: 10.0.0.1/8}}", "C0413", "10.0.0.1/8", "longer prefix"),
    ("{table: routes, action: deny, match: {dst: 10.0.0.0/33}}", "C0413", "10.0.0.0/33", "/0 to /32"),
    ("{table: routes, action: deny, match: {dst: 10.0.0.300}}", "C0413", "10.0.0.300", "write 10.0.0.1"),
    ("{table: routes, action: deny, priority: 1}", "C0415", "1", "rank themselves"),
    ("{table: rules, action: deny, default: true, priority: 1}", "C0415", "1", "leave it out"),
    ("{register: limits, index: 8, value: 2}", "C0405", "8", "in that range"),
    ("{register: pairs, index: 0, value: {low: 1}}", "C0404", "{low: 1}", "add `high: ...`"),
]


@pytest.mark.parametrize(("text", "code", "marked", "help"), MISTAKES)
def test_mistakes(text: str, code: str, marked: str, help: str) -> None:
    with pytest.raises(UserError) as caught:
        read(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert help in diagnostic.help
    assert diagnostic.span is not None
    assert text[diagnostic.span.start : diagnostic.span.end] == marked
    assert "^" in render(diagnostic)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["{table: rules, action: deny}"] * 3, "full"),
        (["{table: fixed, match: {in: 1}, action: deny}"], "const entries"),
    ],
)
def test_the_store_refuses(lines: list[str], reason: str) -> None:
    with pytest.raises(UserError) as caught:
        apply_entries(Store(PROGRAM), [read(line) for line in lines])
    assert caught.value.diagnostics[0].code == "C0416"
    assert reason in caught.value.diagnostics[0].message
