"""Implicit conversions: what a context that wants a type makes of an expression."""

from __future__ import annotations

import re
from dataclasses import replace

from cora.diagnostics import Span
from cora.frontend import ast, types
from cora.frontend.check.scope import are_given, did_you_mean
from cora.frontend.check.typerefs import TypeChecker
from cora.frontend.consteval import cast_value, fold, normalise
from cora.frontend.types import BOOL, INT, UNKNOWN, Bits, EnumType, Type, show


def source_text(span: Span) -> str:
    """What the user wrote at a span, for help texts; `...` if it is long."""
    text = span.source.text[span.start : span.end]
    return text if len(text) <= 30 and "\n" not in text and text else "..."


def _operand(text: str) -> str:
    """The text as the operand of a cast, which takes only the first operand of an operator: in parentheses."""
    plain = re.fullmatch(r"[\w.]+(\[[^\[\]]*\])?", text) or text == "..."
    return text if plain else f"({text})"


def cast_help(target: Type, source: Type, span: Span) -> str:
    """What to write so that an expression gets the type `target`."""
    text = source_text(span)
    match target, source:
        case types.Bool(), Bits() | types.InfInt():
            return f"compare it: {_operand(text)} != 0"
        case Bits(width=1), types.Bool():
            return f"cast it: (bit<1>) ({text})"
        case Bits(), types.Bool():
            return f"choose a number: ({text}) ? {target.width}w1 : {target.width}w0"
        case Bits(), Bits() if target.signed != source.signed and target.width != source.width:
            first = show(Bits(target.width, source.signed))
            return f"cast it in two steps, the width first: ({show(target)}) ({first}) {_operand(text)}"
        case (
            (Bits() | types.NewType() | EnumType()),
            (Bits() | types.NewType() | EnumType() | types.InfInt()),
        ) if not (_plain_enum(target) or _plain_enum(source)):
            return f"cast it: ({show(target)}) {_operand(text)}"
        case _:
            return f"give a value of type {show(target)}"


def _plain_enum(t: Type) -> bool:
    """An enum without a width: its members are no numbers."""
    return isinstance(t, EnumType) and t.underlying is None


class Coercer(TypeChecker):
    def coerce(self, e: ast.Expr, target: Type, what: str = "this") -> ast.Expr:
        """`e` with the type `target`, converted where P4 does that by itself. Reports C0207 where it doesn't."""
        source = e.type
        if source == target or UNKNOWN in (source, target) or isinstance(target, types.AnyType):
            return e
        match e:
            case ast.ListExpr():
                return self._coerce_list(e, target, what)
            case ast.StructExpr():
                return self._coerce_struct(e, target, what)
            case ast.DefaultExpr():
                return self.default_value(target, e.span)
            case ast.InvalidHeader() if isinstance(target, types.HeaderType | types.UnionType):
                return replace(e, type=target)
            case ast.Ternary() if source == INT or isinstance(e.then, ast.ListExpr | ast.StructExpr):
                then, orelse = self.coerce(e.then, target, what), self.coerce(e.orelse, target, what)
                done = replace(e, then=then, orelse=orelse, type=target)
                return replace(done, value=fold(done))
            case _:
                return self._simple(e, source, target, what)

    def _simple(self, e: ast.Expr, source: Type, target: Type, what: str) -> ast.Expr:
        if source == INT and isinstance(target, Bits):
            return self._sized(e, target)
        if isinstance(source, EnumType) and source.underlying is not None:
            value = cast_value(e.value, source, source.underlying)
            inner = ast.Cast(None, e, span=e.span, type=source.underlying, value=value)
            return inner if source.underlying == target else self._simple(inner, inner.type, target, what)
        self.mismatch(e, target, what)
        return replace(e, type=UNKNOWN, value=None)

    def mismatch(self, e: ast.Expr, target: Type, what: str) -> None:
        if UNKNOWN in (e.type, target):
            return
        is_header = isinstance(e, ast.InvalidHeader)
        self.report(
            "C0207",
            f"{what} needs {_a(target)}, and this is {'an invalid header' if is_header else _a(e.type)}", e.span,
            label="" if is_header else show(e.type), help=cast_help(target, e.type, e.span),
        )  # fmt: skip

    def _sized(self, e: ast.Expr, target: Bits) -> ast.Expr:
        """An `int` as a number of bits. Warns (C0208) if it doesn't fit."""
        if not isinstance(e.value, int):
            return ast.Cast(None, e, span=e.span, type=target)
        number = normalise(e.value, target)
        unsigned = e.value & ((1 << target.width) - 1)
        if e.value not in (number, unsigned) and not (e.value < 0 and -e.value <= 1 << (target.width - 1)):
            self.report(
                "C0208", f"{e.value} doesn't fit into {show(target)}: it becomes {number}", e.span,
                help="use a wider type, or write the number that is meant", severity="warning",
            )  # fmt: skip
        base = e.base if isinstance(e, ast.IntLit) else 10
        return ast.IntLit(number, None, False, base, span=e.span, type=target, value=number)

    # ---- literals of several parts

    def _coerce_list(self, e: ast.ListExpr, target: Type, what: str) -> ast.Expr:
        match target:
            case types.TupleType(items=wanted):
                pass
            case types.StructType(fields=fields) | types.HeaderType(fields=fields):
                wanted = tuple(f.type for f in fields)
            case types.ListType(element=element):
                wanted = (element,) * len(e.items)
            case types.StackType(element=element, size=size):
                wanted = (element,) * size
            case _:
                self.mismatch(e, target, what)
                return replace(e, type=UNKNOWN)
        items = e.items
        if items and isinstance(items[-1], ast.DefaultExpr) and len(items) <= len(wanted) + 1:
            rest = [self.default_value(t, items[-1].span) for t in wanted[len(items) - 1 :]]
            items = (*items[:-1], *rest)
        early = next((i for i in items[:-1] if isinstance(i, ast.DefaultExpr)), None)
        if early is not None:
            self.report("C0209", "`...` isn't the last part of the list", early.span, help="move it to the end")
            return replace(e, type=UNKNOWN)
        if len(items) != len(wanted):
            parts = f"{len(wanted)} part{'s' * (len(wanted) != 1)}"
            self.report(
                "C0209", f"{show(target)} has {parts}, and {are_given(len(items))}", e.span,
                help="give one value a part, or end the list with `...` for default values",
            )  # fmt: skip
            return replace(e, type=UNKNOWN)
        done = tuple(self.coerce(i, t, f"part {n}") for n, (i, t) in enumerate(zip(items, wanted, strict=True), 1))
        typed = replace(e, items=done, type=target)
        return replace(typed, value=fold(typed))

    def _coerce_struct(self, e: ast.StructExpr, target: Type, what: str) -> ast.Expr:
        if not isinstance(target, types.StructType | types.HeaderType):
            self.mismatch(e, target, what)
            return replace(e, type=UNKNOWN)
        given = {f.name: f for f in e.fields}
        names = [f.name for f in target.fields]
        for f in e.fields:
            if f.name not in names:
                self.report(
                    "C0203", f"{show(target)} has no field {f.name!r}", f.span,
                    help=did_you_mean(f.name, names) or f"its fields are {', '.join(names)}",
                )  # fmt: skip
                return replace(e, type=UNKNOWN)
        done: list[ast.NamedField] = []
        missing: list[str] = []
        for field in target.fields:
            f = given.get(field.name)
            if f is not None:
                done.append(replace(f, value=self.coerce(f.value, field.type, f"the field {f.name!r}")))
            elif e.rest:
                done.append(ast.NamedField(field.name, self.default_value(field.type, e.span), span=e.span))
            else:
                missing.append(field.name)
        if missing:
            self.report(
                "C0209", f"no value for {', '.join(map(repr, missing))} of {show(target)}", e.span,
                help="give all fields, or end the list with `...` for default values",
            )  # fmt: skip
            return replace(e, type=UNKNOWN)
        typed = replace(e, fields=tuple(done), rest=False, type=target)
        return replace(typed, value=fold(typed))

    def default_value(self, type_: Type, span: Span) -> ast.Expr:
        """What `...` stands for: zero, false, NoError, an enum's first member or 0, an invalid header."""
        match type_:
            case Bits():
                return ast.IntLit(0, span=span, type=type_, value=0)
            case types.InfInt():
                return ast.IntLit(0, span=span, type=INT, value=0)
            case types.Bool():
                return ast.BoolLit(False, span=span, type=BOOL, value=False)
            case types.HeaderType() | types.UnionType():
                return ast.InvalidHeader(span=span, type=type_)
            case types.StructType(fields=fields):
                named = [ast.NamedField(f.name, self.default_value(f.type, span), span=span) for f in fields]
                struct = ast.StructExpr(tuple(named), span=span, type=type_)
                return replace(struct, value=fold(struct))
            case types.TupleType(items=items):
                whole = ast.ListExpr(tuple(self.default_value(i, span) for i in items), span=span, type=type_)
                return replace(whole, value=fold(whole))
            case types.StackType(element=element, size=size):
                parts = (self.default_value(element, span),) * size
                return ast.ListExpr(parts, span=span, type=type_)
            case types.NewType(base=base):
                inner = self.default_value(base, span)
                return ast.Cast(None, inner, span=span, type=type_, value=inner.value)
            case EnumType() | types.ErrorType():
                return self._default_member(type_, span)
            case _:
                if type_ != UNKNOWN:
                    self.report("C0207", f"{show(type_)} has no default value", span, help="give a value")
                return ast.DefaultExpr(span=span)

    def _default_member(self, type_: EnumType | types.ErrorType, span: Span) -> ast.Expr:
        if isinstance(type_, EnumType) and type_.underlying is not None:
            inner = self.default_value(type_.underlying, span)
            value = cast_value(0, type_.underlying, type_)
            return ast.Cast(None, inner, span=span, type=type_, value=value)
        owner, name = (type_.name, type_.members[0]) if isinstance(type_, EnumType) else ("error", "NoError")
        ref = ast.NamedTypeRef(owner, span=span, resolved=type_)
        base = ast.TypeExpr(ref, span=span, type=type_)
        return ast.Select(base, name, span, span=span, type=type_, value=ast.Member(owner, name))


def _a(type_: Type) -> str:
    match type_:
        case types.InfInt():
            return "a number without a width"
        case types.Bool():
            return "a bool"
        case types.Void():
            return "nothing (a call without a result)"
        case _:
            return show(type_)
