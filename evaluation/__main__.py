"""`python -m evaluation`: runs it and writes the report."""

from __future__ import annotations

import time
from pathlib import Path

import click

from evaluation.grid import short, whole


@click.command()
@click.option("--short", "is_short", is_flag=True, help="One function, two traffics: about a minute.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("build/evaluation"), show_default=True)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
@click.option("--function", "functions", multiple=True, help="Only these functions; repeat.")
def main(is_short: bool, output: Path, jobs: int, functions: tuple[str, ...]) -> None:
    """Evaluate every bundled network function under every traffic on every machine, by every strategy, and write
    results.parquet, report.md and report.html. Goes on where it was stopped."""
    from dataclasses import replace

    from evaluation.report import write
    from evaluation.run import evaluate
    from evaluation.store import Results

    grid = short() if is_short else whole()
    unknown = sorted(set(functions) - set(grid.functions))
    if unknown:
        raise click.BadParameter(f"there is no function {unknown[0]!r}; functions are: {', '.join(grid.functions)}")
    if functions:
        grid = replace(grid, functions=tuple(f for f in grid.functions if f in functions))
    began = time.monotonic()
    results = Results(output, grid)
    found = evaluate(grid, results, jobs)
    table = results.write_parquet(found.rows)
    markdown, page = write(output, grid, found)
    click.echo(f"{len(found.rows):,} rows in {time.monotonic() - began:,.0f} s: {table}, {markdown}, {page}")


if __name__ == "__main__":
    main()
