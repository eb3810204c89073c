"""Arguments: which overload, which parameter, which types."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Label, Span
from cora.frontend import ast, types
from cora.frontend.check.generics import substitute, unify
from cora.frontend.check.lvalues import LValues
from cora.frontend.check.scope import Proto, are_given, did_you_mean
from cora.frontend.types import UNKNOWN, FunctionType, ParamType, Type, TypeVar, show


def _fits(params: tuple[ParamType, ...], args: tuple[ast.Arg, ...]) -> bool:
    """Whether the arguments suit the parameters by number and names."""
    names = {a.name for a in args if a.name}
    required = [p for p in params if not p.optional]
    if names:
        return names <= {p.name for p in params} and all(p.name in names for p in required) and len(args) <= len(params)
    return len(required) <= len(args) <= len(params)


class Arguments(LValues):
    def choose(self, protos: tuple[Proto, ...], call: ast.Call | ast.Instantiation, name: str) -> Proto | None:
        """The overload that the arguments fit by number and names. Reports C0217 if there is none, or several."""
        form = self.choose_form(tuple(p.type for p in protos), call, name)
        return next((p for p in protos if p.type is form), None)

    def choose_form(
        self, forms: tuple[FunctionType, ...], call: ast.Call | ast.Instantiation, name: str
    ) -> FunctionType | None:
        """As `choose`, of the types alone."""
        fitting = [f for f in forms if _fits(f.params, call.args)]
        given = call.type_args if isinstance(call, ast.Call) else ()
        if given:
            fitting = [f for f in fitting if len(f.type_params) == len(given)] or fitting
        # One that needs no default values is meant before one that does.
        fitting = [f for f in fitting if len(f.params) == len(call.args)] or fitting
        if len(fitting) == 1:
            return fitting[0]
        if len(forms) == 1:
            # The binding of the arguments says more exactly what is wrong.
            return forms[0]
        shown = "; ".join(f"{name}({_shown(f.params)})" for f in fitting or forms)
        message = f"several forms of {name!r} take" if fitting else f"no form of {name!r} takes"
        self.report(
            "C0217", f"{message} these {len(call.args)} arguments", call.span,
            help=f"name the arguments, as in f(x = 1): {shown}" if fitting else f"its forms: {shown}",
        )  # fmt: skip
        return None

    def bind(
        self, params: tuple[ParamType, ...], args: tuple[ast.Arg, ...], span: Span, name: str, decl: ast.Node | None
    ) -> list[ast.Arg | None] | None:
        """One argument a parameter, None for those left out. Reports C0217, C0218."""
        bound: dict[str, ast.Arg] = {}
        unnamed = next((a for a in args if not a.name), None)
        named = next((a for a in args if a.name), None)
        if named is not None and unnamed is not None:
            self.report(
                "C0218", "some of the arguments have names, and some don't", unnamed.span,
                notes=[Label(named.span, "this one has a name")], help="name all of them or none",
            )  # fmt: skip
            return None
        for i, arg in enumerate(args):
            target = arg.name or (params[i].name if i < len(params) else "")
            if target not in {p.name for p in params}:
                return self._unknown_argument(params, args, arg, name, decl)
            if target in bound:
                self.report("C0218", f"{target!r} gets two arguments", arg.span, help="remove one of them")
                return None
            bound[target] = arg
        missing = [p.name for p in params if p.name not in bound and not p.optional]
        if missing:
            names = ", ".join(map(repr, missing))
            self.report(
                "C0217", f"{name!r} takes {_count(params)}, and {names} is missing", span,
                notes=_declared(decl), help=f"call it as {name}({_shown(params)})",
            )  # fmt: skip
            return None
        return [bound.get(p.name) for p in params]

    def _unknown_argument(
        self, params: tuple[ParamType, ...], args: tuple[ast.Arg, ...], arg: ast.Arg, name: str, decl: ast.Node | None
    ) -> None:
        if arg.name:
            near = did_you_mean(arg.name, (p.name for p in params))
            self.report(
                "C0218", f"{name!r} has no parameter {arg.name!r}", arg.span,
                notes=_declared(decl), help=near or f"its parameters are {_shown(params)}",
            )  # fmt: skip
        else:
            self.report(
                "C0217", f"{name!r} takes {_count(params)}, and {are_given(len(args))}", arg.span,
                notes=_declared(decl), help=f"call it as {name}({_shown(params)})",
            )  # fmt: skip

    def typed_args(self, args: tuple[ast.Arg, ...]) -> tuple[ast.Arg, ...]:
        return tuple(a if a.value is None else replace(a, value=self.expr(a.value)) for a in args)

    def infer(
        self, params: tuple[ParamType, ...], bound: list[ast.Arg | None], bindings: dict[TypeVar, Type],
        free: frozenset[TypeVar],
    ) -> None:  # fmt: skip
        """Binds type variables by the types of the arguments. What doesn't fit is reported by `convert`."""
        for param, arg in zip(params, bound, strict=True):
            if arg is not None and arg.value is not None:
                unify(param.type, arg.value.type, bindings, free)

    def convert(
        self,
        params: tuple[ParamType, ...],
        bound: list[ast.Arg | None],
        defaults: tuple[ast.Expr | None, ...],
        span: Span,
        static: bool,
    ) -> tuple[ast.Arg, ...]:
        """The arguments in the parameters' types. `static` says that parameters without a direction take only what is
        known at compile time."""
        done: list[ast.Arg] = []
        for param, arg, default in zip(params, bound, defaults, strict=True):
            if arg is None:
                done.append(ast.Arg(param.name, default, span=span))
            elif arg.value is None:
                done.append(self._ignored(param, arg))
            else:
                done.append(replace(arg, name=param.name, value=self._convert_one(param, arg.value, static)))
        return tuple(done)

    def _ignored(self, param: ParamType, arg: ast.Arg) -> ast.Arg:
        if param.direction != "out":
            self.report(
                "C0219", f"'_' for the parameter {param.name!r}, which is not 'out'", arg.span, help="give a value"
            )
        return replace(arg, name=param.name)

    def _convert_one(self, param: ParamType, value: ast.Expr, static: bool) -> ast.Expr:
        what = f"the parameter {param.name!r}"
        if param.direction in ("out", "inout"):
            if not self.check_lvalue(value, f"the argument for {param.direction!r} parameter {param.name!r}"):
                return replace(value, type=UNKNOWN, value=None)
            if not unify(param.type, value.type, {}, frozenset()):
                self.report(
                    "C0207", f"{what} is {show(param.type)}, and this is {show(value.type)}", value.span,
                    label=show(value.type),
                    help=f"an {param.direction!r} argument has exactly that type: use such a variable",
                )  # fmt: skip
            return value
        if isinstance(param.type, types.ExternType | types.BlockType | types.PackageType):
            if not unify(param.type, value.type, {}, frozenset()):
                self.mismatch(value, param.type, what)
            return value
        value = self.coerce(value, param.type, what)
        if isinstance(value.type, types.InfInt) and value.value is None:
            return value
        value = value if param.type in (types.INT, UNKNOWN) else self.sized(value, what)
        if (static or param.type == types.INT) and not param.direction and not self.is_static(value):
            self.report(
                "C0220", f"{what} must be known at compile time", value.span, help="use a literal or a constant"
            )
        return value

    def is_static(self, e: ast.Expr) -> bool:
        """Whether the value is known when the program is instantiated (constants, constructor parameters, objects)."""
        if e.value is not None or e.type == UNKNOWN:
            return True
        match e:
            case ast.Name(symbol=symbol):
                return symbol.kind in ("const", "constructor_parameter", "instance", "action", "table")
            case ast.Unary(operand=a) | ast.Cast(operand=a) | ast.Select(base=a):
                return self.is_static(a)
            case ast.Binary(left=a, right=b) | ast.Index(base=a, index=b):
                return self.is_static(a) and self.is_static(b)
            case ast.Ternary(cond=c, then=a, orelse=b):
                return all(self.is_static(x) for x in (c, a, b))
            case ast.SliceExpr(base=a, lo=lo):
                return self.is_static(a) and self.is_static(lo)
            case ast.ListExpr(items=items):
                return all(self.is_static(i) for i in items)
            case ast.StructExpr(fields=fields):
                return all(self.is_static(f.value) for f in fields)
            case ast.Call(target=ast.ConstructorTarget()) | ast.InvalidHeader() | ast.TypeExpr():
                return True
            case _:
                return False

    def type_arguments(
        self,
        call_args: tuple[ast.TypeRef, ...],
        params: tuple[TypeVar, ...],
        bindings: dict[TypeVar, Type],
        span: Span,
        name: str,
    ) -> tuple[ast.TypeRef, ...]:
        """The complete type arguments. Reports C0221 if one can't be inferred."""
        done: list[ast.TypeRef] = []
        for i, var in enumerate(params):
            found = bindings.get(var, types.ANY)
            if isinstance(found, types.AnyType):
                self.report(
                    "C0221", f"the type {var.name!r} of {name!r} can't be inferred", span,
                    help=f"give it: {name}<...>(...)",
                )  # fmt: skip
                bindings[var] = found = UNKNOWN
            given = call_args[i] if i < len(call_args) else ast.AnyTypeRef(span=span)
            done.append(replace(given, resolved=found))
        return tuple(done)

    def start_bindings(
        self, given: tuple[ast.TypeRef, ...], params: tuple[TypeVar, ...], span: Span, name: str
    ) -> tuple[tuple[ast.TypeRef, ...], dict[TypeVar, Type]]:
        refs = tuple(self.type_ref(g) for g in given)
        if refs and len(refs) != len(params):
            self.report(
                "C0206",
                f"{name!r} takes {len(params)} type argument{'s' * (len(params) != 1)}, and {are_given(len(refs))}",
                span,
                help="give all of them or none",
            )  # fmt: skip
            return (), dict.fromkeys(params, UNKNOWN)
        pairs = zip(params, refs, strict=True) if refs else ()
        return refs, {p: r.resolved for p, r in pairs if not isinstance(r.resolved, types.AnyType)}


def called_alike(a: FunctionType, b: FunctionType) -> bool:
    """Whether no call can tell two overloads apart: they have as many parameters, of the same names."""
    return len(a.params) == len(b.params) and {p.name for p in a.params} == {p.name for p in b.params}


def bound_params(params: tuple[ParamType, ...], bindings: dict[TypeVar, Type]) -> tuple[ParamType, ...]:
    return tuple(replace(p, type=substitute(p.type, bindings)) for p in params)


def _declared(decl: ast.Node | None) -> tuple[Label, ...]:
    if isinstance(decl, ast.Declared):
        return (Label(decl.name_span, "declared here"),)
    return ()


def _count(params: tuple[ParamType, ...]) -> str:
    return "no arguments" if not params else "1 argument" if len(params) == 1 else f"{len(params)} arguments"


def _shown(params: tuple[ParamType, ...]) -> str:
    return ", ".join(f"{p.direction} {show(p.type)} {p.name}".strip() for p in params)
