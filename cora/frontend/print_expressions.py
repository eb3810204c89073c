"""Types and expressions as P4 text, with no more parentheses than they need."""

from __future__ import annotations

from collections.abc import Iterable

from cora.frontend import ast
from cora.frontend.parse.expressions import BINDING, TERNARY, UNARY
from cora.frontend.types import UNKNOWN, show

_POSTFIX = UNARY + 1
_BASE = {16: ("0x", "x"), 2: ("0b", "b"), 8: ("0o", "o"), 10: ("", "d")}


def type_text(ref: ast.TypeRef) -> str:
    match ref:
        case ast.BaseTypeRef(kind=kind):
            return kind
        case ast.BitsRef(kind=kind, width=width):
            return kind if width is None else f"{kind}<{_width(width)}>"
        case ast.NamedTypeRef(name=name, args=args, absolute=absolute):
            return ("." if absolute else "") + name + type_args_text(args)
        case ast.StackRef(element=element, size=size):
            return f"{type_text(element)}[{expr_text(size)}]"
        case ast.TupleRef(kind=kind, args=args):
            return f"{kind}<{', '.join(map(type_text, args))}>"
        case ast.AnyTypeRef(resolved=resolved):
            return "_" if resolved == UNKNOWN else show(resolved)


def _width(width: ast.Expr) -> str:
    return expr_text(width) if isinstance(width, ast.IntLit) else f"({expr_text(width)})"


def type_args_text(args: Iterable[ast.TypeRef]) -> str:
    shown = ", ".join(map(type_text, args))
    return f"<{shown}>" if shown else ""


def string_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + escaped.replace("\r", "\\r") + '"'


def int_text(e: ast.IntLit) -> str:
    prefix, kind = _BASE[e.base]
    width = "" if e.width is None else f"{e.width}{'s' if e.signed else 'w'}"
    return f"{width}{prefix}{format(e.number, kind)}"


def _binding(e: ast.Expr) -> int:
    match e:
        case ast.Ternary() | ast.Range() | ast.Mask():
            return TERNARY
        case ast.Binary(op=op):
            return BINDING[op][0]
        case ast.Unary() | ast.Cast():
            return UNARY
        case _:
            return _POSTFIX + 1


def expr_text(e: ast.Expr, least: int = 0) -> str:
    """The expression; in parentheses if it binds less than `least`."""
    text = _text(e)
    return f"({text})" if _binding(e) < least else text


def _text(e: ast.Expr) -> str:
    match e:
        case ast.Binary(op=op, left=a, right=b):
            level = BINDING[op][0]
            return f"{expr_text(a, level)} {op} {expr_text(b, level + 1)}"
        case ast.Unary(op=op, operand=a):
            return op + expr_text(a, _POSTFIX)
        case ast.Ternary(cond=c, then=a, orelse=b):
            return f"{expr_text(c, TERNARY + 1)} ? {expr_text(a)} : {expr_text(b, TERNARY)}"
        case ast.Cast(target=target, operand=a):
            shown = show(e.type) if target is None else type_text(target)
            return f"({shown}) {expr_text(a, UNARY)}"
        case ast.Select(base=a, name=name):
            return f"{expr_text(a, _POSTFIX)}.{name}"
        case ast.Index(base=a, index=i):
            return f"{expr_text(a, _POSTFIX)}[{expr_text(i)}]"
        case ast.SliceExpr(base=a, lo=lo, width=ast.ExprNode() as w):
            return f"{expr_text(a, _POSTFIX)}[{expr_text(lo)}+:{expr_text(w)}]"
        case ast.SliceExpr(base=a, hi=hi, lo=lo):
            return f"{expr_text(a, _POSTFIX)}[{expr_text(hi)}:{expr_text(lo)}]"
        case ast.Call(func=f, type_args=targs, args=args):
            return f"{expr_text(f, _POSTFIX)}{type_args_text(targs)}({args_text(args)})"
        case ast.Range(lo=lo, hi=hi):
            return f"{expr_text(lo)} .. {expr_text(hi)}"
        case ast.Mask(number=number, mask=mask):
            return f"{expr_text(number)} &&& {expr_text(mask)}"
        case _:
            return _atom(e)


def _atom(e: ast.Expr) -> str:
    match e:
        case ast.IntLit():
            return int_text(e)
        case ast.BoolLit(truth=truth):
            return "true" if truth else "false"
        case ast.StringLit(text=text):
            return string_text(text)
        case ast.Name(name=name, absolute=absolute):
            return ("." if absolute else "") + name
        case ast.TypeExpr(ref=ref):
            return type_text(ref)
        case ast.ListExpr(items=items):
            return "{ " + ", ".join(map(expr_text, items)) + " }" if items else "{ }"
        case ast.StructExpr(fields=fields, rest=rest):
            parts = [f"{f.name} = {expr_text(f.value)}" for f in fields] + ["..."] * rest
            return "{ " + ", ".join(parts) + " }"
        case ast.DefaultExpr():
            return "..."
        case ast.InvalidHeader():
            return "{#}"
        case ast.DontCare(keyword=keyword):
            return keyword
        case _:
            return "this"


def args_text(args: Iterable[ast.Arg]) -> str:
    def one(a: ast.Arg) -> str:
        value = "_" if a.value is None else expr_text(a.value)
        return f"{a.name} = {value}" if a.name else value

    return ", ".join(map(one, args))


def keys_text(keys: tuple[ast.Expr, ...]) -> str:
    shown = ", ".join(map(expr_text, keys))
    return shown if len(keys) == 1 else f"({shown})"
