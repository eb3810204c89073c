"""Expressions by precedence climbing (Pratt), keysets, arguments and literals."""

from __future__ import annotations

import re

from cora.frontend import ast
from cora.frontend.lexer import Token
from cora.frontend.parse.base import MAX_DEPTH, SyntaxFailure, describe, join
from cora.frontend.parse.types import TYPE_KEYWORDS, TypeParser, string_value

_PRECEDENCE: tuple[tuple[ast.BinaryOp, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("++", "+", "-", "|+|", "|-|"),
    ("*", "/", "%"),
)
"""Loosest first, all left-associative; unlike in C, & ^ | bind tighter than comparisons."""
BINDING: dict[str, tuple[int, ast.BinaryOp]] = {
    op: (level, op) for level, ops in enumerate(_PRECEDENCE, 2) for op in ops
}
TERNARY = 1
UNARY = 20

_INT = re.compile(
    r"""^(?:(?P<width>[0-9]+)(?P<sign>[ws]))?
    (?P<digits>0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|0[dD][0-9_]+|[0-9][0-9_]*)$""",
    re.X,
)
_BASES = {"x": 16, "b": 2, "o": 8, "d": 10}


class ExpressionParser(TypeParser):
    def expression(self, least: int = 0) -> ast.Expr:
        with self.nested():
            left = self.unary()
            chain = 0
            while True:
                op = self._operator()
                if op is None or op[0] < max(least, TERNARY):
                    return left
                chain += 1
                if chain + self.depth > MAX_DEPTH:
                    self.fail(
                        f"more than {MAX_DEPTH} operators in one expression",
                        help="give parts of it a variable of their own", code="C0109",
                    )  # fmt: skip
                left = self._ternary(left) if op[0] == TERNARY else self._binary(left, op[0], op[1], op[2])

    def _operator(self) -> tuple[int, ast.BinaryOp, int] | None:
        """Binding strength, operator and number of tokens of the operator here."""
        token = self.token
        if token.kind != "punct":
            return None
        if token.text == "?":
            return TERNARY, "||", 1
        if token.text == ">" and self.peek().glued and self.sees_ahead(1, ">"):
            return BINDING[">>"][0], ">>", 2
        if token.text == ">" and self.peek().glued and self.sees_ahead(1, ">="):
            return None
        found = BINDING.get(token.text)
        return None if found is None else (found[0], found[1], 1)

    def _binary(self, left: ast.Expr, strength: int, op: ast.BinaryOp, tokens: int) -> ast.Expr:
        for _ in range(tokens):
            self.next()
        right = self.expression(strength + 1)
        return ast.Binary(op, left, right, span=join(left.span, right.span))

    def _ternary(self, cond: ast.Expr) -> ast.Expr:
        self.expect("?")
        then = self.expression()
        self.expect(":", "in a conditional expression")
        orelse = self.expression(TERNARY)
        return ast.Ternary(cond, then, orelse, span=join(cond.span, orelse.span))

    def unary(self) -> ast.Expr:
        start = self.token.span
        match self.token.text if self.token.kind == "punct" else "":
            case "!" | "~" | "-" | "+" as op:
                self.next()
                with self.nested():
                    operand = self.unary()
                return ast.Unary(op, operand, span=join(start, operand.span))
            case "(" if self._sees_cast():
                self.next()
                target = self.type_ref()
                self.expect(")", "after the type of a cast")
                with self.nested():
                    operand = self.unary()
                return ast.Cast(target, operand, span=join(start, operand.span))
            case _:
                return self._postfix(self.primary())

    def _sees_cast(self) -> bool:
        self.at += 1
        try:
            if not self.sees_type():
                return False
            # A type in parentheses is a cast; `(Colour.RED)` and `(hash_t(...))` are not.
            if self.sees(*TYPE_KEYWORDS):
                return not (self.sees("error") and self.sees_ahead(1, "."))
            after = 2 if self.sees(".") else 1
            return not self.sees_ahead(after, ".", "(")
        finally:
            self.at -= 1

    # ---- primaries

    def primary(self) -> ast.Expr:
        token = self.token
        match token.kind:
            case "int":
                self.next()
                return self._int(token)
            case "string":
                self.next()
                return ast.StringLit(string_value(token), span=token.span)
            case "punct":
                return self._punctuation(token)
            case "name":
                return self._word(token)
            case "end":
                self.fail("expected an expression, but the file ends here", help="is a closing brace missing above?")

    def _int(self, token: Token) -> ast.IntLit:
        m = _INT.match(token.text)
        if m is None:
            self.fail(
                f"{token.text!r} isn't a number",
                help="write it as in 10, 0xFF, 8w10 (unsigned, 8 bits) or 8s10 (signed)", span=token.span, code="C0106",
            )  # fmt: skip
        digits = m["digits"].replace("_", "")
        base = _BASES.get(digits[1:2].lower(), 10) if digits[:1] == "0" else 10
        number = int(digits[2:] or "0", base) if digits[1:2].isalpha() else int(digits)
        width = int(m["width"]) if m["width"] else None
        shown = 16 if base == 16 else 2 if base == 2 else 8 if base == 8 else 10
        if width == 0 or (width is not None and width > 65536):
            self.fail(
                f"a number of {width} bits", help="give it a width from 1 to 65536", span=token.span, code="C0106"
            )
        return ast.IntLit(number, width, m["sign"] == "s", shown, span=token.span)

    def _punctuation(self, token: Token) -> ast.Expr:
        match token.text:
            case "(":
                self.next()
                inner = self.expression()
                self.expect(")", "to close the parenthesis")
                return inner
            case "{":
                return self._braces()
            case "{#}":
                self.next()
                return ast.InvalidHeader(span=token.span)
            case "...":
                self.next()
                return ast.DefaultExpr(span=token.span)
            case "." if self.sees_name(1):
                if self.sees_type():
                    return self._type_expr()
                self.next()
                name = self.next()
                return ast.Name(name.text, True, span=join(token.span, name.span))
            case _:
                self.fail(
                    f"expected an expression, but here is {describe(token)}",
                    help="write a value, a variable or a call here",
                )

    def _word(self, token: Token) -> ast.Expr:
        match token.text:
            case "true" | "false":
                self.next()
                return ast.BoolLit(token.text == "true", span=token.span)
            case "this":
                self.next()
                return ast.This(span=token.span)
            case text if text in TYPE_KEYWORDS or (self.sees_name() and self.is_type(text)):
                return self._type_expr()
            case _ if self.sees_name():
                self.next()
                return ast.Name(token.text, span=token.span)
            case _:
                self.fail(
                    f"expected an expression, but {token.text!r} is a keyword of P4",
                    help="write a value, a variable or a call here",
                )

    def _type_expr(self) -> ast.Expr:
        ref = self.type_ref() if self.sees(*TYPE_KEYWORDS) else self._named_type()
        return ast.TypeExpr(ref, span=ref.span)

    def _braces(self) -> ast.Expr:
        start = self.expect("{").span
        if (self.sees_name() or self.sees("list")) and self.sees_ahead(1, "="):
            return self._struct_literal(start)
        items: list[ast.Expr] = []
        while not self.sees("}"):
            items.append(self.expression())
            if not self.accept(","):
                break
        self.expect("}", "to close the list")
        return ast.ListExpr(tuple(items), span=self.span_from(start))

    def _struct_literal(self, start: ast.Span) -> ast.Expr:
        fields: list[ast.NamedField] = []
        rest = False
        while not self.sees("}"):
            if self.accept("..."):
                rest = True
                break
            name = self.name("a field")
            self.expect("=", "after the field's name")
            value = self.expression()
            fields.append(ast.NamedField(name.text, value, span=join(name.span, value.span)))
            if not self.accept(","):
                break
        self.expect("}", "to close the structure")
        return ast.StructExpr(tuple(fields), rest, span=self.span_from(start))

    # ---- what follows a primary

    def _postfix(self, expr: ast.Expr) -> ast.Expr:
        steps = 0
        while True:
            steps += 1
            if steps > MAX_DEPTH:
                self.fail("this chain of members and calls is too long", help="split it", code="C0109")
            if self.sees("."):
                self.next()
                name = self.name("a field or method")
                expr = ast.Select(expr, name.text, name.span, span=join(expr.span, name.span))
            elif self.sees("["):
                expr = self._bracket(expr)
            elif self.sees("("):
                expr = self._call(expr, ())
            elif self.sees("<") and isinstance(expr, ast.Name | ast.Select):
                args = self._try_type_args()
                if args is None:
                    return expr
                expr = self._call(expr, args)
            else:
                return expr

    def _bracket(self, base: ast.Expr) -> ast.Expr:
        self.expect("[")
        first = self.expression()
        if self.accept("+:"):
            width = self.expression()
            self.expect("]", "after a slice")
            one = ast.IntLit(1, span=width.span)
            top = ast.Binary("+", first, width, span=join(first.span, width.span))
            hi = ast.Binary("-", top, one, span=top.span)
            return ast.SliceExpr(base, hi, first, width, span=self.span_from(base.span))
        if self.accept(":"):
            lo = self.expression()
            self.expect("]", "after a slice")
            return ast.SliceExpr(base, first, lo, span=self.span_from(base.span))
        self.expect("]", "after an index")
        return ast.Index(base, first, span=self.span_from(base.span))

    def _call(self, func: ast.Expr, type_args: tuple[ast.TypeRef, ...]) -> ast.Call:
        args = self.arguments()
        return ast.Call(func, type_args, args, span=self.span_from(func.span))

    def _try_type_args(self) -> tuple[ast.TypeRef, ...] | None:
        """`<..>` before `(` if it can only be type arguments: they are all types, or a lone name that may be one that
        isn't declared. Leaves the tokens alone otherwise."""
        at, kept, depth = self.at, self.reporter.diagnostics, self.depth
        self.reporter.diagnostics = []
        try:
            self.at += 1
            unknown = self.sees_name() and self.sees_ahead(1, ">") and self.sees_ahead(2, "(")
            if not (self.sees_type() or self.sees("_", ">") or unknown):
                self.at = at
                return None
            self.at = at
            args = self.type_args()
            if self.sees("("):
                return args
        except SyntaxFailure:
            pass
        finally:
            self.reporter.diagnostics, self.depth = kept, depth
        self.at = at
        return None

    def arguments(self) -> tuple[ast.Arg, ...]:
        self.expect("(")
        found: list[ast.Arg] = []
        while not self.sees(")"):
            found.append(self._argument())
            if not self.accept(","):
                break
        self.expect(")", "after the arguments")
        return tuple(found)

    def _argument(self) -> ast.Arg:
        start = self.token.span
        name = ""
        if self.token.kind == "name" and self.sees_ahead(1, "="):
            name = self.name("a parameter").text
            self.next()
        if self.accept("_"):
            return ast.Arg(name, None, span=self.span_from(start))
        value = self.expression()
        return ast.Arg(name, value, span=self.span_from(start))

    # ---- keysets

    def keyset(self) -> tuple[ast.Expr, ...]:
        """`e`, or `(e, e, ...)` for several keys."""
        if self.sees("(") and self._is_tuple_keyset():
            self.next()
            items = [self.simple_keyset()]
            while self.accept(","):
                items.append(self.simple_keyset())
            self.expect(")", "after the keys")
            return tuple(items)
        return (self.simple_keyset(),)

    def _is_tuple_keyset(self) -> bool:
        """Whether the parenthesis here is closed right before what ends a keyset."""
        level = 0
        for i in range(self.at, len(self.tokens)):
            token = self.tokens[i]
            if token.kind != "punct":
                continue
            if token.text in "({[" or token.text == "{#}":
                level += token.text != "{#}"
            elif token.text in ")}]":
                level -= 1
                if level == 0:
                    following = self.tokens[min(i + 1, len(self.tokens) - 1)]
                    return following.text == ":"
            elif token.text == ";":
                return False
        return False

    def simple_keyset(self) -> ast.Expr:
        token = self.token
        match token.text if token.kind == "name" else "":
            case "_" | "default" as keyword:
                self.next()
                return ast.DontCare(keyword, span=token.span)
            case _:
                pass
        left = self.expression()
        if self.accept("&&&"):
            mask = self.expression()
            return ast.Mask(left, mask, span=join(left.span, mask.span))
        if self.accept(".."):
            hi = self.expression()
            return ast.Range(left, hi, span=join(left.span, hi.span))
        return left
