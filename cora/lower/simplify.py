"""Simpler expressions of equal value and width: constants folded, neutral operands gone."""

from __future__ import annotations

from cora.ir.cfg import children, rewrite
from cora.ir.evaluate import evaluate
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Mux, Slice, Un, Var, width

ONE, ZERO = Const(1, 1), Const(0, 1)
_NEUTRAL_ZERO = ("add", "sub", "or", "xor", "shl", "lshr", "ashr", "uaddsat", "usubsat", "saddsat", "ssubsat")
_COMMUTATIVE = ("add", "mul", "and", "or", "xor", "eq", "ne", "uaddsat", "saddsat")


def simplify(expr: Expr) -> Expr:
    """The expression, simplified from its operands up."""
    return rewrite(expr, _step)


def _step(expr: Expr) -> Expr:
    parts = children(expr)
    if not parts:
        return expr
    if all(isinstance(p, Const) for p in parts):
        return Const(evaluate(expr, {}), width(expr))
    match expr:
        case Un(op="not", a=a):
            return negated(a)
        case Un(op="neg", a=Un(op="neg", a=a)):
            return a
        case Bin():
            return _binary(expr)
        case Mux(c=c, a=a, b=b):
            return _mux(c, a, b)
        case Cast(a=a, width=w, signed=signed):
            return _cast(a, w, signed)
        case Slice(a=a, hi=hi, lo=lo):
            return _slice(a, hi, lo)
        case _:
            return expr


def negated(expr: Expr) -> Expr:
    """The complement of an expression, without a `not` where there is a way."""
    match expr:
        case Const():
            return Const(evaluate(Un("not", expr), {}), expr.width)
        case Un(op="not", a=a):
            return a
        case Bin(op="eq", a=a, b=b):
            return Bin("ne", a, b)
        case Bin(op="ne", a=a, b=b):
            return Bin("eq", a, b)
        case Bin(op="ult", a=a, b=b):
            return Bin("ule", b, a)
        case Bin(op="ule", a=a, b=b):
            return Bin("ult", b, a)
        case Bin(op="slt", a=a, b=b):
            return Bin("sle", b, a)
        case Bin(op="sle", a=a, b=b):
            return Bin("slt", b, a)
        case _:
            return Un("not", expr)


def _binary(expr: Bin) -> Expr:
    a, b = expr.a, expr.b
    if isinstance(a, Const) and expr.op in _COMMUTATIVE:
        a, b = b, a
        expr = Bin(expr.op, a, b)
    if isinstance(b, Const):
        return _with_constant(expr, b)
    if a == b:
        return _with_itself(expr)
    if expr.op in ("eq", "ne") and isinstance(a, Var) and isinstance(b, Var) and b.name < a.name:
        return Bin(expr.op, b, a)  # one form of each comparison, so that equal ones are seen to be
    return expr


def _with_itself(expr: Bin) -> Expr:
    match expr.op:
        case "and" | "or":
            return expr.a
        case "xor" | "sub":
            return Const(0, width(expr.a))
        case "eq" | "ule" | "sle":
            return ONE
        case "ne" | "ult" | "slt":
            return ZERO
        case _:
            return expr


def _with_constant(expr: Bin, b: Const) -> Expr:
    a, bits = expr.a, width(expr.a)
    ones = (1 << bits) - 1
    if b.value == 0 and expr.op in _NEUTRAL_ZERO:
        return a
    match expr.op:
        case "and" if b.value == ones:
            return a
        case "and" | "mul" if b.value == 0:
            return Const(0, bits)
        case "or" if b.value == ones:
            return b
        case "mul" | "udiv" if b.value == 1:
            return a
        case "ult" if b.value == 0:
            return ZERO
        case "eq" | "ne":
            return _compared(expr, b)
        case _:
            return expr


def _compared(expr: Bin, b: Const) -> Expr:
    """`a == constant` and `a != constant`."""
    a = expr.a
    is_eq = expr.op == "eq"
    match a:
        case _ if width(a) == 1:
            return a if bool(b.value) == is_eq else negated(a)
        case Mux(c=c, a=Const(value=x), b=Const(value=y)) if x != y and b.value in (x, y):
            return c if (b.value == x) == is_eq else negated(c)
        case Mux(a=Const(value=x), b=Const(value=y)) if b.value not in (x, y):
            return Const(int(not is_eq), 1)
        case Cast(a=inner, signed=False) if width(inner) <= width(a):
            if b.value >> width(inner):
                return Const(int(not is_eq), 1)
            return _step(Bin(expr.op, inner, Const(b.value, width(inner))))
        case _:
            return expr


def _mux(c: Expr, a: Expr, b: Expr) -> Expr:
    if isinstance(c, Const):
        return a if c.value else b
    if a == b:
        return a
    if (a, b) == (ONE, ZERO):
        return c
    if (a, b) == (ZERO, ONE):
        return negated(c)
    match c:
        case Un(op="not", a=inner):
            return Mux(inner, b, a)
        case _:
            return Mux(c, a, b)


def _cast(a: Expr, bits: int, signed: bool) -> Expr:
    inner = width(a)
    if inner == bits:
        return a
    match a:
        case Cast(a=x, width=w, signed=False) if bits <= w:
            return _step(Cast(x, bits)) if bits != width(x) else x
        case Cast(a=x, width=w, signed=False) if not signed and width(x) <= w:
            return Cast(x, bits)
        case _:
            return Cast(a, bits, signed and bits > inner)


def _slice(a: Expr, hi: int, lo: int) -> Expr:
    if lo == 0 and hi == width(a) - 1:
        return a
    match a:
        case Slice(a=x, lo=below):
            return Slice(x, below + hi, below + lo)
        case Concat(a=x, b=y):
            low = width(y)
            if hi < low:
                return _slice(y, hi, lo)
            return _slice(x, hi - low, lo - low) if lo >= low else Slice(a, hi, lo)
        case Cast(a=x) if hi < width(x):
            return _slice(x, hi, lo)
        case _:
            return Slice(a, hi, lo)
