"""`cora lint`: what a device's means allow of a program, with the line and the rule for what they don't."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cora.cli import options
from cora.cli.steps import Job, find_spec, require_file, status


@click.command("lint")
@click.argument("program")
@click.option(
    "--profile",
    type=click.Choice(["nfp-xdp", "match_action"]),
    default="nfp-xdp",
    show_default=True,
    help="What to check for.",
)
@click.option(
    "--flows", type=click.IntRange(0, 10000), default=64, show_default=True, help="match_action: how many flows."
)
@options.arch
@options.traffic
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="match_action: write table.json and flower.tc into this folder.",
)
@options.as_json
def command(
    program: str,
    profile: str,
    flows: int,
    arch: Path | None,
    traffic: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Check the whole of PROGRAM against what a device takes: which stages fit, and for the rest the P4 line, the
    rule with its source, and a next step. Exit status 1 if something is refused.

    For match_action, tables and flows are turned into rules: PROGRAM runs on its traffic, and the flows seen last are
    offloaded as they stand then.

    \b
    Example:  cora lint nat --profile nfp-xdp
              cora lint nat --profile match_action --flows 100 -o rules
    """
    require_file(traffic)
    with status(as_json) as show:
        job = Job(find_spec(program, arch), traffic, show=show)
        if profile == "match_action":
            from cora.cli.match_action_tables import lint_for_match_action

            accepted, text = lint_for_match_action(job, flows, output, as_json)
        else:
            from cora.cli.device_profiles import lint_for_nfp

            accepted, text = lint_for_nfp(job, as_json)
    click.echo(text, nl=False)
    if not accepted:
        sys.exit(1)
