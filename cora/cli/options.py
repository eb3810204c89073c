"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from cora.traffic.profile import SCALES

traffic = click.option(
    "--traffic",
    type=click.Path(path_type=Path),
    help="A pcap or pcapng file, also .gz or .xz, or a .yaml file that describes traffic to generate; without it, the "
    "traffic that the nf.yaml describes is generated.",
)
allow_truncated = click.option(
    "--allow-truncated", is_flag=True, help="Use the good packets of a damaged capture instead of refusing it."
)
scale = click.option(
    "--scale",
    type=click.Choice(SCALES),
    default="flows",
    show_default=True,
    help="How the trace gets to another rate: more flows, each at its own pace, or the same flows, faster.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
