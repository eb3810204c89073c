"""The architectures of BPF programs: the kernel's filter, XDP, and uBPF in user space.

In all three a packet that the parser rejects is dropped. A packet that isn't redirected leaves by the port that it came
in by: that stands for "goes on as it would without the program".
"""

from __future__ import annotations

from cora.ir.cfg import topological_order
from cora.ir.nodes import (
    Advance,
    Assign,
    Bin,
    Block,
    Const,
    Drop,
    Emit,
    Expr,
    Extract,
    Field,
    Forward,
    Header,
    Lookahead,
    Op,
    SetValid,
    Switch,
    Var,
)  # fmt: skip
from cora.lower.blocks import LENGTH, PORT, cleared, declare, lower_parser, params_of, run_control, set_field
from cora.lower.context import Context, Packet, unsupported
from cora.lower.extern_bpf import PASS
from cora.lower.places import resize
from cora.lower.simplify import simplify
from cora.lower.values import Scalar, Value, scalar_field

REJECTED = Var("$rejected", 1)
_UBPF_DROP, _UBPF_REDIRECT = 1, 3
_XDP_ABORTED, _XDP_DROP, _XDP_REDIRECT = 0, 1, 4


def assemble_ebpf(cx: Context) -> str:
    """The filter: what it accepts goes on as it came in. Gives the name of the block behind the parser."""
    builder = cx.builder
    headers = declare(cx, params_of(cx, "prs")[1])
    first = len(builder.blocks)
    body = _parse(cx, "prs", headers)
    parser = tuple(b.name for b in builder.blocks[first:])
    accept = cleared(cx, params_of(cx, "filt")[1])
    run_control(cx, "filt", headers, accept)
    assert isinstance(accept, Scalar)
    out, refused = builder.block("accepted"), builder.block("refused")
    builder.branch(accept.expr, out, refused)
    builder.start(refused)
    builder.end(Drop("filtered"))
    builder.start(out)
    builder.end(Forward(PORT))
    _keep_frame(cx, parser, out)
    return body


def assemble_xdp(cx: Context) -> str:
    """Gives the name of the block behind the parser."""
    builder = cx.builder
    headers = declare(cx, params_of(cx, "p")[1])
    body = _parse(cx, "p", headers)
    _, into, out = params_of(cx, "s")
    told, asked = declare(cx, into), cleared(cx, out)
    set_field(cx, told, "input_port", PORT)
    run_control(cx, "s", headers, told, asked)
    action = scalar_field(asked, "output_action")
    drop, leave = builder.block("drop"), builder.block("leave")
    builder.end(Switch(action, ((_XDP_ABORTED, drop), (_XDP_DROP, drop)), leave))
    builder.start(drop)
    builder.end(Drop("dropped"))
    builder.start(leave)
    run_control(cx, "d", headers, Packet())
    _send(cx, Bin("eq", action, Const(_XDP_REDIRECT, 8)), scalar_field(asked, "output_port"))
    return body


def assemble_ubpf(cx: Context) -> str:
    """Gives the name of the block behind the parser."""
    builder = cx.builder
    _, headers_param, user_param, *more = params_of(cx, "prs")
    headers, user = declare(cx, headers_param), declare(cx, user_param)
    standard = tuple(declare(cx, p) for p in more)
    builder.start(builder.block("entry"))
    for place in standard:
        set_field(cx, place, "input_port", PORT)
        set_field(cx, place, "packet_length", LENGTH)
    start = builder.block("start")
    builder.goto(start)
    body = _parse(cx, "prs", headers, user, *standard, start=start)
    builder.assign(PASS, Const(1, 1))
    run_control(cx, "p", headers, user, *standard)
    goes: Expr = PASS
    for place in standard:
        goes = Bin("and", goes, Bin("ne", scalar_field(place, "output_action"), Const(_UBPF_DROP, 8)))
    leave, drop = builder.block("leave"), builder.block("drop")
    builder.branch(goes, leave, drop)
    builder.start(drop)
    builder.end(Drop("dropped"))
    builder.start(leave)
    run_control(cx, "dprs", Packet(), headers)
    if not standard:
        builder.end(Forward(PORT))
        return body
    redirected = Bin("eq", scalar_field(standard[0], "output_action"), Const(_UBPF_REDIRECT, 8))
    _send(cx, redirected, scalar_field(standard[0], "output_port"))
    return body


def _send(cx: Context, redirected: Expr, port: Expr) -> None:
    builder = cx.builder
    away, back = builder.block("redirect"), builder.block("pass")
    builder.branch(redirected, away, back)
    builder.start(away)
    builder.end(Forward(resize(port, 16)))
    builder.start(back)
    builder.end(Forward(PORT))


def _parse(cx: Context, role: str, *places: Value, start: str = "") -> str:
    """The parser, and a drop of what it rejects; gives the name of the block behind the parser."""
    builder = cx.builder
    builder.start(start or builder.block("entry"))
    body = builder.block("body")
    lower_parser(cx, role, body, Packet(), *places, rejected=REJECTED)
    builder.start(body)
    builder.end_when(REJECTED, Drop("rejected"), ("rejected", "parsed"))
    return body


# ---------------------------------------------------------------- the frame as it came in


def _keep_frame(cx: Context, parser: tuple[str, ...], out: str) -> None:
    """Whatever the parser reads is kept a second time, and `out` emits it: the filter's headers are its own."""
    blocks = {b.name: b for b in cx.builder.blocks}
    kept: list[str] = []
    for name in topological_order(blocks.values(), (cx.builder.blocks[0].name,)):
        if name in parser:
            ops: list[Op] = []
            for op in blocks[name].ops:
                ops += _kept(cx, op, kept)
            blocks[name] = Block(name, tuple(ops), blocks[name].end)
    end = blocks[out]
    blocks[out] = Block(out, (*end.ops, *map(Emit, kept)), end.end)
    cx.builder.blocks[:] = blocks.values()


def _kept(cx: Context, op: Op, kept: list[str]) -> list[Op]:
    match op:
        case Extract(header=name):
            fields = cx.headers[name].fields
            own = _keep(cx, fields, kept)
            copies = [Assign(Var(f"{own}.{f.name}", f.width), Var(f"{name}.{f.name}", f.width)) for f in fields]
            return [op, *copies, SetValid(own, True)]
        case Advance(bits=bits):
            known = simplify(bits)
            if not isinstance(known, Const) or known.value % 8:
                what = "advance() of a filter by a length that isn't known, or not whole bytes,"
                raise unsupported(what, op.span, "extract a header")
            if not known.value:
                return []
            own = _keep(cx, (Field("bits", known.value),), kept)
            return [Lookahead(Var(f"{own}.bits", known.value)), op, SetValid(own, True)]
        case _:
            return [op]


def _keep(cx: Context, fields: tuple[Field, ...], kept: list[str]) -> str:
    own = cx.builder.fresh("frame")
    cx.headers[own] = Header(own, fields)
    kept.append(own)
    return own
