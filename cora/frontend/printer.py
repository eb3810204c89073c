"""Syntax trees as P4 text: `parse(print(tree)) == tree` for every tree of the parser.

Of checked trees it shows what the checker added too (casts, argument names), for people to read.
"""

from __future__ import annotations

from collections.abc import Iterable

from cora.frontend import ast
from cora.frontend.print_expressions import args_text, expr_text, keys_text, type_text

Lines = list[str]


def print_program(program: ast.Program) -> str:
    return "\n".join(line for d in program.declarations for line in [*_declaration(d), ""])


def _indent(lines: Iterable[str]) -> Lines:
    return [f"    {line}" if line else line for line in lines]


def _braced(head: str, body: Iterable[str]) -> Lines:
    return [f"{head} {{", *_indent(body), "}"]


def _annotations(found: tuple[ast.Annotation, ...]) -> str:
    closing = {"(": ")", "[": "]", "": ""}
    return "".join(f"@{a.name}{a.brackets}{a.tokens}{closing[a.brackets]} " for a in found)


def _params(params: Iterable[ast.Parameter]) -> str:
    def one(p: ast.Parameter) -> str:
        default = "" if p.default is None else f" = {expr_text(p.default)}"
        direction = f"{p.direction} " if p.direction else ""
        return f"{_annotations(p.annotations)}{direction}{type_text(p.type)} {p.name}{default}"

    return "(" + ", ".join(map(one, params)) + ")"


def _type_params(params: tuple[ast.TypeParam, ...]) -> str:
    return f"<{', '.join(p.name for p in params)}>" if params else ""


# ---------------------------------------------------------------- statements


def _statement(s: ast.Statement) -> Lines:
    match s:
        case ast.Assign() | ast.CallStmt():
            return [f"{_simple(s)};"]
        case ast.Block():
            return _block(s)
        case ast.If(cond=cond, then=then, orelse=orelse):
            lines = _attached(f"if ({expr_text(cond)})", then)
            return lines if orelse is None else [*lines, *_attached("else", orelse)]
        case ast.Switch(subject=subject, cases=cases):
            return _braced(f"switch ({expr_text(subject)})", [line for c in cases for line in _case(c)])
        case ast.For() | ast.ForIn():
            return _loop(s)
        case ast.Return(value=value):
            return ["return;" if value is None else f"return {expr_text(value)};"]
        case ast.Exit():
            return ["exit;"]
        case ast.Break():
            return ["break;"]
        case ast.Continue():
            return ["continue;"]
        case ast.Empty():
            return [";"]
        case ast.VarDecl() | ast.ConstDecl() | ast.Instantiation():
            return _value_declaration(s)


def _block(b: ast.Block, head: str = "") -> Lines:
    head = f"{_annotations(b.annotations)}{head}".rstrip()
    lines = _braced(head, [line for s in b.statements for line in _statement(s)])
    return [lines[0].lstrip(), *lines[1:]]


def _attached(head: str, s: ast.Statement) -> Lines:
    """A statement behind `if (..)`, `else` or `for (..)`."""
    if isinstance(s, ast.Block) and not s.annotations:
        return _block(s, head)
    return [head, *_indent(_statement(s))]


def _simple(s: ast.Statement) -> str:
    match s:
        case ast.Assign(target=target, op=op, value=value):
            return f"{expr_text(target)} {op}= {expr_text(value)}"
        case ast.CallStmt(call=call):
            return expr_text(call)
        case _:
            return _statement(s)[0].removesuffix(";")


def _case(c: ast.SwitchCase) -> Lines:
    head = f"{expr_text(c.label)}:"
    return [head] if c.body is None else _block(c.body, head)


def _loop(s: ast.For | ast.ForIn) -> Lines:
    notes = _annotations(s.annotations)
    if isinstance(s, ast.ForIn):
        return _attached(f"{notes}for ({_simple(s.var)} in {expr_text(s.over)})", s.body)
    init, update = ", ".join(map(_simple, s.init)), ", ".join(map(_simple, s.update))
    return _attached(f"{notes}for ({init}; {expr_text(s.cond)}; {update})", s.body)


def _value_declaration(d: ast.VarDecl | ast.ConstDecl | ast.Instantiation | ast.ValueSetDecl) -> Lines:
    head = f"{_annotations(d.annotations)}"
    match d:
        case ast.VarDecl(init=init):
            value = "" if init is None else f" = {expr_text(init)}"
            return [f"{head}{type_text(d.type)} {d.name}{value};"]
        case ast.ConstDecl(init=init):
            return [f"{head}const {type_text(d.type)} {d.name} = {expr_text(init)};"]
        case ast.ValueSetDecl(size=size):
            return [f"{head}value_set<{type_text(d.type)}>({expr_text(size)}) {d.name};"]
        case ast.Instantiation(args=args, body=body):
            text = f"{head}{type_text(d.type)}({args_text(args)}) {d.name}"
            if not body:
                return [f"{text};"]
            inner = [line for part in body for line in _declaration(part)]
            return [f"{text} = {{", *_indent(inner), "};"]


# ---------------------------------------------------------------- declarations


def _declaration(d: ast.Declaration | ast.VarDecl | ast.TableDecl) -> Lines:
    notes = _annotations(d.annotations)
    match d:
        case ast.VarDecl() | ast.ConstDecl() | ast.Instantiation() | ast.ValueSetDecl():
            return _value_declaration(d)
        case ast.TableDecl():
            return _table(d)
        case ast.ActionDecl(params=params, body=body):
            return _block(body, f"{notes}action {d.name}{_params(params)}")
        case ast.FunctionDecl(params=params, body=body):
            head = f"{notes}{type_text(d.result)} {d.name}{_type_params(d.type_params)}{_params(params)}"
            return _block(body, head)
        case ast.ParserDecl() | ast.ControlDecl():
            return _with_body(d)
        case ast.ExternDecl(methods=methods):
            return _braced(f"{notes}extern {d.name}{_type_params(d.type_params)}", map(_method, methods))
        case ast.ExternFunctionDecl(proto=proto):
            return [f"{notes}extern {_prototype(proto)}"]
        case _:
            return _type_declaration(d, notes)


def _type_declaration(d: ast.Declaration, notes: str) -> Lines:
    match d:
        case ast.BlockTypeDecl(kind=kind, params=params):
            return [f"{notes}{kind} {d.name}{_type_params(d.type_params)}{_params(params)};"]
        case ast.PackageDecl(params=params):
            return [f"{notes}package {d.name}{_type_params(d.type_params)}{_params(params)};"]
        case ast.FieldsDecl(kind=kind, fields=fields):
            body = [f"{_annotations(f.annotations)}{type_text(f.type)} {f.name};" for f in fields]
            return _braced(f"{notes}{kind} {d.name}{_type_params(d.type_params)}", body)
        case ast.EnumDecl(underlying=base, members=members):
            kind = "enum" if base is None else f"enum {type_text(base)}"
            return _braced(f"{notes}{kind} {d.name}", _members(members))
        case ast.IdentsDecl(members=members):
            return _braced(f"{notes}{d.name}", _members(members))
        case ast.TypedefDecl(new=new):
            return [f"{notes}{'type' if new else 'typedef'} {type_text(d.type)} {d.name};"]
        case _:
            raise AssertionError(f"unexpected declaration {d!r}")


def _members(members: tuple[ast.EnumMember, ...]) -> Lines:
    def one(m: ast.EnumMember) -> str:
        value = "" if m.init is None else f" = {expr_text(m.init)}"
        return f"{_annotations(m.annotations)}{m.name}{value}"

    return [f"{one(m)}," for m in members]


def _prototype(m: ast.MethodDecl) -> str:
    result = "" if m.result is None else f"{type_text(m.result)} "
    abstract = "abstract " if m.abstract else ""
    return f"{abstract}{result}{m.name}{_type_params(m.type_params)}{_params(m.params)};"


def _method(m: ast.MethodDecl) -> str:
    return _annotations(m.annotations) + _prototype(m)


def _with_body(d: ast.ParserDecl | ast.ControlDecl) -> Lines:
    kind = "parser" if isinstance(d, ast.ParserDecl) else "control"
    constructor = _params(d.constructor) if d.constructor else ""
    head = f"{_annotations(d.annotations)}{kind} {d.name}{_type_params(d.type_params)}{_params(d.params)}{constructor}"
    body = [line for x in d.locals for line in _declaration(x)]
    if isinstance(d, ast.ParserDecl):
        body += [line for s in d.states for line in _state(s)]
    else:
        body += _block(ast.Block(d.body.statements, span=d.body.span), f"{_annotations(d.body.annotations)}apply")
    return _braced(head, body)


def _state(s: ast.ParserState) -> Lines:
    body = [line for x in s.statements for line in _statement(x)]
    match s.transition:
        case ast.Goto(state=state):
            body.append(f"transition {state};")
        case ast.SelectTransition(exprs=exprs, cases=cases):
            head = f"transition select({', '.join(map(expr_text, exprs))})"
            body += _braced(head, [f"{keys_text(c.keys)}: {c.state};" for c in cases])
        case None:
            pass
    return _braced(f"{_annotations(s.annotations)}state {s.name}", body)


# ---------------------------------------------------------------- tables


def _action_ref(a: ast.ActionRef) -> str:
    name = ("." if a.absolute else "") + a.name
    return _annotations(a.annotations) + name + (f"({args_text(a.args)})" if a.args else "")


def _table(t: ast.TableDecl) -> Lines:
    body: Lines = []
    if t.key:
        keys = [f"{expr_text(k.expr)}: {k.match_kind} {_annotations(k.annotations)}".rstrip() + ";" for k in t.key]
        body += _braced("key =", keys)
    if t.lists_actions:
        body += _braced("actions =", [f"{_action_ref(a)};" for a in t.actions])
    if t.default_action is not None:
        body.append(f"{'const ' * t.const_default}default_action = {_action_ref(t.default_action)};")
    if t.entries is not None:
        body += _braced(f"{'const ' * t.const_entries}entries =", [_entry(e) for e in t.entries])
    for p in t.properties:
        body.append(f"{_annotations(p.annotations)}{'const ' * p.const}{p.name} = {expr_text(p.value)};")
    return _braced(f"{_annotations(t.annotations)}table {t.name}", body)


def _entry(e: ast.TableEntry) -> str:
    priority = "" if e.priority is None else f"priority = {_primary(e.priority)} : "
    notes = f" {_annotations(e.annotations)}".rstrip()
    return f"{'const ' * e.const}{priority}{keys_text(e.keys)}: {_action_ref(e.action)}{notes};"


def _primary(e: ast.Expr) -> str:
    return expr_text(e) if isinstance(e, ast.IntLit) else f"({expr_text(e)})"
