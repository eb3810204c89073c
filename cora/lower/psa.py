"""The Portable Switch Architecture: ingress and egress, joined where the packet would wait in a queue.

Behind the ingress control, in this order: a clone of the packet as it came in; a drop (as nobody has sent it, `drop` is
true at first); resubmission; multicast; or egress. Behind the egress control: a clone of what egress emits; a drop;
recirculation; or the port. Copies are runs of their own (`cora.ir.replicate`): they come in at ingress's or at egress's
parser, with the metadata that the deparser gave them.

What the ingress deparser emits for one port is not written and parsed again: egress takes its headers over
(`cora.lower.reparse`). Those that egress doesn't extract go out as they are, behind whatever the egress deparser emits.
Where that can't be (`NotJoined`), every packet goes from ingress to egress as a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cora.ir.cfg import op_writes
from cora.ir.nodes import Assign, Bin, Const, Copy, Drop, Emit, Expr, Forward, Op, Resume, Switch, Un, Var
from cora.ir.replicate import COPIED
from cora.lower.blocks import PORT, TIME, cleared, declare, lower_parser, params_of, run_control, run_parser, set_field
from cora.lower.context import Context, Deferred, Packet
from cora.lower.extern_psa import PORT_RECIRCULATE
from cora.lower.mentions import mentions
from cora.lower.places import resize
from cora.lower.reparse import NotJoined
from cora.lower.values import Value, leaves, scalar_field

NORMAL, NORMAL_UNICAST, NORMAL_MULTICAST, CLONE_I2E, CLONE_E2E, RESUBMIT, RECIRCULATE = range(7)
"""Members of PSA_PacketPath_t: how packets come into ingress and into egress. They number the resume points too."""
_TO_EGRESS = (NORMAL_UNICAST, NORMAL_MULTICAST, CLONE_I2E, CLONE_E2E)


def assemble_psa(cx: Context, *, joined: bool) -> str:
    """Lowers all six blocks; gives the name of the block behind the ingress parser. Raises NotJoined if, with `joined`,
    egress can't take headers over from ingress."""
    return _Psa(cx, joined).assemble()


class _Psa:
    def __init__(self, cx: Context, joined: bool) -> None:
        self.cx, self.joined = cx, joined
        _, headers, user, parser_in, resubmit, recirculate = params_of(cx, "ip")
        self.headers, self.user, self.parser_in = (declare(cx, p) for p in (headers, user, parser_in))
        self.resubmitted, self.recirculated = declare(cx, resubmit), declare(cx, recirculate)
        self.main_in = declare(cx, params_of(cx, "ig")[2])
        self.normal = declare(cx, params_of(cx, "id")[3])
        _, headers, user, parser_in, _, clone_i2e, clone_e2e = params_of(cx, "ep")
        self.egress_headers, self.egress_user, self.egress_parser_in = (
            declare(cx, p) for p in (headers, user, parser_in)
        )
        self.cloned_i2e, self.cloned_e2e = declare(cx, clone_i2e), declare(cx, clone_e2e)
        self.egress_in = declare(cx, params_of(cx, "eg")[2])
        self.control = cx.builder.block("egress")
        self.deferred: tuple[Deferred, ...] = ()

    def assemble(self) -> str:
        cx, builder = self.cx, self.cx.builder
        parse, parse_again, body = builder.block("parse"), builder.block("egress_parse"), builder.block("body")
        builder.start(builder.block("entry"))
        self._arrive(NORMAL, PORT)
        builder.goto(parse)
        builder.start(parse)
        metas = self.resubmitted, self.recirculated
        lower_parser(cx, "ip", body, Packet(), self.headers, self.user, self.parser_in, *metas)
        builder.start(parse_again)
        lower_parser(cx, "ep", body, Packet(), *self._egress_places())
        ingress = builder.block("ingress")
        builder.start(body)
        builder.end(Switch(Var("$resume", 8), tuple((p, self.control) for p in _TO_EGRESS), ingress))
        builder.start(ingress)
        self._ingress()
        self._egress()
        self._entries(parse, parse_again)
        return body

    def _egress_places(self) -> tuple[Value, ...]:
        metas = self.normal, self.cloned_i2e, self.cloned_e2e
        return self.egress_headers, self.egress_user, self.egress_parser_in, *metas

    def _arrive(self, path: int, port: Expr) -> None:
        """What ingress is told of a packet."""
        for place in (self.parser_in, self.main_in):
            set_field(self.cx, place, "ingress_port", port)
            set_field(self.cx, place, "packet_path", Const(path, 8))

    def _arrive_in_egress(self, path: int, port: Expr, instance: Expr, class_of_service: Expr) -> None:
        for place in (self.egress_parser_in, self.egress_in):
            set_field(self.cx, place, "egress_port", port)
            set_field(self.cx, place, "packet_path", Const(path, 8))
            set_field(self.cx, place, "instance", instance)
            set_field(self.cx, place, "class_of_service", class_of_service)

    # ------------------------------------------------------------ ingress

    def _ingress(self) -> None:
        cx = self.cx
        ostd = cleared(cx, params_of(cx, "ig")[3])
        set_field(cx, self.main_in, "ingress_timestamp", TIME)
        set_field(cx, self.main_in, "parser_error", cx.parser_error)
        set_field(cx, ostd, "drop", Const(1, 1))
        run_control(cx, "ig", self.headers, self.user, self.main_in, ostd)
        clone, drop = scalar_field(ostd, "clone"), scalar_field(ostd, "drop")
        self._drop_if(Bin("and", drop, Un("not", clone)), "ingress_drop")
        cloned, resubmitted = self._ingress_deparser(ostd)
        session = resize(scalar_field(ostd, "clone_session_id"), 32)
        cx.builder.when(
            clone, lambda: self._copy("session", session, CLONE_I2E, _variables(cloned), "received"), "clone"
        )
        self._drop_if(drop, "ingress_drop")
        again = (scalar_field(self.main_in, "ingress_port"), *_variables(resubmitted))
        self._end_when(scalar_field(ostd, "resubmit"), lambda: self._again(RESUBMIT, again, "received"))
        group, service = scalar_field(ostd, "multicast_group"), scalar_field(ostd, "class_of_service")
        brought = (service, *_variables(self.normal))
        self._end_when(Bin("ne", group, Const(0, 32)), lambda: self._multicast(group, brought))
        port = scalar_field(ostd, "egress_port")
        if self.joined:
            self._arrive_in_egress(NORMAL_UNICAST, port, Const(0, 16), service)
            cx.builder.emit(Assign(cx.parser_error, cx.error_code("NoError")))
            cx.emitted = self.deferred
            run_parser(cx, "ep", self.control, Packet(), *self._egress_places())
            cx.emitted = None
        else:
            self._again(NORMAL_UNICAST, (port, *brought), "emitted")
            cx.builder.end(Drop(COPIED))
            cx.builder.start(self.control)

    def _ingress_deparser(self, ostd: Value) -> tuple[Value, Value]:
        """The metadata of a clone and of a resubmitted packet."""
        cx = self.cx
        _, clone_meta, resubmit_meta, *_ = params_of(cx, "id")
        clone, resubmit = cleared(cx, clone_meta), cleared(cx, resubmit_meta)
        cx.deferred = [] if self.joined else None
        run_control(cx, "id", Packet(), clone, resubmit, self.normal, self.headers, self.user, ostd)
        self.deferred, cx.deferred = tuple(cx.deferred or ()), None
        for each in self.deferred:
            _check_unchanged(cx, each)
        return clone, resubmit

    def _multicast(self, group: Expr, live: tuple[Expr, ...]) -> None:
        for each in self.deferred:
            self._emit(each)
        self._copy("group", group, NORMAL_MULTICAST, live, "emitted")

    # ------------------------------------------------------------ egress

    def _egress(self) -> None:
        """What is behind the egress parser, for packets from ingress and for copies."""
        cx, builder = self.cx, self.cx.builder
        ostd = cleared(cx, params_of(cx, "eg")[3])
        set_field(cx, self.egress_in, "egress_timestamp", TIME)
        set_field(cx, self.egress_in, "parser_error", cx.parser_error)
        run_control(cx, "eg", self.egress_headers, self.egress_user, self.egress_in, ostd)
        clone, drop = scalar_field(ostd, "clone"), scalar_field(ostd, "drop")
        self._drop_if(Bin("and", drop, Un("not", clone)), "egress_drop")
        _, clone_meta, recirculate_meta, *_, edstd_param = params_of(cx, "ed")
        cloned, recirculated, edstd = (cleared(cx, p) for p in (clone_meta, recirculate_meta, edstd_param))
        port = scalar_field(self.egress_in, "egress_port")
        set_field(cx, edstd, "egress_port", port)
        places = self.egress_headers, self.egress_user, ostd, edstd
        run_control(cx, "ed", Packet(), cloned, recirculated, *places)
        for each in self.deferred:
            self._emit(each)
        session = resize(scalar_field(ostd, "clone_session_id"), 32)
        builder.when(clone, lambda: self._copy("session", session, CLONE_E2E, _variables(cloned), "emitted"), "clone")
        self._drop_if(drop, "egress_drop")
        if mentions(cx.typed.program, "PSA_PORT_RECIRCULATE", "psa_recirculate", "RECIRCULATE"):
            back = Bin("eq", port, Const(PORT_RECIRCULATE, 32))
            self._end_when(back, lambda: self._again(RECIRCULATE, _variables(recirculated), "emitted"))
        builder.end(Forward(resize(port, 16)))

    # ------------------------------------------------------------ copies

    def _entries(self, parse: str, egress: str) -> None:
        """Where copies come in."""
        arrived, service = Var("$psa.ingress_port", 32), Var("$psa.class_of_service", 8)
        port, replica, number = Var("$psa.port", 16), Var("$psa.instance", 16), Var("$psa.egress_port", 32)
        to, none, recirculated = resize(port, 32), Const(0, 8), Const(PORT_RECIRCULATE, 32)
        entry, ingress_with, egress_with = self._entry, self._arrive, self._arrive_in_egress
        entry(RESUBMIT, (arrived,), self.resubmitted, parse, lambda: ingress_with(RESUBMIT, arrived))
        entry(RECIRCULATE, (), self.recirculated, parse, lambda: ingress_with(RECIRCULATE, recirculated))
        member = port, replica
        entry(CLONE_I2E, member, self.cloned_i2e, egress, lambda: egress_with(CLONE_I2E, to, replica, none))
        entry(CLONE_E2E, member, self.cloned_e2e, egress, lambda: egress_with(CLONE_E2E, to, replica, none))
        several, one = NORMAL_MULTICAST, NORMAL_UNICAST
        entry(several, (*member, service), self.normal, egress, lambda: egress_with(several, to, replica, service))
        entry(one, (number, service), self.normal, egress, lambda: egress_with(one, number, Const(0, 16), service))

    def _entry(
        self, path: int, told: tuple[Var, ...], metadata: Value, target: str, arrive: Callable[[], None]
    ) -> None:
        """Writes the block of a resume point: `told` and the metadata are what a copy brings."""
        builder = self.cx.builder
        builder.start(builder.block(f"copy_{path}"))
        assert builder.current is not None
        brought = tuple(Var(f"$copy{path}.{v.name}", v.width) for v in _variables(metadata))
        self.cx.resumes.append(Resume(path, builder.current, (*told, *brought)))
        for var, value in zip(_variables(metadata), brought, strict=True):
            builder.assign(var, value)
        arrive()
        builder.goto(target)

    def _copy(
        self, to: Literal["session", "group"], which: Expr, path: int, live: tuple[Expr, ...],
        frame: Literal["received", "emitted"],
    ) -> None:  # fmt: skip
        self.cx.builder.emit(Copy(to, which, path, live, frame))

    def _again(self, path: int, live: tuple[Expr, ...], frame: Literal["received", "emitted"]) -> None:
        self.cx.builder.emit(Copy("again", Const(0, 32), path, live, frame))

    # ------------------------------------------------------------ small steps

    def _drop_if(self, cond: Expr, reason: str) -> None:
        self.cx.builder.end_when(cond, Drop(reason), (reason, "go_on"))

    def _end_when(self, cond: Expr, body: Callable[[], None]) -> None:
        """Where the condition holds, the packet itself ends behind `body`, which makes copies of it."""
        self.cx.builder.end_when(cond, Drop(COPIED), (COPIED, "go_on"), body)

    def _emit(self, emitted: Deferred) -> None:
        emit = Emit(emitted.header, emitted.span)
        self.cx.builder.when(emitted.pending, lambda: self.cx.builder.emit(emit), "emit")


def _variables(value: Value) -> tuple[Var, ...]:
    return tuple(leaf for leaf in leaves(value) if isinstance(leaf, Var))


# ---------------------------------------------------------------- what ingress emits


def _check_unchanged(cx: Context, emitted: Deferred) -> None:
    """The header is emitted only after egress: by then it must be what it was when the program emitted it."""
    record = cx.headers[emitted.header]
    names = {f"{record.name}.{f.name}" for f in record.fields} | {f"{record.name}.$valid"}
    none = {name: frozenset[str]() for name in cx.headers}
    if any(op_writes(op, none) & names for op in _ops_after(cx, emitted.block, emitted.op)):
        raise NotJoined


def _ops_after(cx: Context, block: int, op: int) -> list[Op]:
    blocks = [b.ops for b in cx.builder.blocks[block:]]
    return [*blocks[0][op:], *(o for ops in blocks[1:] for o in ops)] if blocks else []
