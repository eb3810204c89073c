"""What is known of a packet on its way through a program, and the decision of conditions by its bits.

Values of variables are expressions over the packet as it came in: variables named "@N" are the bits at offset N of the
key (`cora.codegen.match_action.Bits`). A condition is decided as an ordered list of cases: each narrows what the path
matches, the last takes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cora.codegen.match_action import KEY_BITS, LIMITS, Bits, Match, Timer
from cora.diagnostics import Span
from cora.ir.cfg import rewrite, substitute
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Mux, Slice, Un, Var, width
from cora.lower.simplify import negated, simplify

INPUTS = ("$time", "$length", "$seed")


class NotExpressible(Exception):
    """A rule can't say this: `limit` is one of `LIMITS`."""

    def __init__(self, limit: str, what: str, span: Span | None = None) -> None:
        super().__init__(what)
        self.span = span
        self.limit = LIMITS[limit]
        self.what = what


@dataclass(frozen=True, slots=True)
class Path:
    """`never`: matches of packets that came another way. `aged`: entries with idle times that were looked up. `fresh`:
    (time of the last use, timeout) that a decision rests on. `sums`: checksums by the variable that stands for them:
    see `cora.codegen.match_action_checksum`."""

    env: dict[str, Expr]
    match: Match
    never: tuple[Match, ...] = ()
    headers: tuple[tuple[str, int], ...] = ()
    emitted: tuple[str, ...] = ()
    cursor_bits: int = 0
    min_bytes: int = 0
    counts: tuple[tuple[str, int], ...] = ()
    touched: tuple[Timer, ...] = ()
    written: tuple[Timer, ...] = ()
    read: tuple[Timer, ...] = ()
    idle_ns: int = 0
    aged: tuple[Timer, ...] = ()
    fresh: tuple[tuple[int, int], ...] = ()
    sums: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    spans: dict[str, Span | None] = field(default_factory=dict[str, "Span | None"])
    """Where each header field was set."""

    def bind(self, name: str, value: Expr) -> Path:
        return replace(self, env={**self.env, name: value})

    def narrowed(self, match: Match) -> Path | None:
        """The packets of this path that also match; None if there are none."""
        both = self.match.both(match)
        if both is None or any(both.within(other) for other in self.never):
            return None
        return replace(self, match=both)

    def without(self, match: Match) -> Path | None:
        """The packets of this path that don't match; None if there are none."""
        if self.match.within(match):
            return None
        if self.match.both(match) is None:
            return self
        return replace(self, never=(*self.never, match))

    def resolve(self, expr: Expr) -> Expr:
        """The expression over the packet's bits, with those that are known put in."""
        return simplify(rewrite(substitute(expr, self.env), self._known))

    def _known(self, expr: Expr) -> Expr:
        match expr:
            case Var(name=name, width=w) if is_bits(expr):
                bits = Bits(int(name[1:]), w)
                return Const(bits.of(self.match.value), w) if self.match.known(bits) else expr
            case Var(name=name, width=w) if name not in INPUTS and not name.startswith("@"):
                return Const(0, w)
            case Slice(a=Var(name=name) as var, hi=hi, lo=lo) if name[1:].isdigit():
                return self._known(Var(f"@{int(name[1:]) + var.width - 1 - hi}", hi - lo + 1))
            case _:
                return expr

    def constant(self, expr: Expr) -> int | None:
        value = self.resolve(expr)
        return value.value if isinstance(value, Const) else None


def bits_of(var: Var) -> Bits:
    return Bits(int(var.name[1:]), var.width)


def is_bits(expr: Expr) -> bool:
    """Bits of the packet that a rule can see."""
    if not isinstance(expr, Var) or not expr.name.startswith("@") or not expr.name[1:].isdigit():
        return False
    return int(expr.name[1:]) + expr.width <= KEY_BITS


# ---------------------------------------------------------------- conditions

Cases = Iterator[tuple[Path, bool]]


def decide(cond: Expr, path: Path, now_ns: int) -> Cases:
    """The cases of a one-bit condition, in the order in which they are tried. Raises NotExpressible."""
    cond = path.resolve(cond)
    whole = conjunction(cond)
    if whole is not None:
        yield from _by_match(whole, path)
        return
    match cond:
        case Const(value=value):
            yield path, bool(value)
        case Un(op="not", a=a):
            for inner, holds in decide(a, path, now_ns):
                yield inner, not holds
        case Bin(op="ne", a=a, b=b):
            for inner, holds in decide(Bin("eq", a, b), path, now_ns):
                yield inner, not holds
        case Bin(op="and" | "or" as op, a=a, b=b) if width(a) == 1:
            for inner, holds in decide(a, path, now_ns):
                if holds == (op == "and"):
                    yield from decide(b, inner, now_ns)
                else:
                    yield inner, holds
        case Mux(c=c, a=a, b=b):
            for inner, holds in decide(c, path, now_ns):
                yield from decide(a if holds else b, inner, now_ns)
        case Bin(op="eq", a=a, b=b):
            yield from _equal(a, b, path, now_ns)
        case Bin(op="ult" | "ule", a=a, b=b):
            yield from _ordered(cond, a, b, path, now_ns)
        case _:
            raise NotExpressible("compare", "a condition that is no comparison of bits")


def _by_match(whole: Match, path: Path) -> Cases:
    yes, no = path.narrowed(whole), path.without(whole)
    if yes is not None:
        yield yes, True
    if no is not None:
        yield no, False


def conjunction(cond: Expr) -> Match | None:
    """The one match that a condition is; None if it is more, or less, than that."""
    match cond:
        case Var() if is_bits(cond):
            return _is(bits_of(cond), 1)
        case Bin(op="and", a=a, b=b) if width(a) == 1:
            left, right = conjunction(a), conjunction(b)
            return left.both(right) if left is not None and right is not None else None
        case Un(op="not", a=Var(width=1) as a) if is_bits(a):
            return _is(bits_of(a), 0)
        case Bin(op="eq", a=a, b=Const(value=value)):
            return _equals(a, value)
        case _:
            return None


def _is(bits: Bits, value: int) -> Match:
    return Match(bits.mask(), value << bits.shift)


def _equals(expr: Expr, value: int) -> Match | None:
    match expr:
        case Var(width=w) if is_bits(expr):
            return _is(bits_of(expr), value)
        case Concat(a=a, b=b):
            above, below = _equals_or_const(a, value >> width(b)), _equals_or_const(b, value & (1 << width(b)) - 1)
            return above.both(below) if above is not None and below is not None else None
        case Cast(a=a, width=w, signed=False) if w < width(a) and is_bits(a):
            assert isinstance(a, Var)
            return _is(Bits(bits_of(a).offset + width(a) - w, w), value)
        case Bin(op="and", a=Var() as a, b=Const(value=mask)) if is_bits(a) and not value & ~mask:
            return Match(mask << bits_of(a).shift, value << bits_of(a).shift)
        case Bin(op="xor", a=a, b=Const(value=mask)):
            return _equals(a, value ^ mask)
        case Bin(op="add", a=a, b=Const(value=by)):
            return _equals(a, (value - by) & (1 << width(a)) - 1)
        case Bin(op="sub", a=a, b=Const(value=by)):
            return _equals(a, (value + by) & (1 << width(a)) - 1)
        case Un(op="not", a=a):
            return _equals(a, ~value & (1 << width(a)) - 1)
        case _:
            return None


def _equals_or_const(expr: Expr, value: int) -> Match | None:
    if isinstance(expr, Const):
        return Match() if expr.value == value else None
    return _equals(expr, value)


def _equal(a: Expr, b: Expr, path: Path, now_ns: int) -> Cases:
    """Of two values of which neither is plainly bits of the packet."""
    if isinstance(b, Mux):
        a, b = b, a
    match a:
        case Mux(c=c, a=x, b=y):
            for inner, holds in decide(c, path, now_ns):
                yield from decide(Bin("eq", x if holds else y, b), inner, now_ns)
        case Concat(a=x, b=y) if isinstance(b, Const):
            low = width(y)
            halves = Bin("eq", x, Const(b.value >> low, width(x))), Bin("eq", y, Const(b.value & (1 << low) - 1, low))
            yield from decide(simplify(Bin("and", *halves)), path, now_ns)
        case Bin(op="and", a=Var() as x, b=Const(value=mask)) if (
            isinstance(b, Const) and is_bits(x) and b.value & ~mask
        ):
            yield path, False
        case _:
            raise NotExpressible("compare", "two values are compared that only the packet tells")


def _ordered(cond: Bin, a: Expr, b: Expr, path: Path, now_ns: int) -> Cases:
    """a < b, a <= b."""
    last = _idle(a, b)
    if last is not None and cond.op == "ule":
        at, timeout_ns = last
        if now_ns - at <= timeout_ns:
            yield replace(path, fresh=(*path.fresh, last)), True
        else:
            yield path, False
        return
    if isinstance(a, Const):  # constant < bits: not bits <= constant
        for inner, holds in decide(negated(cond), path, now_ns):
            yield inner, not holds
        return
    if not (isinstance(b, Const) and is_bits(a)):
        raise NotExpressible("compare", "two values are ordered that only the packet tells")
    assert isinstance(a, Var)
    bits, top = bits_of(a), b.value + (cond.op == "ule")
    below, above = list(_prefixes(bits, 0, top)), list(_prefixes(bits, top, 1 << a.width))
    few, holds = (below, True) if len(below) <= len(above) else (above, False)
    rest: Path | None = path
    for prefix in few:
        if rest is None:
            return
        inside = rest.narrowed(prefix)
        if inside is not None:
            yield inside, holds
        rest = rest.without(prefix)
    if rest is not None:
        yield rest, not holds


def _idle(a: Expr, b: Expr) -> tuple[int, int] | None:
    """`$time - last <= timeout` as (last, timeout)."""
    match a, b:
        case Bin(op="sub", a=Var(name="$time"), b=Const(value=last)), Const(value=timeout):
            return last, timeout
        case _:
            return None


def _prefixes(bits: Bits, low: int, high: int) -> Iterator[Match]:
    """Matches for low <= value < high, largest blocks first within each end."""
    while low < high:
        size = low & -low or 1 << bits.width
        while low + size > high:
            size >>= 1
        free = size - 1
        mask = ((1 << bits.width) - 1) & ~free
        yield Match(mask << bits.shift, low << bits.shift)
        low += size
