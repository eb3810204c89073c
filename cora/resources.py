"""Finds the content folders (models, targets, nf_programs) in a checkout or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The content folder `name`: beside the package in a checkout, inside it in an install."""
    for candidate in (_PACKAGE / "_content" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the content folder {name!r} is neither in this install nor beside {_PACKAGE}")
