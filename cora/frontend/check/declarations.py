"""Declarations of the top level, in the order of the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from cora.diagnostics import Label
from cora.frontend import ast, types
from cora.frontend.check.args import called_alike
from cora.frontend.check.base import Place
from cora.frontend.check.generics import mentions
from cora.frontend.check.scope import ExternInfo, Generic, Proto
from cora.frontend.check.tables import Tables
from cora.frontend.check.typerefs import param_types
from cora.frontend.consteval import normalise
from cora.frontend.types import UNKNOWN, Bits, FieldType, FunctionType, Type, TypeVar, show

_NO_VALUES = (
    types.ExternType, types.BlockType, types.PackageType, types.Void, types.String, types.MatchKindType,
    types.ListType,
)  # fmt: skip
"""What no struct can hold."""
_CONTROLLED = {"tables": ast.TableDecl, "objects": ast.Instantiation}
"""Each of these has a name of its own for the control plane. Actions too, by the specification, but compilers split one
action into several of its name."""


def _has_layout(type_: Type) -> bool:
    """Whether a field of a header may have the type: it is a fixed number of bits."""
    base = types.underlying(type_)
    if isinstance(base, types.StructType):
        return all(_has_layout(f.type) for f in base.fields)
    return isinstance(base, Bits | types.Bool | TypeVar | types.Unknown)


class Declarations(Tables):
    def declaration(self, d: ast.Declaration) -> ast.Declaration:
        self.checking = (d.name,)
        match d:
            case ast.ConstDecl():
                return self.constant(d)
            case ast.Instantiation():
                return self.instantiation(d)
            case ast.ActionDecl():
                return self.action(d)
            case ast.FunctionDecl():
                return self.function(d)
            case ast.ParserDecl():
                return self.parser(d)
            case ast.ControlDecl():
                return self.control(d)
            case ast.ValueSetDecl():
                return self.value_set(d)
            case ast.ExternDecl():
                return self._extern(d)
            case ast.ExternFunctionDecl():
                return self._extern_function(d)
            case _:
                return self._type_declaration(d)

    def _type_declaration(self, d: ast.Declaration) -> ast.Declaration:
        match d:
            case ast.BlockTypeDecl():
                return self._block_type(d)
            case ast.PackageDecl():
                return self._package(d)
            case ast.FieldsDecl():
                return self._fields(d)
            case ast.EnumDecl():
                return self._enum(d)
            case ast.IdentsDecl():
                return self._idents(d)
            case ast.TypedefDecl():
                return self._typedef(d)
            case _:
                raise AssertionError(f"unexpected declaration {d!r}")

    def _declare_type(
        self, kind: ast.SymbolKind, d: ast.Declared, type_: Type, params: tuple[TypeVar, ...] = ()
    ) -> ast.Symbol:
        symbol = self.declare(kind, d, type_)
        self.known.generics[symbol] = Generic(type_, params)
        return symbol

    # ---- types

    def _fields(self, d: ast.FieldsDecl) -> ast.FieldsDecl:
        with self.inside():
            variables = self.type_vars(d.type_params)
            fields = tuple(replace(f, type=self.type_ref(f.type)) for f in d.fields)
        names: dict[str, ast.StructField] = {}
        for f in fields:
            if f.name in names:
                self.report(
                    "C0202", f"{d.name!r} has the field {f.name!r} twice", f.name_span,
                    notes=[Label(names[f.name].name_span, "first declared here")], help="rename one of them",
                )  # fmt: skip
            names[f.name] = f
        fields = tuple(self._checked_field(d, f) for f in fields)
        variable = [f for f in fields if isinstance(f.type.resolved, types.VarBits)]
        if d.kind == "header" and len(variable) > 1:
            self.report(
                "C0204", f"{d.name!r} has two varbit fields", variable[1].span,
                notes=[Label(variable[0].span, "the first")], help="a header has one at most: split it into two",
            )  # fmt: skip
        shown = tuple(FieldType(f.name, f.type.resolved) for f in fields)
        make = {"struct": types.StructType, "header": types.HeaderType, "header_union": types.UnionType}[d.kind]
        symbol = self._declare_type("type", d, make(d.name, shown, variables), variables)
        self.known.fields[d.name] = d
        done = replace(d, fields=fields, symbol=symbol)
        symbol.decl = done
        return done

    def _checked_field(self, d: ast.FieldsDecl, f: ast.StructField) -> ast.StructField:
        """The field; of a type that nothing else complains about if it can't have its own."""
        base = types.underlying(f.type.resolved)
        match d.kind:
            case "header":
                fine = _has_layout(base) or isinstance(base, types.VarBits)
                help = (
                    "a header has fields of bit<N>, int<N>, bool, varbit<N>, enums with a width, and structs of these"
                )
            case "header_union":
                fine, help = isinstance(base, types.HeaderType | TypeVar), "a union is made of headers"
            case _:
                fine = not isinstance(base, (*_NO_VALUES, types.InfInt))
                help = "a struct holds values: bits, bool, enums, headers, stacks, structs, tuples"
        if fine or base == UNKNOWN:
            return f
        shown = show(f.type.resolved)
        self.report("C0204", f"a {d.kind} can't have a field of type {shown}", f.type.span, help=help)
        return replace(f, type=replace(f.type, resolved=UNKNOWN))

    def _enum(self, d: ast.EnumDecl) -> ast.EnumDecl:
        ref = None if d.underlying is None else self.type_ref(d.underlying)
        base = None if ref is None else ref.resolved
        if ref is not None and not isinstance(types.underlying(ref.resolved), Bits | types.Unknown):
            self.report("C0204", f"an enum of {show(ref.resolved)}", ref.span, help="use bit<N> or int<N>")
            base = UNKNOWN
        members: list[ast.EnumMember] = []
        values: list[int] = []
        for m in d.members:
            init = None
            if m.init is not None and base is None:
                self.report(
                    "C0205",
                    f"{m.name!r} has a value, and the enum no width",
                    m.span,
                    help=f"write enum bit<8> {d.name}",
                )
            elif m.init is not None:
                init, number = self.static_int(m.init, "an enum's value")
                values.append(0 if number is None else self._represented(m, number, base or UNKNOWN))
            elif base is not None:
                self.report(
                    "C0205",
                    f"{m.name!r} has no value",
                    m.span,
                    help=f"give it one: {m.name} = {max(values, default=-1) + 1}",
                )
                values.append(len(members))
            members.append(replace(m, init=init))
        for name, n in Counter(m.name for m in members).items():
            if n > 1:
                second = [m for m in members if m.name == name][1]
                self.report("C0202", f"{name!r} stands in the enum twice", second.span, help="rename one of them")
        names = tuple(m.name for m in members)
        type_ = types.EnumType(d.name, names, base, tuple(values) if base is not None else ())
        symbol = self._declare_type("type", d, type_)
        done = replace(d, underlying=ref, members=tuple(members), symbol=symbol)
        symbol.decl = done
        return done

    def _represented(self, m: ast.EnumMember, number: int, base: Type) -> int:
        value = normalise(number, base)
        if value != number:
            self.report(
                "C0205", f"{number}, the value of {m.name!r}, doesn't fit into {show(base)}", m.span,
                help="use a wider type, or a smaller value",
            )  # fmt: skip
        return value

    def _idents(self, d: ast.IdentsDecl) -> ast.IdentsDecl:
        known = self.known.errors if d.name == "error" else self.known.match_kinds
        for m in d.members:
            if m.name in known:
                self.report(
                    "C0202", f"the {d.name} {m.name!r} is declared twice", m.span,
                    notes=[Label(known[m.name], "first declared here")], help="rename one of them",
                )  # fmt: skip
            known.setdefault(m.name, m.span)
        return d

    def _typedef(self, d: ast.TypedefDecl) -> ast.TypedefDecl:
        ref = self.type_ref(d.type)
        type_: Type = types.NewType(d.name, ref.resolved) if d.new else ref.resolved
        if d.new and not isinstance(types.underlying(ref.resolved), Bits | types.Bool | types.Unknown):
            self.report(
                "C0204", f"a new type made of {show(ref.resolved)}", ref.span, help="use bit<N>, int<N> or bool"
            )
            type_ = UNKNOWN
        elif mentions(ref.resolved, TypeVar):
            self.report(
                "C0206", f"{show(ref.resolved)} needs type arguments", ref.span, help="write them, as in S<bit<8>>"
            )
            type_ = UNKNOWN
        elif isinstance(ref.resolved, types.Void | types.String | types.MatchKindType):
            self.report("C0204", f"a typedef of {show(ref.resolved)}", ref.span, help="write the type itself")
            type_ = UNKNOWN
        symbol = self._declare_type("type", d, type_)
        done = replace(d, type=ref, symbol=symbol)
        symbol.decl = done
        return done

    # ---- externs

    def _proto(self, m: ast.MethodDecl) -> Proto:
        with self.inside():
            variables = self.type_vars(m.type_params)
            result = None if m.result is None else self.type_ref(m.result)
            params = self.params(m.params, "constructor" if result is None else "extern method")
        resolved = UNKNOWN if result is None else result.resolved
        kind = "constructor" if result is None else "method"
        type_ = FunctionType(param_types(params), resolved, variables, kind)
        return Proto(replace(m, params=params, result=result), type_)

    def _extern(self, d: ast.ExternDecl) -> ast.ExternDecl:
        with self.inside():
            variables = self.type_vars(d.type_params)
            itself = types.ExternType(d.name, variables)
            # Its methods may mention it.
            self.scope.names[d.name] = ast.Symbol(d.name, "extern", itself, d, span=d.name_span)
            protos = [self._proto(m) for m in d.methods]
        methods: dict[str, tuple[Proto, ...]] = {}
        constructors: list[Proto] = []
        for p in protos:
            is_constructor = p.type.kind == "constructor"
            others = constructors if is_constructor else methods.get(p.decl.name, ())
            if not self._told_apart(p, others):
                continue
            if is_constructor:
                constructors.append(p)
            else:
                methods[p.decl.name] = (*others, p)
        self.known.externs[d.name] = ExternInfo(variables, methods, tuple(constructors))
        symbol = self._declare_type("extern", d, itself, variables)
        done = replace(d, methods=tuple(p.decl for p in protos), symbol=symbol)
        symbol.decl = done
        return done

    def _told_apart(self, proto: Proto, others: Iterable[Proto]) -> bool:
        """Whether calls can tell an overload from the others. Reports C0202."""
        other = next((o for o in others if called_alike(proto.type, o.type)), None)
        if other is not None:
            self.report(
                "C0202", f"no call can tell this {proto.decl.name!r} from another one", proto.decl.name_span,
                notes=[Label(other.decl.name_span, "the other one")],
                help="give it another name, more parameters, or parameters of other names",
            )  # fmt: skip
        return other is None

    def _extern_function(self, d: ast.ExternFunctionDecl) -> ast.ExternFunctionDecl:
        proto = self._proto(d.proto)
        before = self.known.functions.get(d.name, ())
        self._told_apart(proto, before)
        self.known.functions[d.name] = (*before, proto)
        known = self.globals.names.get(d.name)
        symbol = known if known is not None and before else self.declare("extern_function", d, proto.type)
        done = replace(d, proto=proto.decl, symbol=symbol)
        if not before:
            symbol.decl = done
        return done

    # ---- parsers, controls, packages

    def _block_type(self, d: ast.BlockTypeDecl) -> ast.BlockTypeDecl:
        with self.inside():
            variables = self.type_vars(d.type_params)
            params = self.params(d.params, "block type")
        type_ = types.BlockType(d.kind, d.name, param_types(params), variables, variables)
        symbol = self._declare_type(d.kind, d, type_, variables)
        done = replace(d, params=params, symbol=symbol)
        symbol.decl = done
        return done

    def _package(self, d: ast.PackageDecl) -> ast.PackageDecl:
        with self.inside():
            variables = self.type_vars(d.type_params)
            params = self.params(d.params, "package")
        type_ = types.PackageType(d.name, param_types(params), variables, variables)
        symbol = self._declare_type("package", d, type_, variables)
        done = replace(d, params=params, symbol=symbol)
        symbol.decl = done
        return done

    def _no_type_params(self, d: ast.ParserDecl | ast.ControlDecl, kind: str) -> None:
        if d.type_params:
            self.report(
                "C0206", f"the {kind} {d.name!r} has a body and type parameters", d.type_params[0].span,
                help="only the types of blocks are generic: name the types it uses",
            )  # fmt: skip

    def parser(self, d: ast.ParserDecl) -> ast.ParserDecl:
        self._no_type_params(d, "parser")
        with self.inside(), self.at_place(Place("parser")):
            self.type_vars(d.type_params)
            constructor = self.params(d.constructor, "constructor")
            params = self.params(d.params, "parser")
            with self.inside():
                local = tuple(self._parser_local(x) for x in d.locals)
                self._named_alike(d.locals)
                for s in d.states:
                    if s.name in ("accept", "reject"):
                        self.report("C0202", f"the state {s.name!r} is P4's own", s.name_span, help="rename it")
                    self.declare("state", s, types.StateType())
                states = tuple(self.state(s) for s in d.states)
        if "start" not in {s.name for s in d.states}:
            self.report(
                "C0235", f"the parser {d.name!r} has no state 'start'", d.name_span, help="add state start { ... }"
            )
        type_ = types.BlockType("parser", d.name, param_types(params))
        symbol = self._declare_type("parser", d, type_)
        done = replace(d, params=params, constructor=constructor, locals=local, states=states, symbol=symbol)
        symbol.decl = done
        return done

    def _named_alike(self, local: tuple[ast.ControlLocal | ast.ParserLocal, ...]) -> None:
        """Reports C0202 for two tables or objects that have one name for the control plane."""
        seen: dict[tuple[str, str], ast.Declared] = {}
        for x in local:
            kind = next((k for k, v in _CONTROLLED.items() if isinstance(x, v)), None)
            if kind is None or any(a.name == "hidden" for a in x.annotations):
                continue
            name = next((a.strings[0] for a in x.annotations if a.name == "name" and a.strings), x.name)
            before = seen.setdefault((kind, name), x)
            if before is not x and before.name != x.name:
                self.report(
                    "C0202", f"two {kind} have the name {name!r} for the control plane", x.name_span,
                    notes=[Label(before.name_span, "the other one")], help="give one of them another @name",
                )  # fmt: skip

    def _parser_local(self, x: ast.ParserLocal) -> ast.ParserLocal:
        match x:
            case ast.VarDecl():
                return self.variable(x)
            case ast.ConstDecl():
                return self.constant(x)
            case ast.Instantiation():
                return self.instantiation(x)
            case ast.ValueSetDecl():
                return self.value_set(x)

    def value_set(self, d: ast.ValueSetDecl) -> ast.ValueSetDecl:
        ref = self.type_ref(d.type)
        size = self.static_int(d.size, "the size of a value set")[0]
        symbol = self.declare("value_set", d, types.SetType(ref.resolved))
        done = replace(d, type=ref, size=size, symbol=symbol)
        symbol.decl = done
        return done

    def control(self, d: ast.ControlDecl) -> ast.ControlDecl:
        self._no_type_params(d, "control")
        outside = self.later
        self.later = outside | {x.name: x.name_span for x in d.locals}
        with self.inside(), self.at_place(Place("control")):
            self.type_vars(d.type_params)
            constructor = self.params(d.constructor, "constructor")
            params = self.params(d.params, "control")
            with self.inside():
                local = tuple(self._control_local(x) for x in d.locals)
                self._named_alike(d.locals)
                self.checking = (d.name,)
                body = self.block(d.body)
        self.later = outside
        type_ = types.BlockType("control", d.name, param_types(params))
        symbol = self._declare_type("control", d, type_)
        done = replace(d, params=params, constructor=constructor, locals=local, body=body, symbol=symbol)
        symbol.decl = done
        return done

    def _control_local(self, x: ast.ControlLocal) -> ast.ControlLocal:
        self.checking = (*self.checking[:1], x.name)
        match x:
            case ast.VarDecl():
                return self.variable(x)
            case ast.ConstDecl():
                return self.constant(x)
            case ast.Instantiation():
                return self.instantiation(x)
            case ast.ActionDecl():
                return self.action(x)
            case ast.TableDecl():
                return self.table(x)
            case ast.FunctionDecl():
                return self.function(x)
