"""`cora calibrate`: measure this host, and write a model file for `--host-model`."""

from __future__ import annotations

from pathlib import Path

import click

from cora.cli import options
from cora.cli.steps import status
from cora.diagnostics import error

LIMIT_S = 120.0
"""No further round begins after this: with building and cleaning up all takes less than three minutes."""


@click.command("calibrate")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("host.yaml"),
    show_default=True,
    help="The model file to write.",
)
@click.option(
    "--rounds", type=click.IntRange(min=3), default=11, show_default=True, help="Rounds at most; 2 minutes end them."
)
@options.as_json
def command(output: Path, rounds: int, as_json: bool) -> None:
    """Measure what packets cost this host: receiving, sending, taking over from a NIC, lookups and changes by working
    set, arithmetic, hashes, checksums, the clock. Small programs, made as those of network functions are, run on veth
    pairs in interleaved rounds; the file holds medians, and what the rounds differ by as ranges.

    \b
    Needs root, takes 1 to 3 minutes. Example:  cora calibrate -o host.yaml
                                                cora compile nat -t agilio-cx --host-model host.yaml
    """
    from cora.cli.lab_command import LAB_FEATURES
    from cora.device.features import missing_error

    if not output.parent.is_dir():
        raise error(
            "C0849", "there is no such folder", where=str(output.parent), help="make it, or give -o another one"
        )
    lacking = missing_error(LAB_FEATURES)
    if lacking is not None:
        found = lacking.diagnostics[0]
        advice = f"{found.help}; without a measured host, plans use the target's own host model"
        raise error("C0848", f"this host can't be measured: {found.message}", help=advice)
    from cora.lab.calibration import calibrate
    from cora.lab.host_file import host_file, this_machine

    with status(as_json) as show:
        calibration = calibrate(rounds, LIMIT_S, show)
    machine = this_machine()
    try:
        output.write_text(host_file(calibration, machine), encoding="utf-8")
    except OSError as problem:
        help = "give -o a file that you may write"
        raise error("C0849", problem.strerror or str(problem), where=str(output), help=help) from None
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(calibration), indent=2).decode())
        return
    click.echo(f"{machine}: {calibration.rounds} rounds")
    for name, figure in calibration.figures.items():
        click.echo(f"  {name:16} {figure.ns:8.2f} ns   {figure.low_ns:.2f} to {figure.high_ns:.2f}")
    click.echo(f"model file: {output}")
