"""`cora check`: parse and type-check a program, then report."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.frontends import compare, frontend
from cora.cli.steps import find_spec
from cora.diagnostics import Diagnostic, UserError, render
from cora.frontend.ast import TypedProgram
from cora.ir.foreign import foreign_calls
from cora.ir.nodes import Program
from cora.nf.spec import NfSpec

if TYPE_CHECKING:
    from cora.frontend.p4c import P4cOptions

NOT_YET = frozenset({"C0241", "C0242", "C0301", "C0303"})
"""What lowering says of valid P4: an architecture that Cora doesn't know, a construct that it can't compile yet."""

_MOST_NAMED = 20
"""So many states are named one by one; more are counted."""


def _say_foreign(ir: Program) -> None:
    """Warns of each extern that Cora knows no meaning of, at its first call."""
    first = {call.function: call for call in reversed(foreign_calls(ir))}
    for call in first.values():
        what = f"Cora doesn't know what {call.function}() does: it stays on the host, and the program can't be run"
        help = "say by @cycles(N) on its declaration how long a call takes there"
        click.echo(render(Diagnostic("C0322", what, call.span, severity="warning", help=help)), err=True)


@click.command("check")
@click.argument("program")
@options.arch
@click.option("-I", "include_dirs", multiple=True, metavar="DIR", help="A folder to search for includes; repeatable.")
@click.option("-D", "defines", multiple=True, metavar="NAME[=VALUE]", help="Define a macro; repeatable.")
@click.option(
    "--lower/--no-lower",
    default=None,
    help="Also lower to IR. By default what Cora can't compile yet is a warning; with --lower it is an error.",
)
@click.option("--with", "beside", type=click.Choice(["p4c"]), help="Also read it with p4c, and compare the two.")
@frontend
def command(
    program: str,
    arch: Path | None,
    include_dirs: tuple[str, ...],
    defines: tuple[str, ...],
    lower: bool | None,
    beside: str | None,
    p4c: P4cOptions | None,
) -> None:
    """Parse and type-check PROGRAM; with an nf.yaml, check its entries too.

    \b
    Example:  cora check nf_programs/nat/nat.p4
              cora check nat.p4 --with p4c
    """
    from cora.nf.build import read_program

    spec = find_spec(program, arch)
    spec = replace(spec, defines=(*spec.defines, *defines), include_dirs=(*spec.include_dirs, *map(Path, include_dirs)))
    if beside is not None and p4c is not None:
        compare(spec, p4c)
        return
    typed = read_program(spec, p4c=p4c)
    for warning in typed.warnings:
        click.echo(render(warning), err=True)
    own = "no main" if typed.main is None else "an architecture of its own"
    click.echo(f"{spec.program}: {own if typed.arch in ('other', 'own') else typed.arch}, no errors")
    if lower is not False and (lower or typed.arch != "other"):
        _lower(spec, typed, strict=lower is True)


def _lower(spec: NfSpec, typed: TypedProgram, *, strict: bool) -> None:
    """Lowers the program and reads its entries; says in one line what there is."""
    from cora.nf.build import load_writes, lower_typed

    try:
        ir = lower_typed(spec, typed)
    except UserError as e:
        if strict or any(d.code not in NOT_YET for d in e.diagnostics):
            raise
        for diagnostic in e.diagnostics:
            click.echo(render(replace(diagnostic, severity="warning")), err=True)
        click.echo("valid P4, but Cora can't compile it yet")
        return
    _say_foreign(ir)
    writes = load_writes(spec, ir)
    click.echo(f"{len(ir.blocks)} blocks; states: {_states(ir)}; {len(writes)} control-plane writes")


def _states(ir: Program) -> str:
    """The states by name, or where they are too many to read, how many there are of each kind."""
    if len(ir.states) > _MOST_NAMED:
        kinds = Counter(s.kind for s in ir.states)
        return ", ".join(f"{count} of kind {kind}" for kind, count in kinds.most_common())
    return ", ".join(f"{s.name} ({s.kind})" for s in ir.states) or "none"
