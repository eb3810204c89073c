"""The runner of packet tests: what it compares, what it says when something differs, and its notations."""

from __future__ import annotations

from pathlib import Path

import pytest

from cora.diagnostics import Source, UserError, render
from cora.ir.nodes import KeyMatch, Program
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.nf.values import Vocabulary
from cora.verify.stf import InterpreterExecutor, StfReport, defines, read_stf, run_stf
from cora.verify.stf_text import parse_stf

ECHO = """
program echo for test
header h: tag:8
table ports [port:16, tag:8 ternary] -> (action:8, forward.to:16) capacity 8 default (1, 0) actions (forward, refuse)
register last [index:32] -> (time:64) capacity 4
counter seen [index:32] -> () capacity 4
body main

block start
  ok:1 = room 8:32
  if ok:1 then read else main
block read
  extract h
  goto main
block main
  count seen [zext($port:16, 32)]
  write last [zext($port:16, 32)] ($time:64)
  (hit:1, action:8, to:16) = lookup ports [$port:16, h.tag:8]
  if action:8 == 0:8 then forward else refuse
block forward
  emit h
  forward to:16
block refuse
  drop refused
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return parse_program(ECHO)


def run(program: Program, text: str) -> StfReport:
    words = Vocabulary(names={"seen": {"two": 2}})
    executor = InterpreterExecutor(program, Store(program))
    return run_stf(parse_stf(Source("test.stf", text)), executor, words)


def failures(program: Program, text: str) -> list[str]:
    return [render(d) for d in run(program, text).failures]


SET_UP = "add ports port:1 forward(to:2)\n"


def test_all_is_well(program: Program) -> None:
    report = run(
        program,
        """
        # a comment, and BMv2's order: expectations may stand before or after packets
        add ports port:1 forward(to:2)   # another
        expect 2 0102*4$
        packet 1 01 0204
        packet 1 05
        expect 2
        packet 1 0607
        expect 2 06
        no_packet
        wait
        packet 3 01
        no_packet
        check_counter seen(1) packets = 3
        check_counter seen(1) bytes 6
        check_counter seen(two) = 0
        time 5s
        packet 1 09
        time +20ms
        packet 1 09
        expect 2 09$
        expect 2 09$
        register_read last 1 = 5020000000
        register_write last 1 7
        register_read last 1 7
        register_reset last
        register_read last 1 0
        """,
    )
    assert report.failures == []
    assert (report.packets, report.checks) == (6, 13)


def test_ternary_wildcards_and_priorities(program: Program) -> None:
    text = "add ports 1 port:1 tag:0x1* forward(to:2)\nadd ports 2 port:1 tag:0x12 refuse()\n"
    assert run(program, text + "packet 1 11\nexpect 2 11$\npacket 1 12\nno_packet\n").failures == []
    executor = InterpreterExecutor(program, Store(program))
    run_stf(parse_stf(Source("t", "add ports port:1 tag:0x1* refuse()")), executor)
    assert executor.store.tables["ports"].rows[0].key[1] == KeyMatch(0x10, 0xF0)
    run_stf(parse_stf(Source("t", "add ports port:1 tag:0b10*1 refuse()")), executor)
    assert executor.store.tables["ports"].rows[1].key[1] == KeyMatch(0b1001, 0b1101)


def test_blanks_handles_and_endings(program: Program) -> None:
    text = "add orts port : 1 h.tag:0x1* forward( to : 2 ) = $first\npacket 1 11\nexpect 2\npacket 1 12\npacket 1 13\n"
    report = run(program, text)
    assert report.failures == [] and report.checks == 1
    executor = InterpreterExecutor(program, Store(program))
    run_stf(parse_stf(Source("t", "add ports port:1 tag:0o2* refuse()")), executor)
    assert executor.store.tables["ports"].rows[0].key[1] == KeyMatch(0o20, 0o70)


def test_default_actions(program: Program) -> None:
    assert run(program, "setdefault ports forward(to:9)\npacket 1 aa\nexpect 9 aa$\n").failures == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packet 1 0102\nexpect 2 0103", "byte 1 of the packet is 02, expected 03"),
        ("packet 1 0102\nexpect 2 01$", "the packet has 2 bytes, 1 were expected"),
        ("packet 1 0102\nexpect 2 010203", "the packet has only 2 bytes, 3 were expected"),
        ("packet 1 0102", "an unexpected packet came out of port 2"),
        ("packet 3 0102\nexpect 2", "no packet came out of port 2"),
        ("packet 1 01\nexpect 3", "something came out of port 2"),
        ("packet 1 01\nno_packet\nexpect 2", "an unexpected packet came out of port 2"),
        ("packet 1 01\nexpect 2\ncheck_counter seen(1) packets = 2", "2 was expected, it is 1"),
        ("register_read last 0 = 5", "5 was expected, it is 0"),
    ],
)
def test_differences_are_found(program: Program, text: str, message: str) -> None:
    found = failures(program, SET_UP + text)
    assert any(message in failure for failure in found), found
    assert all("C0432" in failure and "^" in failure for failure in found)


MISTAKES = [
    ("pakcet 1 01", "C0430", "did you mean 'packet'?"),
    ("packet 1 012", "C0430", "write packet 0 0a1b"),
    ("packet one 01", "C0430", "write a number"),
    ("packet 1 0g", "C0430", "write digits"),
    ("packet", "C0430", "packet PORT HEX"),
    ("mirroring_get 1", "C0870", "remove the line"),
    ("mirroring_add 1", "C0430", "mirroring_add SESSION PORT"),
    ("mc_node_create 1", "C0430", "mc_node_create INSTANCE PORT"),
    ("mc_node_associate 1 0", "C0431", "numbered from 0"),
    ("counter_read seen 1", "C0870", "check_counter"),
    ("remove ports 1", "C0870", "a second test"),
    ("time soon", "C0430", "write 5s"),
    ("add ports port:1", "C0430", "ACTION(PARAM:VALUE"),
    ("add ports port1 forward(to:2)", "C0430", "NAME:VALUE"),
    ("add ports port:1 forward(to:2", "C0430", "ACTION()"),
    ("check_counter seen packets = 1", "C0430", "check_counter NAME(INDEX)"),
    ("add prots port:1 forward(to:2)", "C0431", "did you mean 'ports'?"),
    ("add ports prot:1 forward(to:2)", "C0431", "did you mean 'port'?"),
    ("add ports port:1 foward(to:2)", "C0431", "did you mean 'forward'?"),
    ("add ports port:1 forward(too:2)", "C0431", "did you mean 'to'?"),
    ("add ports port:1 forward()", "C0431", "add PARAM:VALUE"),
    ("add ports forward(to:2)", "C0412", "write `port: ...`"),
    ("add ports port:65536 forward(to:2)", "C0414", "0 to 65535 do"),
    ("check_counter sen(1) = 1", "C0431", "did you mean 'seen'?"),
    ("check_counter seen(too) = 1", "C0413", "did you mean 'two'?"),
    ("register_read lst 0 = 1", "C0431", "did you mean 'last'?"),
    ("entries none.yaml", "C0406", "check the path"),
]


@pytest.mark.parametrize(("text", "code", "help"), MISTAKES)
def test_mistakes(program: Program, text: str, code: str, help: str) -> None:
    with pytest.raises(UserError) as caught:
        run(program, text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert help in diagnostic.help


def test_entries_and_defines(program: Program, tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text("- {table: ports, match: {port: 1}, action: forward, params: {to: 3}}\n")
    (tmp_path / "t.stf").write_text("define SIZE=4\nentries e.yaml\npacket 1 aa\nexpect 3 aa$\n")
    commands = read_stf(tmp_path / "t.stf")
    assert defines(commands) == ("SIZE=4",)
    assert run_stf(commands, InterpreterExecutor(program, Store(program))).failures == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_stf(tmp_path / "none.stf")
    assert caught.value.diagnostics[0].code == "C0406"


def test_a_report_raises_its_failures(program: Program) -> None:
    with pytest.raises(UserError, match="no packet came out"):
        run(program, "packet 1 01\nexpect 2").raise_if_failed()


DIGESTS = """
program digests for test
header h: tag:8
body main

block main
  ok:1 = room 8:32
  if ok:1 then tell else quiet
block tell
  digest watcher ($port:16, 7:8)
  drop told
block quiet
  drop quiet
"""


def test_digests_are_expected_like_packets() -> None:
    program = parse_program(DIGESTS)
    assert failures(program, "packet 3 00\ndigest watcher 3 *\nno_packet\npacket 4 00\ndigest watcher 4 7") == []
    assert "field 1 of the digest is 0x7" in failures(program, "packet 3 00\ndigest watcher 3 8")[0]
    assert "an unexpected digest watcher came" in failures(program, "packet 3 00\nno_packet")[0]
    assert "no such digest came" in failures(program, "digest watcher 3 7")[0]
    assert "of 2 fields came instead" in failures(program, "packet 3 00\ndigest watcher 3")[0]
    with pytest.raises(UserError) as refused:
        run(program, "packet 3 00\ndigest watch 3 7")
    assert refused.value.diagnostics[0].code == "C0431"
