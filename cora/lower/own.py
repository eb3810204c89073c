"""Architectures of the user's own: parser, controls in order, deparser. `cora.lower.own_annotations` reads what the
file says of them.

Places that the blocks have parameters of one type for are the same variables, so that a struct goes from block to
block; everything begins as zeros, and what a block takes as `out` does so again. A packet that the parser rejects is
dropped, unless some field holds the parser's error: then the controls judge it.
"""

from __future__ import annotations

from cora.diagnostics import Label, UserError, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Bin, Const, Drop, Expr, Forward, Var
from cora.lower.blocks import LENGTH, PORT, TIME, lower_parser, run_control
from cora.lower.context import Binding, Context, Packet
from cora.lower.own_annotations import Marked, Marks, marks_of_field, marks_of_param, refuse_marks, roles
from cora.lower.places import clear, resize
from cora.lower.values import Record, Scalar, Value

_REJECTED = Var("$rejected", 1)
_PACKETS = {"parser": "packet_in", "deparser": "packet_out"}
"""By role: the extern by which a block has the packet."""


def assemble_own(cx: Context) -> str:
    """Gives the name of the block behind the parser."""
    return _Own(cx).assemble()


class _Own:
    def __init__(self, cx: Context) -> None:
        self.cx = cx
        self.blocks = roles(cx.typed)
        self.places: dict[ty.Type, Value] = {}
        """By type: the variables of the blocks' parameters."""
        self.marks: list[Marks] = []
        self.bindings = {b.bound.role: self._bindings(b) for b in self.blocks}

    def assemble(self) -> str:
        cx, builder = self.cx, self.cx.builder
        builder.start(builder.block("entry"))
        for name, value in (("ingress_port", PORT), ("packet_length", LENGTH), ("timestamp", TIME)):
            self._tell(name, value)
        start, body = builder.block("start"), builder.block("body")
        builder.goto(start)
        builder.start(start)
        parser = next(b.bound.role for b in self.blocks if b.role == "parser")
        lower_parser(cx, parser, body, *self.bindings[parser], rejected=_REJECTED)
        builder.start(body)
        self._tell("parser_error", cx.parser_error)
        if not self._fields("parser_error"):
            self._drop_if(_REJECTED, "rejected")
        for block in self.blocks:
            if block.role == "control":
                self._run(block)
        for mark in self.marks:
            for value in mark.drops:
                self._drop_if(Bin("eq", mark.var, Const(value, mark.var.width)), "dropped")
        port: Expr = next((resize(var, 16) for var in self._fields("egress_port")), PORT)
        if port != PORT:  # the deparser may be given the field, too, and can't send the packet elsewhere
            held = builder.temp("egress", 16)
            builder.assign(held, port)
            port = held
        for block in self.blocks:
            if block.role == "deparser":
                self._run(block)
        builder.end(Forward(port))
        return body

    def _run(self, block: Marked) -> None:
        bindings = self.bindings[block.bound.role]
        for param, place in zip(block.bound.block.params, bindings, strict=True):
            if param.direction == "out" and isinstance(place, Scalar | Record):
                clear(self.cx, place, param.type.resolved, param.span)
        run_control(self.cx, block.bound.role, *bindings)

    # ------------------------------------------------------------ the fields

    def _fields(self, name: str) -> list[Var]:
        return [m.var for m in self.marks if name in m.fields]

    def _tell(self, name: str, value: Expr) -> None:
        for var in self._fields(name):
            self.cx.builder.assign(var, resize(value, var.width))

    def _drop_if(self, cond: Expr, reason: str) -> None:
        self.cx.builder.end_when(cond, Drop(reason), (reason, "go_on"))

    # ------------------------------------------------------------ the parameters

    def _bindings(self, block: Marked) -> tuple[Binding, ...]:
        """What the parameters of a block stand for."""
        symbol = self.cx.typed.globals.get(block.bound.type.name)
        decl = symbol.decl if symbol is not None else None
        declared = decl.params if isinstance(decl, ast.BlockTypeDecl) else block.bound.block.params
        found: list[Binding] = []
        seen: dict[ty.Type, ast.Parameter] = {}
        for param, own in zip(block.bound.block.params, declared, strict=True):
            t = param.type.resolved
            if t in seen:
                raise _twice(own, seen[t], t)
            if not isinstance(t, ty.ExternType):
                found.append(self._place(own, t))
            elif t.name == _PACKETS.get(block.role):
                found.append(Packet())
            else:
                raise _no_packet(own, t, block.role)
            if not isinstance(ty.underlying(t), ty.Bits | ty.Bool | ty.EnumType | ty.ErrorType):
                seen[t] = own
        return tuple(found)

    def _place(self, param: ast.Parameter, t: ty.Type) -> Value:
        """The variables of a parameter: those of a struct or header are its type's, those of a number its own."""
        if isinstance(ty.underlying(t), ty.Bits | ty.Bool | ty.EnumType | ty.ErrorType):
            place = self.cx.declare(t, param.name, param.span)
            self.marks.append(marks_of_param(self.cx.typed, param, t, place))
        else:
            refuse_marks(param)
            if t in self.places:
                return self.places[t]
            place = self.places[t] = self.cx.declare(t, param.name, param.span)
            self.marks += marks_of_field(self.cx.typed, t, place)
        ports = [m for m in self.marks if "egress_port" in m.fields]
        if len(ports) > 1:
            raise _two_ports(ports[0], ports[1])
        return place


def _twice(param: ast.Parameter, first: ast.Parameter, t: ty.Type) -> UserError:
    what = f"two parameters of a block have the type {ty.show(t)}, by which Cora tells them apart"
    help = "give each a struct of its own"
    return error("C0325", what, param.span, help=help, notes=(Label(first.span, "the other one"),))


def _no_packet(param: ast.Parameter, t: ty.ExternType, role: str) -> UserError:
    what = f"a {role} can't have a {t.name}"
    help = "a parser has a packet_in, a deparser a packet_out; other objects are made by the program"
    return error("C0325", what, param.span, help=help)


def _two_ports(first: Marks, second: Marks) -> UserError:
    what = "a second field is the port that the packet leaves by"
    notes = (Label(first.span, "the first one"),)
    return error("C0323", what, second.span, help="annotate one of them", notes=notes)
