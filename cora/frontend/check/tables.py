"""Keysets, parser states, actions and tables."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Label
from cora.frontend import ast, types
from cora.frontend.check.args import bound_params
from cora.frontend.check.base import Place
from cora.frontend.check.scope import are_given, did_you_mean
from cora.frontend.check.statements import Statements
from cora.frontend.check.table_rules import rule_breaks
from cora.frontend.check.typerefs import param_types
from cora.frontend.types import BOOL, UNKNOWN, VOID, Bits, FunctionType, Type, show

_BOOL_PROPERTIES = (
    "add_on_miss", "idle_timeout_with_auto_delete", "support_timeout", "idle_timeout_with_callback",
    "largest_priority_wins",
)  # fmt: skip
_INT_PROPERTIES = ("size", "default_idle_timeout_for_data_plane_added_entries", "min_size", "priority_delta")
_OBJECT_PROPERTIES = {
    "pna_direct_counter": "DirectCounter",
    "pna_direct_meter": "DirectMeter",
    "pna_implementation": "ActionProfile or ActionSelector",
    "psa_direct_counter": "DirectCounter",
    "psa_direct_meter": "DirectMeter",
    "psa_implementation": "ActionProfile or ActionSelector",
    "counters": "direct_counter",
    "meters": "direct_meter",
    "implementation": "action_profile or action_selector",
}
_OTHER_PROPERTIES = (
    "pna_idle_timeout", "pna_empty_group_action", "psa_idle_timeout", "psa_empty_group_action",
    "key", "actions", "default_action", "entries", "const",
)  # fmt: skip
_MATCHABLE = (Bits, types.Bool, types.EnumType, types.ErrorType, types.Unknown)
"""What keys and selects match, apart from new types made of these."""
_PROPERTIES = (*_BOOL_PROPERTIES, *_INT_PROPERTIES, *_OBJECT_PROPERTIES, *_OTHER_PROPERTIES)


class Tables(Statements):
    # ---- keysets

    def keyset(self, key: ast.Expr, type_: Type, static: bool) -> ast.Expr:
        """A key of type `type_`. `static` says that it must be known at compile time."""
        match key:
            case ast.DontCare():
                return key
            case ast.Range(lo=lo, hi=hi):
                lo, hi = self._key_value(lo, type_, static), self._key_value(hi, type_, static)
                if isinstance(lo.value, int) and isinstance(hi.value, int) and lo.value > hi.value:
                    self.report(
                        "C0231", "this range is empty: its ends are swapped", key.span, help="write low .. high"
                    )
                return replace(key, lo=lo, hi=hi, type=types.SetType(type_))
            case ast.Mask(number=number, mask=mask):
                number, mask = self._key_value(number, type_, static), self._key_value(mask, type_, static)
                return replace(key, number=number, mask=mask, type=types.SetType(type_))
            case _:
                return self._key_value(key, type_, static)

    def _key_value(self, key: ast.Expr, type_: Type, static: bool) -> ast.Expr:
        done = self.expr(key)
        if isinstance(done.type, types.SetType):
            self._set_fits(done, done.type.element, (type_,))
            return done
        done = self.coerce(done, type_, "this key")
        if static and not self.is_static(done):
            self.report("C0220", "a key must be known at compile time", key.span, help="use a literal or a constant")
        return done

    def keysets(
        self, keys: tuple[ast.Expr, ...], wanted: tuple[Type, ...], static: bool
    ) -> tuple[ast.Expr, ...] | None:
        """One keyset a type. Reports C0230 if the numbers differ."""
        if len(keys) == 1 and len(wanted) != 1:
            only = keys[0]
            if isinstance(only, ast.DontCare):
                return keys
            if isinstance(only, ast.ListExpr) and len(only.items) == len(wanted):
                keys = only.items
            else:
                done = self.expr(only)
                if isinstance(done.type, types.SetType | types.Unknown):
                    if isinstance(done.type, types.SetType):
                        self._set_fits(done, done.type.element, wanted)
                    return (done,)
        if len(keys) != len(wanted):
            span = keys[0].span if keys else None
            assert span is not None
            self.report(
                "C0230",
                f"{len(wanted)} key{'s are' if len(wanted) != 1 else ' is'} matched, and {are_given(len(keys))}", span,
                help=f"give {len(wanted)} in parentheses, or _ for any",
            )  # fmt: skip
            return None
        return tuple(self.keyset(k, t, static) for k, t in zip(keys, wanted, strict=True))

    def _set_fits(self, e: ast.Expr, element: Type, wanted: tuple[Type, ...]) -> None:
        """A value set has elements of the type of what is matched, or tuples or structs of those types."""
        match element:
            case types.TupleType(items=items):
                given = items
            case types.StructType(fields=fields):
                given = tuple(f.type for f in fields)
            case _:
                given = (element,)
        if given != wanted and UNKNOWN not in wanted and element != UNKNOWN:
            matched = ", ".join(map(show, wanted))
            self.report(
                "C0207", f"{matched} is matched, and this is a set of {show(element)}", e.span,
                help=f"declare it as value_set<{matched}>" if len(wanted) == 1 else f"use a set of tuple<{matched}>",
            )  # fmt: skip

    # ---- actions

    def action(self, a: ast.ActionDecl) -> ast.ActionDecl:
        with self.inside():
            params = self.params(a.params, "action")
            self._data_comes_last(params)
            with self.at_place(Place("action")):
                body = self.block(a.body)
        symbol = self.declare("action", a, FunctionType(param_types(params), VOID, (), "action"))
        done = replace(a, params=params, body=body, symbol=symbol)
        symbol.decl = done
        return done

    def _data_comes_last(self, params: tuple[ast.Parameter, ...]) -> None:
        """What the control plane gives stands behind what the program gives (specification 14.1)."""
        data = next((p for p in params if not p.direction), None)
        for p in params:
            if data is not None and p.direction and p.span.start > data.span.start:
                self.report(
                    "C0237", f"{p.name!r} has a direction, and {data.name!r} before it has none", p.span,
                    notes=[Label(data.span, "the control plane gives this")],
                    help="put the parameters without a direction at the end",
                )  # fmt: skip
                return

    def _find_action(self, ref: ast.ActionRef) -> ast.Symbol | None:
        symbol = (self.globals if ref.absolute else self.scope).lookup(ref.name)
        if symbol is None or symbol.kind != "action":
            candidates = (s.name for s in self.scope.visible() if s.kind == "action")
            help, notes = self.advice(ref.name, candidates, "declare it above the table")
            if symbol is not None:
                notes = self.declared_note(symbol, "this is no action")
            self.report("C0229", f"there is no action {ref.name!r} here", ref.span, help=help, notes=notes)
            return None
        return symbol

    def _listed(self, ref: ast.ActionRef) -> ast.ActionRef:
        symbol = self._find_action(ref)
        if symbol is None or not isinstance(symbol.type, FunctionType):
            return ref
        given = tuple(p for p in symbol.type.params if p.direction)
        args = self._action_args(replace(ref, symbol=symbol), given)
        return replace(ref, symbol=symbol, args=args)

    def _action_args(self, ref: ast.ActionRef, params: tuple[types.ParamType, ...]) -> tuple[ast.Arg, ...]:
        decl = ref.symbol.decl
        with self.at_place(Place("list of actions")):
            args = self.typed_args(ref.args)
        bound = self.bind(bound_params(params, {}), args, ref.span, ref.name, decl)
        if bound is None:
            return ()
        names = [p.name for p in params]
        declared = decl.params if isinstance(decl, ast.ActionDecl) else ()
        defaults = tuple(p.default for p in declared if p.name in names)
        return self.convert(params, bound, defaults, ref.span, static=True)

    def _chosen(self, ref: ast.ActionRef, listed: tuple[ast.ActionRef, ...], table: str) -> ast.ActionRef:
        """A default action or an entry's: one of the table's, with all arguments."""
        symbol = self._find_action(ref)
        if symbol is None or not isinstance(symbol.type, FunctionType):
            return ref
        ours = next((a for a in listed if a.symbol is symbol), None)
        if ours is None:
            names = [a.name for a in listed if a.symbol is not ast.NO_SYMBOL]
            if len(names) < len(listed):
                # One of the list is reported already: it may be this one, misspelt.
                return replace(ref, symbol=symbol)
            self.report(
                "C0229", f"{ref.name!r} isn't one of the actions of {table!r}", ref.span,
                help=did_you_mean(ref.name, names) or f"add it to the table's actions: {ref.name};",
            )  # fmt: skip
            return replace(ref, symbol=symbol)
        given = len(ref.args)
        params = symbol.type.params
        if given == len([p for p in params if not p.direction]) != len(params):
            # The arguments with a direction may be left to the list of actions.
            rest = tuple(p for p in params if not p.direction)
            chosen = {a.name: a for a in (*ours.args, *self._action_args(replace(ref, symbol=symbol), rest))}
            ordered = tuple(chosen[p.name] for p in params if p.name in chosen)
            return replace(ref, symbol=symbol, args=ordered)
        args = self._action_args(replace(ref, symbol=symbol), params)
        self._bound_alike(ref, args, ours)
        return replace(ref, symbol=symbol, args=args)

    def _bound_alike(self, ref: ast.ActionRef, args: tuple[ast.Arg, ...], listed: ast.ActionRef) -> None:
        """What the list of actions binds can't be bound to anything else (specification 14.2.1.3)."""
        chosen = {a.name: a for a in args}
        for arg in listed.args:
            other = chosen.get(arg.name)
            if other is not None and other.value != arg.value:
                self.report(
                    "C0243", f"{arg.name!r} of {ref.name!r} is bound to something else in the list of actions",
                    other.span, notes=[Label(arg.span, "bound here")], help="write the same expression in both places",
                )  # fmt: skip

    # ---- tables

    def table(self, t: ast.TableDecl) -> ast.TableDecl:
        with self.at_place(Place("control")):
            key = tuple(self._key(k) for k in t.key)
        actions = tuple(self._listed(a) for a in t.actions)
        self._no_twins(t)
        type_ = types.TableType(t.name, tuple(a.name for a in t.actions))
        default = None if t.default_action is None else self._chosen(t.default_action, actions, t.name)
        entries = None
        if t.entries is not None:
            wanted = tuple(k.expr.type for k in key)
            entries = tuple(self._entry(e, wanted, actions, t.name) for e in t.entries)
            for e in entries:
                self._fits_match_kinds(e, key)
        properties = tuple(self._property(p) for p in t.properties)
        symbol = self.declare("table", t, type_)
        done = replace(
            t, key=key, actions=actions, default_action=default, entries=entries, properties=properties, symbol=symbol
        )
        symbol.decl = done
        for found in rule_breaks(done):
            self.report(found.code, found.message, found.span or t.name_span, help=found.help, notes=found.notes)
        return done

    def _no_twins(self, t: ast.TableDecl) -> None:
        seen: dict[str, ast.ActionRef] = {}
        for a in t.actions:
            if a.name in seen:
                self.report(
                    "C0202", f"the action {a.name!r} stands in the table twice", a.span,
                    notes=[Label(seen[a.name].span, "first here")], help="remove one of them",
                )  # fmt: skip
            seen.setdefault(a.name, a)

    def _key(self, k: ast.KeyElement) -> ast.KeyElement:
        expr = self.sized(self.expr(k.expr), "a key")
        self.check_match_kind(k.match_kind, k.match_span)
        base = types.underlying(expr.type)
        if not isinstance(base, _MATCHABLE):
            self.report("C0207", f"{show(expr.type)} can't be a key", k.expr.span, help="use its fields as keys")
        elif k.match_kind in ("lpm", "range") and not isinstance(base, Bits | types.Unknown):
            self.report(
                "C0207", f"{k.match_kind} needs bits, and this is {show(expr.type)}", k.expr.span, help="use exact"
            )
        return replace(k, expr=expr)

    def _entry(
        self, e: ast.TableEntry, wanted: tuple[Type, ...], actions: tuple[ast.ActionRef, ...], table: str
    ) -> ast.TableEntry:
        keys = (self.keysets(e.keys, wanted, static=True) or e.keys) if wanted else e.keys
        if len(keys) == 1 and isinstance(keys[0], ast.DontCare):
            keys = keys * len(wanted)
        priority = None if e.priority is None else self.static_int(e.priority, "a priority")[0]
        return replace(e, keys=keys, priority=priority, action=self._chosen(e.action, actions, table))

    def _fits_match_kinds(self, e: ast.TableEntry, key: tuple[ast.KeyElement, ...]) -> None:
        """An exact key has one value, and only a range key has two ends. Reports C0236."""
        for k, wanted in zip(e.keys, key, strict=False):
            match k, wanted.match_kind:
                case ast.Range(), kind if kind in ("exact", "lpm", "ternary", "optional"):
                    self.report("C0236", f"a range for a key that is {kind}", k.span, help="give a value")
                case ast.Mask(), "exact" | "range" | "optional" as kind:
                    self.report("C0236", f"a mask for a key that is {kind}", k.span, help="give a value")
                case _:
                    pass

    def _property(self, p: ast.TableProperty) -> ast.TableProperty:
        if p.name in _INT_PROPERTIES:
            return self._int_property(p)
        value = self.expr(p.value)
        if p.name in _BOOL_PROPERTIES:
            value = self.coerce(value, BOOL, f"the property {p.name!r}")
            if value.value is None and value.type != UNKNOWN:
                self.report(
                    "C0220", f"{p.name!r} must be known at compile time", p.value.span, help="write true or false"
                )
        elif p.name in _OBJECT_PROPERTIES:
            self._object_property(p, value)
        elif p.name not in _PROPERTIES:
            self.report(
                "C0234", f"unknown table property {p.name!r}: it has no effect", p.span,
                help=did_you_mean(p.name, _PROPERTIES) or "remove it", severity="warning",
            )  # fmt: skip
        return replace(p, value=value)

    def _int_property(self, p: ast.TableProperty) -> ast.TableProperty:
        value = self.expr(p.value)
        number = value.value
        is_number = isinstance(types.underlying(value.type), Bits | types.InfInt) and not isinstance(number, bool)
        if value.type != UNKNOWN and not (is_number and self.is_static(value)):
            self.report(
                "C0220", f"the property {p.name!r} must be a number known at compile time", p.value.span,
                help="use a literal or a constant",
            )  # fmt: skip
        least = 1 if p.name == "priority_delta" else 0
        if is_number and isinstance(number, int) and number < least:
            self.report("C0205", f"{p.name!r} is {number}", p.value.span, help=f"give a number from {least}")
        return replace(p, value=value)

    def _object_property(self, p: ast.TableProperty, value: ast.Expr) -> None:
        kind = _OBJECT_PROPERTIES[p.name]
        wanted = kind.split(" or ")
        if isinstance(value.type, types.ExternType):
            # Of an architecture that has none of these, the property may want anything else.
            fits = value.type.name in wanted or not any(self.globals.lookup(name) for name in wanted)
        else:
            fits = value.type == UNKNOWN
        if not fits:
            self.report(
                "C0207",
                f"{p.name!r} needs a {kind}, and this is {show(value.type)}",
                p.value.span,
                help="instantiate one",
            )

    # ---- parser states

    def state(self, s: ast.ParserState) -> ast.ParserState:
        with self.inside():
            statements = self.statements(s.statements)
            transition = s.transition
            match transition:
                case ast.Goto():
                    transition = replace(transition, symbol=self._state_symbol(transition.state, transition.span))
                case ast.SelectTransition():
                    transition = self._select_transition(transition)
                case None:
                    pass
        symbol = self.scope.names[s.name]
        done = replace(s, statements=statements, transition=transition, symbol=symbol)
        symbol.decl = done
        return done

    def _state_symbol(self, name: str, span: ast.Span) -> ast.Symbol:
        match name:
            case "accept":
                return ast.ACCEPT
            case "reject":
                return ast.REJECT
            case _:
                pass
        symbol = self.scope.lookup(name)
        if symbol is not None and symbol.kind == "state":
            return symbol if symbol.type != UNKNOWN else ast.NO_SYMBOL
        names = [s.name for s in self.scope.visible() if s.kind == "state"] + ["accept", "reject"]
        self.report(
            "C0201", f"there is no state {name!r} in this parser", span,
            help=did_you_mean(name, names) or f"its states are {', '.join(sorted(set(names)))}",
        )  # fmt: skip
        return ast.NO_SYMBOL

    def _select_transition(self, t: ast.SelectTransition) -> ast.SelectTransition:
        exprs = tuple(self.sized(self.expr(e), "what 'select' tests") for e in t.exprs)
        testable = True
        for e in exprs:
            if not isinstance(types.underlying(e.type), _MATCHABLE):
                testable = False
                self.report(
                    "C0207", f"'select' can't test {show(e.type)}", e.span, label=show(e.type),
                    help="test its fields: select (h.a, h.b)",
                )  # fmt: skip
        wanted = tuple(e.type for e in exprs)
        cases: list[ast.SelectCase] = []
        for case in t.cases:
            keys = (self.keysets(case.keys, wanted, static=False) if testable else None) or case.keys
            symbol = self._state_symbol(case.state, case.state_span)
            cases.append(replace(case, keys=keys, symbol=symbol))
        return replace(t, exprs=exprs, cases=tuple(cases))
