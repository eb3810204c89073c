"""How p4c is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stage = Literal["parse-only", "validate", "midend"]

STAGE_FLAGS: dict[Stage, tuple[str, ...]] = {
    "parse-only": ("--parse-only",),
    "validate": ("--validate",),
    "midend": (),
}


@dataclass(frozen=True, slots=True)
class P4cOptions:
    flags: tuple[str, ...] = ()
    """The user's own, after Cora's."""
    stage: Stage = "validate"
    """How far p4c goes before it writes its tree: `validate` is after its type checks."""
    time_limit_s: float = 60.0
    memory_limit_mib: int = 4096
    """Of address space, for each process that p4c starts."""
