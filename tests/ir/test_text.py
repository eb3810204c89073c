"""The textual form: what it looks like, names in quotes, and messages that point at the place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_texts import STATES, program

from cora.diagnostics import Source, Span, UserError, render
from cora.error_catalog import CATALOG
from cora.ir.nodes import Assign, Block, Const, Drop, Program, Var
from cora.ir.text import parse_program, print_program

EXAMPLE = """\
program nat for pna
header eth: dst:48 src:48 type:16
header "odd name": f:8
flow_table conns [src:32, port:16] -> ($profile:8, port:16) capacity 65536 idle (1000, 300000000000)
register seen [index:32] -> (when:64) capacity 16 default (7)
counter drops [index:8] -> () capacity 4
table rules [dst:32 lpm, proto:8 ternary, port:16 range, tos:8 optional] -> (action:8, allow.port:16) capacity 64 \
default (1, 7) actions (deny, allow) const
  row (0xa000000 / 8, 6 &&& 255, 1 .. 0x1ffff, 0 &&& 0) -> (1, 3) priority -5
body main
resume 1 at main (x:16, eth.$valid:1)
resume 2 at start ()

block start
  ok:1 = room 112:32
  if ok:1 then read else main

block read
  extract eth
  peek:8 = lookahead
  advance zext(peek:8, 32)
  goto main

block main
  x:16 = hash crc16 (eth.src:48, 1:1)
  x:16 = checksum ~x:16 plus (eth.dst:48) minus (x:16, 7:16) payload
  x:16 = random (0:16, 9:16)
  (hit:1, prof:8, port:16) = lookup conns [eth.src:48[31..0], 80:16]
  update conns [y:32, 80:16] field port (port:16 + (1:16 & x:16))
  (when:64) = rmw seen [0:32] (when:64 + 1:64)
  count drops [0:8]
  valid "odd name"
  emit "odd name"
  invalid eth
  digest control ()
  "a b":8 = -(~mux(ok:1, "a b":8, 3:8))[7..4] ++ 3:4
  switch eth.type:16 (0x1fff => out, 2048 => gone, else => lost)

block out
  forward port:16

block gone
  drop "no route"

block lost
  handoff host 3 emitted (x:16, (ok:1 == 1:1) ++ 0:7)
"""


def test_the_example_parses_and_prints_back() -> None:
    text = EXAMPLE.replace("0x1ffff", "65535").replace("0x1fff ", "8191 ")
    assert print_program(parse_program(text)) == text


def test_layout_and_comments_are_free() -> None:
    loose = EXAMPLE.replace("\n  ", "\n").replace("goto main", "goto   main ; done").replace("0x1ffff", "0xffff")
    assert parse_program(loose) == parse_program(EXAMPLE.replace("0x1ffff", "65535"))


def test_spans_can_be_shown() -> None:
    source = Source("nat.p4", "first\nsecond\n")
    block = Block("main", (Assign(Var("x", 8), Const(1, 8), Span(source, 6, 12)),), Drop())
    made = Program("p", "test", (), (), (block,), "main")
    text = print_program(made, spans=True)
    assert "  x:8 = 1:8  ; nat.p4:2\n  drop dropped\n" in text
    assert parse_program(text) == made


@pytest.mark.parametrize("name", ['with "quotes"', "é", "semi;colon", "back\\slash", "a:8", "1st", ""])
def test_any_name_survives(name: str) -> None:
    made = Program("p", "t", (), (), (Block(name, (Assign(Var(f"v{name}", 8), Const(1, 8)),), Drop("x")),), name)
    assert parse_program(print_program(made)) == made


def message(text: str) -> str:
    with pytest.raises(UserError) as caught:
        parse_program(text, "x.ir")
    return "\n".join(render(d) for d in caught.value.diagnostics)


HEAD = "program p for t\nheader h: a:8\nbody main\nblock main\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            HEAD + "  x:8 = rom 3:8\n  drop x\n",
            "error[C0390]: expected a variable with its width or a function, found `rom`\n"
            " --> x.ir:5:9\n  |\n5 |   x:8 = rom 3:8\n  |         ^^^",
        ),
        (
            HEAD + "  x:8 = y:8 +\n  drop x\n",
            "error[C0390]: expected an expression, found the end of the line\n"
            " --> x.ir:5:14\n  |\n5 |   x:8 = y:8 +\n  |              ^",
        ),
        (
            HEAD + "  x:8 = 09:8\n  drop x\n",
            "error[C0390]: expected a constant with its width, like `7:16`, found `09:8`\n"
            " --> x.ir:5:9\n  |\n5 |   x:8 = 09:8\n  |         ^^^^",
        ),
        (
            HEAD + "  x:8 = y:8 ? 3:8\n  drop x\n",
            "error[C0390]: `?` has no meaning here\n"
            " --> x.ir:5:13\n  |\n5 |   x:8 = y:8 ? 3:8\n  |             ^\n"
            "  = help: `;` begins a comment, and unusual names stand in quotes",
        ),
        (
            HEAD + "  x:8 = 300:8\n  drop x\n",
            "error[C0392]: block main: x:8 = 300:8: 300 doesn't fit 8 bits\n"
            " --> x.ir:5:3\n  |\n5 |   x:8 = 300:8\n  |   ^^^^^^^^^^^",
        ),
        (
            HEAD + "  drop x\nblock main\n  drop y\n",
            "error[C0391]: block main is declared twice\n"
            " --> x.ir:6:1\n  |\n6 | block main\n  | ^^^^^^^^^^\n  = help: give one of them another name",
        ),
        (
            HEAD + "  x:8 = 1:8\n",
            "error[C0390]: block main has no end\n"
            " --> x.ir:5:3\n  |\n5 |   x:8 = 1:8\n  |   ^^^^^^^^^\n"
            "  = help: the last line of a block is goto, if, switch, forward, drop or handoff",
        ),
        ("header h: a:8\n", "error[C0390]: x.ir: a line `program NAME for ARCHITECTURE` is missing"),
        ("program p for t\n", "error[C0390]: x.ir: a line `body BLOCK` is missing"),
        (
            "program p for t\nfoo bar\n",
            "error[C0390]: expected a declaration (program, header, a state, body, resume, block), found `foo`\n"
            " --> x.ir:2:1\n  |\n2 | foo bar\n  | ^^^",
        ),
        (
            "program p for t\nrow (1) -> (1)\n",
            "error[C0390]: a row stands behind its table\n --> x.ir:2:1\n  |\n2 | row (1) -> (1)\n  | ^^^^^^^^^^^^^^",
        ),
    ],
)
def test_messages(text: str, expected: str) -> None:
    assert message(text) == expected


def test_an_operation_knows_its_line() -> None:
    made = program("count hits [0:32]", declarations=STATES)
    span = made.blocks[0].ops[0].span
    assert span is not None
    assert span.source.text[span.start : span.end] == "count hits [0:32]"
    assert replace(made.blocks[0].ops[0], span=None) == made.blocks[0].ops[0]


@pytest.mark.parametrize("expr", ["(" * 5000 + "1:8" + ")" * 5000, "~" * 5000 + "1:8", "1:8" + "[0..0]" * 5000])
def test_expressions_nested_too_deeply(expr: str) -> None:
    assert message(f"{HEAD}  x:8 = {expr}\n  drop x\n").startswith("error[C0390]: x.ir: an expression is nested too")


def test_numbers_have_an_end() -> None:
    assert "the number is too long" in message(f"{HEAD}  x:8 = {'9' * 5000}:8\n  drop x\n")


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(EXAMPLE)), st.integers(0, 12), st.text(alphabet='ab1:(){}[]"; \n<>=+-~.,x', max_size=4))
def test_damaged_text_never_crashes(at: int, removed: int, added: str) -> None:
    text = EXAMPLE[:at] + added + EXAMPLE[at + removed :]
    try:
        made = parse_program(text)
    except UserError as wrong:
        assert all(d.code in CATALOG for d in wrong.diagnostics)
    else:
        assert parse_program(print_program(made)) == made
