"""`cora ir`: the IR of a program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.frontends import frontend
from cora.cli.steps import find_spec

if TYPE_CHECKING:
    from cora.frontend.p4c import P4cOptions


@click.command("ir")
@click.argument("program")
@click.option("--after", metavar="PASS", help="Stop after this pass; --passes lists them.")
@click.option("--passes", "list_passes", is_flag=True, help="List the passes of the pipeline, in order.")
@click.option("--spans", is_flag=True, help="Add the P4 line of each operation.")
@options.arch
@frontend
def command(
    program: str, after: str | None, list_passes: bool, spans: bool, arch: Path | None, p4c: P4cOptions | None
) -> None:
    """Print the IR of PROGRAM, as text that `cora.ir.text.parse_program` reads back.

    \b
    Example:  cora ir nat
              cora ir nat --after lower
    """
    from cora.ir.text import print_program
    from cora.lower import PIPELINE, lower_program, pass_names
    from cora.nf.build import lower_options, read_program

    if list_passes:
        click.echo("assemble                 join the blocks of the architecture, inline calls, unroll loops")
        for step in PIPELINE:
            click.echo(f"{step.name:24} {(type(step).__doc__ or '').strip().splitlines()[0]}")
        return
    if after is not None and after not in pass_names():
        known = ", ".join(pass_names())
        raise click.BadParameter(f"there is no pass {after!r}; the passes are {known}", param_hint="--after")
    spec = find_spec(program, arch)
    typed = read_program(spec, p4c=p4c)
    ir = lower_program(typed, lower_options(spec), after=after)
    click.echo(print_program(ir, spans=spans), nl=False)
