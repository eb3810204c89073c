"""`cora test`: run STF packet tests."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.steps import Job, find_spec

if TYPE_CHECKING:
    from cora.nf.spec import NfSpec
    from cora.verify.stf import StfExecutor
    from cora.verify.stf_text import Command


@click.command("test")
@click.argument("program")
@click.argument("tests", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--on",
    "where",
    default="interp",
    show_default=True,
    metavar="interp|xdp|split:TARGET",
    help="The interpreter, the kernel, or the kernel with the program split for TARGET, planned on its own traffic.",
)
@click.option("--plan", type=click.Path(path_type=Path), help="A bundle whose plan to use, with --on split.")
@options.arch
def command(program: str, tests: tuple[Path, ...], where: str, plan: Path | None, arch: Path | None) -> None:
    """Run the packet tests TESTS (STF files) on PROGRAM; without TESTS, those in its own folder.

    \b
    Example:  cora test nat
              cora test nf.p4 hit.stf miss.stf --on xdp
              cora test nat --on split:agilio-cx
    """
    from cora.cli.app import print_diagnostics
    from cora.diagnostics import UserError
    from cora.nf.entries import vocabulary
    from cora.verify.stf import read_stf, run_stf

    target = _target(where, plan)
    spec = find_spec(program, arch)
    files = tests or tuple(sorted((spec.folder / "tests").glob("*.stf")))
    if not files:
        raise click.UsageError(f"{spec.folder / 'tests'} has no .stf files; name some")
    failed = 0
    for file in files:
        try:
            commands = read_stf(file)
            with _executor(spec, commands, where, target, plan) as executor:
                run_stf(commands, executor, vocabulary(spec)).raise_if_failed()
        except UserError as failure:
            failed += 1
            click.echo(f"FAILED  {file}")
            print_diagnostics(failure, "human")
        else:
            click.echo(f"ok      {file}")
    click.echo(f"{len(files) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def _target(where: str, plan: Path | None) -> str:
    """The target of `split:TARGET`, "" elsewhere."""
    kind, _, target = where.partition(":")
    if where not in ("interp", "xdp") and kind != "split":
        raise click.UsageError(f"--on {where}: write interp, xdp or split:TARGET")
    if kind == "split" and not target and plan is None:
        raise click.UsageError("--on split needs a target (split:agilio-cx) or a --plan")
    if plan is not None and where != "split":
        raise click.UsageError("--plan goes with --on split, without a target")
    return target


@contextmanager
def _executor(
    spec: NfSpec, commands: tuple[Command, ...], where: str, target: str, plan: Path | None
) -> Generator[StfExecutor]:
    """The program with the macros of a test, from an empty state."""
    from cora.ir.store import Store
    from cora.verify.stf import InterpreterExecutor, defines

    job = Job(dataclasses.replace(spec, defines=(*spec.defines, *defines(commands))))
    if where == "interp":
        yield InterpreterExecutor(job.program, Store(job.program))
        return
    from cora.cli.planning import plan_for
    from cora.device.features import missing_error
    from cora.device.kernel_run import KernelRunner
    from cora.split import split_program, whole
    from cora.verify.stf_kernel import KernelExecutor

    problem = missing_error()
    if problem is not None:
        raise problem
    if where == "xdp":
        split = whole(job.program)
    elif plan is not None:
        from cora.bundle import read_bundle

        split = split_program(job.graph, read_bundle(plan).plan)
    else:
        from cora.plan import PlanRequest

        split = split_program(job.graph, plan_for(job, target, PlanRequest(baselines=False)))
    with KernelRunner(split) as runner:
        yield KernelExecutor("kernel", runner, job.program)
