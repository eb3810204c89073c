"""Names that p4c changed and expressions that it took apart come back as the program has them, or stay as they are.

Each program stands here twice: as somebody wrote it, and in the shape that p4c's front end gives to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from p4c_json import Writer, json_of

from cora.diagnostics import UserError
from cora.frontend import ast, load_text, parse_text
from cora.frontend.p4c.read import check_json_text, read_json_text
from cora.frontend.print_expressions import expr_text
from cora.frontend.printer import print_program as print_p4
from cora.ir.text import print_program
from cora.lower import LowerOptions, lower_program

MADE = frozenset({"tmp", "tmp_0", "tmp_1", "key_0", "key_1"})

WRITTEN = """
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; }
struct headers_t { h_t h; }
struct meta_t { bit<8> x; bool y; }
parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    STATE
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    LOCALS
    apply { sm.egress_spec = 1; BODY }
}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out pkt, in headers_t h) { apply { pkt.emit(h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


STATE = "state start { pkt.extract(h.h); transition accept; }"


def _program(local: str, body: str, state: str = STATE) -> str:
    return WRITTEN.replace("LOCALS", local).replace("BODY", body).replace("STATE", state)


def _ir_of_text(text: str) -> str:
    return print_program(lower_program(load_text(text, name="p.p4"), LowerOptions()))


def _ir_of_json(text: str) -> str:
    json_text = Writer(made_by_p4c=MADE).program(parse_text(text, name="p.p4"))
    return print_program(lower_program(check_json_text(json_text, "p"), LowerOptions()))


TABLE = "table NAME { key = { KEY } actions = { NoAction; } default_action = NoAction(); size = 16; }"
TMP = '@name("I.tmp") bool tmp; @name("I.tmp_0") bool tmp_0; '

CASES = {
    "names": (
        "register<bit<8>>(4) cells; action go(bit<8> v) { h.h.a = v; } "
        "table t { key = { h.h.b: exact; } actions = { go; NoAction; } default_action = NoAction(); size = 16; }",
        "bit<8> seen; cells.read(seen, 0); h.h.b = seen; t.apply();",
        '@name("I.seen") bit<8> seen_0; @name("I.cells") register<bit<8>>(4) cells_0; '
        '@name(".NoAction") action NoAction_1() { } @name("I.go") action go_0(bit<8> v) { h.h.a = v; } '
        '@name("I.t") table t_0 { key = { h.h.b: exact @name("h.h.b"); } actions = { go_0; NoAction_1; } '
        "default_action = NoAction_1(); size = 16; }",
        "cells_0.read(seen_0, 0); h.h.b = seen_0; t_0.apply();",
    ),
    "names that the program gave": (
        '@name("shown") counter(4, CounterType.packets) c;',
        "c.count(1);",
        '@name("I.shown") counter(4, CounterType.packets) c_0;',
        "c_0.count(1);",
    ),
    "a choice": (
        "", "h.h.a = (h.h.b == 1) ? h.h.b : 8w7;",
        '@name("I.tmp") bit<8> tmp;', "if (h.h.b == 1) tmp = h.h.b; else tmp = 8w7; h.h.a = tmp;",
    ),
    "and": (
        "", "m.y = h.h.isValid() && h.h.b == 1;",
        TMP, "if (!h.h.isValid()) tmp = false; else { tmp_0 = h.h.b == 1; tmp = tmp_0; } m.y = tmp;",
    ),
    "or, in a condition": (
        "", "if (h.h.isValid() || h.h.b == 1) h.h.a = 3;",
        TMP, "if (h.h.isValid()) tmp = true; else { tmp = h.h.b == 1; } if (tmp) h.h.a = 3;",
    ),
    "an argument": (
        "register<bit<8>>(4) r;", "r.write(0, (m.y ? 8w1 : 8w2));",
        '@name("I.tmp") bit<8> tmp; register<bit<8>>(4) r;',
        "if (m.y) tmp = 1; else tmp = 2; r.write(0, tmp);",
    ),
    "a key": (
        TABLE.replace("NAME", "t").replace("KEY", 'h.h.a + 1: exact @name("k"); h.h.b & 3: exact @name("l");'),
        "if (t.apply().hit) h.h.a = 1;",
        '@name("I.key_0") bit<8> key_0; @name("I.key_1") bit<8> key_1; @name("I.t") '
        + TABLE.replace("NAME", "t_0").replace("KEY", 'key_0: exact @name("k"); key_1: exact @name("l");'),
        "key_0 = h.h.a + 1; key_1 = h.h.b & 3; if (t_0.apply().hit) h.h.a = 1;",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_shape_of_p4c_lowers_to_the_same_ir(case: str) -> None:
    local, body, shaped_local, shaped_body = CASES[case]
    assert _ir_of_json(_program(shaped_local, shaped_body)) == _ir_of_text(_program(local, body))


def test_what_a_select_looks_at_comes_back() -> None:
    rest = "{ (1, true): more; default: accept; } } state more { pkt.extract(h.h); transition accept; }"
    select = f"transition select(pkt.lookahead<bit<8>>(), h.h.isValid()) {rest}"
    own = f"state start {{ {select}"
    shaped = select.replace("pkt.lookahead<bit<8>>(), h.h.isValid()", "tmp, tmp_0")
    tmp = '@name("P.tmp") bit<8> tmp; @name("P.tmp_0") bool tmp_0;'
    theirs = f"{tmp} state start {{ tmp = pkt.lookahead<bit<8>>(); tmp_0 = h.h.isValid(); {shaped}"
    assert _ir_of_json(_program("", "", theirs)) == _ir_of_text(_program("", "", own))


def test_a_loop_whose_variable_p4c_has_moved_out() -> None:
    text = _program("", "for (bit<8> i in 1 .. 3) { m.x = m.x + i; } h.h.a = m.x;")
    tree = json.loads(Writer().program(parse_text(text, name="p.p4")))
    (loop,) = _nodes(tree, "ForInStatement")
    (control,) = (c for c in _nodes(tree, "P4Control") if c["name"] == "I")
    control["controlLocals"]["vec"].append(loop.pop("decl"))
    loop["ref"] = {"Node_Type": "PathExpression", "path": {"Node_Type": "Path", "name": "i", "absolute": False}}
    typed = check_json_text(json.dumps(tree), "p")
    assert print_program(lower_program(typed, LowerOptions())) == _ir_of_text(text)
    loop["ref"]["path"]["name"] = "nowhere"
    with pytest.raises(UserError) as failure:
        read_json_text(json.dumps(tree))
    assert failure.value.diagnostics[0].code == "C0129"


def _main(local: str, body: str) -> str:
    """The ingress control as it is read, printed."""
    read = read_json_text(Writer(made_by_p4c=MADE).program(parse_text(_program(local, body), name="p.p4")))
    control = _control(read)
    return print_p4(ast.Program((control,), span=control.span))


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        # What is written between changes the value.
        ("tmp = h.h.a; h.h.a = 3; h.h.b = tmp;", "h.h.b = tmp;"),
        # Two readers.
        ("tmp = h.h.a; h.h.b = tmp; m.x = tmp;", "m.x = tmp;"),
        # A branch reads it, after the condition.
        ("tmp = h.h.a; if (m.y) h.h.b = tmp;", "h.h.b = tmp;"),
        # The call may write to it.
        ("tmp = h.h.a; random(tmp, 0, 9);", "random(tmp, 0, 9);"),
        # It is written twice, by what isn't a choice.
        ("if (m.y) tmp = 1; h.h.a = tmp;", "h.h.a = tmp;"),
    ],
)
def test_what_would_mean_something_else_stays(body: str, kept: str) -> None:
    assert kept in _main("bit<8> tmp;", body)


def test_a_key_that_is_written_in_two_ways_stays() -> None:
    table = TABLE.replace("NAME", "t").replace("KEY", 'key_0: exact @name("k");')
    for body in (
        "key_0 = h.h.a + 1; t.apply(); key_0 = h.h.b + 1; t.apply();",  # two values
        "key_0 = h.h.a + 1; h.h.a = 3; t.apply();",  # something between
        "key_0 = h.h.a + 1; t.apply(); h.h.b = key_0;",  # another reader
        "if (m.y) { key_0 = h.h.a + 1; t.apply(); } else { t.apply(); }",  # not written before
    ):
        assert "key_0: exact" in _main(f"bit<8> key_0; {table}", body)


def test_a_variable_of_the_program_keeps_its_statement_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "p.p4"
    path.write_text(_program("bit<8> tmp;", "tmp = h.h.a; h.h.b = tmp;"))
    control = _control(read_json_text(json_of(path)))
    assert [d.name for d in control.locals] == ["tmp"]
    assert len(control.body.statements) == 3


def test_of_two_variables_with_one_name_the_second_keeps_p4cs() -> None:
    printed = _main(
        '@name("I.x") bit<8> x_0; @name("I.x") bit<8> x_1; @name("I.h") bit<8> h_0;', "x_0 = 1; x_1 = x_0; h_0 = x_1;"
    )
    assert "x = 1;" in printed and "x_1 = x;" in printed
    assert "h_0 = x_1;" in printed  # `h` is a parameter


def test_a_sum_that_was_a_difference(tmp_path: Path) -> None:
    """p4c writes `x - 1` as `x + 255`, at the place of the 1."""
    path = tmp_path / "p.p4"
    path.write_text(_program("", "h.h.a = h.h.a - 1; h.h.b = h.h.b + 255;"))
    writer = Writer()
    width = writer.node("Type_Bits", size=8, isSigned=False)
    tree = json.loads(writer.program(parse_text(path.read_text(), name=str(path))))
    (difference,) = _nodes(tree, "Sub")
    difference["Node_Type"] = "Add"
    for node in (difference, *_nodes(tree, "Add")):
        node["right"]["type"] = width
        node["right"]["value"] = 255
    control = _control(read_json_text(json.dumps(tree)))
    found = [expr_text(s.value) for s in control.body.statements if isinstance(s, ast.Assign)]
    assert found[1:] == ["h.h.a - 8w1", "h.h.b + 8w255"]


def _nodes(tree: Any, kind: str) -> list[Any]:
    if isinstance(tree, list):
        return [found for item in tree for found in _nodes(item, kind)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if tree.get("Node_Type") == kind else []
    return own + [found for item in tree.values() for found in _nodes(item, kind)]


def _control(program: ast.Program) -> ast.ControlDecl:
    """The ingress control."""
    return next(d for d in program.declarations if isinstance(d, ast.ControlDecl) and d.name == "I")
