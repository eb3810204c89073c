"""Calls: of functions, actions, extern functions, methods, tables, blocks and constructors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.diagnostics import Label, Span
from cora.frontend import ast, types
from cora.frontend.check.args import bound_params
from cora.frontend.check.core_calls import CoreCalls
from cora.frontend.check.generics import mentions, substitute
from cora.frontend.check.scope import did_you_mean
from cora.frontend.types import BOOL, INT, UNKNOWN, VOID, FunctionType, Type, TypeVar, show

SIZES = ("minSizeInBits", "maxSizeInBits", "minSizeInBytes", "maxSizeInBytes")


@dataclass(frozen=True, slots=True)
class Invocation:
    args: tuple[ast.Arg, ...]
    type_args: tuple[ast.TypeRef, ...]
    result: Type


class Calls(CoreCalls):
    def call(self, e: ast.Call) -> ast.Expr:
        match e.func:
            case ast.Name():
                return self._call_name(e, e.func)
            case ast.TypeExpr(ref=ref):
                return self._construct_call(e, ref)
            case ast.Select():
                return self._call_method(e, e.func)
            case _:
                func = self.expr(e.func)
                return self._not_callable(e, func)

    def _failed(self, e: ast.Call) -> ast.Call:
        """The call after an error: its arguments are checked too."""
        return replace(e, args=self.typed_args(e.args))

    def _not_callable(self, e: ast.Call, func: ast.Expr) -> ast.Call:
        if func.type != UNKNOWN:
            self.report(
                "C0222", f"{show(func.type)} can't be called", e.func.span,
                help="call a function, an action or a method; a table is applied with .apply()",
            )  # fmt: skip
        return self._failed(e)

    # ---- by name

    def _call_name(self, e: ast.Call, func: ast.Name) -> ast.Expr:
        symbol = self.find(func.name, func.span, func.absolute, "function or action")
        if symbol is None:
            return self._failed(e)
        func = replace(func, symbol=symbol, type=symbol.type)
        decl = symbol.decl
        match symbol.kind:
            case "extern_function":
                return self._call_extern(e, func)
            case "function" if len(self.known.overloads.get(symbol, ())) > 1:
                return self._call_overloaded(e, func)
            case "action" | "function" if isinstance(decl, ast.ActionDecl | ast.FunctionDecl):
                assert isinstance(symbol.type, FunctionType)
                if symbol.kind == "action" and self.place.kind in ("parser", "function"):
                    self.report(
                        "C0223", f"an action is called in a {self.place.kind}", e.span, help="use a function instead"
                    )
                done = self.invoke(e, symbol.type, decl.params, func.name, decl, static=False)
                return self._finish(e, func, done, ast.FunctionTarget(symbol))
            case "type" | "extern" | "parser" | "control" | "package":
                ref = ast.NamedTypeRef(func.name, absolute=func.absolute, span=func.span)
                return self._construct_call(e, ref)
            case _:
                return self._not_callable(e, func)

    def _call_overloaded(self, e: ast.Call, func: ast.Name) -> ast.Expr:
        """A call of one of several functions of the program with the same name."""
        protos = {s: s.type for s in self.known.overloads[func.symbol] if isinstance(s.type, FunctionType)}
        chosen = self.choose_form(tuple(protos.values()), e, func.name)
        if chosen is None:
            return self._failed(replace(e, func=func))
        symbol = next(s for s, type_ in protos.items() if type_ is chosen)
        assert isinstance(symbol.decl, ast.FunctionDecl)
        func = replace(func, symbol=symbol, type=chosen)
        done = self.invoke(e, chosen, symbol.decl.params, func.name, symbol.decl, static=False)
        return self._finish(e, func, done, ast.FunctionTarget(symbol))

    def _finish(self, e: ast.Call, func: ast.Expr, done: Invocation | None, target: ast.CallTarget) -> ast.Expr:
        if done is None:
            return replace(e, func=func)
        return replace(e, func=func, type_args=done.type_args, args=done.args, target=target, type=done.result)

    def _call_extern(self, e: ast.Call, func: ast.Name) -> ast.Expr:
        e = self._failed(e)
        proto = self.choose(self.known.functions[func.name], e, func.name)
        if proto is None:
            return e
        func = replace(func, type=proto.type)
        self.parser_only(e, func.name)
        done = self.invoke(e, proto.type, proto.decl.params, func.name, proto.decl, static=True, typed=True)
        found = self._finish(e, func, done, ast.ExternTarget(func.name, proto.decl))
        return found if done is None or func.name != "static_assert" else self._static_assert(found, done)

    def _static_assert(self, e: ast.Expr, done: Invocation) -> ast.Expr:
        check, *message = (a.value for a in done.args)
        if check is not None and check.value is False:
            said = next((f": {m.value}" for m in message if m is not None and isinstance(m.value, str)), "")
            self.report("C0247", f"static_assert fails{said}", check.span, help="the program says that this must hold")
        return replace(e, value=True)

    def invoke(
        self,
        e: ast.Call,
        function: FunctionType,
        decl_params: tuple[ast.Parameter, ...],
        name: str,
        decl: ast.Node | None,
        *,
        static: bool,
        typed: bool = False,
    ) -> Invocation | None:
        """Binds, infers and converts the arguments of a call. None after an error in their number or names."""
        if not typed:
            e = self._failed(e)
        renamed = self.fresh(function.type_params)
        params = bound_params(function.params, dict(renamed))
        variables = tuple(renamed.values())
        bound = self.bind(params, e.args, e.span, name, decl)
        if bound is None:
            return None
        refs, bindings = self.start_bindings(e.type_args, variables, e.span, name)
        if e.type_args and not refs:
            return None
        self.infer(params, bound, bindings, frozenset(variables))
        self._widths_known(params, bound, bindings)
        type_args = self.type_arguments(refs, variables, bindings, e.span, name)
        defaults = tuple(p.default for p in decl_params) or (None,) * len(params)
        args = self.convert(bound_params(params, bindings), bound, defaults, e.span, static)
        result = substitute(substitute(function.result, dict(renamed)), bindings)
        return Invocation(args, type_args, result)

    def _widths_known(
        self, params: tuple[types.ParamType, ...], bound: list[ast.Arg | None], bindings: dict[TypeVar, Type]
    ) -> None:
        for param, arg in zip(params, bound, strict=True):
            if not isinstance(param.type, TypeVar) or arg is None or arg.value is None or "out" in param.direction:
                continue
            if mentions(bindings.get(param.type, UNKNOWN), types.InfInt):
                self.sized(arg.value, f"the argument for {param.name!r}")
                bindings[param.type] = UNKNOWN

    # ---- constructors

    def _construct_call(self, e: ast.Call, ref: ast.TypeRef) -> ast.Expr:
        if e.type_args and isinstance(ref, ast.NamedTypeRef):
            ref = replace(ref, args=e.type_args)
        built = self.construct(ref, e.args, e.span)
        if built is None:
            return e
        ref, args, target, type_ = built
        func = ast.TypeExpr(ref, span=ref.span, type=type_)
        return replace(e, func=func, type_args=(), args=args, target=target, type=type_)

    def construct(
        self, ref: ast.TypeRef, args: tuple[ast.Arg, ...], span: Span
    ) -> tuple[ast.TypeRef, tuple[ast.Arg, ...], ast.ConstructorTarget, Type] | None:
        """The instantiation of an extern, parser or control. None after an error."""
        done = self.type_ref(ref)
        args = self.typed_args(args)
        if done.resolved == UNKNOWN:
            return None
        symbol = self._constructed_symbol(done)
        match done.resolved:
            case types.ExternType() if symbol is not None:
                return self._construct_extern(done, done.resolved, symbol, args, span)
            case types.BlockType() if symbol is not None:
                return self._construct_block(done, symbol, args, span)
            case _:
                self.report(
                    "C0222", f"{show(done.resolved)} can't be instantiated", ref.span,
                    help="only externs, parsers, controls and packages have instances; a variable is `T x;`",
                )  # fmt: skip
                return None

    def _constructed_symbol(self, ref: ast.TypeRef) -> ast.Symbol | None:
        """The declaration behind a reference or a typedef of it."""
        match ref.resolved:
            case types.ExternType(name=name) | types.BlockType(name=name):
                return self.globals.lookup(name)
            case _:
                return None

    def _construct_extern(
        self, ref: ast.TypeRef, type_: types.ExternType, symbol: ast.Symbol, args: tuple[ast.Arg, ...], span: Span
    ) -> tuple[ast.TypeRef, tuple[ast.Arg, ...], ast.ConstructorTarget, Type] | None:
        info = self.known.externs[type_.name]
        call = ast.Call(ast.TypeExpr(ref, span=ref.span), (), args, span=span)
        if not info.constructors:
            self.report(
                "C0222", f"{type_.name!r} has no constructor", span,
                notes=self.declared_note(symbol, "declared here"), help="such objects come as parameters",
            )  # fmt: skip
            return None
        proto = self.choose(info.constructors, call, type_.name)
        if proto is None:
            return None
        bindings = {v: a for v, a in zip(info.type_params, type_.args, strict=True) if v != a}
        free = tuple(v for v in info.type_params if v not in bindings)
        function = FunctionType(bound_params(proto.type.params, bindings), type_, free, "constructor")
        done = self.invoke(call, function, proto.decl.params, type_.name, proto.decl, static=True, typed=True)
        if done is None:
            return None
        resolved = substitute(type_, bindings) if not free else done.result
        return replace(ref, resolved=resolved), done.args, ast.ConstructorTarget(symbol, proto.decl), resolved

    def _construct_block(
        self, ref: ast.TypeRef, symbol: ast.Symbol, args: tuple[ast.Arg, ...], span: Span
    ) -> tuple[ast.TypeRef, tuple[ast.Arg, ...], ast.ConstructorTarget, Type] | None:
        decl = symbol.decl
        if not isinstance(decl, ast.ParserDecl | ast.ControlDecl):
            self.report(
                "C0222", f"{symbol.name!r} is only the type of a block, without a body", ref.span,
                notes=self.declared_note(symbol, "declared here"), help="instantiate a parser or control with a body",
            )  # fmt: skip
            return None
        kind = "parser" if isinstance(decl, ast.ParserDecl) else "control"
        if self.place.kind in ("parser", "control") and self.place.kind != kind:
            self.report(
                "C0223", f"a {kind} is instantiated in a {self.place.kind}", span,
                help="controls hold controls, parsers hold parsers",
            )  # fmt: skip
            return None
        params = tuple(
            types.ParamType(p.name, p.type.resolved, p.direction, p.default is not None) for p in decl.constructor
        )
        bound = self.bind(params, args, span, symbol.name, decl)
        if bound is None:
            return None
        done = self.convert(params, bound, tuple(p.default for p in decl.constructor), span, static=True)
        return ref, done, ast.ConstructorTarget(symbol), ref.resolved

    # ---- methods

    def _call_method(self, e: ast.Call, func: ast.Select) -> ast.Expr:
        base = self.owner(func.base)
        func = replace(func, base=base)
        if base.type == UNKNOWN:
            return self._failed(replace(e, func=func))
        name = func.name
        if isinstance(base, ast.TypeExpr) and not isinstance(base.type, types.BlockType) and name not in SIZES:
            return self._method_of_type(e, func, base)
        if name in SIZES and not isinstance(base.type, types.ExternType):
            return self._size(e, func, base)
        match base.type:
            case types.ExternType():
                return self._extern_method(e, func, base, base.type)
            case types.HeaderType() | types.UnionType() if name == "isValid":
                return self._builtin(e, func, base, (), BOOL)
            case types.HeaderType() if name in ("setValid", "setInvalid"):
                self.check_lvalue(base, f"a header for {name}()")
                return self._builtin(e, func, base, (), VOID)
            case types.StackType(element=types.HeaderType() | types.UnionType()) if name in ("push_front", "pop_front"):
                return self._shift_stack(e, func, base)
            case types.TableType() if name == "apply":
                return self._apply_table(e, func, base)
            case types.BlockType() if name == "apply":
                return self._apply_block(e, func, base, base.type)
            case _:
                return self._no_method(e, func, base)

    def owner(self, e: ast.Expr) -> ast.Expr:
        """What stands before a dot: a value, or a type (for its members and sizes, and to apply a block)."""
        if isinstance(e, ast.TypeExpr):
            ref = self.type_ref(e.ref)
            return replace(e, ref=ref, type=ref.resolved)
        return self.expr(e)

    def _method_of_type(self, e: ast.Call, func: ast.Select, base: ast.TypeExpr) -> ast.Expr:
        if isinstance(base.type, types.ExternType | types.HeaderType | types.UnionType | types.StackType):
            self.report(
                "C0225", f"{show(base.type)} is a type, and {func.name!r} is called on a value", base.span,
                help="name an instance or a variable of that type",
            )  # fmt: skip
            return self._failed(replace(e, func=func))
        return self._no_method(e, func, base)

    def _no_method(self, e: ast.Call, func: ast.Select, base: ast.Expr) -> ast.Expr:
        match base.type:
            case types.HeaderType():
                names: tuple[str, ...] = ("isValid", "setValid", "setInvalid", *SIZES)
            case types.UnionType():
                names = ("isValid", *SIZES)
            case types.StackType():
                names = ("push_front", "pop_front")
            case types.TableType() | types.BlockType():
                names = ("apply",)
            case types.ExternType(name=extern):
                names = tuple(self.known.externs[extern].methods)
            case _:
                names = ()
        known = (
            f"it has {', '.join(names)}" if names else "only headers, stacks, tables, blocks and externs have methods"
        )
        if isinstance(base.type, types.UnionType) and func.name in ("setValid", "setInvalid"):
            self.report(
                "C0203", f"{show(base.type)} has no method {func.name!r}", func.name_span,
                help=f"a union is as valid as its members: call {func.name}() of one",
            )  # fmt: skip
            return self._failed(replace(e, func=func))
        self.report(
            "C0203", f"{show(base.type)} has no method {func.name!r}", func.name_span,
            help=did_you_mean(func.name, names) or known,
        )  # fmt: skip
        return self._failed(replace(e, func=func))

    def _builtin(
        self, e: ast.Call, func: ast.Select, base: ast.Expr, params: tuple[types.ParamType, ...], result: Type
    ) -> ast.Expr:
        function = FunctionType(params, result, (), "method")
        done = self.invoke(e, function, (), func.name, None, static=True)
        return self._finish(e, replace(func, type=function), done, ast.BuiltinTarget(base, func.name))

    def _shift_stack(self, e: ast.Call, func: ast.Select, base: ast.Expr) -> ast.Expr:
        """push_front and pop_front."""
        name = func.name
        self.check_lvalue(base, f"a stack for {name}()")
        if self.place.kind == "parser":
            self.report("C0223", f"{name}() in a parser", e.span, help="extract into next; shift stacks in a control")
        args = tuple(self._plain_number(a, f"the count of {name}()") for a in e.args)
        done = self._builtin(replace(e, args=args), func, base, (types.ParamType("count", INT),), VOID)
        count = done.args[0].value if isinstance(done, ast.Call) and done.args else None
        if count is not None and isinstance(count.value, int) and count.value < 0:
            self.report(
                "C0205", f"{name}() by {count.value}", count.span, help="shift the other way by a number above 0"
            )
        return done

    def _plain_number(self, arg: ast.Arg, what: str) -> ast.Arg:
        """A constant of some width as a number without one."""
        value = None if arg.value is None else self.expr(arg.value)
        if arg.value is None or value is None or not isinstance(types.underlying(value.type), types.Bits):
            return arg
        number = self.static_int(arg.value, what)[1]
        return replace(arg, value=ast.IntLit(number or 0, span=arg.value.span))

    def _size(self, e: ast.Call, func: ast.Select, base: ast.Expr) -> ast.Expr:
        largest = types.width_of(base.type)
        if largest is None:
            return self._no_method(e, func, base)
        bits = largest if func.name.startswith("max") else largest - _variable_bits(base.type)
        value = (bits + 7) // 8 if func.name.endswith("Bytes") else bits
        done = self._builtin(e, func, base, (), INT)
        return replace(done, value=value)

    def _extern_method(self, e: ast.Call, func: ast.Select, base: ast.Expr, type_: types.ExternType) -> ast.Expr:
        info = self.known.externs[type_.name]
        protos = info.methods.get(func.name)
        if protos is None:
            return self._no_method(e, func, base)
        e = self._failed(e)
        proto = self.choose(protos, e, func.name)
        if proto is None:
            return replace(e, func=func)
        pairs = zip(info.type_params, type_.args, strict=True)
        function = substitute(proto.type, {v: a for v, a in pairs if v != a})
        assert isinstance(function, FunctionType)
        done = self.invoke(e, function, proto.decl.params, func.name, proto.decl, static=True, typed=True)
        if done is not None and type_.name in ("packet_in", "packet_out"):
            self.packet_rules(func.name, done.args, done.type_args)
        target = ast.MethodTarget(base, type_.name, func.name, proto.decl)
        return self._finish(e, replace(func, type=function), done, target)

    def _apply_table(self, e: ast.Call, func: ast.Select, base: ast.Expr) -> ast.Expr:
        assert isinstance(base, ast.Name) and isinstance(base.type, types.TableType)
        if self.place.kind != "control":
            self.report(
                "C0223", f"a table is applied in {self.shown_place()}", e.span,
                help="apply tables in the apply block of a control",
            )  # fmt: skip
        function = FunctionType((), types.ApplyResultType(base.type), (), "method")
        done = self.invoke(e, function, (), "apply", None, static=True)
        return self._finish(e, replace(func, type=function), done, ast.TableTarget(base.symbol))

    def _apply_block(self, e: ast.Call, func: ast.Select, base: ast.Expr, block: types.BlockType) -> ast.Expr:
        symbol = base.symbol if isinstance(base, ast.Name) else None
        reported = symbol is not None and self.globals.lookup(symbol.name) is not symbol
        if block.kind != self.place.kind and not (reported and self.place.kind in ("parser", "control")):
            self.report(
                "C0223", f"a {block.kind} is applied in {self.shown_place()}", e.span,
                help="controls apply controls, parsers apply parsers",
            )  # fmt: skip
        block_symbol = self.globals.lookup(block.name)
        function = FunctionType(block.params, VOID, (), "method")
        decl = block_symbol.decl if block_symbol is not None else None
        params = decl.params if isinstance(decl, ast.ParserDecl | ast.ControlDecl) else ()
        if isinstance(base, ast.TypeExpr):
            self._applied_directly(base, decl, block)
        done = self.invoke(e, function, params, "apply", decl, static=False)
        target = ast.BlockTarget(symbol, block_symbol or ast.NO_SYMBOL)
        return self._finish(e, replace(func, type=function), done, target)

    def _applied_directly(self, base: ast.TypeExpr, decl: ast.Node | None, block: types.BlockType) -> None:
        """`C.apply()`: that needs a body, and no arguments for the constructor (specification 15.1)."""
        if not isinstance(decl, ast.ParserDecl | ast.ControlDecl):
            self.report(
                "C0222", f"{block.name!r} is only the type of a block, without a body", base.span,
                help="apply a parser or control with a body",
            )  # fmt: skip
        elif any(p.default is None for p in decl.constructor):
            self.report(
                "C0217", f"{block.name!r} is applied without the arguments of its constructor", base.span,
                notes=[Label(decl.constructor[0].span, "this one")],
                help=f"instantiate it first: {block.name}(...) name; and apply that",
            )  # fmt: skip


def _variable_bits(type_: Type) -> int:
    """The bits of a type that a packet may leave out (its varbits; a union's members may all be invalid)."""
    match type_:
        case types.VarBits(max_width=w):
            return w
        case types.HeaderType(fields=fields) | types.StructType(fields=fields):
            return sum(_variable_bits(f.type) for f in fields)
        case types.UnionType():
            return types.width_of(type_) or 0
        case types.StackType(element=element, size=size):
            return size * _variable_bits(element)
        case _:
            return 0
