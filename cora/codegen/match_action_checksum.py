"""Is a checksum that the program computes the one that the device keeps right by itself?

Sums in ones' complement arithmetic are sums modulo 65535, so a checksum is a linear form: by variable, how often it
counts, and a constant. Updated as in RFC 1624, the new checksum is the old one less what has changed in the words that
it covers; the program's is compared with that, variable by variable.
"""

from __future__ import annotations

from cora.codegen.match_action import Bits
from cora.codegen.match_action_path import NotExpressible, Path
from cora.ir.nodes import Bin, Cast, Checksum, Concat, Const, Expr, Mux, Slice, Un, Var, width

MODULUS = 0xFFFF
Form = dict[str, int]
"""By variable ("" for the constant): its coefficient modulo 65535; none of them 0."""


def add(to: Form, other: Form, times: int = 1) -> Form:
    """to + times * other."""
    total = {name: (to.get(name, 0) + times * other.get(name, 0)) % MODULUS for name in to.keys() | other.keys()}
    return {name: value for name, value in total.items() if value}


def form_of(expr: Expr, sums: dict[str, Form]) -> Form:
    """The linear form of a value. Raises NotExpressible where it has none."""
    match expr:
        case Const(value=value):
            return {"": value % MODULUS} if value % MODULUS else {}
        case Var(name=name):
            return sums.get(name, {f"{name}:{expr.width}": 1})
        case Concat(a=a, b=b):
            return add(form_of(b, sums), form_of(a, sums), 1 << width(b) % 16)
        case Cast(a=a, width=w, signed=False) if w >= width(a):
            return form_of(a, sums)
        case Bin(op="sub", a=a, b=Const(value=value)):
            return add(form_of(a, sums), {"": value}, -1)
        case Bin(op="add", a=a, b=Const(value=value)):
            # A subtraction may have become the addition of its complement.
            by = value - (1 << width(a)) if value >> (width(a) - 1) else value
            return add(form_of(a, sums), {"": by})
        case Un(op="not", a=Var(name=name)) if name in sums:
            return add({}, sums[name], -1)
        case Mux(c=Bin(op="eq", a=x, b=Const(value=0)), a=Const(value=0xFFFF), b=b) if x == b:
            return form_of(b, sums)  # 0 is sent as its other form
        case Slice() | _:
            raise NotExpressible("checksum", "a checksum of something else than header fields and known values")


def checksum_form(path: Path, op: Checksum) -> Form:
    """The sum that a Checksum leaves, as a linear form."""
    if op.payload:
        raise NotExpressible("checksum", "a checksum over the payload")
    total = form_of(path.resolve(op.start), path.sums)
    for sign, exprs in ((1, op.added), (-1, op.removed)):
        for expr, shift in _placed(exprs):
            total = add(total, form_of(path.resolve(expr), path.sums), sign * (1 << shift))
    return total


def _placed(exprs: tuple[Expr, ...]) -> list[tuple[Expr, int]]:
    """Each expression with its distance from the right end of a 16-bit word, the whole padded to words."""
    at = -sum(width(e) for e in exprs) % 16
    placed: list[tuple[Expr, int]] = []
    for expr in reversed(exprs):
        placed.append((expr, at % 16))
        at += width(expr)
    return placed


def updated(checksum: Bits, old: Expr, changes: list[tuple[Bits, Expr, Expr]], sums: dict[str, Form]) -> Form:
    """The form of the right new checksum; `old` is the checksum that came, `changes` are (where, before, after)."""
    total = form_of(old, sums)
    for bits, before, after in changes:
        shift = (checksum.offset - bits.offset - bits.width) % 16
        total = add(total, form_of(after, sums), -(1 << shift))
        total = add(total, form_of(before, sums), 1 << shift)
    return total
