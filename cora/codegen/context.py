"""What the parts of the XDP generator share while they write one engine program."""

from __future__ import annotations

from dataclasses import dataclass, field

from cora.codegen.deparse import InPlace
from cora.codegen.expr import Expressions
from cora.codegen.layout import EngineLayout, Member, Names
from cora.codegen.packing import Part, load
from cora.codegen.places import NOTHING, Known, Places
from cora.codegen.writer import Writer
from cora.diagnostics import Span, error
from cora.ir.nodes import Expr, Program, Var, width
from cora.split.engines import EngineProgram, Split


@dataclass(frozen=True, slots=True)
class Context:
    engine: EngineProgram
    split: Split
    layout: EngineLayout
    compact: bool
    """Short rather than fast code: no arrays beside hashes."""
    out: Writer
    variables: Names
    labels: Names
    in_place: InPlace | None
    """None: the output is put together in the scratch cell."""
    reused: frozenset[tuple[str, int]]
    used: frozenset[str]
    """Variables that something reads; writes of others are left out."""
    output_bytes: int
    in_scratch: frozenset[str]
    """Variables that stand in the scratch cell, because the stack of 512 bytes may not hold them."""
    zeroed: frozenset[str]
    """Variables that may be read before they are written: they are 0 at first."""

    places: Places | None
    """None: values stay in variables (short code)."""
    here: list[Known] = field(default_factory=lambda: [NOTHING])
    """One item: what is known of the packet where code is written now."""

    def move(self, block: str, index: int) -> None:
        """Code is written now for an operation of a block, or, behind the last one, for its end."""
        if self.places is not None:
            self.here[0] = self.places.before(block, index)

    def forget_packet(self) -> None:
        """The packet moves: nothing is where it was."""
        self.here[0] = NOTHING

    @property
    def program(self) -> Program:
        return self.engine.program

    def read(self, variable: str) -> str:
        """The C text of the value of a variable: where it stands in the packet, or else its name."""
        place = self.here[0].held.get(variable)
        return self.name(variable) if place is None else load("data", place.start, place.width)

    def name(self, variable: str) -> str:
        """The C name of a variable of the IR."""
        return f"s->{self.variables[variable]}" if variable in self.in_scratch else self.variables[variable]

    @property
    def expr(self) -> Expressions:
        return Expressions(self.read)

    def part(self, expr: Expr, span: Span | None = None) -> Part:
        return Part(self.expr(expr, span), width(expr))

    def assign(self, dst: Var, text: str) -> None:
        """dst = text, if anything reads dst. `text` is below 2^width."""
        if dst.name in self.used:
            check_width(dst.width, dst.name, None)
            self.out(f"{self.name(dst.name)} = {text};")

    def engine_number(self, engine: str) -> int:
        """The number of an engine in the map of links: its place in the split."""
        return next(i for i, e in enumerate(self.split.engines) if e.engine == engine)

    def drop(self, reason: str) -> str:
        """The statement that ends the packet, by what stands once behind all blocks: what is seldom taken stays out
        of the way of what is taken often."""
        return f"{{ reason = {self.layout.reasons.index(reason)}; goto dropped; }} /* {comment(reason)} */"


def comment(text: str) -> str:
    """The text, harmless inside a C comment."""
    return " ".join(text.split()).replace("*/", "* /").replace("/*", "/ *")


def check_width(bits: int, what: str, span: Span | None) -> None:
    if bits > 128:
        raise error(
            "C0750",
            f"{what} has {bits} bits; XDP programs handle up to 128",
            span,
            help="split the value into several of at most 128 bits",
        )


def value_type(bits: int) -> str:
    """The C type of a variable."""
    return "u128" if bits > 64 else "u64"


def stored(member: Member, text: str) -> str:
    """A value narrowed to the type of its member."""
    return text if member.size in (8, 16) else f"({member.c_type})({text})"
