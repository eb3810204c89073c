"""What a pass is."""

from __future__ import annotations

from typing import Protocol

from cora.ir.nodes import Program


class Pass(Protocol):
    """A step from IR to IR. Passes are frozen dataclasses: their fields are their options.

    A pass takes a well-formed program and gives a well-formed program (`cora.ir.check`) of the same meaning; it keeps
    the spans of what it keeps and gives what it makes the span of what it was made from."""

    @property
    def name(self) -> str:
        """As `cora ir --after NAME` has it."""
        ...

    def run(self, program: Program) -> Program: ...
