"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

traffic = click.option(
    "--traffic",
    type=click.Path(path_type=Path),
    help="A pcap or pcapng file, also .gz or .xz; without it, the traffic that the nf.yaml describes is generated.",
)
allow_truncated = click.option(
    "--allow-truncated", is_flag=True, help="Use the good packets of a damaged capture instead of refusing it."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
