"""A stand-in for p4test: a script that answers `--version` and does with the rest what a test says."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = """#!/bin/sh
if [ "$1" = --version ]; then echo p4test; echo "Version VERSION (SHA: 0000000 BUILD: Release)"; exit 0; fi
echo "$@" > "FOLDER/arguments"
while [ $# -gt 0 ]; do
  if [ "$1" = --toJSON ]; then out=$2; fi
  program=$1
  shift
done
"""


def stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str, *, version: str = "1.2.5.1") -> None:
    """Puts a p4test into `folder` and that first on the PATH. In `body`, $out is the file for the JSON, $program the
    P4 file; the arguments are kept in `folder`/arguments."""
    script = folder / "p4test"
    head = HEAD.replace(" VERSION (", f" {version} (").replace("FOLDER", str(folder))
    script.write_text(head + body)
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def replaying(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, *, stderr: str = "", status: int = 0) -> None:
    """A p4test that writes this JSON and these messages, whatever it is given."""
    (folder / "tree.json").write_text(text)
    (folder / "messages").write_text(stderr)
    body = f'cp "{folder}/tree.json" "$out"\ncat "{folder}/messages" >&2\nexit {status}\n'
    stand_in(monkeypatch, folder, body)
