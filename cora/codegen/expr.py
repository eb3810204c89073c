"""Expressions of the IR as C: u64 for up to 64 bits, u128 beyond, always reduced to their width."""

from __future__ import annotations

from collections.abc import Callable

from cora.codegen.layout import WIDEST_BITS
from cora.diagnostics import Span, error
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Mux, Slice, Un, Var, width

_PLAIN = {"and": "&", "or": "|", "xor": "^", "eq": "==", "ne": "!=", "ult": "<", "ule": "<="}
_WRAPPING = {"add": "+", "sub": "-", "mul": "*"}


def constant(value: int, bits: int) -> str:
    """A C literal of the type that holds `bits` bits."""
    if bits > 64:
        return f"U128({constant(value >> 64, 64)}, {constant(value & (1 << 64) - 1, 64)})"
    return f"{value}ULL" if value < 1024 else f"{value:#x}ULL"


def masked(text: str, bits: int) -> str:
    if bits in (64, 128):
        return text
    return f"({text} & {constant((1 << bits) - 1, bits)})"


class Expressions:
    """Renders expressions; `name` gives the C name of a variable."""

    def __init__(self, name: Callable[[str], str]) -> None:
        self._name = name

    def __call__(self, expr: Expr, span: Span | None = None) -> str:
        """The C text of an expression, in parentheses where it needs them. Raises UserError beyond 128 bits."""
        bits = width(expr)
        if bits > WIDEST_BITS:
            raise error(
                "C0750",
                f"a value of {bits} bits; XDP programs handle up to {WIDEST_BITS}",
                span,
                help="split the value into several of at most 128 bits",
            )
        match expr:
            case Const(value=value, width=bits):
                return constant(value, bits)
            case Var(name=name):
                return self._name(name)
            case Un(op="neg", a=a) if bits > 64:
                return masked(f"sub_wide(0, {self(a, span)})", bits)
            case Un(op=op, a=a):
                return masked(f"({'~' if op == 'not' else '-'}{self(a, span)})", bits)
            case Bin():
                return self._binary(expr, span)
            case Slice(a=a, hi=hi, lo=lo):
                return self._slice(a, hi, lo, span)
            case Concat(a=a, b=b):
                if bits > 64:
                    return f"join({self(a, span)}, {self(b, span)}, {width(b)})"
                return f"({self(a, span)} << {width(b)} | {self(b, span)})"
            case Cast(a=a, width=bits, signed=is_signed):
                return self._cast(a, bits, is_signed, span)
            case Mux(c=c, a=a, b=b):
                return f"({self(c, span)} ? {self(a, span)} : {self(b, span)})"

    def _slice(self, a: Expr, hi: int, lo: int, span: Span | None) -> str:
        bits, whole = hi - lo + 1, width(a)
        text = f"({self(a, span)} >> {lo})" if lo else self(a, span)
        if bits <= 64 < whole:
            text = f"(u64){text}"
        return text if hi == whole - 1 else masked(text, bits)

    def _cast(self, a: Expr, bits: int, is_signed: bool, span: Span | None) -> str:
        source, text = width(a), self(a, span)
        if bits <= source:
            narrowed = f"(u64){text}" if bits <= 64 < source else text
            return narrowed if bits == source else masked(narrowed, bits)
        if not is_signed:
            return f"((u128){text})" if source <= 64 < bits else text
        if bits <= 64:
            return f"extend({text}, {source}, {bits})"
        if source <= 64:
            # Below 65 bits the sign stands in the low half: extend there first, then to the whole.
            return f"extend_wide((u128)extend({text}, {source}, 64), 64, {bits})"
        return f"extend_wide({text}, {source}, {bits})"

    def _binary(self, expr: Bin, span: Span | None) -> str:
        op, bits = expr.op, width(expr.a)
        a, wide = self(expr.a, span), bits > 64
        if op in ("shl", "lshr", "ashr"):
            return self._shift(op, a, bits, expr.b, span)
        b = self(expr.b, span)
        if wide and op in ("or", "xor"):
            return f"{op}_wide({a}, {b})"
        if wide and op in ("add", "sub"):
            return masked(f"{op}_wide({a}, {b})", bits)
        if op in _PLAIN:
            text = f"({a} {_PLAIN[op]} {b})"
            return f"(u64){text}" if op in ("eq", "ne", "ult", "ule") else text
        if op == "mul" and wide:
            return f"mul_wide({a}, {b}, {bits})"
        if op in _WRAPPING:
            return masked(f"({a} {_WRAPPING[op]} {b})", bits)
        if op in ("udiv", "umod"):
            if wide:
                raise error(
                    "C0752",
                    f"division of {bits}-bit values; XDP programs divide up to 64 bits",
                    span,
                    help="narrow the operands with a cast before dividing",
                )
            return f"{op}({a}, {b})"
        name = {"slt": "sless", "sle": "sless"}.get(op, op) + ("_wide" if wide else "")
        if op == "slt":
            return f"{name}({a}, {b}, {bits})"
        if op == "sle":
            return f"(u64)!{name}({b}, {a}, {bits})"
        return f"{name}({a}, {b})" if op == "usubsat" else f"{name}({a}, {b}, {bits})"

    def _shift(self, op: str, a: str, bits: int, by: Expr, span: Span | None) -> str:
        if isinstance(by, Const):
            if op == "shl":
                return constant(0, bits) if by.value >= bits else masked(f"({a} << {by.value})", bits)
            if op == "lshr":
                return constant(0, bits) if by.value >= bits else f"({a} >> {by.value})"
        amount = self(by, span)
        if width(by) > 64:
            amount = f"(high({amount}) ? 255ULL : (u64){amount})"
        return f"{op}{'_wide' if bits > 64 else ''}({a}, {amount}, {bits})"
