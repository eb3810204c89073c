"""The annotations of an architecture file: @cora_role of the package's parameters; @cora_field and @cora_drop of the
fields of structs, and of parameters that are numbers."""

from __future__ import annotations

from dataclasses import dataclass

from cora.diagnostics import Span, UserError, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.frontend.consteval import evaluate
from cora.ir.nodes import Var
from cora.lower.values import Record, Scalar, Value

ROLES = ("parser", "control", "deparser")
FIELDS = ("ingress_port", "packet_length", "timestamp", "parser_error", "egress_port")
_FIELD_LIST = f"the fields are {', '.join(FIELDS)}; @cora_drop(VALUE) says at which values the packet is dropped"


@dataclass(frozen=True, slots=True)
class Marked:
    """A block of the program and what its role in the architecture is."""

    role: str
    bound: ast.BoundBlock


@dataclass(frozen=True, slots=True)
class Marks:
    """A variable of the architecture: which of `FIELDS` it is, and at which values the packet is dropped."""

    var: Var
    fields: tuple[str, ...]
    drops: tuple[int, ...]
    span: Span


# ---------------------------------------------------------------- roles


def roles(typed: ast.TypedProgram) -> tuple[Marked, ...]:
    """The blocks in the order of the package's parameters. Raises C0323 for annotations that aren't understood, C0324
    where they give no pipeline."""
    assert typed.main is not None and typed.main.target is not None
    package = typed.main.target.symbol.decl
    assert isinstance(package, ast.PackageDecl)
    bound = {b.role: b for b in typed.blocks}
    params = [param for param in package.params if _is_block(param)]
    found = [Marked(_role(param), bound[param.name]) for param in params if param.name in bound]
    for wanted in ("parser", "deparser"):
        count = sum(m.role == wanted for m in found)
        if count != 1:
            what = f"the package {package.name} has {count or 'no'} {wanted}{'s' if count > 1 else ''}"
            help = f'annotate one parameter with @cora_role("{wanted}"); controls may be several'
            raise error("C0324", what, package.name_span, help=help)
    return tuple(found)


def _is_block(param: ast.Parameter) -> bool:
    if isinstance(param.type.resolved, ty.PackageType):
        help = "give the blocks themselves to the package: Cora runs one pipeline"
        raise error("C0324", f"the parameter {param.name!r} is a package itself", param.span, help=help)
    return isinstance(param.type.resolved, ty.BlockType)


def _role(param: ast.Parameter) -> str:
    given = [a for a in param.annotations if a.name == "cora_role"]
    if not given:
        help = 'annotate it with @cora_role("parser"), @cora_role("control") or @cora_role("deparser")'
        raise error("C0324", f"the block {param.name!r} has no role", param.span, help=help)
    role = _word(given[-1], ROLES, f"the roles are {', '.join(ROLES)}")
    block = param.type.resolved
    assert isinstance(block, ty.BlockType)
    if len(given) > 1:
        raise error("C0324", f"the block {param.name!r} has two roles", given[1].span, help="leave one")
    if (role == "parser") != (block.kind == "parser"):
        help = "parsers have the role parser, controls the role control or deparser"
        raise error("C0324", f"the {block.kind} {param.name!r} can't be a {role}", given[0].span, help=help)
    return role


def _word(annotation: ast.Annotation, known: tuple[str, ...], help: str) -> str:
    if len(annotation.strings) == 1 and annotation.strings[0] in known:
        return annotation.strings[0]
    given = f"({annotation.tokens})" if annotation.tokens else ""
    raise error("C0323", f"@{annotation.name}{given} isn't understood", annotation.span, help=help)


# ---------------------------------------------------------------- fields


def marks_of_param(typed: ast.TypedProgram, param: ast.Parameter, t: ty.Type, place: Value) -> Marks:
    """Of a parameter that is a number: it must say what it is."""
    found = _marks(typed, param, t, place)
    if found is None:
        help = f"annotate it with @cora_field(...) or @cora_drop(...), or put it into a struct; {_FIELD_LIST}"
        raise error("C0325", f"nothing says what the parameter {param.name!r} is", param.span, help=help)
    return found


def refuse_marks(param: ast.Parameter) -> None:
    """Raises C0323 for a parameter that is annotated though it is no number."""
    for annotation in param.annotations:
        if annotation.name in ("cora_field", "cora_drop"):
            raise _misplaced(annotation, "a struct or header as a whole")


def marks_of_field(typed: ast.TypedProgram, t: ty.Type, place: Value) -> list[Marks]:
    """Of the fields of a struct, and of those of the structs in it."""
    symbol = typed.globals.get(t.name) if isinstance(t, ty.StructType | ty.HeaderType | ty.UnionType) else None
    decl = symbol.decl if symbol is not None else None
    if not isinstance(decl, ast.FieldsDecl) or not isinstance(place, Record):
        return []
    found: list[Marks] = []
    types = {f.name: f.type for f in getattr(t, "fields", ())}
    for field in decl.fields:
        mine = _given(field)
        inner = types[field.name]
        if mine and decl.kind != "struct":
            raise _misplaced(mine[0], f"a field of a {decl.kind.replace('_', ' ')}")
        if mine and not isinstance(ty.underlying(inner), ty.Bits | ty.Bool | ty.EnumType | ty.ErrorType):
            raise _misplaced(mine[0], "a struct or header as a whole")
        one = _marks(typed, field, inner, place.field(field.name))
        found += [one] if one is not None else marks_of_field(typed, inner, place.field(field.name))
    return found


def _given(of: ast.Parameter | ast.StructField) -> list[ast.Annotation]:
    return [a for a in of.annotations if a.name in ("cora_field", "cora_drop")]


def _misplaced(annotation: ast.Annotation, what: str) -> UserError:
    help = "annotate a field of a struct, or a parameter that is a number"
    return error("C0323", f"@{annotation.name} on {what}", annotation.span, help=help)


def _marks(typed: ast.TypedProgram, of: ast.Parameter | ast.StructField, t: ty.Type, place: Value) -> Marks | None:
    given = _given(of)
    if not given:
        return None
    assert isinstance(place, Scalar) and isinstance(place.expr, Var)
    fields: list[str] = []
    drops: list[int] = []
    for annotation in given:
        if annotation.name == "cora_drop":
            drops += [_value(typed, annotation, text.strip(), t) for text in annotation.tokens.split(",")]
            continue
        name = _word(annotation, FIELDS, _FIELD_LIST)
        base = ty.underlying(t)
        fits = isinstance(base, ty.ErrorType) if name == "parser_error" else isinstance(base, ty.Bits)
        if not fits:
            wanted = "error" if name == "parser_error" else "bit<W>"
            what = f"{name} can't be of type {ty.show(t)}"
            raise error("C0323", what, annotation.span, help=f"declare it as {wanted}")
        fields.append(name)
    return Marks(place.expr, tuple(fields), tuple(drops), given[0].span)


def _value(typed: ast.TypedProgram, annotation: ast.Annotation, text: str, t: ty.Type) -> int:
    """A value in @cora_drop: a number, true or false, a member of the field's enum, or a constant of the program."""
    base = t if isinstance(t, ty.EnumType) else ty.underlying(t)
    if isinstance(base, ty.EnumType):
        if text in base.members:
            at = base.members.index(text)
            return base.values[at] if base.values else at
        help = f"name one of {', '.join(base.members)}"
    elif isinstance(base, ty.Bool):
        if text in ("true", "false"):
            return int(text == "true")
        help = "write true or false"
    else:
        number = _number(typed, text)
        if isinstance(base, ty.Bits) and number is not None and 0 <= number < 1 << base.width:
            return number
        help = "write a number that the field can hold, or the name of a constant"
    what = f"{text!r} isn't a value of {ty.show(t)}" if text else "@cora_drop without a value"
    raise error("C0323", what, annotation.span, help=help)


def _number(typed: ast.TypedProgram, text: str) -> int | None:
    symbol = typed.globals.get(text)
    if symbol is not None and isinstance(symbol.decl, ast.ConstDecl):
        value = evaluate(symbol.decl.init, {})
        return value if isinstance(value, int) else None
    try:
        return int(text, 0)
    except ValueError:
        return None
