"""Declarations and whole programs."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Literal

from cora.diagnostics import Diagnostic
from cora.frontend import ast
from cora.frontend.parse.base import SyntaxFailure, describe
from cora.frontend.parse.tables import TableParser

Annotations = tuple[ast.Annotation, ...]
_STARTS = frozenset(
    ["const", "extern", "action", "parser", "control", "package", "struct", "header", "header_union", "enum", "error",
     "match_kind", "typedef", "type", "value_set"]
)  # fmt: skip


_TOP_LEVEL = frozenset(
    ["parser", "control", "struct", "header", "header_union", "package", "extern", "enum", "typedef"]
)
"""What never stands inside of a parser or control: there a closing brace is missing."""


class DeclarationParser(TableParser):
    def program(self) -> ast.Program:
        start = self.token.span
        found: list[ast.Declaration] = []
        while self.token.kind != "end":
            if self.accept(";"):
                continue
            begin = self.at
            if self.reporter.errors and self._is_remnant():
                self._skip_declaration(begin)
                continue
            try:
                declared = self.declaration()
                found += [*self.inner, declared]
                self.inner.clear()
            except SyntaxFailure:
                self.depth = 0
                del self.scopes[1:]
                self._skip_declaration(begin)
        return ast.Program(tuple(found), span=start)

    def _is_remnant(self) -> bool:
        """What only a syntax error above can have left here: the rest of a parser or control."""
        member = self.sees("state", "apply") and (self.sees_name(1) or self.sees_ahead(1, "{"))
        return member or self.sees("}", "table", "transition")

    def _skip_declaration(self, begin: int) -> None:
        """To behind the declaration that began at token `begin`, or to what looks like the next one."""
        texts = [t.text if t.kind == "punct" else "" for t in self.tokens[begin : self.at]]
        level = texts.count("{") - texts.count("}")
        parens = texts.count("(") - texts.count(")")
        if self.at == begin:
            self.next()
            level += texts.count("{")
        while self.token.kind != "end":
            if self.token.text in _TOP_LEVEL:
                return
            if level <= 0 and (self.sees(";") or (self.token.text in _STARTS and parens <= 0)):
                return
            token = self.next()
            parens += (token.text == "(") - (token.text == ")")
            level += (token.text == "{") - (token.text == "}")
            if token.text == "}" and level <= 0:
                return

    def declaration(self) -> ast.Declaration:
        annotations = self.annotations()
        start = self.token.span
        match self.token.text if self.token.kind == "name" else "":
            case "const":
                return self.constant(annotations)
            case "extern":
                return self._extern(annotations)
            case "action":
                return self.action(annotations)
            case "parser" | "control" as kind:
                return self._block(kind, annotations)
            case "package":
                return self._package(annotations)
            case "struct" | "header" | "header_union" as kind:
                return self._fields(kind, annotations)
            case "enum":
                return self._enum(annotations)
            case "error" | "match_kind" as kind if self.sees_ahead(1, "{"):
                return self._idents(kind, annotations)
            case "typedef" | "type":
                return self._typedef(annotations)
            case "value_set":
                return self._value_set(annotations)
            case _ if self.sees_type() or self.sees_name():
                self._refuse_misspelt()
                ref = self.type_ref()
                if self.sees("("):
                    return self.instantiation(ref, annotations, start)
                return self.function(ref, annotations, start)
            case _:
                self.fail(
                    f"expected a declaration, but here is {describe(self.token)}",
                    help="a program is made of headers, structs, parsers, controls, constants and the like; "
                    "is there one closing brace too many above?",
                )

    def _refuse_misspelt(self) -> None:
        """Fails where something almost begins a declaration: `contrl I(...) {`."""
        text = self.token.text
        if self.token.kind != "name" or text in _STARTS or self.sees_type() or self.peek(1).kind != "name":
            return
        close = difflib.get_close_matches(text, _STARTS, n=1, cutoff=0.75)
        if close:
            self.fail(f"expected a declaration, but here is {text!r}", help=f"did you mean {close[0]!r}?")

    # ---- externs

    def _extern(self, annotations: Annotations) -> ast.Declaration:
        start = self.expect("extern").span
        if self.sees_name() and self.sees_ahead(1, "{", "<", ";"):
            return self._extern_object(annotations, start)
        with self.scope():
            result = self.type_ref()
            proto = self._prototype(result, annotations, start)
        self.declare(proto.name, False)
        return ast.ExternFunctionDecl(
            proto, name=proto.name, name_span=proto.name_span, annotations=annotations, span=self.span_from(start)
        )

    def _extern_object(self, annotations: Annotations, start: ast.Span) -> ast.ExternDecl:
        name = self.name("an extern's name")
        self.declare(name.text, True)
        methods: list[ast.MethodDecl] = []
        with self.scope():
            type_params = self.type_params()
            if not self.accept(";"):
                self.expect("{")
                while not self.sees("}"):
                    methods.append(self._method(name.text))
                self.expect("}", "to close the extern")
        return ast.ExternDecl(
            type_params, tuple(methods), name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    def _method(self, owner: str) -> ast.MethodDecl:
        annotations = self.annotations()
        start = self.token.span
        with self.scope():
            if self.sees(owner) and self.sees_ahead(1, "("):
                return self._prototype(None, annotations, start)
            abstract = self.accept("abstract")
            result = self.type_ref()
            return self._prototype(result, annotations, start, abstract)

    def _prototype(
        self, result: ast.TypeRef | None, annotations: Annotations, start: ast.Span, abstract: bool = False
    ) -> ast.MethodDecl:
        name = self.name("a function's name")
        type_params = self.type_params()
        params = self.parameters()
        self.expect(";", "after the prototype")
        return ast.MethodDecl(
            type_params, params, result, abstract, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    # ---- parsers, controls, packages

    def _block(self, kind: Literal["parser", "control"], annotations: Annotations) -> ast.Declaration:
        start = self.next().span
        name = self.name(f"the {kind}'s name")
        self.declare(name.text, True)
        with self.scope():
            type_params = self.type_params()
            params = self.parameters()
            if self.accept(";"):
                return ast.BlockTypeDecl(
                    kind, type_params, params, name=name.text, name_span=name.span, annotations=annotations,
                    span=self.span_from(start),
                )  # fmt: skip
            constructor = self.parameters() if self.sees("(") else ()
            self.expect("{", f"to open the {kind}'s body")
            if kind == "parser":
                body = self._parser_body()
                return ast.ParserDecl(
                    type_params, params, constructor, *body, name=name.text, name_span=name.span,
                    annotations=annotations, span=self.span_from(start),
                )  # fmt: skip
            inner = self._control_body()
            return ast.ControlDecl(
                type_params, params, constructor, *inner, name=name.text, name_span=name.span,
                annotations=annotations, span=self.span_from(start),
            )  # fmt: skip

    def _members(self, kind: str, member: Callable[[], None]) -> bool:
        """The members of a parser or control and the `}` behind them. Whether there was no syntax error: behind a
        wrong member it goes on with the next."""
        whole = True
        while not self.accept("}"):
            if self.token.kind == "end" or self.token.text in _TOP_LEVEL:
                if self.token.kind == "end" and not whole:
                    raise SyntaxFailure  # what is wrong above has eaten the brace, or is its absence
                self.expect("}", f"to close the {kind}")
            begin, scopes, depth = self.at, len(self.scopes), self.depth
            try:
                member()
            except SyntaxFailure:
                whole = False
                self.depth = depth
                del self.scopes[scopes:]
                self._skip_member(begin)
        return whole

    def _skip_member(self, begin: int) -> None:
        """To behind the member that began at token `begin`, or to what looks like the next one."""
        texts = [t.text if t.kind == "punct" else "" for t in self.tokens[begin : self.at]]
        level = texts.count("{") - texts.count("}")
        while self.token.kind != "end" and self.token.text not in _TOP_LEVEL:
            starts = self.sees("action", "table") or (
                self.sees("state", "apply") and (self.sees_name(1) or self.sees_ahead(1, "{"))
            )
            if (starts and self.at > begin) or (self.sees("}") and level <= 0):
                return
            token = self.next()
            level += (token.text == "{") - (token.text == "}")
            if level <= 0 and token.text in (";", "}"):
                return

    def _control_body(self) -> tuple[tuple[ast.ControlLocal, ...], ast.Block]:
        found: list[ast.ControlLocal] = []
        bodies: list[ast.Block] = []
        start = self.token.span

        def member() -> None:
            if len(bodies) > 1:
                # Said already: what follows belongs to the same mistake.
                raise SyntaxFailure
            annotations = self.annotations()
            if bodies:
                bodies.append(bodies[0])
                self.fail(
                    "a control ends with its 'apply' block",
                    help="move this above it; or is there a brace too many in it, or one missing to close the control?",
                )
            if self.sees("apply") and self.sees_ahead(1, "{", "@"):
                self.next()
                bodies.append(self.block((*annotations, *self.annotations())))
            elif self.sees("action"):
                found.append(self.action(annotations))
            elif self.sees("table"):
                found.append(self.table(annotations))
            elif self.sees("state") and self.sees_ahead(2, "{"):
                self.fail("a state in a control", help="states stand in parsers; a control has an 'apply' block")
            else:
                found.extend(self._local(annotations))

        whole = self._members("control", member)
        if not bodies and whole:
            self.reporter.report(
                Diagnostic(
                    "C0107", "the control has no 'apply' block", self.last_span, help="end it with apply { ... }"
                )
            )
        return tuple(found), bodies[0] if bodies else ast.Block((), span=start)

    def _local(self, annotations: Annotations) -> list[ast.VarDecl | ast.ConstDecl | ast.Instantiation]:
        """One local declaration, or none for a lone `;`."""
        start = self.token.span
        if self.accept(";"):
            return []
        if self.sees("const"):
            return [self.constant(annotations)]
        if not (self.sees_type() or self.sees_name()):
            self.fail(
                f"expected a declaration, but here is {describe(self.token)}",
                help="statements stand in 'apply { }', in actions and in parser states",
            )
        ref = self.type_ref()
        if self.sees("("):
            return [self.instantiation(ref, annotations, start)]
        variable = self.variable(ref, annotations, start)
        self.expect(";", "after the variable")
        return [variable]

    def _parser_body(self) -> tuple[tuple[ast.ParserLocal, ...], tuple[ast.ParserState, ...]]:
        found: list[ast.ParserLocal] = []
        states: list[ast.ParserState] = []

        def member() -> None:
            annotations = self.annotations()
            if self.sees("state") and self.sees_name(1):
                states.append(self._state(annotations))
            elif self.sees("value_set"):
                found.append(self._value_set(annotations))
            else:
                found.extend(self._local(annotations))

        self._members("parser", member)
        return tuple(found), tuple(states)

    def _state(self, annotations: Annotations) -> ast.ParserState:
        start = self.next().span
        name = self.name("a state's name")
        self.expect("{", "after the state's name")
        with self.scope():
            statements = self.statements_until_brace()
            transition = self._transition() if self.sees("transition") else None
        if transition is not None and self.at and not (self.sees("}") or self.sees("state")):
            self.fail("a state ends with its transition", help="move this above the transition")
        self.expect("}", "to close the state")
        return ast.ParserState(
            statements, transition, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    def _transition(self) -> ast.Goto | ast.SelectTransition:
        start = self.next().span
        if not self.sees("select"):
            name = self.name("a state")
            self.expect(";", "after the transition")
            return ast.Goto(name.text, span=name.span)
        self.next()
        self.expect("(", "after 'select'")
        exprs = [self.expression()]
        while self.accept(","):
            exprs.append(self.expression())
        self.expect(")", "after what 'select' tests")
        self.expect("{")
        cases: list[ast.SelectCase] = []
        while not self.sees("}"):
            first = self.token.span
            keys = self.keyset()
            self.expect(":", "between the key and the state")
            state = self.name("a state")
            self.expect(";", "after the state")
            cases.append(ast.SelectCase(keys, state.text, state_span=state.span, span=self.span_from(first)))
        self.expect("}", "to close the select")
        self.accept(";")
        return ast.SelectTransition(tuple(exprs), tuple(cases), span=self.span_from(start))

    def _value_set(self, annotations: Annotations) -> ast.ValueSetDecl:
        start = self.next().span
        self.expect("<", "after value_set")
        ref = self.type_ref()
        self.close_angle()
        self.expect("(", "before the size of the value set")
        size = self.expression()
        self.expect(")", "after the size of the value set")
        name = self.name("the value set's name")
        self.declare(name.text, False)
        self.expect(";", "after the value set")
        return ast.ValueSetDecl(
            ref, size, name=name.text, name_span=name.span, annotations=annotations, span=self.span_from(start)
        )

    def _package(self, annotations: Annotations) -> ast.PackageDecl:
        start = self.next().span
        name = self.name("a package's name")
        self.declare(name.text, True)
        with self.scope():
            type_params = self.type_params()
            params = self.parameters()
        self.expect(";", "after the package")
        return ast.PackageDecl(
            type_params, params, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    # ---- types

    def _fields(self, kind: Literal["struct", "header", "header_union"], annotations: Annotations) -> ast.FieldsDecl:
        start = self.next().span
        name = self.name(f"the {kind}'s name")
        self.declare(name.text, True)
        fields: list[ast.StructField] = []
        with self.scope():
            type_params = self.type_params()
            self.expect("{", f"to open the {kind}")
            while not self.sees("}"):
                own = self.annotations()
                first = self.token.span
                ref = self.type_ref()
                field = self.name("a field's name")
                self.expect(";", "after the field")
                span = self.span_from(first)
                fields.append(ast.StructField(ref, name=field.text, name_span=field.span, annotations=own, span=span))
        self.expect("}", f"to close the {kind}")
        return ast.FieldsDecl(
            kind, type_params, tuple(fields), name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    def _fields_kind(self) -> Literal["struct", "header", "header_union"]:
        if self.sees("struct"):
            return "struct"
        return "header" if self.sees("header") else "header_union"

    def _enum_members(self) -> tuple[ast.EnumMember, ...]:
        found: list[ast.EnumMember] = []
        self.expect("{")
        while not self.sees("}"):
            annotations = self.annotations()
            name = self.name("a member's name")
            init = self.expression() if self.accept("=") else None
            span = self.span_from(name.span)
            found.append(ast.EnumMember(init, name=name.text, name_span=name.span, annotations=annotations, span=span))
            if not self.accept(","):
                break
        self.expect("}", "to close the list of members")
        return tuple(found)

    def _enum(self, annotations: Annotations) -> ast.EnumDecl:
        start = self.next().span
        underlying = None
        if not (self.sees_name() and self.sees_ahead(1, "{")):
            underlying = self.type_ref()
        name = self.name("the enum's name")
        self.declare(name.text, True)
        if self.sees("{") and self.sees_ahead(1, "}"):
            self.fail("an enum without members", help=f"name at least one: enum {name.text} {{ FIRST }}")
        members = self._enum_members()
        return ast.EnumDecl(
            underlying, members, name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(start),
        )  # fmt: skip

    def _idents(self, kind: str, annotations: Annotations) -> ast.IdentsDecl:
        start = self.next().span
        members = self._enum_members()
        return ast.IdentsDecl(members, name=kind, name_span=start, annotations=annotations, span=self.span_from(start))

    def _typedef(self, annotations: Annotations) -> ast.TypedefDecl:
        keyword = self.next()
        if keyword.text == "typedef" and self.sees("struct", "header", "header_union", "enum"):
            inner = self._enum(()) if self.sees("enum") else self._fields(self._fields_kind(), ())
            self.inner.append(inner)
            ref: ast.TypeRef = ast.NamedTypeRef(inner.name, span=inner.name_span)
        else:
            ref = self.type_ref()
        name = self.name("the new type's name")
        self.declare(name.text, True)
        self.expect(";", "after the type")
        return ast.TypedefDecl(
            ref, keyword.text == "type", name=name.text, name_span=name.span, annotations=annotations,
            span=self.span_from(keyword.span),
        )  # fmt: skip
