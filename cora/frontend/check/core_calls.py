"""What core.p4's functions and methods ask beyond their signatures."""

from __future__ import annotations

from cora.diagnostics import Span
from cora.frontend import ast, types
from cora.frontend.check.args import Arguments
from cora.frontend.check.generics import mentions
from cora.frontend.types import Type, show


class CoreCalls(Arguments):
    def packet_rules(self, method: str, args: tuple[ast.Arg, ...], type_args: tuple[ast.TypeRef, ...]) -> None:
        """Of packet_in and packet_out. Reports C0207 and C0217."""
        value = args[0].value if args else None
        match method:
            case "extract" if value is not None:
                self._extracts_header(value, args)
            case "lookahead" if type_args:
                self._looks_at_fixed(type_args[0].resolved, type_args[0].span)
            case "emit" if value is not None and type_args:
                self._writes_headers(type_args[0].resolved, value.span)
            case _:
                pass

    def _extracts_header(self, header: ast.Expr, args: tuple[ast.Arg, ...]) -> None:
        if not isinstance(header.type, types.HeaderType | types.Unknown):
            self.report(
                "C0207", f"extract reads a header, and this is {show(header.type)}", header.span,
                label=show(header.type), help="extract the headers one by one",
            )  # fmt: skip
            return
        variable = mentions(header.type, types.VarBits)
        if variable and len(args) == 1:
            self.report(
                "C0217", f"{show(header.type)} has a varbit field, and its length isn't given", header.span,
                help="give the bits of the varbit field: extract(header, bits)",
            )  # fmt: skip
        elif len(args) == 2 and not variable and header.type != types.UNKNOWN:
            self.report(
                "C0217", f"{show(header.type)} has no varbit field, and a length is given", header.span,
                help="leave the length out",
            )  # fmt: skip

    def _writes_headers(self, type_: Type, span: Span) -> None:
        if not _emittable(type_):
            self.report(
                "C0207", f"emit writes headers, and this is {show(type_)}", span, label=show(type_),
                help="emit headers, unions, stacks, and structs or tuples that hold nothing else",
            )  # fmt: skip

    def _looks_at_fixed(self, type_: Type, span: Span) -> None:
        if type_ != types.UNKNOWN and (types.width_of(type_) is None or mentions(type_, types.VarBits)):
            self.report(
                "C0207", f"lookahead reads a fixed number of bits, and {show(type_)} has none", span,
                label=show(type_), help="look at bit<W>, or at a header or struct without varbit fields",
            )  # fmt: skip

    def parser_only(self, e: ast.Call, name: str) -> None:
        """Reports C0223 for `verify` where no parser can reject the packet. Functions may be called by one."""
        if name == "verify" and self.place.kind in ("control", "action"):
            self.report(
                "C0223", f"verify() in {'an action' if self.place.kind == 'action' else 'a control'}", e.span,
                help="only parsers reject packets: use an if statement here",
            )  # fmt: skip


def _emittable(type_: Type) -> bool:
    match type_:
        case types.HeaderType() | types.UnionType() | types.Unknown() | types.TypeVar():
            return True
        case types.StackType(element=element):
            return _emittable(element)
        case types.StructType(fields=fields):
            return all(_emittable(f.type) for f in fields)
        case types.TupleType(items=items):
            return all(map(_emittable, items))
        case _:
            return False
