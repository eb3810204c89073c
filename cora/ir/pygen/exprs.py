"""IR expressions as Python expressions over ints. Compound ones come with parentheses around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cora.ir.evaluate import binary, signed
from cora.ir.nodes import Bin, BinOp, Cast, Concat, Const, Expr, Mux, Slice, Un, Var, width

Ref = Callable[[str], str]
"""The Python expression for a variable's name."""

_COMPARISONS: dict[str, str] = {"eq": "==", "ne": "!=", "ult": "<", "ule": "<=", "slt": "<", "sle": "<="}
_LOGIC: dict[str, str] = {"and": "and", "or": "or", "eq": "==", "ne": "!=", "xor": "!="}
_BITWISE: dict[str, str] = {"and": "&", "or": "|", "xor": "^"}
_WRAPPING: dict[str, str] = {"add": "+", "sub": "-", "mul": "*"}


def mask(bits: int) -> str:
    return number((1 << bits) - 1)


def number(value: int) -> str:
    return hex(value) if value > 0xFF else str(value)


def shift_left(a: int, b: int, bits: int) -> int:
    return binary("shl", a, b, bits) & ((1 << bits) - 1)


def divide(a: int, b: int) -> int:
    return a // b if b else 0


def modulo(a: int, b: int) -> int:
    return a % b if b else a


def saturate(op: BinOp, a: int, b: int, bits: int) -> int:
    return binary(op, a, b, bits) & ((1 << bits) - 1)


def shift_arithmetic(a: int, b: int, bits: int) -> int:
    return (signed(a, bits) >> min(b, bits)) & ((1 << bits) - 1)


HELPERS: dict[str, object] = {
    "shift_left": shift_left,
    "divide": divide,
    "modulo": modulo,
    "saturate": saturate,
    "shift_arithmetic": shift_arithmetic,
}
"""What generated expressions call."""


class Exprs:
    """Writes expressions; `ref` says what stands for a variable."""

    def __init__(self, ref: Ref) -> None:
        self.ref = ref

    def value(self, expr: Expr) -> str:
        """A Python expression that gives an int."""
        match expr:
            case Const(value=value):
                return number(value)
            case Var(name=name):
                return self.ref(name)
            case Un(op=op, a=a):
                if op == "not":
                    return f"({self.value(a)} ^ {mask(width(a))})"
                return f"(-{self.value(a)} & {mask(width(a))})"
            case Bin(op=op) if op in _COMPARISONS:
                return f"(1 if {self.condition(expr)} else 0)"
            case Bin():
                return self._arithmetic(expr)
            case Slice(a=a, hi=hi, lo=lo):
                return _slice(self.value(a), width(a), hi, lo)
            case Concat(a=a, b=b):
                return f"({self.value(a)} << {width(b)} | {self.value(b)})"
            case Cast():
                return self._cast(expr)
            case Mux(c=c, a=a, b=b):
                return f"({self.value(a)} if {self.condition(c)} else {self.value(b)})"

    def condition(self, expr: Expr) -> str:
        """A Python expression whose truth is that of a one-bit expression."""
        match expr:
            case Bin(op=op, a=a, b=b) if width(a) == 1 and op in _LOGIC:
                if op in ("and", "or"):
                    return f"({self.condition(a)} {_LOGIC[op]} {self.condition(b)})"
                return f"({self.value(a)} {_LOGIC[op]} {self.value(b)})"
            case Bin(op="slt" | "sle" as op, a=a, b=b):
                # Flipping the sign bit maps signed order to unsigned order.
                flip = number(1 << (width(a) - 1))
                return f"({self.value(a)} ^ {flip} {_COMPARISONS[op]} {self.value(b)} ^ {flip})"
            case Bin(op=op, a=a, b=b) if op in _COMPARISONS:
                return f"({self.value(a)} {_COMPARISONS[op]} {self.value(b)})"
            case Un(op="not", a=a):
                return f"(not {self.condition(a)})"
            case _:
                return self.value(expr)

    def _arithmetic(self, expr: Bin) -> str:
        a, b, bits = self.value(expr.a), self.value(expr.b), width(expr.a)
        match expr.op:
            case "add" | "sub" | "mul" as op:
                return f"({a} {_WRAPPING[op]} {b} & {mask(bits)})"
            case "and" | "or" | "xor" as op:
                return f"({a} {_BITWISE[op]} {b})"
            case "lshr":
                return f"({a} >> {b})"
            case "shl" if width(expr.b) <= 8 or (isinstance(expr.b, Const) and expr.b.value <= 256):
                return f"({a} << {b} & {mask(bits)})"
            case "shl":
                return f"shift_left({a}, {b}, {bits})"
            case "ashr":
                return f"shift_arithmetic({a}, {b}, {bits})"
            case "udiv" | "umod" as op:
                if isinstance(expr.b, Const) and expr.b.value:
                    return f"({a} {'//' if op == 'udiv' else '%'} {b})"
                return f"{'divide' if op == 'udiv' else 'modulo'}({a}, {b})"
            case op:
                return f"saturate({op!r}, {a}, {b}, {bits})"

    def _cast(self, expr: Cast) -> str:
        a, old = self.value(expr.a), width(expr.a)
        if expr.width < old:
            return f"({a} & {mask(expr.width)})"
        if not expr.signed or expr.width == old:
            return a
        half = number(1 << (old - 1))
        return f"(({a} ^ {half}) - {half} & {mask(expr.width)})"

    def concat(self, exprs: Iterable[Expr]) -> tuple[str, int]:
        """All expressions in one number, the first one highest; and its width."""
        parts = [(self.value(expr), width(expr)) for expr in exprs]
        total = shift = sum(bits for _, bits in parts)
        terms: list[str] = []
        for code, bits in parts:
            shift -= bits
            terms.append(f"{code} << {shift}" if shift else code)
        return f"({' | '.join(terms)})" if terms else "0", total


def _slice(code: str, bits: int, hi: int, lo: int) -> str:
    shifted = f"{code} >> {lo}" if lo else code
    if hi == bits - 1:
        return f"({shifted})" if lo else code
    return f"({shifted} & {mask(hi - lo + 1)})"
