"""Every expression gets its type, its symbols and its value."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Label
from cora.frontend import ast, types
from cora.frontend.check.base import TYPE_KINDS
from cora.frontend.check.calls import Calls
from cora.frontend.check.coerce import cast_help
from cora.frontend.check.generics import type_vars, unify
from cora.frontend.check.operators import known
from cora.frontend.check.scope import did_you_mean
from cora.frontend.consteval import fold, normalise
from cora.frontend.types import BOOL, INT, STRING, UNKNOWN, Bits, EnumType, Type, show


class Expressions(Calls):
    def expr(self, e: ast.Expr) -> ast.Expr:
        match e:
            case ast.IntLit():
                return self._int(e)
            case ast.BoolLit():
                return replace(e, type=BOOL, value=e.truth)
            case ast.StringLit():
                return replace(e, type=STRING, value=e.text)
            case ast.Name():
                return self._name(e)
            case ast.TypeExpr():
                ref = self.type_ref(e.ref)
                if ref.resolved != UNKNOWN:
                    self.report(
                        "C0225", f"{show(ref.resolved)} is a type, and a value is needed here", e.span,
                        help="instantiate it: T(...)" if isinstance(ref.resolved, types.BlockType | types.ExternType)
                        else "name a variable or one of the type's members",
                    )  # fmt: skip
                return e
            case ast.Select():
                return self._select(e)
            case ast.Index():
                return self._index(e)
            case ast.SliceExpr():
                return self._slice(e)
            case ast.Unary():
                return self.unary(e)
            case ast.Binary():
                return self.binary(e)
            case ast.Ternary():
                return self.ternary(e)
            case ast.Cast():
                return self.cast(e)
            case ast.Call():
                return self.call(e)
            case _:
                return self._composite(e)

    def _composite(self, e: ast.Expr) -> ast.Expr:
        match e:
            case ast.ListExpr(items=items):
                done = tuple(self.expr(i) for i in items)
                parts = tuple(i.type for i in done)
                type_ = types.TupleType(parts) if all(_is_value(i) for i in done) else UNKNOWN
                typed = replace(e, items=done, type=type_)
                return replace(typed, value=fold(typed))
            case ast.StructExpr():
                return self._struct_literal(e)
            case ast.DefaultExpr() | ast.InvalidHeader():
                # Only a context gives these a type; ANY is one that `coerce` replaces.
                return replace(e, type=types.ANY)
            case ast.This() if self.place.this is not None:
                return replace(e, type=self.place.this)
            case ast.This():
                self.report("C0222", "'this' outside of an object", e.span, help="name the object")
                return e
            case ast.Range() | ast.Mask() | ast.DontCare():
                self.report(
                    "C0224", "a set of values where one value is needed", e.span, help="sets stand in keys only"
                )
                return e
            case _:
                return e

    def _struct_literal(self, e: ast.StructExpr) -> ast.Expr:
        done: list[ast.NamedField] = []
        for f in e.fields:
            if f.name in {d.name for d in done}:
                self.report("C0218", f"the field {f.name!r} gets two values", f.span, help="remove one of them")
                continue
            done.append(replace(f, value=self.expr(f.value)))
        fields = tuple(types.FieldType(f.name, f.value.type) for f in done)
        typed = replace(e, fields=tuple(done), type=types.StructType("", fields))
        return replace(typed, value=fold(typed))

    def _int(self, e: ast.IntLit) -> ast.Expr:
        if e.width is None:
            return replace(e, type=INT, value=e.number)
        type_ = Bits(e.width, e.signed)
        if e.number >> e.width:
            self.report(
                "C0208", f"{e.number} doesn't fit into {e.width} bits", e.span,
                help="use a wider type, or write the number that is meant", severity="warning",
            )  # fmt: skip
        return replace(e, type=type_, value=normalise(e.number, type_))

    def _name(self, e: ast.Name) -> ast.Expr:
        if e.name in self.known.match_kinds and self.scope.lookup(e.name) is None:
            return replace(e, type=types.MATCH_KIND, value=ast.Member("match_kind", e.name))
        symbol = self.find(e.name, e.span, e.absolute, "variable or constant")
        if symbol is None:
            return e
        if symbol.kind in TYPE_KINDS:
            self.report(
                "C0225", f"{e.name!r} is a type, and a value is needed here", e.span,
                notes=self.declared_note(symbol, "declared here"), help="name a variable or one of the type's members",
            )  # fmt: skip
            return e
        return replace(e, symbol=symbol, type=symbol.type, value=symbol.value)

    # ---- members

    def _select(self, e: ast.Select) -> ast.Expr:
        base = self.owner(e.base)
        e = replace(e, base=base)
        if isinstance(base, ast.TypeExpr):
            return self._type_member(e, base)
        match base.type:
            case types.Unknown():
                return e
            case types.StructType() | types.HeaderType() | types.UnionType():
                type_ = types.field_type(base.type, e.name)
                return self._no_field(e, base.type) if type_ is None else known(replace(e, type=type_))
            case types.StackType():
                return self._stack_member(e, base.type)
            case types.ApplyResultType(table=table):
                results: dict[str, Type] = {"hit": BOOL, "miss": BOOL, "action_run": types.ActionRunType(table)}
                if e.name in results:
                    return replace(e, type=results[e.name])
                return self._no_member(e, base.type, tuple(results))
            case _:
                return self._no_member(e, base.type, ())

    def _no_field(self, e: ast.Select, type_: types.FieldsType) -> ast.Expr:
        names = tuple(f.name for f in type_.fields)
        decl = self.known.fields.get(type_.name)
        if e.name in ("isValid", "setValid", "setInvalid"):
            help = f"it is a method: write {e.name}()"
        else:
            help = did_you_mean(e.name, names) or (
                f"its fields are {', '.join(names)}" if names else "it has no fields"
            )
        self.report(
            "C0203", f"{show(type_)} has no field {e.name!r}", e.name_span,
            notes=() if decl is None else (Label(decl.name_span, "declared here"),), help=help,
        )  # fmt: skip
        return e

    def _no_member(self, e: ast.Select, type_: Type, names: tuple[str, ...]) -> ast.Expr:
        has = f"it has {', '.join(names)}" if names else f"{show(type_)} has no members"
        if isinstance(type_, types.ExternType) and e.name in self.known.externs[type_.name].methods:
            has = f"it is a method: write {e.name}()"
        self.report(
            "C0203", f"{show(type_)} has no member {e.name!r}", e.name_span, help=did_you_mean(e.name, names) or has
        )
        return e

    def _stack_member(self, e: ast.Select, stack: types.StackType) -> ast.Expr:
        match e.name:
            case "next" | "last":
                if self.place.kind != "parser":
                    self.report(
                        "C0223",
                        f"{e.name!r} of a stack outside of a parser",
                        e.name_span,
                        help="use an index: stack[0]",
                    )
                return replace(e, type=stack.element)
            case "lastIndex":
                if self.place.kind != "parser":
                    self.report(
                        "C0223", "'lastIndex' of a stack outside of a parser", e.name_span,
                        help="count in a field of your metadata while parsing",
                    )  # fmt: skip
                return replace(e, type=Bits(32))
            case "size":
                return replace(e, type=Bits(32), value=stack.size)
            case _:
                return self._no_member(e, stack, ("next", "last", "lastIndex", "size"))

    def _type_member(self, e: ast.Select, base: ast.TypeExpr) -> ast.Expr:
        match base.type:
            case EnumType(name=owner, members=members):
                if e.name in members:
                    return replace(e, type=base.type, value=ast.Member(owner, e.name))
                return self._no_member(e, base.type, members)
            case types.ErrorType():
                if e.name in self.known.errors:
                    return replace(e, type=base.type, value=ast.Member("error", e.name))
                return self._no_member(e, base.type, tuple(self.known.errors))
            case types.MatchKindType():
                self.check_match_kind(e.name, e.name_span)
                return replace(e, type=base.type, value=ast.Member("match_kind", e.name))
            case types.Unknown():
                return e
            case _:
                return self._no_member(e, base.type, ())

    # ---- indices and slices

    def _index(self, e: ast.Index) -> ast.Expr:
        base, index = self.expr(e.base), self.to_underlying(self.expr(e.index))
        e = replace(e, base=base, index=index)
        if UNKNOWN in (base.type, index.type):
            return e
        match base.type:
            case types.StackType(element=element, size=size):
                if not isinstance(index.type, Bits | types.InfInt):
                    self.mismatch(index, Bits(32), "an index")
                elif isinstance(index.value, int) and not 0 <= index.value < size:
                    self.report(
                        "C0226", f"the index {index.value} is outside of a stack of {size}", index.span,
                        help=f"use 0 to {size - 1}",
                    )  # fmt: skip
                index = self.coerce(index, Bits(32)) if index.type == INT else index
                return replace(e, index=index, type=element)
            case types.TupleType(items=items):
                if not isinstance(index.value, int):
                    self.report(
                        "C0220", "the index of a tuple must be known at compile time", index.span, help="use a literal"
                    )
                elif not 0 <= index.value < len(items):
                    self.report(
                        "C0226", f"the index {index.value} is outside of a tuple of {len(items)}", index.span,
                        help=f"use 0 to {len(items) - 1}",
                    )  # fmt: skip
                else:
                    return known(replace(e, type=items[index.value]))
                return e
            case _:
                self.report(
                    "C0211", f"{show(base.type)} has no elements", base.span,
                    help="take a bit with a slice: x[3:3]" if isinstance(base.type, Bits) else "index a stack",
                )  # fmt: skip
                return e

    def _slice(self, e: ast.SliceExpr) -> ast.Expr:
        base = self.expr(e.base)
        if e.width is not None:
            lo = self.to_underlying(self.expr(e.lo))
            if not isinstance(lo.value, int) and lo.type != UNKNOWN:
                return self._moving_slice(replace(e, base=base, lo=lo))
            e = replace(e, width=self.expr(e.width))
        hi, high = self.static_int(e.hi, "the upper end of a slice")
        lo, low = self.static_int(e.lo, "the lower end of a slice")
        e = replace(e, base=base, hi=hi, lo=lo)
        if base.type == UNKNOWN or high is None or low is None:
            return e
        match base.type:
            case Bits(width=width):
                most = f"{width - 1} >= "
            case types.InfInt():
                most, width = "", high + 1
            case _:
                return self._no_bits(e)
        if not 0 <= low <= high < width:
            self.report(
                "C0226", f"the slice [{high}:{low}] is outside of {show(base.type)}", hi.span,
                help=f"write [hi:lo] with {most}hi >= lo >= 0",
            )  # fmt: skip
            return e
        return known(replace(e, type=Bits(high - low + 1)))

    def _no_bits(self, e: ast.SliceExpr) -> ast.Expr:
        type_ = e.base.type
        bits = types.underlying(type_)
        self.report(
            "C0211", f"a slice takes bits, and this is {show(type_)}", e.base.span,
            help=cast_help(bits, type_, e.base.span) if bits != type_ else "cast it to bit<N> first",
        )  # fmt: skip
        return e

    def _moving_slice(self, e: ast.SliceExpr) -> ast.Expr:
        """`base[lo+:width]` where `lo` is known only when the program runs."""
        assert e.width is not None
        width, bits = self.static_int(e.width, "the width of a slice")
        e = replace(e, width=width)
        if e.base.type == UNKNOWN or bits is None:
            return e
        if not isinstance(e.base.type, Bits):
            return self._no_bits(e)
        if not isinstance(e.lo.type, Bits) or e.lo.type.signed:
            self.mismatch(e.lo, Bits(8), "the lower end of a slice")
        if not 1 <= bits <= e.base.type.width:
            self.report(
                "C0226", f"a slice of {bits} bits of {show(e.base.type)}", width.span,
                help=f"use a width from 1 to {e.base.type.width}",
            )  # fmt: skip
            return e
        return replace(e, type=Bits(bits))

    # ---- what types and tables ask

    def static_int(self, e: ast.Expr, what: str) -> tuple[ast.Expr, int | None]:
        """A number known at compile time. Reports C0220."""
        done = self.to_underlying(self.expr(e))
        if isinstance(done.value, bool) or not isinstance(done.value, int):
            if done.type != UNKNOWN:
                self.report(
                    "C0220",
                    f"{what} must be a number known at compile time",
                    e.span,
                    help="use a literal or a constant",
                )
            return done, None
        return done, done.value

    def default_of(self, default: ast.Expr, type_: Type) -> ast.Expr:
        done = self.expr(default)
        if isinstance(type_, types.BlockType):
            if not unify(type_, done.type, {}, frozenset(type_vars(type_))):
                self.mismatch(done, type_, "the default value")
            return done
        done = self.coerce(done, type_, "the default value")
        if not self.is_static(done):
            self.report(
                "C0220", "a default value must be known at compile time", default.span,
                help="use literals and constants",
            )  # fmt: skip
        return done


def _is_value(e: ast.Expr) -> bool:
    return e.type != UNKNOWN
