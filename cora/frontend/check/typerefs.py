"""From type references to types."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Span
from cora.frontend import ast, types
from cora.frontend.check.base import TYPE_KINDS, CheckerBase
from cora.frontend.check.generics import substitute
from cora.frontend.check.parameter_rules import CONSTRUCTORS, Owner, parameter_breaks
from cora.frontend.check.scope import Generic, are_given
from cora.frontend.types import ANY, UNKNOWN, Bits, Type, VarBits

MAX_WIDTH = 1 << 16


class TypeChecker(CheckerBase):
    def type_ref(self, ref: ast.TypeRef) -> ast.TypeRef:
        """The reference with its `resolved` type. Reports C0201, C0204, C0205."""
        match ref:
            case ast.BaseTypeRef(kind=kind):
                return replace(ref, resolved=_BASE[kind])
            case ast.BitsRef():
                return self._bits(ref)
            case ast.NamedTypeRef():
                return self._named(ref)
            case ast.StackRef(element=element, size=size):
                return self._stack(ref, self.type_ref(element), size)
            case ast.TupleRef(kind=kind, args=args):
                done = tuple(self.type_ref(a) for a in args)
                items = tuple(a.resolved for a in done)
                if kind == "tuple":
                    return replace(ref, args=done, resolved=types.TupleType(items))
                if len(items) != 1:
                    self._count(ref.span, "list", 1, len(items))
                    return replace(ref, args=done)
                return replace(ref, args=done, resolved=types.ListType(items[0]))
            case ast.AnyTypeRef():
                return replace(ref, resolved=ANY)

    def _bits(self, ref: ast.BitsRef) -> ast.TypeRef:
        if ref.width is None:
            return replace(ref, resolved=Bits(1))
        width, number = self.static_int(ref.width, "a width")
        resolved: Type = UNKNOWN
        if number is not None:
            least = 1 if ref.kind == "int" else 0
            if not least <= number <= MAX_WIDTH:
                self.report(
                    "C0205",
                    f"a width of {number} bits",
                    ref.width.span,
                    help=f"use a width from {least} to {MAX_WIDTH}",
                )
            else:
                resolved = VarBits(number) if ref.kind == "varbit" else Bits(number, ref.kind == "int")
        return replace(ref, width=width, resolved=resolved)

    def _stack(self, ref: ast.StackRef, element: ast.TypeRef, size: ast.Expr) -> ast.TypeRef:
        done, number = self.static_int(size, "the size of a stack")
        resolved: Type = UNKNOWN
        if not isinstance(types.underlying(element.resolved), _IN_ARRAYS):
            self.report(
                "C0204", f"an array can't have elements of type {types.show(element.resolved)}", element.span,
                help="its elements are headers, header unions, bits, bool, enums, structs or arrays",
            )  # fmt: skip
        elif number is not None and not 1 <= number <= 1024:
            self.report("C0205", f"an array of {number} elements", size.span, help="use a size from 1 to 1024")
        elif number is not None:
            resolved = types.StackType(element.resolved, number)
        return replace(ref, element=element, size=done, resolved=resolved)

    def _named(self, ref: ast.NamedTypeRef) -> ast.TypeRef:
        args = tuple(self.type_ref(a) for a in ref.args)
        symbol = (self.globals if ref.absolute else self.scope).lookup(ref.name)
        if symbol is None or symbol.kind not in TYPE_KINDS:
            self._no_type(ref, symbol)
            return replace(ref, args=args)
        generic = self.known.generics.get(symbol)
        if not args and generic is not None and generic.params and isinstance(generic.type, types.FieldsType):
            self._count(ref.span, ref.name, len(generic.params), 0)
            return replace(ref, args=args)
        return replace(ref, args=args, resolved=self.specialise(symbol, tuple(a.resolved for a in args), ref.span))

    def _no_type(self, ref: ast.NamedTypeRef, symbol: ast.Symbol | None) -> None:
        if symbol is not None:
            self.report(
                "C0204", f"{ref.name!r} is a {symbol.kind.replace('_', ' ')}, not a type", ref.span,
                notes=self.declared_note(symbol, "declared here"), help="a type is needed here",
            )  # fmt: skip
            return
        candidates = (s.name for s in self.scope.visible() if s.kind in TYPE_KINDS)
        otherwise = "declare it before this line, or include the file that does"
        help, notes = self.advice(ref.name, candidates, otherwise)
        self.report("C0201", f"there is no type {ref.name!r} here", ref.span, help=help, notes=notes)

    def specialise(self, symbol: ast.Symbol, args: tuple[Type, ...], span: Span) -> Type:
        """The type of a type's symbol with type arguments; without any, a generic type stands for all its
        specialisations (its arguments are to be inferred)."""
        generic = self.known.generics.get(symbol, Generic(symbol.type))
        if not args and generic.params and isinstance(generic.type, types.FieldsType):
            self._count(span, symbol.name, len(generic.params), 0)
            return UNKNOWN
        if not args:
            return generic.type
        if len(args) != len(generic.params):
            self._count(span, symbol.name, len(generic.params), len(args))
            return UNKNOWN
        return substitute(generic.type, dict(zip(generic.params, args, strict=True)))

    def _count(self, span: Span, name: str, wanted: int, given: int) -> None:
        self.report(
            "C0206", f"{name!r} takes {wanted} type argument{'s' * (wanted != 1)}, and {are_given(given)}", span,
            help="give as many types as it declares",
        )  # fmt: skip

    def params(self, params: tuple[ast.Parameter, ...], of: Owner) -> tuple[ast.Parameter, ...]:
        """Checks and declares parameters in the present scope."""
        kind: ast.SymbolKind = "constructor_parameter" if of in CONSTRUCTORS else "parameter"
        done: list[ast.Parameter] = []
        for p in params:
            ref = self.type_ref(p.type)
            for d in parameter_breaks(p, ref.resolved, of):
                self.report(d.code, d.message, d.span or p.span, help=d.help)
            symbol = self.declare(kind, p, ref.resolved)
            default = None if p.default is None else self.default_of(p.default, ref.resolved)
            checked = replace(p, type=ref, default=default, symbol=symbol)
            symbol.decl = checked
            done.append(checked)
        return tuple(done)

    def default_of(self, default: ast.Expr, type_: Type) -> ast.Expr:
        raise NotImplementedError


_IN_ARRAYS = (
    types.HeaderType, types.UnionType, types.Bits, types.Bool, types.ErrorType, types.EnumType, types.StructType,
    types.StackType, types.TypeVar, types.Unknown,
)  # fmt: skip
_BASE: dict[str, Type] = {
    "bool": types.BOOL,
    "error": types.ERROR,
    "match_kind": types.MATCH_KIND,
    "string": types.STRING,
    "int": types.INT,
    "void": types.VOID,
}


def param_types(params: tuple[ast.Parameter, ...]) -> tuple[types.ParamType, ...]:
    return tuple(
        types.ParamType(
            p.name,
            p.type.resolved,
            p.direction,
            p.default is not None or any(a.name == "optional" for a in p.annotations),
        )
        for p in params
    )
