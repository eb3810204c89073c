"""The architectures' fixed parts: which block runs when, what its parameters are, where the packet goes in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cora.diagnostics import UserError, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.cfg import sorted_blocks
from cora.ir.nodes import Access, Block, Const, Drop, Forward, Mux, Program, Switch, Var
from cora.lower.blocks import PORT, TIME, cleared, declare, params_of, run_control, run_parser, set_field
from cora.lower.builder import Builder
from cora.lower.calls import lower_call
from cora.lower.context import Binding, Context, Env, Forwarding, Packet
from cora.lower.expressions import resize
from cora.lower.extern_pna import from_host
from cora.lower.instances import instantiate_global, short_names
from cora.lower.options import LowerOptions
from cora.lower.psa import assemble_psa
from cora.lower.statements import run as run_statement
from cora.lower.v1model import assemble_v1model
from cora.lower.values import Value


def assemble(typed: ast.TypedProgram, options: LowerOptions) -> Program:
    """The whole program as IR, not yet optimised."""
    env = Env()
    cx = Context(typed, options, Builder(), env, lower_call, run_statement)
    for declaration in typed.program.declarations:
        if isinstance(declaration, ast.Instantiation) and declaration is not typed.main:
            instantiate_global(cx, declaration)
    match typed.arch:
        case "v1model":
            body = assemble_v1model(cx)
        case "psa":
            body = assemble_psa(cx)
        case "pna-a" | "pna-b":
            body = _pna(cx)
        case "other":
            raise _no_architecture(typed)
    names = short_names(cx)
    starts = ("entry", *(r.block for r in cx.resumes))
    blocks = tuple(_renamed(b, names) for b in sorted_blocks(cx.builder.blocks, starts))
    states = tuple(replace(s, name=names[s.name]) for s in cx.states.values())
    return Program(typed.name, typed.arch, tuple(cx.headers.values()), states, blocks, body, tuple(cx.resumes))


def _no_architecture(typed: ast.TypedProgram) -> UserError:
    help = "use PNA_NIC of pna.p4, PSA_Switch of psa.p4 or V1Switch of v1model.p4"
    if typed.main is None:
        last = typed.program.declarations[-1].span if typed.program.declarations else typed.program.span
        return error("C0241", "the program has no 'main', so nothing in it ever runs", last, help=help)
    name = ty.show(typed.main.type.resolved)
    what = f"Cora doesn't know the architecture of {name!r}: it can check the program, not compile it"
    return error("C0242", what, typed.main.type.span, help=help)


def _renamed(block: Block, names: Mapping[str, str]) -> Block:
    ops = tuple(replace(op, state=names[op.state]) if isinstance(op, Access) else op for op in block.ops)
    return replace(block, ops=ops)


# ---------------------------------------------------------------- PNA, both generations


def _pna(cx: Context) -> str:
    builder = cx.builder
    _, headers_param, user_param, parser_in = params_of(cx, "main_parser")
    headers, user = declare(cx, headers_param), declare(cx, user_param)
    parser_metadata = declare(cx, parser_in)
    builder.start(builder.block("entry"))
    _input_metadata(cx, parser_metadata)
    body = builder.block("body")
    run_parser(cx, "main_parser", body, Packet(), headers, user, parser_metadata)
    if cx.typed.arch == "pna-a":
        _pre_control(cx, headers, user)
    forwarding = Forwarding(Var("$verdict", 8), Var("$egress", 32))
    cx.forwarding = forwarding
    main_in, main_out = params_of(cx, "main_control")[2:]
    metadata, results = declare(cx, main_in), declare(cx, main_out)
    _input_metadata(cx, metadata)
    # PNA leaves open what happens to a packet that is neither sent nor dropped; like PSA, it is dropped.
    builder.assign(forwarding.verdict, forwarding.drop("no_verdict"))
    run_control(cx, "main_control", headers, user, metadata, results)
    deparse = builder.block("deparse")
    drops = [(1 + i, builder.block(f"drop_{reason}"), reason) for i, reason in enumerate(forwarding.reasons)]
    builder.end(Switch(forwarding.verdict, tuple((i, label) for i, label, _ in drops), deparse))
    for _, label, reason in drops:
        builder.start(label)
        builder.end(Drop(reason))
    builder.start(deparse)
    run_control(cx, "main_deparser", Packet(), headers, user, results)
    builder.end(Forward(resize(forwarding.port, 16)))
    return body


def _pre_control(cx: Context, headers: Value, user: Value) -> None:
    """Runs between parser and main control. Where its headers or metadata have the main control's type, they are the
    same variables; otherwise they begin as zeros."""
    param_types = [p.type.resolved for p in params_of(cx, "main_parser")]
    pre_headers, pre_user, pre_in, pre_out = params_of(cx, "pre_control")
    bindings: list[Binding] = []
    for param, place, t in ((pre_headers, headers, param_types[1]), (pre_user, user, param_types[2])):
        bindings.append(place if param.type.resolved == t else cleared(cx, param))
    metadata = declare(cx, pre_in)
    _input_metadata(cx, metadata)
    run_control(cx, "pre_control", *bindings, metadata, cleared(cx, pre_out))


def _input_metadata(cx: Context, place: Value) -> None:
    """What the architecture tells a block; each generation and block has some of these fields."""
    host_to_net = Mux(from_host(cx, PORT, 16), Const(1, 8), Const(0, 8))
    set_field(cx, place, "direction", host_to_net)
    set_field(cx, place, "input_port", PORT)
    set_field(cx, place, "timestamp", TIME)
    set_field(cx, place, "parser_error", cx.parser_error)
