"""Compile-time evaluation of checked expressions.

Values: an int (bit<w>: 0..2^w-1, int<w>: signed, `int`: any), a bool, a string, a `Member` of an enum, error or match
kind, a tuple for tuples, structs and headers (in the order of their fields). Numbers that are divided aren't negative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cora.frontend import ast, types
from cora.frontend.ast import Value
from cora.frontend.types import Bits, EnumType, Type

MAX_SHIFT = 1 << 16
"""Larger shifts of an `int` aren't evaluated: they would only make the compiler run out of memory."""


def evaluate(expr: ast.Expr, bindings: Mapping[ast.Symbol, Value] | None = None) -> Value | None:
    """The value of a checked expression, given those of some symbols (constructor parameters, constants that depend on
    them); None if it isn't known."""
    if expr.value is not None:
        return expr.value
    known = bindings or {}

    def child(e: ast.Expr) -> Value | None:
        return evaluate(e, known)

    if isinstance(expr, ast.Name):
        found = known.get(expr.symbol)
        if found is None and isinstance(expr.symbol.decl, ast.ConstDecl):
            return evaluate(expr.symbol.decl.init, known)
        return found
    return fold(expr, child)


def fold(expr: ast.Expr, child: Callable[[ast.Expr], Value | None] = lambda e: e.value) -> Value | None:
    """The value of an expression from those of its parts."""
    match expr:
        case ast.IntLit(number=n):
            return normalise(n, expr.type)
        case ast.BoolLit(truth=b):
            return b
        case ast.StringLit(text=s):
            return s
        case ast.Unary(op=op, operand=a):
            return _unary(op, child(a), expr.type)
        case ast.Binary(op=op, left=a, right=b):
            return binary(op, child(a), child(b), a.type, b.type, expr.type)
        case ast.Ternary(cond=c, then=a, orelse=b):
            test = child(c)
            return None if not isinstance(test, bool) else child(a) if test else child(b)
        case ast.Cast(operand=a):
            return cast_value(child(a), a.type, expr.type)
        case ast.SliceExpr(base=a, hi=hi, lo=lo):
            return _slice(child(a), child(hi), child(lo))
        case ast.ListExpr(items=items):
            return _tuple([child(i) for i in items])
        case ast.StructExpr(fields=fields):
            return _tuple([child(f.value) for f in fields])
        case ast.Select(base=a, name=name):
            return _member(child(a), a.type, name)
        case ast.Index(base=a, index=i):
            whole, at = child(a), child(i)
            in_range = isinstance(whole, tuple) and isinstance(at, int) and 0 <= at < len(whole)
            return whole[at] if in_range and isinstance(whole, tuple) and isinstance(at, int) else None
        case _:
            return None


def normalise(value: int, type_: Type) -> int:
    """The number as the type represents it (modulo 2^width, signed or not)."""
    bits = types.underlying(type_)
    if not isinstance(bits, Bits):
        return value
    value &= (1 << bits.width) - 1
    if bits.signed and value >> (bits.width - 1):
        value -= 1 << bits.width
    return value


def cast_value(value: Value | None, source: Type, target: Type) -> Value | None:
    match value, target:
        case None, _:
            return None
        case ast.Member(name=name), _ if isinstance(source, EnumType) and source.values:
            number = source.values[source.members.index(name)] if name in source.members else None
            return (
                number
                if number is None or source == target
                else cast_value(number, source.underlying or source, target)
            )
        case int(), EnumType(members=members, values=values, name=name) if not isinstance(value, bool):
            return ast.Member(name, members[values.index(value)]) if value in values else None
        case _, types.Bool():
            return bool(value)
        case int(), _:
            return normalise(int(value), target)
        case _:
            return value


def _tuple(parts: list[Value | None]) -> Value | None:
    known = [p for p in parts if p is not None]
    return tuple(known) if len(known) == len(parts) else None


def _member(whole: Value | None, type_: Type, name: str) -> Value | None:
    if isinstance(whole, tuple) and isinstance(type_, types.StructType | types.HeaderType):
        for f, v in zip(type_.fields, whole, strict=False):
            if f.name == name:
                return v
    return None


def _slice(value: Value | None, hi: Value | None, lo: Value | None) -> Value | None:
    if isinstance(value, int) and isinstance(hi, int) and isinstance(lo, int) and 0 <= lo <= hi <= MAX_SHIFT:
        return (value >> lo) & ((1 << (hi - lo + 1)) - 1)
    return None


def _unary(op: ast.UnaryOp, a: Value | None, type_: Type) -> Value | None:
    if isinstance(a, bool):
        return not a if op == "!" else None
    if not isinstance(a, int):
        return None
    match op:
        case "-":
            return normalise(-a, type_)
        case "~":
            return normalise(~a, type_)
        case "+":
            return a
        case _:
            return None


def binary(
    op: ast.BinaryOp, a: Value | None, b: Value | None, a_type: Type, b_type: Type, result: Type
) -> Value | None:
    """`a op b`; `&&` and `||` are known as soon as their first side decides."""
    if op == "&&" and a is False:
        return False
    if op == "||" and a is True:
        return True
    if a is None or b is None:
        return None
    match op:
        case "==":
            return a == b
        case "!=":
            return a != b
        case "&&" | "||":
            return b
        case _:
            pass
    if isinstance(a, str) and isinstance(b, str) and op == "++":
        return a + b
    if not isinstance(a, int) or not isinstance(b, int):
        return None
    compared = _compare(op, a, b)
    if compared is not None:
        return compared
    number = _arithmetic(op, a, b, a_type, b_type)
    return None if number is None else normalise(number, result)


def _compare(op: ast.BinaryOp, a: int, b: int) -> bool | None:
    match op:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case ">=":
            return a >= b
        case _:
            return None


def _arithmetic(op: ast.BinaryOp, a: int, b: int, a_type: Type, b_type: Type) -> int | None:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "&":
            return a & b
        case "|":
            return a | b
        case "^":
            return a ^ b
        case "/":
            return a // b if a >= 0 and b > 0 else None
        case "%":
            return a % b if a >= 0 and b > 0 else None
        case "|+|" | "|-|":
            return _saturate(a + b if op == "|+|" else a - b, a_type)
        case "<<" | ">>":
            return _shift(op, a, b, a_type)
        case "++":
            width = types.width_of(b_type)
            return None if width is None else (a << width) | (b & ((1 << width) - 1))
        case _:
            return None


def _shift(op: ast.BinaryOp, a: int, b: int, type_: Type) -> int | None:
    if b < 0:
        return None
    bits = types.underlying(type_)
    if isinstance(bits, Bits):
        b = min(b, bits.width)
    elif b > MAX_SHIFT:
        return None
    return a << b if op == "<<" else a >> b


def _saturate(number: int, type_: Type) -> int | None:
    bits = types.underlying(type_)
    if not isinstance(bits, Bits):
        return None
    lo = -(1 << (bits.width - 1)) if bits.signed else 0
    hi = (1 << (bits.width - (1 if bits.signed else 0))) - 1
    return max(lo, min(hi, number))
