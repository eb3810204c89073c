"""`cora doctor`: what this machine can run."""

from __future__ import annotations

import sys

import click


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing; the exit status tells.")
def command(as_json: bool, quiet: bool) -> None:
    """Say what this machine can run and what is missing. Exits with 1 if the kernel part can't run."""
    from cora.device.features import probe

    found = probe()
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    elif not quiet:
        for feature in found.features:
            mark = "ok     " if feature.ok else "missing"
            click.echo(f"{mark}  {feature.name}: {feature.detail}")
            if not feature.ok and feature.next_step:
                click.echo(f"         -> {feature.next_step}")
        click.echo(
            "the kernel part can run here"
            if found.ready
            else "plans and the interpreter work; the kernel part can't run here"
        )
    sys.exit(0 if found.ready else 1)
