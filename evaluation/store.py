"""Results on disk: one file for each function under one traffic, so that an evaluation goes on where it was stopped,
and one Parquet file of all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from cora.cli.steps import find_spec
from cora.model.load import model_path
from evaluation.grid import MIXED, Grid, Traffic
from evaluation.measure import Row

NO_PART = ("bundle", "codegen", "device", "explain", "lab", "report", "split", "verify")
"""The packages of Cora above planning: no figure of a cell comes out of them."""


class Results:
    """Below one folder. What is stored under other programs, models, traffics or code is not found again."""

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.folder = folder
        self.grid = grid
        self._code = _digest(*_code())
        (folder / "cells").mkdir(parents=True, exist_ok=True)

    def path(self, function: str, traffic: Traffic) -> Path:
        """Of the rows of a function under a traffic."""
        spec = find_spec(function)
        files = [spec.program, spec.path, *(model_path(m.target) for m in self.grid.machines), model_path("host-x86")]
        files += [spec.entries] if spec.entries is not None else []
        files += [MIXED] if traffic.change is None else []
        what = f"{self._code} {_digest(*files)} {self.grid.machines} {self.grid.loads} {self.grid.packets}"
        name = hashlib.sha256(what.encode()).hexdigest()[:16]
        return self.folder / "cells" / f"{function}-{traffic.name}-{name}.json"

    def put(self, path: Path, rows: list[Row]) -> None:
        """Whole or not at all."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
        partial.replace(path)

    def get(self, path: Path) -> list[Row]:
        return [Row(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))]

    def write_parquet(self, rows: list[Row]) -> Path:
        """All rows as one table."""
        import pyarrow as pa
        from pyarrow import parquet

        path = self.folder / "results.parquet"
        parquet.write_table(pa.Table.from_pylist([asdict(row) for row in rows]), path)
        return path


def _code() -> list[Path]:
    """What cells are computed by."""
    here = Path(__file__).parent
    cora = sorted((here.parent / "cora").glob("**/*.py"))
    apart = [here.parent / "cora" / package for package in NO_PART]
    return [p for p in cora if not any(p.is_relative_to(a) for a in apart)] + [here / "grid.py", here / "measure.py"]


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
