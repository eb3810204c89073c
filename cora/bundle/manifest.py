"""manifest.json: what a bundle was made from and what it holds, so that damage and stale inputs are seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

SCHEMA = 1
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    schema: int
    cora: str
    """The version that wrote the bundle."""
    program: str
    target: str
    options: dict[str, str]
    compiler: str
    """What compiled the objects; "" if the machine had no compiler and the bundle holds sources only."""
    inputs: dict[str, str]
    """Input -> SHA-256: the program and its files, the model, the traffic."""
    files: dict[str, str]
    """File of the bundle, by its path inside -> SHA-256."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
