"""`cora test`: run STF packet tests."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cora.cli.steps import find_spec


@click.command("test")
@click.argument("program")
@click.argument("tests", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def command(program: str, tests: tuple[Path, ...]) -> None:
    """Run the packet tests TESTS (STF files) on PROGRAM, in the interpreter; without TESTS, those in its own folder.

    \b
    Example:  cora test nat
              cora test nf.p4 hit.stf miss.stf
    """
    from cora.cli.app import print_diagnostics
    from cora.diagnostics import UserError
    from cora.verify.stf import run_stf_file

    spec = find_spec(program)
    files = tests or tuple(sorted((spec.folder / "tests").glob("*.stf")))
    if not files:
        raise click.UsageError(f"{spec.folder / 'tests'} has no .stf files; name some")
    failed = 0
    for file in files:
        try:
            run_stf_file(file, spec).raise_if_failed()
        except UserError as failure:
            failed += 1
            click.echo(f"FAILED  {file}")
            print_diagnostics(failure, "human")
        else:
            click.echo(f"ok      {file}")
    click.echo(f"{len(files) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
