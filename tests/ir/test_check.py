"""Each rule of `check_program`, broken once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ir_texts import STATES, program

from cora.diagnostics import UserError
from cora.ir.check import IrError, check_program
from cora.ir.nodes import Access, Block, Const, Drop, Emit, Entry, Field, Goto, KeyField, KeyMatch, Program, State
from cora.ir.text import parse_program


@pytest.mark.parametrize(
    ("ops", "message"),
    [
        ("x:8 = 1:16", "the value has 16 bits where it needs 8"),
        ("x:8 = 1:8\nx:16 = 1:16", "x is used with 16 bits, and with 8 elsewhere"),
        ("h.a:16 = 1:16", "h.a is used with 16 bits, and with 8 elsewhere"),
        ("$time:64 = 1:64", r"\$time is an input and can't be set"),
        ("x:64 = $tme:64", r"reads \$tme, which is no input and is never set"),
        ("x:8 = 1:8 + 1:16", "the right side of add has 16 bits where it needs 8"),
        ("x:8 = y:8[8..1]", "bits 8..1 of 8 don't exist"),
        ("x:8 = y:8[0..1]", "bits 0..1 of 8 don't exist"),
        ("x:8 = mux(y:8, 1:8, 1:8)", "the condition of mux has 8 bits where it needs 1"),
        ("x:8 = mux(1:1, 1:8, 1:16)", "the second choice of mux has 16 bits where it needs 8"),
        ("x:8 = zext(1:8, 0)", "a cast to 0 bits"),
        ("x:99999 = x:99999", "x has more than 16384 bits"),
        ("x:1 = room 8:16", "the number of bits has 16 bits where it needs 32"),
        ("x:8 = room 8:32", "the result has 8 bits where it needs 1"),
        ("advance 8:16", "the number of bits has 16 bits where it needs 32"),
        ("extract nothing", "there is no header nothing"),
        ("x:8 = hash crc32 ()", "a hash needs an input"),
        ("x:8 = checksum 0:16 plus ()", "the result has 8 bits where it needs 16"),
        ("x:16 = checksum 0:8 plus ()", "the start has 8 bits where it needs 16"),
        ("x:16 = random (0:8, 0:16)", "the lower end has 8 bits where it needs 16"),
        ("x:128 = random (0:128, 0:128)", "random numbers have at most 64 bits"),
        ("count nothing [0:8]", "there is no state nothing"),
        ("touch cells [0:32]", "touch is no access to a register"),
        ("touch flows [0:8, 0:8]", "needs 1 key fields, has 2"),
        ("touch flows [0:16]", "key field 0 has 16 bits where it needs 8"),
        ("update flows [0:8] field c (0:8)", "flows has no value c"),
        ("update flows [0:8] (0:8)", "`update`, and nothing else, names a field"),
        ("touch flows [0:8] field a", "`update`, and nothing else, names a field"),
        ("(s:8) = insert flows [0:8] (1:16)", "needs 2 arguments, has 1"),
        ("insert flows [0:8] (1:16, 1:8)", "needs 1 results, has 0"),
        ("(x:16, x:8) = read cells [0:32]", "x is used with 8 bits, and with 16 elsewhere"),
        ("(f:1, l:64, f:1, b:8) = peek flows [0:8]", "result 2 has 1 bits where it needs 16"),
        ("install flows [0:8] (1:16, 1:8)", "needs 3 arguments, has 2"),
        ("merge flows [0:8] (1:8, 1:64)", "argument 0 has 8 bits where it needs 1"),
        ("merge_max cells [0:32] (1:1, 1:16)", "needs 3 arguments, has 2"),
    ],
)
def test_operations(ops: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        program(ops)


def test_two_results_need_two_variables() -> None:
    two = "register pair [index:8] -> (a:8, b:8) capacity 1\n"
    with pytest.raises(UserError, match="two results go to one variable"):
        program("(x:8, x:8) = read pair [0:8]", declarations=two)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("goto nowhere", "nowhere is not a block"),
        ("goto main", "main must stand behind main"),
        ("if 1:8 then main else main", "the condition has 8 bits where it needs 1"),
        ("switch 1:8 (256 => main, else => main)", "a case doesn't fit the value"),
        ("switch 1:8 (2 => main, 2 => main, else => main)", "a case is named twice"),
        ("forward 1:8", "the port has 8 bits where it needs 16"),
        ("handoff host 0 received ()", "a resume point must be from 1 to 255"),
        ('drop ""', "the reason is empty"),
    ],
)
def test_ends(end: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        program("", end=end)


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("header g: a:7", "its 7 bits are not whole bytes"),
        ("header g: a:8 a:8", "field a is declared twice"),
        ("counter c [i:8] -> (v:8) capacity 1", "a counter has no values"),
        ("register r [i:8, j:8] -> (v:8) capacity 1", "its key is one index"),
        ("register r [i:8] -> (v:8) capacity 0", "its capacity is less than 1"),
        ("register r [i:8] -> (v:8) capacity 1 default (256)", "a value of its default doesn't fit"),
        ("register r [i:8] -> (v:8) capacity 1 default (1, 2)", "its default has 2 values, not 1"),
        ("register r [i:8] -> (v:8) capacity 1 idle (3)", "only flow tables have idle timeouts"),
        ("flow_table f [] -> (v:8) capacity 1", "it needs a key"),
        ("flow_table f [i:8 lpm] -> (v:8) capacity 1", "match otherwise than exactly"),
        ("flow_table f [i:8] -> (v:8, v:8) capacity 1", "two values have one name"),
        ("flow_table f [i:8] -> (v:8) capacity 1 idle (3, 4)", r"its first value must be `\$profile`"),
        ("table t [i:8] -> (v:8) capacity 1 actions (a)", "its values don't begin with `action`"),
        ("table t [i:8 lpm] -> (v:8) capacity 1\nrow (0 / 9) -> (1)", "a row's key doesn't fit"),
        ("table t [i:8] -> (v:8) capacity 1\nrow (0) -> (256)", "a value of a row doesn't fit"),
        ("resume 1 at nowhere ()", "nowhere is not a block"),
        ("resume 0 at main ()", "its number must be from 1 to 255"),
    ],
)
def test_declarations(declaration: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        program("", declarations=declaration)


def test_the_parser_is_pure_and_ends_in_the_body() -> None:
    start = "program p for t\nheader h: a:8\n" + STATES + "body main\n"
    good = start + "block first\n  goto main\nblock main\n  drop x\n"
    check_program(parse_program(good))
    with pytest.raises(UserError, match="before main, must be pure"):
        parse_program(good.replace("  goto main", "  count hits [0:32]\n  goto main"))
    with pytest.raises(UserError, match="every path of the parser must end in main"):
        parse_program(good.replace("  goto main", "  if 1:1 then main else other") + "block other\n  drop y\n")


def test_errors_of_programs_made_in_memory_name_block_and_operation() -> None:
    block = Block("main", (Emit("h"),), Drop())
    with pytest.raises(IrError, match="block main: emit h: there is no header h"):
        check_program(Program("p", "t", (), (), (block,), "main"))
    with pytest.raises(IrError, match="the program has no blocks"):
        check_program(Program("p", "t", (), (), (), "main"))
    with pytest.raises(IrError, match="block main is declared twice"):
        check_program(Program("p", "t", (), (), (Block("main", (), Drop()), Block("main", (), Drop())), "main"))
    with pytest.raises(IrError, match="body other is not a block"):
        check_program(Program("p", "t", (), (), (Block("main", (), Drop()),), "other"))


def test_blocks_stand_in_topological_order() -> None:
    blocks = (Block("a", (), Goto("c")), Block("b", (), Drop()), Block("c", (), Goto("b")))
    with pytest.raises(IrError, match="block c: goto b: b must stand behind c"):
        check_program(Program("p", "t", (), (), blocks, "a"))


def test_rows_belong_to_tables() -> None:
    rows = (Entry((KeyMatch(1),), (1,)),)
    state = State("f", "flow_table", (KeyField("k", 8),), (Field("v", 8),), 1, entries=rows)
    access = Access("f", "touch", (Const(1, 8),))
    made = Program("p", "t", (), (state,), (Block("main", (access,), Drop()),), "main")
    with pytest.raises(IrError, match="state f: only tables of the control plane have rows from the start"):
        check_program(made)
    check_program(replace(made, states=(replace(state, entries=()),)))
