"""Compares two runs, figure by figure: `python -m evaluation.again build/evaluation build/again`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

TIMES = frozenset({"solve_s"})
"""What a machine measures, so that it is another in each run."""
KEY = ("function", "traffic", "machine", "objective", "load", "strategy")
SHOWN = 20


def differences(one: Path, other: Path) -> list[str]:
    """Of the results.parquet in two folders: a line for each row that only one has, and each figure that differs."""
    left, right = _rows(one), _rows(other)
    found = [
        f"{' '.join(map(str, key))}: only in {one if key in left else other}" for key in left.keys() ^ right.keys()
    ]
    for key in left.keys() & right.keys():
        found += [
            f"{' '.join(map(str, key))}: {name} {value!r} and {right[key][name]!r}"
            for name, value in left[key].items()
            if name not in TIMES and value != right[key][name]
        ]
    return sorted(found)


def _rows(folder: Path) -> dict[tuple[Any, ...], dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(folder / "results.parquet").to_pylist()
    return {tuple(row[name] for name in KEY): row for row in rows}


FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("one", type=FOLDER)
@click.argument("other", type=FOLDER)
def main(one: Path, other: Path) -> None:
    """Says in which figures two runs of the evaluation differ; status 1 if they do."""
    for folder in (one, other):
        if not (folder / "results.parquet").is_file():
            raise click.BadParameter(f"there is no results.parquet in {folder}: run `make evaluation` to the end first")
    found = differences(one, other)
    for line in found[:SHOWN]:
        click.echo(line)
    click.echo(f"{len(found):,} differences in {len(_rows(one)):,} and {len(_rows(other)):,} rows, times left out")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
