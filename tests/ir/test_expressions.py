"""Operators: a table of examples worked by hand, then random expressions in all three forms."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import expressions

from cora.ir.evaluate import evaluate
from cora.ir.nodes import Bin, Const, Expr, width
from cora.ir.pygen.exprs import HELPERS, Exprs
from cora.ir.text import parse_expr, print_expr

EXAMPLES = [
    ("200:8 + 100:8", 44),
    ("3:8 - 5:8", 254),
    ("20:8 * 20:8", 144),
    ("udiv(7:8, 2:8)", 3),
    ("udiv(7:8, 0:8)", 0),
    ("umod(7:8, 4:8)", 3),
    ("umod(7:8, 0:8)", 7),
    ("uaddsat(200:8, 100:8)", 255),
    ("usubsat(3:8, 5:8)", 0),
    ("saddsat(127:8, 1:8)", 127),
    ("saddsat(0x80:8, 0xff:8)", 0x80),
    ("ssubsat(0x80:8, 1:8)", 0x80),
    ("ssubsat(127:8, 0xff:8)", 127),
    ("12:4 & 10:4", 8),
    ("12:4 | 10:4", 14),
    ("12:4 ^ 10:4", 6),
    ("0x81:8 << 1:8", 2),
    ("0x81:8 << 8:8", 0),
    ("1:8 << 0xffffffffffffffff:64", 0),
    ("0x81:8 >> 1:8", 0x40),
    ("0x81:8 >> 200:8", 0),
    ("ashr(0x81:8, 1:8)", 0xC0),
    ("ashr(0x81:8, 200:8)", 0xFF),
    ("ashr(0x41:8, 200:8)", 0),
    ("5:8 == 5:8", 1),
    ("5:8 != 5:8", 0),
    ("0x80:8 < 1:8", 0),
    ("5:8 <= 5:8", 1),
    ("slt(0x80:8, 1:8)", 1),
    ("sle(1:8, 0x80:8)", 0),
    ("sle(0x80:8, 0x80:8)", 1),
    ("~0x0f:8", 0xF0),
    ("-1:8", 255),
    ("-0:8", 0),
    ("0xabcd:16[11..4]", 0xBC),
    ("0xa:4 ++ 0xb:4 ", 0xAB),
    ("zext(0x80:8, 16)", 0x80),
    ("sext(0x80:8, 16)", 0xFF80),
    ("sext(0x1234:16, 8)", 0x34),
    ("mux(1:1, 3:8, 4:8)", 3),
    ("mux(0:1, 3:8, 4:8)", 4),
    ("(1:1 & 0:1) | (1:1 ^ 0:1)", 1),
]


def compiled_value(expr: Expr, variables: dict[str, int]) -> int:
    return eval(Exprs(lambda name: name).value(expr), {**HELPERS, **variables})


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_examples(text: str, value: int) -> None:
    expr = parse_expr(text)
    assert evaluate(expr, {}) == value
    assert compiled_value(expr, {}) == value


@settings(deadline=None, max_examples=300)
@given(
    expressions(),
    st.integers(0, 255),
    st.integers(0, (1 << 16) - 1),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 64) - 1),
)
def test_random_expressions(expr: Expr, t8: int, t16: int, t32: int, t64: int) -> None:
    variables = {"t8": t8, "t16": t16, "t32": t32, "t64": t64}
    value = evaluate(expr, variables)
    assert 0 <= value < 1 << width(expr)
    assert compiled_value(expr, variables) == value
    is_set = Bin("ne", expr, Const(0, width(expr)))
    assert bool(eval(Exprs(lambda name: name).condition(is_set), {**HELPERS, **variables})) == bool(value)
    assert parse_expr(print_expr(expr)) == expr
