"""`cora lint`: what a device's means allow of a program, with the line and the rule for what they don't."""

from __future__ import annotations

import sys

import click

from cora.cli import options
from cora.cli.steps import Job, find_spec


@click.command("lint")
@click.argument("program")
@click.option(
    "--profile", type=click.Choice(["nfp-xdp"]), default="nfp-xdp", show_default=True, help="What to check for."
)
@options.as_json
def command(program: str, profile: str, as_json: bool) -> None:
    """Check the whole of PROGRAM against what a device takes: which stages fit, and for the rest the P4 line, the
    rule with its source, and a next step. Exit status 1 if something is refused.

    \b
    Example:  cora lint nat --profile nfp-xdp
    """
    from cora.cli.device_profiles import lint_for_nfp

    job = Job(find_spec(program))
    accepted, text = lint_for_nfp(job, as_json)
    click.echo(text, nl=False)
    if not accepted:
        sys.exit(1)
