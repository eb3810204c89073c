"""What goes wrong inside the IR: always a bug of whoever made the program, never a user's mistake."""

from __future__ import annotations

from cora.diagnostics import Span


class IrError(ValueError):
    """An IR program is malformed, or it was run against its rules (such as an Extract without Room).

    `span` is the place of the operation at fault, if it has one.
    """

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.span = span


class StoreError(ValueError):
    """The control plane asked for something that a state cannot hold; the message says what and why."""
