"""Reads a bundle back and checks that it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from cora.bundle.manifest import NAME, SCHEMA, Manifest, sha256
from cora.diagnostics import error
from cora.plan.io import read_plan
from cora.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Bundle:
    path: Path
    manifest: Manifest
    plan: Plan

    @property
    def nf(self) -> Path:
        """The folder with the NF's own files."""
        return self.path / "nf"


def is_bundle(path: Path) -> bool:
    return (path / NAME).is_file()


def read_bundle(path: Path) -> Bundle:
    """The bundle at `path`. Raises `UserError` C0904 if its manifest can't be read, C0905 for another schema, C0906 for
    a file that is missing or was changed."""
    try:
        manifest = msgspec.json.decode((path / NAME).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as failure:
        raise error(
            "C0904",
            f"can't read the manifest: {failure}",
            where=str(path / NAME),
            help="make the bundle again with 'cora compile'",
        ) from failure
    if manifest.schema != SCHEMA:
        raise error(
            "C0905",
            f"this bundle has schema {manifest.schema}; this version of Cora reads schema {SCHEMA}",
            where=str(path),
            help="make the bundle again with this version's 'cora compile'",
        )
    for name, expected in manifest.files.items():
        file = path / name
        if not file.is_file() or sha256(file.read_bytes()) != expected:
            what = "was changed after the bundle was made" if file.is_file() else "is missing"
            raise error("C0906", f"{name} {what}", where=str(path), help="make the bundle again with 'cora compile'")
    return Bundle(path, manifest, read_plan(path / "plan.json"))
