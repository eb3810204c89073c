"""Statements and the declarations among them."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Label
from cora.frontend import ast, types
from cora.frontend.check.args import called_alike
from cora.frontend.check.base import Place
from cora.frontend.check.expressions import Expressions
from cora.frontend.check.generics import substitute
from cora.frontend.check.scope import ExternInfo, did_you_mean
from cora.frontend.check.typerefs import param_types
from cora.frontend.types import BOOL, INT, UNKNOWN, VOID, Type, show

_SWITCHABLE = (
    types.Bits, types.Bool, types.EnumType, types.ErrorType, types.TypeVar, types.ActionRunType, types.Unknown
)  # fmt: skip


class Statements(Expressions):
    def statement(self, s: ast.Statement) -> ast.Statement:
        match s:
            case ast.Assign():
                return self._assign(s)
            case ast.CallStmt(call=call):
                done = self.call(call)
                return replace(s, call=done) if isinstance(done, ast.Call) else s
            case ast.Block():
                return self.block(s)
            case ast.If(cond=cond, then=then, orelse=orelse):
                cond = self.coerce(self.expr(cond), BOOL, "a condition")
                other = None if orelse is None else self._branch(orelse)
                return replace(s, cond=cond, then=self._branch(then), orelse=other)
            case ast.Switch():
                return self._switch(s)
            case ast.For() | ast.ForIn():
                return self._loop(s)
            case ast.Return():
                if self.place.kind == "parser":
                    self.report("C0223", "'return' in a parser", s.span, help="go to a state: transition accept;")
                    return s
                return self._return(s)
            case ast.Break() | ast.Continue():
                if not self.place.loops:
                    self.report("C0223", "break and continue stand in loops only", s.span, help="remove it")
                return s
            case ast.Exit():
                if self.place.kind in ("parser", "function"):
                    self.report("C0223", f"'exit' in a {self.place.kind}", s.span, help="exit from a control or action")
                return s
            case ast.VarDecl():
                return self.variable(s)
            case ast.ConstDecl():
                return self.constant(s)
            case ast.Instantiation():
                self.report(
                    "C0223", "an object is instantiated among statements", s.span,
                    help="instantiate it beside the variables of the control or parser, above 'apply' and the states",
                )  # fmt: skip
                done = self.instantiation(s)
                done.symbol.type = UNKNOWN
                return done
            case ast.Empty():
                return s

    def block(self, b: ast.Block) -> ast.Block:
        with self.inside():
            return replace(b, statements=self.statements(b.statements))

    def statements(self, found: tuple[ast.Statement, ...]) -> tuple[ast.Statement, ...]:
        return tuple(self.statement(s) for s in found)

    def _branch(self, s: ast.Statement) -> ast.Statement:
        with self.inside():
            return self.statement(s)

    def _assign(self, s: ast.Assign) -> ast.Statement:
        target = self.expr(s.target)
        value = self.expr(s.value)
        if s.op:
            value = self.operate(ast.Binary(s.op, s.target, s.value, span=s.span), target, value)
        writable = self.check_lvalue(target, "this")
        if writable and isinstance(target.type, types.ExternType | types.BlockType | types.TableType):
            self.report("C0215", f"{show(target.type)} can't be assigned", s.span, help="call its methods")
            writable = False
        if not writable:
            return replace(s, target=target, op="", value=value)
        return replace(s, target=target, op="", value=self.coerce(value, target.type, "this assignment"))

    def _return(self, s: ast.Return) -> ast.Statement:
        result = self.place.result
        if s.value is None:
            if result not in (None, VOID, UNKNOWN):
                self.report("C0227", f"the function gives {show(result or VOID)}", s.span, help="return a value")
            return s
        value = self.expr(s.value)
        if result is None or result == VOID:
            self.report("C0227", "only functions with a result return a value", s.span, help="write return;")
            return replace(s, value=value)
        return replace(s, value=self.coerce(value, result, "the result"))

    # ---- switch

    def _switch(self, s: ast.Switch) -> ast.Switch:
        if self.place.kind == "parser":
            self.report("C0223", "'switch' in a parser", s.span, help="use 'if', or transition select (...) { ... }")
        subject = self.expr(s.subject)
        if subject.type == INT:
            subject = self.sized(subject, "what 'switch' tests")
        elif not isinstance(types.underlying(subject.type), _SWITCHABLE):
            self.report(
                "C0211", f"'switch' can't test {show(subject.type)}", subject.span,
                help="test t.apply().action_run" if isinstance(subject.type, types.ApplyResultType)
                else "test bits, an enum, an error or the action_run of a table",
            )  # fmt: skip
            subject = replace(subject, type=UNKNOWN)
        cases: list[ast.SwitchCase] = []
        seen: set[object] = set()
        for case in s.cases:
            label = self._label(case.label, subject.type)
            key: object = label.value
            if isinstance(label, ast.DontCare):
                key = "default"
            elif isinstance(label, ast.Name) and label.symbol.kind == "action":
                key = label.symbol
            if key is not None and key in seen:
                self.report(
                    "C0228", "this label stands in the switch twice", case.label.span, help="remove one of them"
                )
            elif "default" in seen:
                self.report(
                    "C0228", "a label behind 'default'", case.label.span, help="move 'default' to the end of the switch"
                )
            seen.add(key)
            body = None if case.body is None else self.block(case.body)
            cases.append(replace(case, label=label, body=body))
        return replace(s, subject=subject, cases=tuple(cases))

    def _label(self, label: ast.Expr, subject: Type) -> ast.Expr:
        match label, subject:
            case ast.DontCare(), _:
                return label
            case _, types.ActionRunType(table=table):
                return self._action_label(label, table)
            case _, types.Unknown():
                # The labels may be actions, which are no values.
                return label
            case _:
                done = self.coerce(self.expr(label), subject, "the label")
                if done.value is None and done.type != UNKNOWN:
                    self.report("C0220", "a label must be known at compile time", label.span, help="use a constant")
                return done

    def _action_label(self, label: ast.Expr, table: types.TableType) -> ast.Expr:
        if isinstance(label, ast.Name) and label.name in table.actions:
            symbol = self.scope.lookup(label.name)
            return label if symbol is None else replace(label, symbol=symbol, type=symbol.type)
        name = label.name if isinstance(label, ast.Name) else ""
        self.report(
            "C0229", f"{table.name!r} has no such action", label.span,
            help=did_you_mean(name, table.actions) or f"its actions are {', '.join(table.actions)}",
        )  # fmt: skip
        return label

    # ---- loops

    def _loop(self, s: ast.For | ast.ForIn) -> ast.Statement:
        if self.place.kind == "parser":
            self.report("C0223", "a loop in a parser", s.span, help="a parser loops by going to a state again")
        place = replace(self.place, loops=self.place.loops + 1)
        with self.inside():
            if isinstance(s, ast.For):
                init = self.statements(s.init)
                cond = self.coerce(self.expr(s.cond), BOOL, "a condition")
                update = self.statements(s.update)
                with self.at_place(place):
                    return replace(s, init=init, cond=cond, update=update, body=self._branch(s.body))
            var = self.variable(s.var)
            over = self._over(s.over, var.type.resolved)
            with self.at_place(place):
                return replace(s, var=var, over=over, body=self._branch(s.body))

    def _over(self, over: ast.Expr, type_: Type) -> ast.Expr:
        if isinstance(over, ast.Range):
            lo, hi = self.coerce(self.expr(over.lo), type_), self.coerce(self.expr(over.hi), type_)
            return replace(over, lo=lo, hi=hi, type=types.SetType(type_))
        done = self.expr(over)
        match done.type:
            case types.StackType(element=element) | types.ListType(element=element):
                if element != type_:
                    self.mismatch(replace(done, type=element), type_, "the variable of 'for'")
            case types.TupleType(items=items):
                done = self.coerce(done, types.TupleType((type_,) * len(items)), "what 'for' goes over")
            case _:
                self.mismatch(done, types.ListType(type_), "'for'")
        return done

    # ---- declarations

    def variable(self, s: ast.VarDecl) -> ast.VarDecl:
        ref = self.type_ref(s.type)
        if isinstance(ref.resolved, types.ExternType | types.BlockType | types.PackageType | types.Void):
            self.report(
                "C0204", f"a variable can't be of type {show(ref.resolved)}", s.type.span,
                help="instantiate it: T(...) name;" if not isinstance(ref.resolved, types.Void) else "use another type",
            )  # fmt: skip
        if ref.resolved in (INT, types.STRING, types.MATCH_KIND):
            self.report(
                "C0204", f"a variable can't be of type {show(ref.resolved)}", s.type.span, help="use bit<N>, or a const"
            )
        init = None
        if s.init is not None:
            init = self.coerce(self.expr(s.init), ref.resolved, f"{s.name!r}")
        symbol = self.declare("variable", s, ref.resolved)
        done = replace(s, type=ref, init=init, symbol=symbol)
        symbol.decl = done
        return done

    def constant(self, s: ast.ConstDecl) -> ast.ConstDecl:
        ref = self.type_ref(s.type)
        init = self.coerce(self.expr(s.init), ref.resolved, f"the constant {s.name!r}")
        if not self.is_static(init):
            self.report(
                "C0220", f"the constant {s.name!r} must be known at compile time", s.init.span,
                help="use literals and other constants, or make it a variable",
            )  # fmt: skip
        symbol = self.declare("const", s, ref.resolved)
        symbol.value = init.value
        done = replace(s, type=ref, init=init, symbol=symbol)
        symbol.decl = done
        return done

    def instantiation(self, s: ast.Instantiation) -> ast.Instantiation:
        built = self.construct(s.type, s.args, s.span)
        if built is None:
            symbol = self.declare("instance", s)
            return replace(s, symbol=symbol)
        ref, args, target, type_ = built
        symbol = self.declare("instance", s, type_)
        with self.inside(), self.at_place(replace(self.place, this=type_)):
            body = tuple(self._object_part(p) for p in s.body)
        self._defines_abstract(replace(s, body=body), type_)
        done = replace(s, type=ref, args=args, target=target, symbol=symbol, body=body)
        symbol.decl = done
        return done

    def _defines_abstract(self, s: ast.Instantiation, type_: Type) -> None:
        """Reports C0238 for abstract methods of an extern that the object leaves open."""
        info = self.known.externs.get(type_.name) if isinstance(type_, types.ExternType) else None
        for part in s.body:
            if isinstance(part, ast.FunctionDecl):
                self._as_declared(part, type_, info)
        defined = {p.name for p in s.body}
        for name, protos in () if info is None else info.methods.items():
            for p in protos:
                optional = any(a.name == "optional" for a in p.decl.annotations)
                if p.decl.abstract and name not in defined and not optional:
                    self.report(
                        "C0238", f"{s.name!r} doesn't define the abstract method {name!r}", s.span,
                        notes=[Label(p.decl.name_span, "declared here")],
                        help=f"define it in braces behind the name: {s.name} = {{ ... {name}(...) {{ ... }} }};",
                    )  # fmt: skip

    def _as_declared(self, f: ast.FunctionDecl, type_: Type, info: ExternInfo | None) -> None:
        """Reports C0238 unless `f` has the parameters and the result of an abstract method of the extern."""
        protos = () if info is None else [p for p in info.methods.get(f.name, ()) if p.decl.abstract]
        if not protos:
            self.report(
                "C0238", f"{show(type_)} has no abstract method {f.name!r}", f.name_span,
                help="remove it, or make it a function of the program",
            )  # fmt: skip
            return
        own = f.symbol.type
        proto = protos[0]
        assert isinstance(type_, types.ExternType) and isinstance(own, types.FunctionType) and info is not None
        wanted = substitute(proto.type, dict(zip(info.type_params, type_.args, strict=True)))
        assert isinstance(wanted, types.FunctionType)
        forms = [([(p.direction, p.type) for p in t.params], t.result) for t in (own, wanted)]
        if forms[0] != forms[1] and not wanted.type_params:
            self.report(
                "C0238", f"{f.name!r} is declared with another result or other parameters", f.name_span,
                notes=[Label(proto.decl.name_span, "declared here")], help=f"define it as {show(wanted)}",
            )  # fmt: skip

    def _object_part(self, part: ast.FunctionDecl | ast.Instantiation) -> ast.FunctionDecl | ast.Instantiation:
        if isinstance(part, ast.Instantiation):
            return self.instantiation(part)
        return self.function(part)

    def function(self, f: ast.FunctionDecl) -> ast.FunctionDecl:
        """A function of the program. Its symbol is declared here, after its body: functions aren't recursive."""
        with self.inside():
            variables = self.type_vars(f.type_params)
            result = self.type_ref(f.result)
            params = self.params(f.params, "function")
            with self.at_place(Place("function", result.resolved, this=self.place.this)):
                body = self.block(f.body)
        if result.resolved not in (VOID, UNKNOWN) and not always_returns(body):
            self.report("C0227", f"{f.name!r} may end without a result", f.name_span, help="add a return at its end")
        type_ = types.FunctionType(param_types(params), result.resolved, variables)
        symbol = self._function_symbol(f, type_)
        done = replace(f, params=params, result=result, body=body, symbol=symbol)
        symbol.decl = done
        return done

    def _function_symbol(self, f: ast.FunctionDecl, type_: types.FunctionType) -> ast.Symbol:
        """Functions may share a name if the number or the names of their parameters tell them apart."""
        before = self.scope.names.get(f.name)
        others = self.known.overloads.get(before, ()) if before is not None else ()
        forms = [s.type for s in others if isinstance(s.type, types.FunctionType)]
        if before is None or not forms:
            symbol = self.declare("function", f, type_)
        elif any(called_alike(type_, other) for other in forms):
            symbol = self.declare("function", f, type_)
            self.scope.names[f.name] = before
            return symbol
        else:
            symbol = self.scope.names[f.name] = ast.Symbol(f.name, "function", type_, f, span=f.name_span)
        self.known.overloads[symbol] = (*others, symbol)
        return symbol


def always_returns(s: ast.Statement) -> bool:
    match s:
        case ast.Return():
            return True
        case ast.Block(statements=statements):
            return any(always_returns(x) for x in statements)
        case ast.If(then=then, orelse=orelse):
            return orelse is not None and always_returns(then) and always_returns(orelse)
        case ast.Switch(cases=cases):
            has_default = any(isinstance(c.label, ast.DontCare) for c in cases)
            # Labels without a body fall through to the next one, but for the last.
            bodies = [c.body for c in cases if c.body is not None]
            return has_default and cases[-1].body is not None and all(map(always_returns, bodies))
        case _:
            return False
