"""`cora profile`: run a trace through a program and print what it does."""

from __future__ import annotations

from pathlib import Path

import click

from cora.cli import options
from cora.cli.steps import Job, find_spec, require_file, status


@click.command("profile")
@click.argument("program")
@options.traffic
@options.allow_truncated
@options.as_json
def command(program: str, traffic: Path | None, allow_truncated: bool, as_json: bool) -> None:
    """Run traffic through PROGRAM and print what the planner will work with: classes, residency, states.

    \b
    Example:  cora profile nat
              cora profile firewall --traffic trace.pcap.xz
    """
    require_file(traffic)
    with status(as_json) as show:
        profile = Job(find_spec(program), traffic, allow_truncated, show).profile
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(profile), indent=2).decode())
        return
    from cora.cli.tables import print_profile

    print_profile(profile)
