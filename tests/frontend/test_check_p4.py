"""Names, types and values: what the checker makes of a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from cora.diagnostics import UserError
from cora.frontend import ast, load_program, load_text, types
from cora.frontend.consteval import evaluate
from cora.frontend.types import BOOL, INT, Bits, show

PROGRAMS = Path(__file__).parent / "programs"

SHELL = """
#include <core.p4>
#include <v1model.p4>
header h_t {{ bit<8> a; bit<16> b; varbit<64> v; }}
enum bit<4> code_t {{ X = 3, Y = 4 }}
enum plain_t {{ U, V }}
type bit<9> port_t;
struct inner_t {{ bit<8> p; bool q; }}
struct headers_t {{ h_t h; h_t[3] s; }}
struct meta_t {{ bit<8> m; bit<16> n; bool t; code_t c; plain_t u; port_t port; inner_t i; int<8> z; error e; }}
extern T produce<T>(in T a, in bit<8> n);
extern void consume<A, B>(in A a, in B b);
extern bit<8> modes(in bit<8> a, in bit<8> b);
extern bit<16> modes(in bit<8> a);
{top}
parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t sm) {{
    state start {{ transition accept; }}
}}
control V(inout headers_t h, inout meta_t m) {{ apply {{ }} }}
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {{
    {local}
    apply {{ {body} }}
}}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {{ apply {{ }} }}
control K(inout headers_t h, inout meta_t m) {{ apply {{ }} }}
control D(packet_out pkt, in headers_t h) {{ apply {{ }} }}
V1Switch(P(), V(), I(), E(), K(), D()) main;
"""


def check(body: str = "", *, local: str = "", top: str = "") -> ast.TypedProgram:
    return load_text(SHELL.format(body=body, local=local, top=top))


def ingress(program: ast.TypedProgram) -> ast.ControlDecl:
    block = program.block("ig").block
    assert isinstance(block, ast.ControlDecl)
    return block


def assigned(statement: str, **parts: str) -> ast.Expr:
    """The checked right side of the last statement, an assignment."""
    last = ingress(check(statement, **parts)).body.statements[-1]
    assert isinstance(last, ast.Assign)
    assert last.op == ""
    assert last.target.type == last.value.type
    return last.value


def codes(body: str, **parts: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        check(body, **parts)
    return [d.code for d in caught.value.diagnostics]


# ---------------------------------------------------------------- types and implicit conversions


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("m.m = 1 + 2 * 3;", 7),
        ("m.m = -1;", 255),
        ("m.z = -1;", -1),
        ("m.m = 8w200 + 100;", 44),
        ("m.m = 8w200 |+| 100;", 255),
        ("m.m = 8w1 |-| 100;", 0),
        ("m.z = 8s100 |+| 100;", 127),
        ("m.m = 0xF0 >> 4;", 15),
        ("m.z = -8s16 >> 2;", -4),
        ("m.n = 8w1 ++ 8w2;", 258),
        ("m.m = (bit<8>) 16w0x1234;", 0x34),
        ("m.z = (int<8>) 8w255;", -1),
        ("m.m = 16w0xABCD[15:8];", 0xAB),
        ("m.t = 5 > 3 && !false;", True),
        ("m.m = true ? 8w1 : 8w2;", 1),
        ("m.m = 17 / 5 * 10 + 17 % 5;", 32),
        ("m.c = code_t.Y;", ast.Member("code_t", "Y")),
        ("m.c = (code_t) 3;", ast.Member("code_t", "X")),
        ("m.u = plain_t.V;", ast.Member("plain_t", "V")),
        ("m.e = error.NoMatch;", ast.Member("error", "NoMatch")),
        ("m.port = (port_t) 7;", 7),
        ("m.i = { 1, true };", (1, True)),
        ("m.i = { q = true, p = 2 };", (2, True)),
        ("m.i = { p = 2, ... };", (2, False)),
        ("m.n = h.h.minSizeInBits();", 24),
        ("m.n = h.h.maxSizeInBytes();", 11),
        ("m.t = 8w255 == -8w1;", True),
        ("const tuple<bit<8>, bool> t = { 9, true }; m.m = t[0];", 9),
        ("const inner_t k = { 9, true }; m.t = k.q;", True),
    ],
)
def test_values_known_at_compile_time(statement: str, value: object) -> None:
    assert assigned(statement).value == value


@pytest.mark.parametrize(
    ("statement", "type_"),
    [
        ("m.t = m.m < 5;", BOOL),
        ("m.m = m.t ? 1 : 2;", Bits(8)),
        ("m.n = h.h.b & 0xFF;", Bits(16)),
        ("m.z = m.z + 1;", Bits(8, signed=True)),
        ("m.m = h.s[m.m].a;", Bits(8)),
        ("m.n = produce(m.n, 1);", Bits(16)),
        ("m.m = modes(1, 2);", Bits(8)),
        ("m.n = modes(1);", Bits(16)),
        ("m.n = modes(a = 1);", Bits(16)),
        ("m.t = m.c == 3;", BOOL),
        ("m.t = m.i == { 1, true };", BOOL),
    ],
)
def test_types(statement: str, type_: types.Type) -> None:
    assert assigned(statement).type == type_


def test_both_sides_of_an_operator_have_one_type() -> None:
    for statement in (
        "m.t = m.c == 3;",
        "m.t = 3 == m.c;",
        "m.t = 5 < m.n;",
        "m.n = 1 + m.n;",
        "m.t = m.m == m.c ++ 4w0;",
    ):
        e = assigned(statement)
        assert isinstance(e, ast.Binary)
        assert e.left.type == e.right.type != INT


def test_enums_convert_to_what_represents_them() -> None:
    e = assigned("m.m = 4w0 ++ m.c;")
    assert isinstance(e, ast.Binary)
    assert isinstance(e.right, ast.Cast) and e.right.target is None
    assert e.right.type == Bits(4)


def test_struct_literals_follow_the_order_of_the_fields() -> None:
    e = assigned("m.i = { q = m.t, p = 1 };")
    assert isinstance(e, ast.StructExpr)
    assert [f.name for f in e.fields] == ["p", "q"]
    assert e.fields[0].value.type == Bits(8)
    assert not e.rest


def test_numbers_that_do_not_fit_are_warned_of() -> None:
    program = check("m.m = 256; m.m = 255; m.m = -128; m.z = 255; m.z = 256;")
    assert [d.code for d in program.warnings] == ["C0208", "C0208"]


# ---------------------------------------------------------------- calls


def test_arguments_are_in_order_and_complete() -> None:
    local = "action set(in bit<8> a, in bit<8> b = 9) { m.m = a + b; }"
    program = check("set(b = 1, a = 2); set(a = 3);", local=local)
    calls = [s.call for s in ingress(program).body.statements if isinstance(s, ast.CallStmt)]
    values = [[a.value.value for a in c.args if a.value is not None] for c in calls]
    assert values == [[2, 1], [3, 9]]
    target = calls[0].target
    assert isinstance(target, ast.FunctionTarget)
    assert isinstance(target.symbol.decl, ast.ActionDecl)


def test_type_arguments_are_complete() -> None:
    program = check("consume({ m.m, m.t }, m.i); consume<bit<8>, _>(1, m.n);")
    calls = [s.call for s in ingress(program).body.statements if isinstance(s, ast.CallStmt)]
    shown = [[show(a.resolved) for a in c.type_args] for c in calls]
    assert shown == [["tuple<bit<8>, bool>", "inner_t"], ["bit<8>", "bit<16>"]]


def test_methods_of_generic_externs() -> None:
    program = check("r.read(m.n, 5); r.write(1, 2);", local="register<bit<16>>(8) r;")
    read, write = (s.call for s in ingress(program).body.statements if isinstance(s, ast.CallStmt))
    assert isinstance(read.target, ast.MethodTarget)
    assert (read.target.extern, read.target.method) == ("register", "read")
    assert [a.value.type for a in write.args if a.value] == [Bits(32), Bits(16)]
    instance = ingress(program).locals[0]
    assert isinstance(instance, ast.Instantiation)
    assert instance.target is not None and instance.target.proto is not None
    assert show(instance.type.resolved) == "register<bit<16>>"
    assert isinstance(read.target.owner, ast.Name) and read.target.owner.symbol.decl is instance


def test_what_calls_call() -> None:
    local = """
        Sub(7) sub;
        action a() { }
        table t { actions = { a; } default_action = a; }
    """
    top = "control Sub(inout bit<8> x)(bit<8> step) { apply { x = x + step; } }"
    body = "sub.apply(m.m); t.apply(); a(); h.h.setInvalid(); h.s.push_front(1); m.t = h.h.isValid();"
    program = check(body, local=local, top=top)
    *calls, last = ingress(program).body.statements
    kinds = [type(s.call.target).__name__ for s in calls if isinstance(s, ast.CallStmt)]
    assert kinds == ["BlockTarget", "TableTarget", "FunctionTarget", "BuiltinTarget", "BuiltinTarget"]
    assert isinstance(last, ast.Assign) and last.value.type == BOOL
    sub = calls[0]
    assert isinstance(sub, ast.CallStmt) and isinstance(sub.call.target, ast.BlockTarget)
    assert isinstance(sub.call.target.block.decl, ast.ControlDecl)


def test_constructor_parameters_are_evaluated_on_demand() -> None:
    top = """control Sub(inout bit<8> x)(bit<8> step, bool twice) {
        const bit<8> more = step * 2 + 1;
        apply { x = twice ? more : step; }
    }"""
    program = check(top=top)
    sub = program.globals["Sub"].decl
    assert isinstance(sub, ast.ControlDecl)
    assign = sub.body.statements[0]
    assert isinstance(assign, ast.Assign)
    assert assign.value.value is None
    step, twice = (p.symbol for p in sub.constructor)
    assert evaluate(assign.value, {step: 5, twice: True}) == 11
    assert evaluate(assign.value, {step: 5, twice: False}) == 5
    assert evaluate(assign.value, {step: 5}) is None


# ---------------------------------------------------------------- tables and parsers


def test_tables() -> None:
    local = """
        action set(inout bit<8> x, bit<8> v) { x = v; }
        action none() { }
        table t {
            key = { m.m : exact; m.n : ternary; m.port : exact; }
            actions = { set(m.m); none; }
            default_action = set(m.m, 4);
            const entries = { (1, 2 &&& 3, (port_t) 4) : set(5); _ : none; }
            size = 1 << 10;
        }
    """
    table = ingress(check("t.apply();", local=local)).locals[-1]
    assert isinstance(table, ast.TableDecl)
    assert table.default_action is not None
    assert [a.value.value for a in table.default_action.args if a.value] == [None, 4]
    assert table.entries is not None
    first, second = table.entries
    assert [a.name for a in first.action.args] == ["x", "v"]
    assert len(second.keys) == 3
    assert isinstance(first.keys[1], ast.Mask) and first.keys[1].mask.type == Bits(16)
    size = table.property("size")
    assert size is not None and size.value.value == 1024


def test_unknown_table_properties_are_warned_of() -> None:
    local = "action a() { } table t { actions = { a; } add_on_mis = true; }"
    (warning,) = check(local=local).warnings
    assert warning.code == "C0234"
    assert "add_on_miss" in warning.help


def test_symbols_of_states() -> None:
    program = load_program(PROGRAMS / "language.p4")
    parser = program.block("p").block
    assert isinstance(parser, ast.ParserDecl)
    start = parser.states[0]
    assert isinstance(start.transition, ast.SelectTransition)
    targets = [c.symbol for c in start.transition.cases]
    assert targets[0].decl is parser.states[1]
    assert targets[2] is ast.REJECT
    last = parser.states[-1]
    assert last.transition is None


# ---------------------------------------------------------------- architectures


@pytest.mark.parametrize(
    ("name", "arch", "roles"),
    [
        ("flows", "pna-a", ["main_parser", "pre_control", "main_control", "main_deparser"]),
        ("expiry", "pna-b", ["main_parser", "main_control", "main_deparser"]),
        ("language", "v1model", ["p", "vr", "ig", "eg", "ck", "dep"]),
    ],
)
def test_architectures(name: str, arch: str, roles: list[str]) -> None:
    program = load_program(PROGRAMS / f"{name}.p4")
    assert (program.name, program.arch) == (name, arch)
    assert [b.role for b in program.blocks] == roles
    assert program.warnings == ()
    for block in program.blocks:
        assert len(block.type.params) == len(block.block.params)
    assert program.errors[:3] == ("NoError", "PacketTooShort", "NoMatch")


def test_v1model_before_the_index_type() -> None:
    local = "register<bit<16>, bit<8>>(8) r;"
    assert codes("", local=local) == ["C0206"]
    program = load_text(
        "#define V1MODEL_VERSION 20200408\n" + SHELL.format(body="r.read(m.n, 8w5);", local=local, top="")
    )
    assert program.arch == "v1model"


# ---------------------------------------------------------------- one mistake, one message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("m.nope = 1; m.nope = m.nope + 1;", ["C0203"] * 3),
        ("bit<8> x = y; x = x + 1; m.m = x;", ["C0201"]),
        ("unknown_t x; x.a = 1; m.m = x.b + 2;", ["C0201"]),
        ("m.m = f(g(1), m.x);", ["C0201", "C0201", "C0203"]),
        ("m.m += m.n;", ["C0210"]),
        ("m.q += 1;", ["C0203"]),
        ("if (m.m) { m.t = 1; }", ["C0207", "C0207"]),
        ("m.m = produce(5, 1);", ["C0213"]),
        ("consume({ 1, m.m }, m.m);", ["C0213"]),
        ("sm.egress_spec = m.port;", ["C0207"]),
        ("m.port = 5;", ["C0207"]),
        ("m.c = 3;", ["C0207"]),
        ("m.m = (bit<8>) m.t;", ["C0214"]),
        ("h.h = { 1, 2 };", ["C0209"]),
        ("return 1;", ["C0227"]),
        ("h.h.a[9:2] = 1;", ["C0226"]),
        ("m.m = h.s.last.a;", ["C0223"]),
        ("switch (m.m) { 1: { } 1: { } m.n: { } }", ["C0228", "C0207"]),
    ],
)
def test_errors_do_not_cascade(body: str, expected: list[str]) -> None:
    assert codes(body) == expected


# ---------------------------------------------------------------- the files beside the repository


@pytest.mark.shared
@pytest.mark.parametrize(("name", "arch"), [("conntrack_pna", "pna-a"), ("flow_meter_v1model", "v1model")])
def test_accepts_what_p4c_accepts(shared_folder: Path, name: str, arch: str) -> None:
    program = load_program(shared_folder / "p4c" / f"{name}.p4")
    assert program.arch == arch
    assert program.warnings == ()


@pytest.mark.shared
def test_rejects_what_p4c_rejects(shared_folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_program(shared_folder / "p4c" / "bad.p4")
    found = [(d.code, d.span.line) for d in caught.value.diagnostics if d.span]
    # p4c stops behind the unknown names; we also report the width and the field.
    assert found == [("C0201", 7), ("C0207", 11), ("C0203", 11), ("C0201", 11)]


def test_an_unknown_type_of_an_instance_is_said_once() -> None:
    assert codes("", top="nothing_t(1) n;") == ["C0201"]
    assert codes("", local="nothing_t(1) n;") == ["C0201"]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("const bit<8> x = 8w1 ++ 8w2;", "cast it: (bit<8>) (8w1 ++ 8w2)"),
        ("const bit<8> x = 16w1;", "cast it: (bit<8>) 16w1"),
        ("const bool x = 8w1 & 8w2;", "compare it: (8w1 & 8w2) != 0"),
    ],
)
def test_suggested_casts_mean_the_whole_expression(text: str, help: str) -> None:
    with pytest.raises(UserError) as caught:
        load_text(text)
    assert [d.help for d in caught.value.diagnostics] == [help]
