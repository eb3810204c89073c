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

    features = probe()
    ready = all(feature.ok for feature in features)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(features), indent=2).decode())
    elif not quiet:
        for feature in features:
            click.echo(f"{'ok' if feature.ok else 'MISSING':8} {feature.name}: {feature.detail}")
            if not feature.ok:
                click.echo(f"{'':8}   -> {feature.help}")
        end = (
            "the kernel part can run here"
            if ready
            else "plans and the interpreter work; the kernel part can't run here"
        )
        click.echo(end)
    sys.exit(0 if ready else 1)
