"""Operators and casts."""

from __future__ import annotations

from dataclasses import replace

from cora.frontend import ast, types
from cora.frontend.check.coerce import Coercer, cast_help
from cora.frontend.check.generics import mentions
from cora.frontend.consteval import cast_value, fold
from cora.frontend.types import BOOL, INT, UNKNOWN, Bits, EnumType, Type, show


def known(e: ast.Expr) -> ast.Expr:
    """The expression with its compile-time value, if its parts have one."""
    return replace(e, value=fold(e))


_NOT_COMPARED = types.ExternType | types.FunctionType | types.TableType | types.BlockType | types.String | types.Void


class Operators(Coercer):
    def unary(self, e: ast.Unary) -> ast.Expr:
        a = self.expr(e.operand)
        if a.type == UNKNOWN:
            return replace(e, operand=a)
        if e.op == "!":
            a = self.coerce(a, BOOL, "'!'")
            return known(replace(e, operand=a, type=BOOL))
        a = self.to_underlying(a)
        if isinstance(a.type, Bits) or (a.type == INT and e.op != "~"):
            return known(replace(e, operand=a, type=a.type))
        what = "a number with a width" if e.op == "~" else "a number"
        self.report(
            "C0211", f"{e.op!r} needs {what}, and this is {show(a.type)}", a.span,
            help="write the width, as in 8w1" if a.type == INT else "use '!' for bool; cast other types first",
        )  # fmt: skip
        return replace(e, operand=a)

    def to_underlying(self, a: ast.Expr) -> ast.Expr:
        """An enum's value as the number that represents it."""
        if isinstance(a.type, EnumType) and a.type.underlying is not None:
            return self.coerce(a, a.type.underlying)
        return a

    def binary(self, e: ast.Binary) -> ast.Expr:
        return self.operate(e, self.expr(e.left), self.expr(e.right))

    def operate(self, e: ast.Binary, a: ast.Expr, b: ast.Expr) -> ast.Expr:
        """The operator of `e` on checked sides."""
        if UNKNOWN in (a.type, b.type):
            boolean = e.op in ("==", "!=", "<", "<=", ">", ">=", "&&", "||")
            return replace(e, left=a, right=b, type=BOOL if boolean else UNKNOWN)
        match e.op:
            case "&&" | "||":
                what = f"a side of {e.op!r}"
                return known(replace(e, left=self.coerce(a, BOOL, what), right=self.coerce(b, BOOL, what), type=BOOL))
            case "<<" | ">>":
                return self._shift(e, self.to_underlying(a), self.to_underlying(b))
            case "++":
                return self._concat(e, self.to_underlying(a), self.to_underlying(b))
            case "==" | "!=":
                return self._equality(e, a, b)
            case _:
                return self._arithmetic(e, self.to_underlying(a), self.to_underlying(b))

    def _arithmetic(self, e: ast.Binary, a: ast.Expr, b: ast.Expr) -> ast.Expr:
        for side in (a, b):
            if not isinstance(side.type, Bits | types.InfInt):
                base = types.underlying(side.type)
                self.report(
                    "C0211", f"{e.op!r} works on numbers, and this is {show(side.type)}", side.span,
                    help=cast_help(base, side.type, side.span) if isinstance(side.type, types.NewType)
                    else "cast it to bit<N> first, if it is a number at heart",
                )  # fmt: skip
                return replace(e, left=a, right=b)
        a, b = self._same_width(e, a, b)
        type_ = a.type
        if e.op in ("/", "%") and isinstance(type_, Bits) and type_.signed:
            self.report("C0211", f"{e.op!r} isn't defined for signed numbers", e.span, help="cast both sides to bit<N>")
        if type_ == INT and e.op in ("|+|", "|-|"):
            help = "write the width of one side, as in 8w1"
            self.report("C0213", f"{e.op!r} has no width, and so no limit", e.span, help=help)
        if type_ == INT and e.op in ("/", "%") and any(isinstance(x.value, int) and x.value < 0 for x in (a, b)):
            self.report(
                "C0211", f"{e.op!r} isn't defined for negative numbers", e.span, help="divide the absolute value"
            )
        if e.op in ("/", "%") and b.value == 0:
            self.report("C0212", "division by zero", b.span, help="divide by something else")
        comparison = e.op in ("<", "<=", ">", ">=")
        return known(replace(e, left=a, right=b, type=BOOL if comparison else type_))

    def _same_width(self, e: ast.Binary, a: ast.Expr, b: ast.Expr) -> tuple[ast.Expr, ast.Expr]:
        if a.type == b.type:
            return a, b
        if a.type == INT:
            return self.coerce(a, b.type), b
        if b.type == INT:
            return a, self.coerce(b, a.type)
        self.report(
            "C0210", f"the sides of {e.op!r} differ: {show(a.type)} and {show(b.type)}", e.span,
            help=cast_help(a.type, b.type, b.span),
        )  # fmt: skip
        return replace(a, type=UNKNOWN, value=None), replace(b, type=UNKNOWN, value=None)

    def _equality(self, e: ast.Binary, a: ast.Expr, b: ast.Expr) -> ast.Expr:
        if a.type != b.type and (isinstance(a.type, EnumType) or isinstance(b.type, EnumType)):
            a, b = self.to_underlying(a), self.to_underlying(b)
        if a.type != b.type and _adapts(a):
            a = self.coerce(a, b.type, f"the left side of {e.op!r}")
        elif a.type != b.type and _adapts(b):
            b = self.coerce(b, a.type, f"the right side of {e.op!r}")
        if UNKNOWN in (a.type, b.type):
            return replace(e, left=a, right=b, type=BOOL)
        if a.type != b.type:
            self.report(
                "C0210", f"the sides of {e.op!r} differ: {show(a.type)} and {show(b.type)}", e.span,
                help=cast_help(a.type, b.type, b.span),
            )  # fmt: skip
        elif isinstance(a.type, _NOT_COMPARED):
            self.report("C0211", f"{show(a.type)} can't be compared", e.span, help="compare values, not objects")
        return known(replace(e, left=a, right=b, type=BOOL))

    def _shift(self, e: ast.Binary, a: ast.Expr, b: ast.Expr) -> ast.Expr:
        if not isinstance(a.type, Bits | types.InfInt) or not isinstance(b.type, Bits | types.InfInt):
            bad = b if isinstance(a.type, Bits | types.InfInt) else a
            self.report(
                "C0211", f"{e.op!r} works on numbers, and this is {show(bad.type)}", bad.span, help="cast it to bit<N>"
            )
            return replace(e, left=a, right=b)
        negative = isinstance(b.value, int) and b.value < 0
        if negative or (isinstance(b.type, Bits) and b.type.signed):
            self.report(
                "C0211", "a shift by a signed or negative number", b.span, help="shift the other way, or cast to bit<N>"
            )
            return replace(e, left=a, right=b)
        if a.type == INT and b.value is None:
            self.report(
                "C0213", "the number that is shifted has no width", a.span, help="write its width, as in 32w1 << n"
            )
            return replace(e, left=a, right=b)
        if b.type == INT and a.type != INT and isinstance(b.value, int):
            b = self.coerce(b, Bits(max(8, b.value.bit_length())))
        return known(replace(e, left=a, right=b, type=a.type))

    def _concat(self, e: ast.Binary, a: ast.Expr, b: ast.Expr) -> ast.Expr:
        if a.type == types.STRING and b.type == types.STRING:
            return known(replace(e, left=a, right=b, type=types.STRING))
        for side in (a, b):
            if side.type == INT:
                self.report("C0213", "a part of '++' has no width", side.span, help="write its width, as in 8w0 ++ x")
                return replace(e, left=a, right=b)
        if not isinstance(a.type, Bits) or not isinstance(b.type, Bits):
            bad = b if isinstance(a.type, Bits) else a
            self.report("C0211", f"'++' joins bits, and this is {show(bad.type)}", bad.span, help="cast it to bit<N>")
            return replace(e, left=a, right=b)
        return known(replace(e, left=a, right=b, type=Bits(a.type.width + b.type.width, a.type.signed)))

    def ternary(self, e: ast.Ternary) -> ast.Expr:
        cond = self.coerce(self.expr(e.cond), BOOL, "the condition of '?'")
        a, b = self.expr(e.then), self.expr(e.orelse)
        if a.type != b.type and UNKNOWN not in (a.type, b.type):
            if _adapts(a):
                a = self.coerce(a, b.type, "this choice")
            elif _adapts(b):
                b = self.coerce(b, a.type, "this choice")
            else:
                self.report(
                    "C0210", f"the choices of '?' differ: {show(a.type)} and {show(b.type)}", e.span,
                    help=cast_help(a.type, b.type, b.span),
                )  # fmt: skip
                return replace(e, cond=cond, then=a, orelse=b)
        return known(replace(e, cond=cond, then=a, orelse=b, type=UNKNOWN if b.type == UNKNOWN else a.type))

    # ---- casts

    def cast(self, e: ast.Cast) -> ast.Expr:
        assert e.target is not None
        target = self.type_ref(e.target)
        a = self.expr(e.operand)
        wanted = target.resolved
        if UNKNOWN in (a.type, wanted):
            return replace(e, target=target, operand=a, type=wanted)
        if isinstance(a, ast.ListExpr | ast.StructExpr | ast.InvalidHeader | ast.DefaultExpr):
            return self.coerce(a, wanted, "this cast")
        if a.type == INT and types.underlying(wanted) == BOOL and a.value in (0, 1):
            return replace(e, target=target, operand=a, type=wanted, value=bool(a.value))
        if not castable(a.type, wanted):
            self.report(
                "C0214", f"{show(a.type)} can't be cast to {show(wanted)}", e.span,
                help=cast_help(wanted, a.type, a.span),
            )  # fmt: skip
            return replace(e, target=target, operand=a, type=wanted)
        base = types.underlying(wanted)
        if a.type == INT and isinstance(base, Bits):
            a = self._truncated(a, base)
        value = cast_value(a.value, a.type, wanted)
        return replace(e, target=target, operand=a, type=wanted, value=value)

    def _truncated(self, a: ast.Expr, target: Bits) -> ast.Expr:
        """Like `coerce`, but a cast says that bits may be lost: no warning."""
        value = cast_value(a.value, INT, target)
        if isinstance(value, int):
            return ast.IntLit(value, span=a.span, type=target, value=value)
        return ast.Cast(None, a, span=a.span, type=target)

    def sized(self, e: ast.Expr, what: str) -> ast.Expr:
        """Reports C0213 if the type of `e`, which nothing else determines, has a number without a width."""
        if not isinstance(e.type, types.InfInt) and not mentions(e.type, types.InfInt):
            return e
        culprit = next((i for i in _parts(e) if i.type == INT), e)
        self.report(
            "C0213", f"{what} needs a width", culprit.span, help="write it, as in 16w0 (unsigned, 16 bits) or 16s0"
        )
        return replace(e, type=UNKNOWN)


def _adapts(e: ast.Expr) -> bool:
    """Whether the expression takes the type of what it is compared with."""
    return e.type == INT or isinstance(e, ast.ListExpr | ast.StructExpr | ast.InvalidHeader | ast.DefaultExpr)


def _parts(e: ast.Expr) -> list[ast.Expr]:
    match e:
        case ast.ListExpr(items=items):
            return [p for i in items for p in _parts(i)]
        case ast.StructExpr(fields=fields):
            return [p for f in fields for p in _parts(f.value)]
        case _:
            return [e]


def castable(source: Type, target: Type) -> bool:
    """P4's explicit casts: between widths, between signs of one width, bool and bit<1>, to and from what a newtype or
    enum is made of."""
    if source == target:
        return True
    a, b = types.underlying(source), types.underlying(target)
    match a, b:
        case types.InfInt(), Bits() | types.InfInt():
            return True
        case types.InfInt(), types.Bool():
            return False
        case Bits(), Bits():
            return a.width == b.width or a.signed == b.signed
        case Bits(width=1, signed=False), types.Bool():
            return True
        case types.Bool(), Bits(width=1, signed=False):
            return True
        case Bits(), types.InfInt():
            return True
        case _:
            return a == b
