"""The value of an expression: the definition of every operator, over Python's unbounded integers."""

from __future__ import annotations

from collections.abc import Mapping

from cora.ir.nodes import Bin, BinOp, Cast, Concat, Const, Expr, Mux, Slice, Un, Var, width


def signed(value: int, bits: int) -> int:
    """The value read as a two's complement number of that many bits."""
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def _saturating(op: BinOp, a: int, b: int, bits: int) -> int:
    top = (1 << bits) - 1
    half = 1 << (bits - 1)
    match op:
        case "uaddsat":
            return min(a + b, top)
        case "usubsat":
            return max(a - b, 0)
        case "saddsat":
            return _clamp(signed(a, bits) + signed(b, bits), -half, half - 1)
        case _:
            return _clamp(signed(a, bits) - signed(b, bits), -half, half - 1)


def _shift(op: BinOp, a: int, b: int, bits: int) -> int:
    by = min(b, bits)
    match op:
        case "shl":
            return a << by
        case "lshr":
            return a >> by
        case _:
            return signed(a, bits) >> by


def binary(op: BinOp, a: int, b: int, bits: int) -> int:
    """Applies an operator to values of `bits` bits (the right side of a shift may be of any width).

    The result is not yet reduced modulo 2^bits.
    """
    match op:
        case "add":
            return a + b
        case "sub":
            return a - b
        case "mul":
            return a * b
        case "udiv":
            return a // b if b else 0
        case "umod":
            return a % b if b else a
        case "uaddsat" | "usubsat" | "saddsat" | "ssubsat":
            return _saturating(op, a, b, bits)
        case "and":
            return a & b
        case "or":
            return a | b
        case "xor":
            return a ^ b
        case "shl" | "lshr" | "ashr":
            return _shift(op, a, b, bits)
        case "eq":
            return int(a == b)
        case "ne":
            return int(a != b)
        case "ult":
            return int(a < b)
        case "ule":
            return int(a <= b)
        case "slt":
            return int(signed(a, bits) < signed(b, bits))
        case "sle":
            return int(signed(a, bits) <= signed(b, bits))


def evaluate(expr: Expr, variables: Mapping[str, int]) -> int:
    """The value of an expression, 0 <= value < 2^width; a variable that has none is 0."""
    match expr:
        case Const(value=value):
            return value
        case Var(name=name):
            return variables.get(name, 0)
        case Un(op=op, a=a):
            value = evaluate(a, variables)
            return (~value if op == "not" else -value) & ((1 << width(a)) - 1)
        case Bin(op=op, a=a, b=b):
            bits = width(a)
            return binary(op, evaluate(a, variables), evaluate(b, variables), bits) & ((1 << bits) - 1)
        case Slice(a=a, hi=hi, lo=lo):
            return evaluate(a, variables) >> lo & ((1 << (hi - lo + 1)) - 1)
        case Concat(a=a, b=b):
            return evaluate(a, variables) << width(b) | evaluate(b, variables)
        case Cast(a=a, width=bits, signed=is_signed):
            value = evaluate(a, variables)
            return (signed(value, width(a)) if is_signed else value) & ((1 << bits) - 1)
        case Mux(c=c, a=a, b=b):
            return evaluate(a if evaluate(c, variables) else b, variables)
