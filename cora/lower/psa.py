"""The Portable Switch Architecture: ingress and egress, joined where the packet would wait in a queue.

Ingress ends with what the specification calls the packet replication engine. Cora lowers its unicast half: a packet is
dropped (as nobody has sent it, `drop` is true at first) or goes on in egress. What would make copies or loops (clone,
resubmit, multicast) leads to a block that `CheckRefused` refuses if a packet can arrive there.

The IR has one parser, that of ingress. What the ingress deparser emits is parsed again in egress: there headers are
taken over from those of ingress (`cora.lower.reparse`). Those that egress doesn't extract go out as they are, behind
whatever the egress deparser emits.
"""

from __future__ import annotations

from cora.diagnostics import error
from cora.ir.cfg import op_writes
from cora.ir.nodes import Assign, Bin, Const, Drop, Emit, Expr, Forward, Op
from cora.lower.blocks import PORT, TIME, cleared, declare, params_of, run_control, run_parser, set_field
from cora.lower.context import Context, Deferred, Packet
from cora.lower.expressions import resize
from cora.lower.refused import refuse_if
from cora.lower.values import Record, Scalar, Value

NORMAL, NORMAL_UNICAST = Const(0, 8), Const(1, 8)
"""Members of PSA_PacketPath_t: how packets come into ingress and into egress."""


def assemble_psa(cx: Context) -> str:
    """Lowers all six blocks; gives the name of the block behind the ingress parser."""
    builder = cx.builder
    builder.start(builder.block("entry"))
    body = builder.block("body")
    ostd, normal, deferred = _ingress(cx, body)
    _egress(cx, ostd, normal, deferred)
    return body


def _scalar(record: Value, name: str) -> Expr:
    assert isinstance(record, Record)
    found = record.field(name)
    assert isinstance(found, Scalar)
    return found.expr


def _drop_if(cx: Context, cond: Expr, reason: str) -> None:
    builder = cx.builder
    drop, go_on = builder.block(reason), builder.block("go_on")
    builder.branch(cond, drop, go_on)
    builder.start(drop)
    builder.end(Drop(reason))
    builder.start(go_on)


# ---------------------------------------------------------------- ingress


def _ingress(cx: Context, body: str) -> tuple[Value, Value, tuple[Deferred, ...]]:
    """The output metadata, the normal metadata, and the headers to emit behind those of egress."""
    _, headers_param, user_param, parser_in, resubmit, recirculate = params_of(cx, "ip")
    headers, user, parser_metadata = (declare(cx, p) for p in (headers_param, user_param, parser_in))
    set_field(cx, parser_metadata, "ingress_port", PORT)
    set_field(cx, parser_metadata, "packet_path", NORMAL)
    again = declare(cx, resubmit), declare(cx, recirculate)
    run_parser(cx, "ip", body, Packet(), headers, user, parser_metadata, *again)
    _, _, main_in, main_out = params_of(cx, "ig")
    metadata, ostd = declare(cx, main_in), cleared(cx, main_out)
    set_field(cx, metadata, "ingress_port", PORT)
    set_field(cx, metadata, "packet_path", NORMAL)
    set_field(cx, metadata, "ingress_timestamp", TIME)
    set_field(cx, metadata, "parser_error", cx.parser_error)
    set_field(cx, ostd, "drop", Const(1, 1))
    first = len(cx.builder.blocks)
    run_control(cx, "ig", headers, user, metadata, ostd)
    refuse_if(cx, _scalar(ostd, "clone"), "a clone", first, "clone", main_out.span)
    resubmitted = Bin("and", _scalar(ostd, "resubmit"), Bin("eq", _scalar(ostd, "drop"), Const(0, 1)))
    refuse_if(cx, resubmitted, "a resubmitted packet", first, "resubmit", main_out.span)
    _drop_if(cx, _scalar(ostd, "drop"), "ingress_drop")
    group = _scalar(ostd, "multicast_group")
    refuse_if(cx, Bin("ne", group, Const(0, 32)), "multicast", first, "multicast_group", main_out.span)
    normal, deferred = _ingress_deparser(cx, headers, user, ostd)
    return ostd, normal, deferred


def _ingress_deparser(cx: Context, headers: Value, user: Value, ostd: Value) -> tuple[Value, tuple[Deferred, ...]]:
    _, clone_meta, resubmit_meta, normal_meta, *_ = params_of(cx, "id")
    clone, resubmit, normal = (cleared(cx, p) for p in (clone_meta, resubmit_meta, normal_meta))
    cx.deferred = []
    run_control(cx, "id", Packet(), clone, resubmit, normal, headers, user, ostd)
    deferred, cx.deferred = tuple(cx.deferred), None
    for each in deferred:
        _check_unchanged(cx, each)
    return normal, deferred


def _check_unchanged(cx: Context, emitted: Deferred) -> None:
    """The header is emitted only after egress: by then it must be what it was when the program emitted it."""
    record = cx.headers[emitted.header]
    names = {f"{record.name}.{f.name}" for f in record.fields} | {f"{record.name}.$valid"}
    none = {name: frozenset[str]() for name in cx.headers}
    for op in _ops_after(cx, emitted.block, emitted.op):
        if op_writes(op, none) & names:
            raise error(
                "C0320",
                f"the ingress deparser changes {record.name} after emitting it",
                op.span,
                help="change headers before you emit them",
            )


def _ops_after(cx: Context, block: int, op: int) -> list[Op]:
    blocks = [b.ops for b in cx.builder.blocks[block:]]
    return [*blocks[0][op:], *(o for ops in blocks[1:] for o in ops)] if blocks else []


# ---------------------------------------------------------------- egress


def _egress(cx: Context, sent: Value, normal: Value, deferred: tuple[Deferred, ...]) -> None:
    builder = cx.builder
    port = _scalar(sent, "egress_port")
    _, headers_param, user_param, parser_in, _, clone_i2e, clone_e2e = params_of(cx, "ep")
    headers, user, parser_metadata = (cleared(cx, p) for p in (headers_param, user_param, parser_in))
    set_field(cx, parser_metadata, "egress_port", port)
    set_field(cx, parser_metadata, "packet_path", NORMAL_UNICAST)
    builder.emit(Assign(cx.parser_error, cx.error_code("NoError")))
    control = builder.block("egress")
    metas = normal, declare(cx, clone_i2e), declare(cx, clone_e2e)
    cx.emitted = deferred
    run_parser(cx, "ep", control, Packet(), headers, user, parser_metadata, *metas)
    cx.emitted = None
    _, _, main_in, main_out = params_of(cx, "eg")
    metadata, ostd = declare(cx, main_in), cleared(cx, main_out)
    for name, value in (
        ("class_of_service", _scalar(sent, "class_of_service")),
        ("egress_port", port),
        ("packet_path", NORMAL_UNICAST),
        ("egress_timestamp", TIME),
        ("parser_error", cx.parser_error),
    ):
        set_field(cx, metadata, name, value)
    first = len(builder.blocks)
    run_control(cx, "eg", headers, user, metadata, ostd)
    refuse_if(cx, _scalar(ostd, "clone"), "a clone", first, "clone", main_out.span)
    _drop_if(cx, _scalar(ostd, "drop"), "egress_drop")
    _, clone_meta, recirculate_meta, *_, edstd_param = params_of(cx, "ed")
    edstd = declare(cx, edstd_param)
    set_field(cx, edstd, "egress_port", port)
    metas = cleared(cx, clone_meta), cleared(cx, recirculate_meta)
    run_control(cx, "ed", Packet(), *metas, headers, user, ostd, edstd)
    for each in deferred:
        _emit(cx, each)
    builder.end(Forward(resize(port, 16)))


def _emit(cx: Context, emitted: Deferred) -> None:
    builder = cx.builder
    emit, done = builder.block("emit"), builder.block("emitted")
    builder.branch(emitted.pending, emit, done)
    builder.start(emit)
    builder.emit(Emit(emitted.header, emitted.span))
    builder.join(done)
