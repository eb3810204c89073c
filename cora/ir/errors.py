"""What goes wrong inside the IR: always a bug of whoever made the program, never a user's mistake."""

from __future__ import annotations

from cora.diagnostics import Span, UserError, error
from cora.ir.nodes import Foreign


class IrError(ValueError):
    """An IR program is malformed, or it was run against its rules (such as an Extract without Room).

    `span` is the place of the operation at fault, if it has one.
    """

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span


class StoreError(ValueError):
    """The control plane asked for something that a state cannot hold; the message says what and why."""


def unknown_extern(op: Foreign) -> UserError:
    """C0322: what a call of an extern does has to be known here, and it isn't."""
    return error(
        "C0322", f"Cora doesn't know what {op.function}() does, so it can't run it", op.span,
        help="check and plan the program, or write what the extern does in P4 to run it",
    )  # fmt: skip
