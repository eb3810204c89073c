"""Writes a tree of Cora's parser as p4c would write its own after parsing, so that the reader can be tested on programs
that p4c has never seen. `version` chooses among the forms that versions of p4c have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from cora.diagnostics import Span
from cora.frontend import ast, parse_text
from cora.frontend.p4c.expressions import BINARY, UNARY

Version = Literal["old", "new"]
Json = dict[str, Any]

_BINARY = {op: name for name, op in BINARY.items()}
_UNARY = {op: name for name, op in UNARY.items()}
_BASE = {
    "bool": "Type_Boolean", "string": "Type_String", "int": "Type_InfInt", "void": "Type_Void",
    "match_kind": "Type_MatchKind",
}  # fmt: skip
_FIELDS = {"struct": "Type_Struct", "header": "Type_Header", "header_union": "Type_HeaderUnion"}


class Writer:
    def __init__(self, version: Version = "new", made_by_p4c: frozenset[str] = frozenset()) -> None:
        """Declarations called as in `made_by_p4c` have no place in the source."""
        self.version: Version = version
        self.made_by_p4c = made_by_p4c
        self.ids = 0
        self.shared: dict[str, int] = {}

    def node(self, kind: str, at: ast.Node | None = None, span: Span | None = None, **fields: Any) -> Json:
        self.ids += 1
        made: Json = {"Node_ID": self.ids, "Node_Type": kind}
        made |= {name: value for name, value in fields.items() if value is not None}
        span = span or (at.span if at is not None else None)
        if span is not None:
            line, column = span.source.line_and_column(span.start)
            made["Source_Info"] = {
                "filename": span.source.name, "line": line, "column": column - 1,
                "source_fragment": span.source.text[span.start : span.end],
            }  # fmt: skip
        return made

    def vector(self, items: list[Json], kind: str = "Vector<Node>") -> Json:
        return self.node(kind, vec=items)

    def program(self, program: ast.Program) -> str:
        objects = self.vector([self.declaration(d) for d in program.declarations])
        return json.dumps(self.node("P4Program", objects=objects))

    # ---- types

    def type(self, ref: ast.TypeRef) -> Json:
        match ref:
            case ast.BaseTypeRef(kind="error"):
                return self.node("Type_Name", ref, path=self.path("error", ref.span))
            case ast.BaseTypeRef(kind=kind):
                return self.node(_BASE[kind], ref)
            case ast.BitsRef(kind=kind, width=width):
                return self.bits(ref, kind, width)
            case ast.NamedTypeRef(name=name, args=args, absolute=absolute):
                named = self.node("Type_Name", ref, path=self.path(name, ref.span, absolute))
                if not args:
                    return named
                return self.node("Type_Specialized", ref, baseType=named, arguments=self.types(args))
            case ast.StackRef(element=element, size=size):
                kind = "Type_Stack" if self.version == "old" else "Type_Array"
                return self.node(kind, ref, elementType=self.type(element), size=self.expr(size))
            case ast.TupleRef(kind="list", args=args):
                return self.node("Type_P4List", ref, elementType=self.type(args[0]))
            case ast.TupleRef(args=args):
                return self.node("Type_Tuple", ref, components=self.types(args))
            case ast.AnyTypeRef():
                return self.node("Type_Dontcare", ref)

    def bits(self, ref: ast.TypeRef, kind: str, width: ast.Expr | None) -> Json:
        """One node for all types of one literal width, met again as a bare reference."""
        name = "Type_Varbits" if kind == "varbit" else "Type_Bits"
        if width is not None and not isinstance(width, ast.IntLit):
            return self.node(name, ref, size=0, isSigned=kind == "int", expression=self.expr(width))
        size = 1 if width is None else width.number
        key = f"{kind}{size}"
        if key in self.shared:
            return {"Node_ID": self.shared[key]}
        made = self.node(name, ref, size=size, isSigned=kind == "int")
        self.shared[key] = made["Node_ID"]
        return made

    def types(self, refs: tuple[ast.TypeRef, ...]) -> Json:
        return self.vector([self.type(r) for r in refs], "Vector<Type>")

    def path(self, name: str, span: Span, absolute: bool = False) -> Json:
        return self.node("Path", span=span, name=name, absolute=absolute)

    # ---- expressions

    def expr(self, e: ast.Expr) -> Json:
        match e:
            case ast.Binary(op=op, left=left, right=right):
                return self.node(_BINARY[op], e, left=self.expr(left), right=self.expr(right))
            case ast.Unary(op=op, operand=operand):
                return self.node(_UNARY[op], e, expr=self.expr(operand))
            case ast.IntLit(number=number, width=width, signed=signed):
                kind = self.node("Type_InfInt")
                if width is not None:
                    kind = self.node("Type_Bits", size=width, isSigned=signed)
                return self.node("Constant", e, type=kind, value=number, base=e.base)
            case ast.BoolLit(truth=truth):
                return self.node("BoolLiteral", e, value=truth)
            case ast.StringLit(text=text):
                return self.node("StringLiteral", e, value=text)
            case ast.Name(name=name, absolute=absolute):
                return self.node("PathExpression", e, path=self.path(name, e.span, absolute))
            case ast.TypeExpr(ref=ref):
                return self.node("TypeNameExpression", e, typeName=self.type(ref))
            case ast.Select(base=base, name=name):
                return self.node("Member", e, expr=self.expr(base), member=name)
            case ast.Index(base=base, index=index):
                return self.node("ArrayIndex", e, left=self.expr(base), right=self.expr(index))
            case ast.SliceExpr(base=base, lo=lo, width=ast.ExprNode() as width):
                return self.node("PlusSlice", e, e0=self.expr(base), e1=self.expr(lo), e2=self.expr(width))
            case ast.SliceExpr(base=base, hi=hi, lo=lo):
                return self.node("Slice", e, e0=self.expr(base), e1=self.expr(hi), e2=self.expr(lo))
            case ast.Ternary(cond=cond, then=then, orelse=orelse):
                return self.node("Mux", e, e0=self.expr(cond), e1=self.expr(then), e2=self.expr(orelse))
            case ast.Cast(target=target, operand=operand):
                assert target is not None
                return self.node("Cast", e, destType=self.type(target), expr=self.expr(operand), implicit=False)
            case ast.Call():
                return self.call(e)
            case _:
                return self.other(e)

    def other(self, e: ast.Expr) -> Json:
        match e:
            case ast.ListExpr(items=items):
                return self.node("ListExpression", e, components=self.vector([self.expr(i) for i in items]))
            case ast.StructExpr(fields=fields, rest=rest):
                parts = [self.node("NamedExpression", f, name=f.name, expression=self.expr(f.value)) for f in fields]
                parts += [self.node("NamedDots", e)] if rest else []
                kind = "StructInitializerExpression" if self.version == "old" else "StructExpression"
                return self.node(kind, e, components=self.vector(parts))
            case ast.DefaultExpr():
                return self.node("Dots", e)
            case ast.InvalidHeader():
                return self.node("Invalid", e)
            case ast.Range(lo=lo, hi=hi):
                return self.node("Range", e, left=self.expr(lo), right=self.expr(hi))
            case ast.Mask(number=number, mask=mask):
                return self.node("Mask", e, left=self.expr(number), right=self.expr(mask))
            case ast.DontCare():
                return self.node("DefaultExpression", e)
            case ast.This():
                return self.node("This", e)
            case _:
                raise AssertionError(type(e))

    def call(self, e: ast.Call) -> Json:
        if isinstance(e.func, ast.TypeExpr):
            made = self.type(e.func.ref)
            return self.node("ConstructorCallExpression", e, constructedType=made, arguments=self.args(e.args))
        return self.node(
            "MethodCallExpression", e, method=self.expr(e.func), typeArguments=self.types(e.type_args),
            arguments=self.args(e.args),
        )  # fmt: skip

    def args(self, args: tuple[ast.Arg, ...]) -> Json:
        def one(a: ast.Arg) -> Json:
            value = self.node("DefaultExpression", a) if a.value is None else self.expr(a.value)
            return self.node("Argument", a, expression=value) | {"name": a.name or None}

        return self.vector([one(a) for a in args], "Vector<Argument>")

    # ---- annotations, parameters

    def annotations(self, annotations: tuple[ast.Annotation, ...]) -> Json:
        made = [self.annotation(a) for a in annotations]
        if self.version == "old":
            return self.node("Annotations", annotations=self.vector(made))
        return self.vector(made, "Vector<Annotation>")

    def annotation(self, a: ast.Annotation) -> Json:
        strings = set(a.strings)
        tokens: list[Json] = []
        for word in a.tokens.split(" ") if a.tokens else []:
            text = word.strip('"')
            tokens.append(self.node("AnnotationToken", token_type=385 if text in strings else 386, text=text))
        if len(a.strings) == 1 and a.tokens == f'"{a.strings[0]}"':
            tokens = [self.node("StringLiteral", value=a.strings[0])]
        body = self.vector(tokens, "Vector<AnnotationToken>")
        wrapped = body if self.version == "old" else {"variant_index": 0, "value": body}
        return self.node("Annotation", a, name=a.name, body=wrapped, structured=a.brackets == "[")

    def declared(self, d: ast.Declared) -> Json:
        span = None if d.name in self.made_by_p4c else d.name_span
        return {"span": span, "name": d.name, "annotations": self.annotations(d.annotations)}

    def params(self, params: tuple[ast.Parameter, ...]) -> Json:
        made = [
            self.node(
                "Parameter", **self.declared(p), direction=p.direction, type=self.type(p.type),
                defaultValue=None if p.default is None else self.expr(p.default),
            )
            for p in params
        ]  # fmt: skip
        return self.node("ParameterList", parameters=self.vector(made, "IndexedVector<Parameter>"))

    def type_params(self, params: tuple[ast.TypeParam, ...]) -> Json:
        made = [self.node("Type_Var", span=p.name_span, name=p.name) for p in params]
        return self.node("TypeParameters", parameters=self.vector(made))

    # ---- statements

    def statements(self, statements: tuple[ast.Statement, ...]) -> Json:
        return self.vector([self.statement(s) for s in statements], "IndexedVector<StatOrDecl>")

    def statement(self, s: ast.Statement) -> Json:
        match s:
            case ast.Assign(target=target, op=op, value=value):
                kind = _BINARY[op] + "Assign" if op else "AssignmentStatement"
                return self.node(kind, s, left=self.expr(target), right=self.expr(value))
            case ast.CallStmt(call=call):
                return self.node("MethodCallStatement", s, methodCall=self.call(call))
            case ast.Block(statements=statements, annotations=annotations):
                return self.node(
                    "BlockStatement",
                    s,
                    annotations=self.annotations(annotations),
                    components=self.statements(statements),
                )
            case ast.If(cond=cond, then=then, orelse=orelse):
                return self.node(
                    "IfStatement", s, condition=self.expr(cond), ifTrue=self.statement(then),
                    ifFalse=None if orelse is None else self.statement(orelse),
                )  # fmt: skip
            case ast.Return(value=value):
                return self.node("ReturnStatement", s, expression=None if value is None else self.expr(value))
            case ast.Switch(subject=subject, cases=cases):
                made = [
                    self.node(
                        "SwitchCase", c, label=self.expr(c.label),
                        statement=None if c.body is None else self.statement(c.body),
                    )
                    for c in cases
                ]  # fmt: skip
                return self.node("SwitchStatement", s, expression=self.expr(subject), cases=self.vector(made))
            case ast.For() | ast.ForIn():
                return self.loop(s)
            case ast.Empty() | ast.Exit() | ast.Break() | ast.Continue():
                return self.node(type(s).__name__ + "Statement", s)
            case _:
                return self.local(s)

    def loop(self, s: ast.For | ast.ForIn) -> Json:
        if isinstance(s, ast.ForIn):
            return self.node(
                "ForInStatement", s, annotations=self.annotations(s.annotations), decl=self.local(s.var),
                collection=self.expr(s.over), body=self.statement(s.body),
            )  # fmt: skip
        return self.node(
            "ForStatement", s, annotations=self.annotations(s.annotations), init=self.statements(s.init),
            condition=self.expr(s.cond), updates=self.statements(s.update), body=self.statement(s.body),
        )  # fmt: skip

    # ---- declarations

    def local(self, d: ast.Node) -> Json:
        match d:
            case ast.VarDecl(type=ref, init=init):
                value = None if init is None else self.expr(init)
                return self.node("Declaration_Variable", **self.declared(d), type=self.type(ref), initializer=value)
            case ast.ConstDecl(type=ref, init=init):
                kind = "Declaration_Constant"
                return self.node(kind, **self.declared(d), type=self.type(ref), initializer=self.expr(init))
            case ast.Instantiation(type=ref, args=args, body=body):
                inner = [self.local(b) for b in body]
                initializer = self.node("BlockStatement", components=self.vector(inner)) if body else None
                return self.node(
                    "Declaration_Instance", **self.declared(d), type=self.type(ref), arguments=self.args(args),
                    initializer=initializer, properties=self.node("NameMap<Property>", symbols={}),
                )  # fmt: skip
            case ast.FunctionDecl(type_params=tp, params=params, result=result, body=body):
                return self.node(
                    "Function", **self.declared(d), type=self.signature(tp, params, result), body=self.statement(body)
                )
            case ast.ActionDecl(params=params, body=body):
                return self.node(
                    "P4Action", **self.declared(d), parameters=self.params(params), body=self.statement(body)
                )
            case ast.TableDecl():
                return self.table(d)
            case ast.ValueSetDecl(type=ref, size=size):
                return self.node("P4ValueSet", **self.declared(d), elementType=self.type(ref), size=self.expr(size))
            case _:
                raise AssertionError(type(d))

    def signature(
        self, tp: tuple[ast.TypeParam, ...], params: tuple[ast.Parameter, ...], result: ast.TypeRef | None
    ) -> Json:
        returned = None if result is None else self.type(result)
        return self.node(
            "Type_Method", typeParameters=self.type_params(tp), returnType=returned, parameters=self.params(params)
        )

    def method(self, m: ast.MethodDecl) -> Json:
        kind = self.signature(m.type_params, m.params, m.result)
        return self.node("Method", **self.declared(m), type=kind, isAbstract=m.abstract)

    def declaration(self, d: ast.Declaration) -> Json:
        match d:
            case ast.FieldsDecl(kind=kind, type_params=tp, fields=fields):
                made = [self.node("StructField", **self.declared(f), type=self.type(f.type)) for f in fields]
                return self.node(
                    _FIELDS[kind], **self.declared(d), typeParameters=self.type_params(tp), fields=self.vector(made)
                )
            case ast.EnumDecl(underlying=underlying, members=members):
                kind = "Type_Enum" if underlying is None else "Type_SerEnum"
                below = None if underlying is None else self.type(underlying)
                return self.node(kind, **self.declared(d), type=below, members=self.members(members))
            case ast.IdentsDecl(name="error", members=members):
                return self.node("Type_Error", **self.declared(d), members=self.members(members))
            case ast.IdentsDecl(members=members):
                return self.node("Declaration_MatchKind", span=d.name_span, members=self.members(members))
            case ast.TypedefDecl(type=ref, new=new):
                kind = "Type_Newtype" if new else "Type_Typedef"
                return self.node(kind, **self.declared(d), type=self.type(ref))
            case ast.ExternDecl(type_params=tp, methods=methods):
                return self.node(
                    "Type_Extern", **self.declared(d), typeParameters=self.type_params(tp),
                    methods=self.vector([self.method(m) for m in methods]),
                    attributes=self.node("NameMap<Declaration>", symbols={}),
                )  # fmt: skip
            case ast.ExternFunctionDecl(proto=proto):
                return self.method(proto) | {"annotations": self.annotations(d.annotations)}
            case ast.PackageDecl(type_params=tp, params=params):
                return self.node(
                    "Type_Package", **self.declared(d), typeParameters=self.type_params(tp),
                    constructorParams=self.params(params),
                )  # fmt: skip
            case ast.BlockTypeDecl() | ast.ParserDecl() | ast.ControlDecl():
                return self.block(d)
            case _:
                return self.local(d)

    def members(self, members: tuple[ast.EnumMember, ...]) -> Json:
        made = [
            self.node("Declaration_ID", **self.declared(m))
            if m.init is None
            else self.node("SerEnumMember", **self.declared(m), value=self.expr(m.init))
            for m in members
        ]
        return self.vector(made, "IndexedVector<Declaration_ID>")

    def block(self, d: ast.BlockTypeDecl | ast.ParserDecl | ast.ControlDecl) -> Json:
        is_parser = isinstance(d, ast.ParserDecl) or (isinstance(d, ast.BlockTypeDecl) and d.kind == "parser")
        signature = self.node(
            "Type_Parser" if is_parser else "Type_Control", **self.declared(d),
            typeParameters=self.type_params(d.type_params), applyParams=self.params(d.params),
        )  # fmt: skip
        if isinstance(d, ast.BlockTypeDecl):
            return signature
        local = self.vector([self.local(x) for x in d.locals])
        constructor = self.params(d.constructor)
        if isinstance(d, ast.ControlDecl):
            return self.node(
                "P4Control", span=d.name_span, name=d.name, type=signature, constructorParams=constructor,
                controlLocals=local, body=self.statement(d.body),
            )  # fmt: skip
        return self.node(
            "P4Parser", span=d.name_span, name=d.name, type=signature, constructorParams=constructor,
            parserLocals=local, states=self.vector([self.state(s) for s in d.states]),
        )  # fmt: skip

    def state(self, s: ast.ParserState) -> Json:
        match s.transition:
            case ast.Goto(state=state) as goto:
                after: Json | None = self.node("PathExpression", goto, path=self.path(state, goto.span))
            case ast.SelectTransition(exprs=exprs, cases=cases) as select:
                subject = self.node("ListExpression", components=self.vector([self.expr(e) for e in exprs]))
                made = [
                    self.node(
                        "SelectCase", c, keyset=self.keyset(c.keys),
                        state=self.node("PathExpression", path=self.path(c.state, c.state_span)),
                    )
                    for c in cases
                ]  # fmt: skip
                after = self.node("SelectExpression", select, select=subject, selectCases=self.vector(made))
            case None:
                after = None
        return self.node(
            "ParserState", **self.declared(s), components=self.statements(s.statements), selectExpression=after
        )

    def keyset(self, keys: tuple[ast.Expr, ...]) -> Json:
        if len(keys) == 1:
            return self.expr(keys[0])
        return self.node("ListExpression", components=self.vector([self.expr(k) for k in keys]))

    # ---- tables

    def table(self, t: ast.TableDecl) -> Json:
        parts = [self.property("key", self.key(t))] if t.key else []
        listed = [
            self.node("ActionListElement", a, annotations=self.annotations(a.annotations), expression=self.action(a))
            for a in t.actions
        ]
        parts.append(self.property("actions", self.node("ActionList", actionList=self.vector(listed))))
        if t.default_action is not None:
            value = self.node("ExpressionValue", expression=self.action(t.default_action))
            parts.append(self.property("default_action", value, t.const_default))
        if t.entries is not None:
            made = self.vector([self.entry(e) for e in t.entries])
            parts.append(self.property("entries", self.node("EntriesList", entries=made), t.const_entries))
        for p in t.properties:
            value = self.node("ExpressionValue", expression=self.expr(p.value))
            parts.append(self.property(p.name, value, p.const) | {"annotations": self.annotations(p.annotations)})
        properties = self.node("TableProperties", properties=self.vector(parts, "IndexedVector<Property>"))
        return self.node("P4Table", **self.declared(t), properties=properties)

    def property(self, name: str, value: Json, const: bool = False) -> Json:
        return self.node("Property", name=name, value=value, isConstant=const)

    def key(self, t: ast.TableDecl) -> Json:
        made = [
            self.node(
                "KeyElement", k, expression=self.expr(k.expr), annotations=self.annotations(k.annotations),
                matchType=self.node("PathExpression", path=self.path(k.match_kind, k.match_span)),
            )
            for k in t.key
        ]  # fmt: skip
        return self.node("Key", keyElements=self.vector(made))

    def action(self, a: ast.ActionRef) -> Json:
        func = self.node("PathExpression", path=self.path(a.name, a.span, a.absolute))
        return self.node("MethodCallExpression", a, method=func, arguments=self.args(a.args))

    def entry(self, e: ast.TableEntry) -> Json:
        return self.node(
            "Entry", e, annotations=self.annotations(e.annotations), isConst=e.const,
            keys=self.node("ListExpression", components=self.vector([self.expr(k) for k in e.keys])),
            action=self.action(e.action), priority=None if e.priority is None else self.expr(e.priority),
        )  # fmt: skip


def json_of(path: Path, version: Version = "new", defines: tuple[str, ...] = ()) -> str:
    """The JSON of a program, architecture included."""
    return Writer(version).program(parse_text(path.read_text(), name=str(path), defines=defines))
