"""v1model: BMv2's simple_switch, and how it copies packets.

Behind ingress, in this order: a clone of the packet as it came in; resubmission; multicast; a drop; or egress. Behind
egress: a clone of the packet as it is; a drop; the deparser; recirculation; or the port. Copies start with zeros for
metadata, except for what the request says to keep.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cora.ir.nodes import Bin, Const, Copy, Drop, Expr, Forward, Mux, Resume, Switch, Var
from cora.ir.replicate import COPIED
from cora.lower.blocks import LENGTH, PORT, TIME, declare, params_of, run_control, run_parser, set_field
from cora.lower.context import Context, Copies, Packet
from cora.lower.extern_v1model import DROP_PORT
from cora.lower.places import resize
from cora.lower.values import BOOL_FALSE, Record, Value, leaves, scalar_field

MICROSECONDS = Bin("udiv", TIME, Const(1000, 64))
INGRESS_CLONE, EGRESS_CLONE, RECIRCULATED, REPLICATION, RESUBMITTED = 1, 2, 4, 5, 6
"""`instance_type` as BMv2 numbers it (PKT_INSTANCE_TYPE_...)."""
_CLONE, _MULTICAST, _EGRESS_CLONE, _RECIRCULATE, _RESUBMIT = 1, 2, 3, 4, 5
"""Resume points."""


def assemble_v1model(cx: Context) -> str:
    """Lowers all six blocks; gives the name of the block behind the parser."""
    return _V1Model(cx).assemble()


class _V1Model:
    def __init__(self, cx: Context) -> None:
        self.cx = cx
        _, self.headers_param, self.user_param, self.standard_param = params_of(cx, "p")
        self.headers = declare(cx, self.headers_param)
        self.user = declare(cx, self.user_param)
        standard = declare(cx, self.standard_param)
        assert isinstance(standard, Record)
        self.standard = standard
        cx.arch_place = standard
        self.copies = Copies(Var("$clone_session", 32), Var("$cloned", 1), Var("$again", 1), Var("$kept", 8))
        self.copies.metadata, self.copies.metadata_type = self.user, self.user_param.type.resolved
        cx.copies = self.copies
        self.kept: dict[int, tuple[Var, ...]] = {}
        """By resume point: what the requests that lead there may keep."""
        self.dropped = cx.builder.block("drop")

    def assemble(self) -> str:
        cx, builder = self.cx, self.cx.builder
        parse = builder.block("parse")
        builder.start(builder.block("entry"))
        self._nothing_asked()
        builder.assign(self.copies.truncated, Const(0xFFFFFFFF, 32))
        self._set("mcast_grp", Const(0, 16))
        builder.goto(parse)
        builder.start(parse)
        self._set("ingress_port", PORT)
        self._set("packet_length", LENGTH)
        self._set("ingress_global_timestamp", MICROSECONDS)
        body = builder.block("body")
        run_parser(cx, "p", body, Packet(), self.headers, self.user, self.standard)
        self._set("parser_error", cx.parser_error)
        ingress, egress = builder.block("ingress"), builder.block("egress_in")
        builder.end(Switch(Var("$resume", 8), ((_CLONE, egress),), ingress))
        builder.start(ingress)
        self._ingress()
        builder.goto(egress)
        builder.start(egress)
        self._egress()
        builder.start(self.dropped)
        builder.end(Drop("dropped"))
        self._entries(parse, egress)
        return body

    # ------------------------------------------------------------ the pipelines

    def _ingress(self) -> None:
        cx = self.cx
        run_control(cx, "vr", self.headers, self.user)
        run_control(cx, "ig", self.headers, self.user, self.standard)
        session = self.copies.session
        cx.builder.when(self.copies.cloned, lambda: self._copy("session", session, _CLONE, "received"), "copied")
        self._end_when(self.copies.again, lambda: self._copy("again", Const(0, 32), _RESUBMIT, "received"))
        group = self._get("mcast_grp")
        several = Bin("ne", group, Const(0, 16))
        self._end_when(several, lambda: self._copy_whole(resize(group, 32)))
        self._drop_or("egress")
        self._set("egress_port", self._get("egress_spec"))

    def _egress(self) -> None:
        cx = self.cx
        self._nothing_asked()
        self._set("egress_spec", Const(0, 9))  # as BMv2: in egress it can only drop
        self._set("egress_global_timestamp", MICROSECONDS)
        run_control(cx, "eg", self.headers, self.user, self.standard)
        cx.builder.when(self.copies.cloned, lambda: self._copy_headers(self.copies.session), "copied")
        self._drop_or("deparse")
        run_control(cx, "ck", self.headers, self.user)
        run_control(cx, "dep", Packet(), self.headers)
        self._end_when(self.copies.again, lambda: self._copy("again", Const(0, 32), _RECIRCULATE, "emitted"))
        length = self.copies.truncated if self.copies.truncates else None
        cx.builder.end(Forward(resize(self._get("egress_port"), 16), length))

    def _entries(self, parse: str, egress: str) -> None:
        """Where copies come in. All variables that a copy brings along are named by the places themselves."""
        whole = self._everything()
        self._entry(_CLONE, INGRESS_CLONE, (), parse)
        self._entry(_RESUBMIT, RESUBMITTED, None, parse)
        self._entry(_RECIRCULATE, RECIRCULATED, None, parse)
        self._entry(_MULTICAST, REPLICATION, whole, egress)
        self._entry(_EGRESS_CLONE, EGRESS_CLONE, _variables(self.headers), egress)

    def _entry(self, point: int, instance: int, whole: tuple[Var, ...] | None, target: str) -> None:
        """A block that puts a copy's values in place: those of `whole`, and what the request kept; all else is zero.
        `whole` is None for a packet that comes in once more; any other goes on to egress, on a port of its own."""
        cx, builder = self.cx, self.cx.builder
        builder.start(builder.block(f"copy_{point}"))
        block = builder.current
        assert block is not None
        before: tuple[Var, ...] = ()
        into = (*(whole or ()), *self.kept.get(point, ()))
        brought = tuple(Var(f"$copy{point}.{v.name}", v.width) for v in into)
        self._nothing_asked()
        self.cx.builder.assign(self.copies.truncated, Const(0xFFFFFFFF, 32))
        self._set("mcast_grp", Const(0, 16))
        for var, value in zip(into, brought, strict=True):
            builder.assign(var, value)
        if whole is not None:
            port, replica = Var(f"$copy{point}.port", 16), Var(f"$copy{point}.replica", 16)
            before = (port, replica)
            self._set("egress_port", port)
            self._set("egress_rid", replica)
        self._set("instance_type", Const(instance, 32))
        builder.goto(target)
        cx.resumes.append(Resume(point, block, (*before, *brought)))

    # ------------------------------------------------------------ copies

    def _copy(
        self, to: Literal["session", "again"], which: Expr, point: int, frame: Literal["received", "emitted"]
    ) -> None:
        """A copy that is parsed again, and keeps what its request named."""
        self.kept[point] = _kept(self.copies)
        self.cx.builder.emit(Copy(to, which, point, _values_kept(self.copies), frame))

    def _copy_headers(self, session: Expr) -> None:
        """A copy with the headers as they are now."""
        self.kept[_EGRESS_CLONE] = _kept(self.copies)
        live = (*_variables(self.headers), *_values_kept(self.copies))
        self.cx.builder.emit(Copy("session", session, _EGRESS_CLONE, live, "rest"))

    def _copy_whole(self, group: Expr) -> None:
        """Copies with all headers and metadata."""
        live = self._everything()
        self.cx.builder.emit(Copy("group", group, _MULTICAST, live, "rest"))

    def _everything(self) -> tuple[Var, ...]:
        live = (*_variables(self.headers), *_variables(self.user), *_variables(self.standard))
        return (*live, self.copies.truncated) if self.copies.truncates else live

    # ------------------------------------------------------------ small steps

    def _nothing_asked(self) -> None:
        for var in (self.copies.session, self.copies.cloned, self.copies.again, self.copies.kept):
            self.cx.builder.assign(var, Const(0, var.width))

    def _set(self, name: str, value: Expr) -> None:
        set_field(self.cx, self.standard, name, value)

    def _get(self, name: str) -> Expr:
        return scalar_field(self.standard, name)

    def _end_when(self, cond: Expr, body: Callable[[], None]) -> None:
        """Where the condition holds, the packet itself ends behind `body`."""
        self.cx.builder.end_when(cond, Drop(COPIED), ("copied", "join"), body)

    def _drop_or(self, label: str) -> None:
        builder = self.cx.builder
        go_on = builder.block(label)
        builder.branch(Bin("eq", self._get("egress_spec"), Const(DROP_PORT, 9)), self.dropped, go_on)
        builder.start(go_on)


def _variables(value: Value) -> tuple[Var, ...]:
    return tuple(leaf for leaf in leaves(value) if isinstance(leaf, Var))


def _kept(copies: Copies) -> tuple[Var, ...]:
    """Every variable that some request keeps, once."""
    return tuple(dict.fromkeys(v for _, keep in copies.lists for v in keep))


def _values_kept(copies: Copies) -> tuple[Expr, ...]:
    """The values of `_kept` for the list that was asked for; 0 for what isn't in it."""
    found: list[Expr] = []
    for var in _kept(copies):
        asked: Expr = BOOL_FALSE
        for number, (_, keep) in enumerate(copies.lists):
            if var in keep:
                this = Bin("eq", copies.kept, Const(number, copies.kept.width))
                asked = this if asked == BOOL_FALSE else Bin("or", asked, this)
        found.append(Mux(asked, var, Const(0, var.width)))
    return tuple(found)
