"""The grammar: trees of small texts, and printing them back."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest

from cora.diagnostics import UserError
from cora.frontend import ast, parse_text
from cora.frontend.print_expressions import expr_text
from cora.frontend.printer import print_program

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.p4"))
D = TypeVar("D", bound=ast.Node)


def declaration(text: str, kind: type[D]) -> D:
    found = parse_text(text).declarations[-1]
    assert isinstance(found, kind)
    return found


def expression(text: str) -> ast.Expr:
    """An expression, with T declared as a type and x, y, z as values."""
    types = "struct T { }\nextern G<A> { }\n"
    return declaration(f"{types}const bit<8> r = {text};", ast.ConstDecl).init


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x + y * z", "x + (y * z)"),
        ("x - y - z", "(x - y) - z"),
        ("x & y == z", "(x & y) == z"),
        ("x | y ^ z & x", "x | (y ^ (z & x))"),
        ("x < y == z", "(x < y) == z"),
        ("x << 1 + 2", "x << (1 + 2)"),
        ("x ++ y[3:0]", "x ++ (y[3:0])"),
        ("x || y && z", "x || (y && z)"),
        ("x ? y : z ? x : y", "x ? y : (z ? x : y)"),
        ("x && y ? 1 : 2", "(x && y) ? 1 : 2"),
        ("-x.f + ~y[1]", "(-(x.f)) + (~(y[1]))"),
        ("(bit<8>) x + y", "((bit<8>) x) + y"),
        ("(T) x.f", "(T) (x.f)"),
        ("!x == y", "(!x) == y"),
        ("x >> 2 > y", "(x >> 2) > y"),
        ("x |+| y |-| z", "(x |+| y) |-| z"),
    ],
)
def test_precedence(text: str, same: str) -> None:
    assert expression(text) == expression(same)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(x)", ast.Name),
        ("(x) - y", ast.Binary),
        ("(T) - y", ast.Cast),
        ("(T) (x)", ast.Cast),
        ("(x)(y)", ast.Call),
        ("x < y", ast.Binary),
        ("f<T>(x)", ast.Call),
        ("f<bit<8>>(x)", ast.Call),
        ("a.f<T, bit<8>>(x)", ast.Call),
        ("G<T>(x)", ast.Call),
        ("error.NoMatch", ast.Select),
        ("{ }", ast.ListExpr),
        ("{ 1, ... }", ast.ListExpr),
        ("{ a = 1, ... }", ast.StructExpr),
        ("{#}", ast.InvalidHeader),
        ("x[3:0]", ast.SliceExpr),
        ("x[3]", ast.Index),
        (".x", ast.Name),
    ],
)
def test_forms(text: str, kind: type[ast.Expr]) -> None:
    e = expression(text)
    assert isinstance(e, kind)
    assert expression(expr_text(e)) == e


@pytest.mark.parametrize(
    ("text", "number", "width", "signed"),
    [
        ("0", 0, None, False),
        ("1_000", 1000, None, False),
        ("0xFf", 255, None, False),
        ("0b1010_1010", 170, None, False),
        ("0o17", 15, None, False),
        ("0d19", 19, None, False),
        ("8w0x0F", 15, 8, False),
        ("16s7", 7, 16, True),
        ("010", 10, None, False),
    ],
)
def test_numbers(text: str, number: int, width: int | None, signed: bool) -> None:
    assert expression(text) == ast.IntLit(number, width, signed, span=expression("0").span)


@pytest.mark.parametrize("text", ["0x", "8w", "2b01", "0b2", "1a", "0w1", "70000w1"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(UserError) as caught:
        expression(text)
    assert caught.value.diagnostics[0].code == "C0106"


def test_soft_keywords_are_names() -> None:
    struct = declaration(
        "struct s { bit<8> type; bit<8> key; bit<8> state; bit<8> priority; bool apply; }", ast.FieldsDecl
    )
    assert [f.name for f in struct.fields] == ["type", "key", "state", "priority", "apply"]
    control = declaration(
        "control C(inout bit<8> key) { action actions(bit<8> entries) { key = entries; } apply { actions(key); } }",
        ast.ControlDecl,
    )
    assert control.params[0].name == "key"


def test_a_local_name_hides_a_type() -> None:
    control = declaration(
        "struct T { }\ncontrol C(inout bit<8> x) { bit<8> T = 1; apply { x = (T) - x; } }", ast.ControlDecl
    )
    assign = control.body.statements[0]
    assert isinstance(assign, ast.Assign)
    assert isinstance(assign.value, ast.Binary)


def test_generics_end_in_two_angles() -> None:
    decl = declaration("struct S<A> { A a; }\nstruct R { S<S<bit<8>>> f; }", ast.FieldsDecl)
    outer = decl.fields[0].type
    assert isinstance(outer, ast.NamedTypeRef)
    assert isinstance(outer.args[0], ast.NamedTypeRef)


def test_table_parts() -> None:
    control = declaration(
        """control C(inout bit<8> x) {
            action a(bit<8> v) { x = v; }
            @name("shown") table t {
                key = { x : exact @name("k"); }
                actions = { @defaultonly a; .a(x); }
                const default_action = a(5);
                const entries = { 1 &&& 2 : a(3) @note; const priority = 4 : (7 .. 8) : a(9); }
                add_on_miss = true;
            }
            apply { }
        }""",
        ast.ControlDecl,
    )
    table = control.locals[-1]
    assert isinstance(table, ast.TableDecl)
    assert table.annotations[0].strings == ("shown",)
    assert table.key[0].match_kind == "exact"
    assert [a.absolute for a in table.actions] == [False, True]
    assert table.const_default and table.const_entries
    assert table.entries is not None
    assert isinstance(table.entries[0].keys[0], ast.Mask)
    assert isinstance(table.entries[1].keys[0], ast.Range)
    assert table.entries[1].const
    assert table.property("add_on_miss") is not None
    assert table.property("size") is None


def test_compound_assignments_and_plus_slices() -> None:
    control = declaration(
        "control C(inout bit<32> x) { apply { x += 1; x >>= 2; x |-|= 3; x[8+:4] = 1; } }", ast.ControlDecl
    )
    assert [s.op for s in control.body.statements if isinstance(s, ast.Assign)] == ["+", ">>", "|-|", ""]


def test_spans_cover_what_they_name() -> None:
    text = "header h_t { bit<8> kind; }\nconst bit<16> X = 1 + 2 * (3 + 4);\n"
    header, const = parse_text(text, name="s.p4").declarations
    assert isinstance(header, ast.FieldsDecl) and isinstance(const, ast.ConstDecl)

    def at(span: ast.Span) -> str:
        return text[span.start : span.end]

    assert at(header.span) == "header h_t { bit<8> kind; }"
    assert at(header.name_span) == "h_t"
    assert at(header.fields[0].type.span) == "bit<8>"
    assert at(const.init.span).startswith("1 + 2 * (3 + 4")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_printed_programs_parse_to_the_same_tree(path: Path) -> None:
    tree = parse_text(path.read_text())
    text = print_program(tree)
    assert parse_text(text) == tree
    assert print_program(parse_text(text)) == text


@pytest.mark.parametrize(
    "text", ["x" + " + x" * 500, "-" * 500 + "x", "{" * 300, "x" + ".f" * 400, "(bit<8>)" * 300 + "x"]
)
def test_deep_expressions_are_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        expression(text)
    assert caught.value.diagnostics[0].code == "C0109"


def test_a_wrong_member_spoils_only_itself() -> None:
    text = """
    parser P(packet_in p) {
        state start { p.; transition next }
        state next { transition accept; }
    }
    control C(inout bit<8> x) {
        action a( { x = 1; }
        action b() { x = 2; }
        table t { actions { b; } }
        apply { b(); x = ; }
    }
    struct S { bit<8> ok; }
    """
    with pytest.raises(UserError) as caught:
        parse_text(text)
    lines = [d.span.line for d in caught.value.diagnostics if d.span]
    assert lines == [3, 3, 7, 9, 10]


def test_a_pragma_goes_to_the_end_of_its_line() -> None:
    text = "@pragma stage 1 2\n@pragma alone\n@pragma(in brackets) const bit<8> X = 1;\n"
    (const,) = parse_text(text).declarations
    assert [(a.name, a.tokens) for a in const.annotations] == [
        ("pragma", "stage 1 2"),
        ("pragma", "alone"),
        ("pragma", "in brackets"),
    ]
