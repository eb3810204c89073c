"""The architectures' fixed parts: which block runs when, what its parameters are, where the packet goes in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cora.frontend import ast
from cora.ir.cfg import sorted_blocks
from cora.ir.nodes import Access, Bin, Block, Const, Drop, Expr, Forward, Mux, Program, Switch, Var
from cora.lower.builder import Builder
from cora.lower.calls import lower_call
from cora.lower.context import Binding, BlockInst, Context, Env, Forwarding, Packet, ParserPoint
from cora.lower.expressions import clear, resize
from cora.lower.extern_pna import from_host
from cora.lower.extern_v1model import DROP_PORT
from cora.lower.inlining import run_control_body
from cora.lower.instances import instantiate_block, instantiate_global, short_names
from cora.lower.options import LowerOptions
from cora.lower.parsers import ParserLowering
from cora.lower.statements import run as run_statement
from cora.lower.values import Record, Scalar, Value

PORT, LENGTH, TIME = Var("$port", 16), Var("$length", 32), Var("$time", 64)


def assemble(typed: ast.TypedProgram, options: LowerOptions) -> Program:
    """The whole program as IR, not yet optimised."""
    env = Env()
    cx = Context(typed, options, Builder(), env, lower_call, run_statement)
    for declaration in typed.program.declarations:
        if isinstance(declaration, ast.Instantiation) and declaration is not typed.main:
            instantiate_global(cx, declaration)
    body = _v1model(cx) if typed.arch == "v1model" else _pna(cx)
    names = short_names(cx)
    blocks = tuple(_renamed(b, names) for b in sorted_blocks(cx.builder.blocks, ("entry",)))
    states = tuple(replace(s, name=names[s.name]) for s in cx.states.values())
    return Program(typed.name, typed.arch, tuple(cx.headers.values()), states, blocks, body)


def _renamed(block: Block, names: Mapping[str, str]) -> Block:
    ops = tuple(replace(op, state=names[op.state]) if isinstance(op, Access) else op for op in block.ops)
    return replace(block, ops=ops)


# ---------------------------------------------------------------- blocks and their parameters


def _instance(cx: Context, role: str) -> BlockInst:
    bound = cx.typed.block(role)
    outer, cx.env = cx.env, _global(cx)
    instance = instantiate_block(cx, bound.block.symbol, bound.block.name, bound.args, cx.env)
    cx.env = outer
    return instance


def _global(cx: Context) -> Env:
    env = cx.env
    while env.parent is not None:
        env = env.parent
    return env


def _params(cx: Context, role: str) -> tuple[ast.Parameter, ...]:
    return cx.typed.block(role).block.params


def _bind(instance: BlockInst, *bindings: Binding) -> None:
    for param, binding in zip(instance.decl.params, bindings, strict=True):
        instance.env.bind(param.symbol, binding)


def _declare(cx: Context, param: ast.Parameter) -> Value:
    place = cx.declare(param.type.resolved, param.name, param.span)
    return place


def _control(cx: Context, role: str, *bindings: Binding) -> None:
    """Runs a control of the architecture; `exit` ends it."""
    instance = _instance(cx, role)
    _bind(instance, *bindings)
    outer = cx.env
    cx.env = instance.env
    cx.exit_to = cx.builder.block(f"{instance.decl.name}_end")
    run_control_body(cx, instance)
    cx.builder.span = None
    cx.builder.join(cx.exit_to)
    cx.env = outer


def _parser(cx: Context, role: str, body: str, *bindings: Binding) -> None:
    instance = _instance(cx, role)
    _bind(instance, *bindings)
    outer = cx.env
    ParserLowering(cx, body).lower(instance)
    cx.env = outer
    cx.parser = ParserPoint()
    cx.builder.span = None
    cx.builder.start(body)


def _set(cx: Context, place: Value, name: str, value: Expr) -> None:
    """Assigns to a field of the architecture's metadata, if this version of it has the field."""
    assert isinstance(place, Record)
    for field, found in place.fields:
        if field == name:
            assert isinstance(found, Scalar) and isinstance(found.expr, Var)
            cx.builder.assign(found.expr, resize(value, found.expr.width))


# ---------------------------------------------------------------- v1model


def _v1model(cx: Context) -> str:
    builder = cx.builder
    _, headers_param, user_param, standard_param = _params(cx, "p")
    headers, user = _declare(cx, headers_param), _declare(cx, user_param)
    standard = _declare(cx, standard_param)
    assert isinstance(standard, Record)
    cx.arch_place = standard
    cx.refused_places = {f"{standard.name}.mcast_grp": "multicast"}
    microseconds = Bin("udiv", TIME, Const(1000, 64))
    builder.start(builder.block("entry"))
    _set(cx, standard, "ingress_port", PORT)
    _set(cx, standard, "packet_length", LENGTH)
    _set(cx, standard, "ingress_global_timestamp", microseconds)
    body = builder.block("body")
    _parser(cx, "p", body, Packet(), headers, user, standard)
    _set(cx, standard, "parser_error", cx.parser_error)
    _control(cx, "vr", headers, user)
    _control(cx, "ig", headers, user, standard)
    dropped = builder.block("drop")
    spec, port = standard.field("egress_spec"), standard.field("egress_port")
    assert isinstance(spec, Scalar) and isinstance(port, Scalar)

    def drop_or(label: str) -> None:
        go_on = builder.block(label)
        builder.branch(Bin("eq", spec.expr, Const(DROP_PORT, 9)), dropped, go_on)
        builder.start(go_on)

    drop_or("egress")
    _set(cx, standard, "egress_port", spec.expr)
    _set(cx, standard, "egress_spec", Const(0, 9))  # as BMv2: in egress it can only drop
    _set(cx, standard, "egress_global_timestamp", microseconds)
    _control(cx, "eg", headers, user, standard)
    drop_or("deparse")
    _control(cx, "ck", headers, user)
    _control(cx, "dep", Packet(), headers)
    builder.end(Forward(resize(port.expr, 16)))
    builder.start(dropped)
    builder.end(Drop("dropped"))
    return body


# ---------------------------------------------------------------- PNA, both generations


def _pna(cx: Context) -> str:
    builder = cx.builder
    _, headers_param, user_param, parser_in = _params(cx, "main_parser")
    headers, user = _declare(cx, headers_param), _declare(cx, user_param)
    parser_metadata = _declare(cx, parser_in)
    builder.start(builder.block("entry"))
    _input_metadata(cx, parser_metadata)
    body = builder.block("body")
    _parser(cx, "main_parser", body, Packet(), headers, user, parser_metadata)
    if cx.typed.arch == "pna-a":
        _pre_control(cx, headers, user)
    forwarding = Forwarding(Var("$verdict", 8), Var("$egress", 32))
    cx.forwarding = forwarding
    main_in, main_out = _params(cx, "main_control")[2:]
    metadata, results = _declare(cx, main_in), _declare(cx, main_out)
    _input_metadata(cx, metadata)
    # PNA leaves open what happens to a packet that is neither sent nor dropped; like PSA, it is dropped.
    builder.assign(forwarding.verdict, forwarding.drop("no_verdict"))
    _control(cx, "main_control", headers, user, metadata, results)
    deparse = builder.block("deparse")
    drops = [(1 + i, builder.block(f"drop_{reason}"), reason) for i, reason in enumerate(forwarding.reasons)]
    builder.end(Switch(forwarding.verdict, tuple((i, label) for i, label, _ in drops), deparse))
    for _, label, reason in drops:
        builder.start(label)
        builder.end(Drop(reason))
    builder.start(deparse)
    _control(cx, "main_deparser", Packet(), headers, user, results)
    builder.end(Forward(resize(forwarding.port, 16)))
    return body


def _pre_control(cx: Context, headers: Value, user: Value) -> None:
    """Runs between parser and main control. Where its headers or metadata have the main control's type, they are the
    same variables; otherwise they begin as zeros."""
    param_types = [p.type.resolved for p in _params(cx, "main_parser")]
    pre_headers, pre_user, pre_in, pre_out = _params(cx, "pre_control")
    bindings: list[Binding] = []
    for param, place, t in ((pre_headers, headers, param_types[1]), (pre_user, user, param_types[2])):
        bindings.append(place if param.type.resolved == t else _cleared(cx, param))
    metadata = _declare(cx, pre_in)
    _input_metadata(cx, metadata)
    _control(cx, "pre_control", *bindings, metadata, _cleared(cx, pre_out))


def _cleared(cx: Context, param: ast.Parameter) -> Value:
    place = _declare(cx, param)
    clear(cx, place, param.type.resolved, param.span)
    return place


def _input_metadata(cx: Context, place: Value) -> None:
    """What the architecture tells a block; each generation and block has some of these fields."""
    host_to_net = Mux(from_host(cx, PORT, 16), Const(1, 8), Const(0, 8))
    _set(cx, place, "direction", host_to_net)
    _set(cx, place, "input_port", PORT)
    _set(cx, place, "timestamp", TIME)
    _set(cx, place, "parser_error", cx.parser_error)
