"""A program that isn't split: one engine that faces the wire and owns every state."""

from __future__ import annotations

from cora.ir.nodes import Program
from cora.split.engines import EngineProgram, Split


def whole(program: Program, engine: str = "host") -> Split:
    """The program as a split of one engine, without hand-offs."""
    owned = tuple(state.name for state in program.states)
    return Split((EngineProgram(engine, program, owned, (), faces_wire=True),), ())
