"""Texts of P4 programs from the grammar, for the parser and the printer: names need not mean anything."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = st.sampled_from(("x", "y", "zed", "apply", "key", "type", "state", "h", "f1"))
NUMBERS = st.sampled_from(("0", "1", "42", "0xFf", "0b1010", "0o17", "8w255", "16s7", "1_000", "4w0xF"))
BINARY = ("+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||", "++", "|+|",
          "|-|")  # fmt: skip
TYPES = st.sampled_from(
    ("bit<8>", "int<16>", "bit", "bool", "varbit<64>", "int", "T", "G<T>", "G<bit<8>>", "tuple<T, bit<4>>", "T[4]",
     "error", "string", "bit<(1 + 2)>", "G<G<T>>", "list<T>")
)  # fmt: skip
BEGIN = "struct T { }\nextern G<A> { G(); void run(in A a); }\n"


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def made(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda drawn: form.format(*drawn))

    return st.one_of(
        made("{} {} {}", inner, st.sampled_from(BINARY), inner),
        made("({})", inner),
        made("{}{}", st.sampled_from(("-", "~", "!", "+")), inner.map(lambda e: f"({e})")),
        made("({}) ({})", st.sampled_from(("bit<8>", "int<16>", "bool", "T")), inner),
        made("({}) ? ({}) : ({})", inner, inner, inner),
        made("x.{}", NAMES),
        made("x[{}]", inner),
        made("x[{}:{}]", NUMBERS, NUMBERS),
        made("x[{}+:{}]", inner, NUMBERS),
        made("x.f1({})", inner),
        made("y<{}>({}, _)", TYPES, inner),
        made("{{ {}, {} }}", inner, inner),
        made("{{ f1 = {}, ... }}", inner),
        st.sampled_from(("{#}", "{ }", "error.NoMatch", ".x", '"text \\" more"', "true", "this")),
    )


EXPRESSIONS = st.recursive(NAMES | NUMBERS, _larger, max_leaves=8)


@st.composite
def statements(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.integers(0, 8 if depth else 4))
    e = draw(EXPRESSIONS)
    match kind:
        case 0:
            return f"x.f1 {draw(st.sampled_from(('=', '+=', '|-|=', '<<=', '&=')))} {e};"
        case 1:
            return f"{draw(TYPES)} zed = {e};"
        case 2:
            return draw(st.sampled_from(("return;", "exit;", ";", "x.apply();", "{ }", "@a(1) { y.f1(2); }")))
        case 3:
            return f"const bit<8> h = {e};"
        case 4:
            return f"y.f1({e}, k = {draw(EXPRESSIONS)});"
        case 5:
            return f"if ({e}) {draw(statements(depth - 1))} else {draw(statements(depth - 1))}"
        case 6:
            return f"if ({e}) {{ {draw(statements(depth - 1))} }}"
        case 7:
            inner = draw(statements(depth - 1))
            return f"switch ({e}) {{ 1: x: {{ {inner} }} default: {{ }} }}"
        case _:
            return f"for (bit<8> i = 0, bit<8> j = {e}; i < 3; i += 1) {{ {draw(statements(depth - 1))} break; }}"


@st.composite
def declarations(draw: st.DrawFn) -> str:
    e = draw(EXPRESSIONS)
    match draw(st.integers(0, 7)):
        case 0:
            return f"const {draw(TYPES)} {draw(NAMES)} = {e};"
        case 1:
            kind = draw(st.sampled_from(("header", "struct", "header_union")))
            return f"@note({draw(NUMBERS)}) {kind} s1 {{ {draw(TYPES)} a; @b {draw(TYPES)} b; }}"
        case 2:
            return draw(st.sampled_from(("enum e1 { A, B }", "enum bit<8> e2 { A = 1, B = 2 + 3 }", "error { E1, E2 }",
                                         "match_kind { odd }", "typedef bit<8> t1;", "type bit<9> t2;")))  # fmt: skip
        case 3:
            body = " ".join(draw(st.lists(statements(), max_size=3)))
            return f"control C1<A>(inout A a, in bit<8> y)(bit<4> n) {{ G<A>() g; apply {{ {body} }} }}"
        case 4:
            keys = f'{e} : exact @name("k"); {draw(EXPRESSIONS)} : ternary;'
            entries = f"const entries = {{ ({draw(NUMBERS)}, 1 &&& 2) : a1({e}) @x; (_, default) : a1(2); }}"
            table = f"table t {{ key = {{ {keys} }} actions = {{ a1; @defaultonly a1; }} {entries} size = {e}; }}"
            return f"control C2(inout T x) {{ action a1(bit<8> v) {{ {draw(statements(1))} }} {table} apply {{ }} }}"
        case 5:
            cases = f"(1, {draw(NUMBERS)} .. 9): two; (_, {draw(NUMBERS)} &&& 3): accept; default: reject;"
            body = f"state start {{ {draw(statements(1))} transition select(x, {e}) {{ {cases} }} }}"
            return f"parser P1(packet_in x) {{ {body} state two {{ transition accept; }} }}"
        case 6:
            return f"bit<8> fun<A>(in A a, out bit<8> b, @optional in T c) {{ {draw(statements())} return {e}; }}"
        case _:
            return "extern E1<A> { E1(bit<32> n); abstract void on(inout A a); B get<B>(in A a); }"


PROGRAMS = st.lists(declarations(), max_size=4).map(lambda parts: BEGIN + "\n".join(parts) + "\n")
