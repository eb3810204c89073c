"""`cora explain-code C0123`: what a diagnostic code means."""

from __future__ import annotations

import click

from cora.error_catalog import CATALOG


@click.command("explain-code")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Say what the diagnostic CODE means; without one, list all codes."""
    if code is None:
        for known, text in sorted(CATALOG.items()):
            click.echo(f"{known}  {text}")
        return
    text = CATALOG.get(code.upper())
    if text is None:
        raise click.BadParameter(f"{code} is not a code of this version; 'cora explain-code' lists all")
    click.echo(f"{code.upper()}: {text}")
