"""The architectures' fixed parts: which block runs when, what its parameters are, where the packet goes in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cora.diagnostics import UserError, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.cfg import sorted_blocks
from cora.ir.nodes import Access, Block, Program
from cora.lower.bpf import assemble_ebpf, assemble_ubpf, assemble_xdp
from cora.lower.builder import Builder
from cora.lower.calls import lower_call
from cora.lower.context import Context, Env
from cora.lower.instances import instantiate_global, short_names
from cora.lower.options import LowerOptions
from cora.lower.own import assemble_own
from cora.lower.pna import assemble_pna
from cora.lower.psa import assemble_psa
from cora.lower.reparse import NotJoined
from cora.lower.statements import run as run_statement
from cora.lower.v1model import assemble_v1model


def assemble(typed: ast.TypedProgram, options: LowerOptions) -> Program:
    """The whole program as IR, not yet optimised."""
    cx = _begin(typed, options)
    match typed.arch:
        case "v1model":
            body = assemble_v1model(cx)
        case "psa":
            try:
                body = assemble_psa(cx, joined=True)
            except NotJoined:
                cx = _begin(typed, options)
                body = assemble_psa(cx, joined=False)
        case "pna-a" | "pna-b":
            body = assemble_pna(cx)
        case "ebpf":
            body = assemble_ebpf(cx)
        case "ubpf":
            body = assemble_ubpf(cx)
        case "xdp":
            body = assemble_xdp(cx)
        case "own":
            body = assemble_own(cx)
        case "other":
            raise _no_architecture(typed)
    names = short_names(cx)
    starts = ("entry", *(r.block for r in cx.resumes))
    blocks = tuple(_renamed(b, names) for b in sorted_blocks(cx.builder.blocks, starts))
    states = tuple(replace(s, name=names[s.name]) for s in cx.states.values())
    headers, resumes = tuple(cx.headers.values()), tuple(cx.resumes)
    return Program(typed.name, typed.arch, headers, states, blocks, body, resumes, options.clock_step_ns)


def _begin(typed: ast.TypedProgram, options: LowerOptions) -> Context:
    """Nothing lowered yet but the objects of the top level."""
    cx = Context(typed, options, Builder(), Env(), lower_call, run_statement)
    for declaration in typed.program.declarations:
        if isinstance(declaration, ast.Instantiation) and declaration is not typed.main:
            instantiate_global(cx, declaration)
    return cx


def _no_architecture(typed: ast.TypedProgram) -> UserError:
    help = "use PNA_NIC of pna.p4, PSA_Switch of psa.p4, V1Switch of v1model.p4 or ebpfFilter of ebpf_model.p4"
    if typed.main is None:
        last = typed.program.declarations[-1].span if typed.program.declarations else typed.program.span
        return error("C0241", "the program has no 'main', so nothing in it ever runs", last, help=help)
    name = ty.show(typed.main.type.resolved)
    what = f"Cora doesn't know the architecture of {name!r}: it can check the program, not compile it"
    help = (
        'annotate the parameters of its package with @cora_role("parser"), ("control") or ("deparser"), and its fields '
        f'with @cora_field(...) and @cora_drop(...) (docs/language.md, "Your own architecture"); or {help}'
    )
    return error("C0242", what, typed.main.type.span, help=help)


def _renamed(block: Block, names: Mapping[str, str]) -> Block:
    ops = tuple(replace(op, state=names[op.state]) if isinstance(op, Access) else op for op in block.ops)
    return replace(block, ops=ops)
