"""Makes the objects of a program: blocks with what they declare, extern instances, tables."""

from __future__ import annotations

from cora.diagnostics import Span
from cora.frontend import ast
from cora.frontend import types as ty
from cora.frontend.consteval import evaluate as evaluate_constant
from cora.ir.nodes import State
from cora.lower.context import BlockInst, Context, Env, ObjectInst, TableInst


def annotated_name(name: str, annotations: tuple[ast.Annotation, ...]) -> str:
    """The control-plane name: what `@name("...")` says, else the name in the program."""
    for annotation in annotations:
        if annotation.name == "name" and annotation.strings:
            return annotation.strings[0].lstrip(".")
    return name


def instantiate_block(
    cx: Context, symbol: ast.Symbol, name: str, args: tuple[ast.Arg, ...], outer: Env, path: tuple[str, ...] = ()
) -> BlockInst:
    """An instance of a parser or control. `args` are its constructor's, evaluated in `outer`."""
    decl = symbol.decl
    assert isinstance(decl, ast.ParserDecl | ast.ControlDecl)
    env = Env(root_of(cx.env))
    for param, arg in zip(decl.constructor, args, strict=True):
        _bind_constructor_argument(env, param, arg, outer, (*path, name))
    instance = BlockInst(decl, (*path, name), env)
    for local in decl.locals:
        match local:
            case ast.Instantiation():
                _instantiate(cx, local, instance.path, env)
            case ast.TableDecl():
                table_path = (*instance.path, annotated_name(local.name, local.annotations))
                env.bind(local.symbol, TableInst(local, table_path, env))
            case _:
                pass  # variables live only while the block runs; actions and functions are found by their symbol
    return instance


def root_of(env: Env) -> Env:
    """The scope of the program's top level."""
    while env.parent is not None:
        env = env.parent
    return env


def _bind_constructor_argument(env: Env, param: ast.Parameter, arg: ast.Arg, outer: Env, path: tuple[str, ...]) -> None:
    expr = arg.value if arg.value is not None else param.default
    if expr is None:
        return
    if isinstance(expr, ast.Call) and isinstance(expr.type, ty.ExternType):
        # An object made for this argument has the parameter's name (specification 18.4.3).
        name = annotated_name(param.name, param.annotations)
        env.bind(param.symbol, _object(expr.type, name, expr.args, path, outer, expr.span, ()))
        return
    if isinstance(expr, ast.Name):
        found = outer.find(expr.symbol)
        if found is not None:
            env.bind(param.symbol, found)
            return
    value = _constant(expr, outer)
    if value is not None:
        env.constants[param.symbol] = value


def _constant(expr: ast.Expr, env: Env) -> ast.Value | None:
    return expr.value if expr.value is not None else evaluate_constant(expr, env.known())


def _instantiate(cx: Context, decl: ast.Instantiation, path: tuple[str, ...], env: Env) -> None:
    assert decl.target is not None
    made = decl.target.symbol
    if isinstance(made.decl, ast.ParserDecl | ast.ControlDecl):
        name = annotated_name(decl.name, decl.annotations)
        env.bind(decl.symbol, instantiate_block(cx, made, name, decl.args, env, path))
    else:
        env.bind(decl.symbol, _declared_object(decl, path, env))


def instantiate_global(cx: Context, decl: ast.Instantiation) -> None:
    """An extern instance at the top level."""
    if decl.target is not None and isinstance(decl.target.symbol.decl, ast.ExternDecl):
        cx.env.bind(decl.symbol, _declared_object(decl, (), cx.env))


def _declared_object(decl: ast.Instantiation, path: tuple[str, ...], env: Env) -> ObjectInst:
    name = annotated_name(decl.name, decl.annotations)
    return _object(decl.type.resolved, name, decl.args, path, env, decl.span, decl.annotations)


def _object(
    type_: ty.Type, name: str, args: tuple[ast.Arg, ...], path: tuple[str, ...], env: Env, span: Span,
    annotations: tuple[ast.Annotation, ...],
) -> ObjectInst:  # fmt: skip
    values = tuple(None if a.value is None else _constant(a.value, env) for a in args)
    extern, type_args = (type_.name, type_.args) if isinstance(type_, ty.ExternType) else (name, ())
    return ObjectInst(extern, name, (*path, name), type_args, values, span, annotations)


def add_state(cx: Context, state: State, path: tuple[str, ...], span: Span) -> str:
    """Adds a state under its qualified name, which is unique; `short_names` shortens it at the end."""
    qualified = ".".join(path)
    name = qualified
    number = 1
    while name in cx.states:
        number += 1
        name = f"{qualified}_{number}"
    cx.states[name] = State(
        name,
        state.kind,
        state.key,
        state.values,
        state.capacity,
        state.default,
        state.entries,
        state.const_entries,
        state.actions,
        state.idle_timeouts_ns,
        span,
    )
    cx.qualified[name] = path[-1]
    return name


def short_names(cx: Context) -> dict[str, str]:
    """Qualified name -> the name that the control plane uses: the local one where only one state has it."""
    wanted = list(cx.qualified.values())
    return {name: short if wanted.count(short) == 1 else name for name, short in cx.qualified.items()}
