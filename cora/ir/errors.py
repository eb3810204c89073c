"""What goes wrong inside the IR: always a bug of whoever made the program, never a user's mistake."""


class IrError(ValueError):
    """An IR program is malformed, or it was run against its rules (such as an Extract without Room)."""


class StoreError(ValueError):
    """The control plane asked for something that a state cannot hold; the message says what and why."""
