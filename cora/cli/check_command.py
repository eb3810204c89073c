"""`cora check`: parse and type-check a program, then report."""

from __future__ import annotations

import click

from cora.cli.steps import find_spec
from cora.diagnostics import render


@click.command("check")
@click.argument("program")
@click.option("--lower/--no-lower", default=True, help="Also lower to IR, which finds what can't be supported.")
def command(program: str, lower: bool) -> None:
    """Parse and type-check PROGRAM; with an nf.yaml, check its entries too.

    \b
    Example:  cora check nf_programs/nat/nat.p4
    """
    from cora.frontend import load_program
    from cora.nf.build import build_program, load_writes

    spec = find_spec(program)
    typed = load_program(spec.program, defines=spec.defines)
    for warning in typed.warnings:
        click.echo(render(warning), err=True)
    click.echo(f"{spec.program}: {typed.arch}, no errors")
    if lower:
        ir = build_program(spec)
        writes = load_writes(spec, ir)
        states = ", ".join(f"{s.name} ({s.kind})" for s in ir.states)
        click.echo(f"{len(ir.blocks)} blocks; states: {states or 'none'}; {len(writes)} control-plane writes")
