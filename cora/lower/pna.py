"""The Portable NIC Architecture, both generations: parser, pre control (only in the first), main control, deparser.

Behind the main control: mirrored packets (as the deparser emits them, each to the ports of a session); then what the
last call has said: a drop, another pass, or a port.
"""

from __future__ import annotations

from cora.ir.nodes import Bin, Const, Copy, Drop, Expr, Forward, Mux, Resume, Switch, Var, width
from cora.ir.replicate import COPIED
from cora.lower.blocks import PORT, TIME, cleared, declare, params_of, run_control, run_parser, set_field
from cora.lower.context import Binding, Context, Forwarding, Packet
from cora.lower.extern_pna import from_host
from cora.lower.places import resize
from cora.lower.values import BOOL_TRUE, Record, Scalar, Value

_RECIRCULATED, _MIRRORED = 1, 2
"""Resume points."""


def assemble_pna(cx: Context) -> str:
    """Lowers all blocks; gives the name of the block behind the parser."""
    return _Pna(cx).assemble()


class _Pna:
    def __init__(self, cx: Context) -> None:
        self.cx = cx
        _, headers, user, parser_in = params_of(cx, "main_parser")
        self.headers, self.user, self.parser_in = declare(cx, headers), declare(cx, user), declare(cx, parser_in)
        self.forwarding = Forwarding(Var("$verdict", 8), Var("$egress", 32))
        cx.forwarding = self.forwarding
        pre = (declare(cx, params_of(cx, "pre_control")[2]),) if cx.typed.arch == "pna-a" else ()
        self.told = (self.parser_in, *pre, declare(cx, params_of(cx, "main_control")[2]))
        """What the architecture tells the blocks."""

    def assemble(self) -> str:
        cx, builder = self.cx, self.cx.builder
        parse, body = builder.block("parse"), builder.block("body")
        builder.start(builder.block("entry"))
        builder.goto(parse)
        builder.start(parse)
        self._tell(self.parser_in)
        run_parser(cx, "main_parser", body, Packet(), self.headers, self.user, self.parser_in)
        for place in self.told[1:]:
            self._tell(place)
            set_field(cx, place, "parser_error", cx.parser_error)
        if cx.typed.arch == "pna-a":
            self._pre_control()
        results = declare(cx, params_of(cx, "main_control")[3])
        # PNA leaves open what happens to a packet that is neither sent nor dropped; like PSA, it is dropped.
        builder.assign(self.forwarding.verdict, self.forwarding.drop("no_verdict"))
        for var in (var for slot in self.forwarding.mirrors for var in slot):
            builder.assign(var, Const(0, var.width))
        run_control(cx, "main_control", self.headers, self.user, self.told[-1], results)
        self._leave(results)
        self._entries(parse)
        return body

    def _tell(self, place: Value) -> None:
        """What the architecture tells a block of a packet; each generation and block has some of these fields."""
        cx = self.cx
        host_to_net = Mux(from_host(cx, PORT, 16), Const(1, 8), Const(0, 8))
        set_field(cx, place, "direction", host_to_net)
        set_field(cx, place, "input_port", PORT)
        set_field(cx, place, "timestamp", TIME)

    def _pre_control(self) -> None:
        """Runs between parser and main control. Where its headers or metadata have the main control's type, they are
        the same variables; otherwise they begin as zeros."""
        cx = self.cx
        param_types = [p.type.resolved for p in params_of(cx, "main_parser")]
        pre_headers, pre_user, _, pre_out = params_of(cx, "pre_control")
        bindings: list[Binding] = []
        for param, place, t in ((pre_headers, self.headers, param_types[1]), (pre_user, self.user, param_types[2])):
            bindings.append(place if param.type.resolved == t else cleared(cx, param))
        run_control(cx, "pre_control", *bindings, self.told[1], cleared(cx, pre_out))

    # ------------------------------------------------------------ behind the main control

    def _leave(self, results: Value) -> None:
        builder, forwarding = self.cx.builder, self.forwarding
        if forwarding.mirrored:  # also of packets that are dropped
            self._deparse(results)
            for asked, session in forwarding.mirrors:
                copy = Copy("session", resize(session, 32), _MIRRORED, (), "emitted")
                builder.when(asked, lambda copy=copy: builder.emit(copy), "mirror")
        leave, again = builder.block("deparse"), builder.block("again")
        ways = [(1 + i, builder.block(f"drop_{reason}")) for i, reason in enumerate(forwarding.reasons)]
        cases = (*ways, *(((Forwarding.AGAIN, again),) if forwarding.recirculated else ()))
        builder.end(Switch(forwarding.verdict, cases, leave))
        for (_, label), reason in zip(ways, forwarding.reasons, strict=True):
            builder.start(label)
            builder.end(Drop(reason))
        builder.start(again)
        self._deparse_unless_mirrored(results)
        builder.emit(Copy("again", Const(0, 32), _RECIRCULATED, self._next_pass(), "emitted"))
        builder.end(Drop(COPIED))
        builder.start(leave)
        self._deparse_unless_mirrored(results)
        builder.end(Forward(resize(forwarding.port, 16)))

    def _deparse_unless_mirrored(self, results: Value) -> None:
        if not self.forwarding.mirrored:
            self._deparse(results)

    def _deparse(self, results: Value) -> None:
        run_control(self.cx, "main_deparser", Packet(), self.headers, self.user, results)

    def _next_pass(self) -> tuple[Expr, ...]:
        """The number of the next pass, if this generation tells it."""
        place = self.told[0]
        assert isinstance(place, Record)
        found = next((value for name, value in place.fields if name == "pass"), None)
        if not isinstance(found, Scalar):
            return ()
        return (Bin("add", found.expr, Const(1, width(found.expr))),)

    def _entries(self, parse: str) -> None:
        """Where copies come in, if the program asks for any."""
        cx, builder = self.cx, self.cx.builder
        if self.forwarding.recirculated:
            builder.start(builder.block("recirculated"))
            assert builder.current is not None
            number = tuple(Var("$pass", width(e)) for e in self._next_pass())
            cx.resumes.append(Resume(_RECIRCULATED, builder.current, number))
            for place in self.told:
                set_field(cx, place, "recirculated", BOOL_TRUE)
                for var in number:
                    set_field(cx, place, "pass", var)
            builder.goto(parse)
        if self.forwarding.mirrored:
            port, instance = Var("$mirror.port", 16), Var("$mirror.instance", 16)
            builder.start(builder.block("mirrored"))
            assert builder.current is not None
            cx.resumes.append(Resume(_MIRRORED, builder.current, (port, instance)))
            builder.end(Forward(port))
