"""`cora verify`: show that the split changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.planning import split_of
from cora.cli.steps import require_file, status

if TYPE_CHECKING:
    from cora.verify.run import Report


@click.command("verify")
@click.argument("program")
@options.host_model
@click.option(
    "-t",
    "--target",
    default="softnic",
    show_default=True,
    callback=options.on_host,
    help="For a program: plan for this target first.",
)
@options.arch
@options.traffic
@options.allow_truncated
@click.option("--packets", default=10_000, show_default=True, help="How many packets to generate.")
@click.option(
    "--random",
    "only_random",
    is_flag=True,
    help="Generated packets alone: valid, truncated and malformed in equal parts.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same generated packets.")
@click.option("--no-kernel", is_flag=True, help="Leave the kernel out: compare in the interpreter only.")
@click.option("--symbolic", is_flag=True, help="Prove it with z3 instead, for any packet and any state.")
@click.option(
    "--time-limit-s", default=600.0, show_default=True, help="For --symbolic: the seconds of CPU it may take."
)
@click.option(
    "--save",
    default=Path("counterexamples"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="For --symbolic: the folder for packets and states that break the split.",
)
@options.as_json
def command(
    program: str,
    target: str,
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    packets: int,
    only_random: bool,
    seed: int,
    no_kernel: bool,
    symbolic: bool,
    time_limit_s: float,
    save: Path,
    as_json: bool,
) -> None:
    """Run the same packets, one at a time, through PROGRAM (a bundle or a network function) four times: interpreted
    whole and split, in the kernel whole and split. Outputs, verdicts and the final state must be equal, and every edge
    that the nf.yaml requires must have been met.

    \b
    Example:  cora verify bundle
              cora verify firewall -t agilio-cx --traffic trace.pcap.xz
              cora verify firewall -t agilio-cx --symbolic
    """
    require_file(traffic)
    if symbolic:
        from cora.cli.symbolic import prove

        sys.exit(prove(program, target, arch, traffic, allow_truncated, time_limit_s, save, as_json))
    from cora.device.features import missing
    from cora.verify.run import Verification

    lacking = missing()
    kernel = not lacking and not no_kernel
    with status(as_json) as show:
        job, split = split_of(program, target, traffic, allow_truncated, show, arch)
        done: dict[str, int] = {}

        def progress(source: str, count: int) -> None:
            done[source] = done.get(source, 0) + count
            if done[source] % 500 == 0:
                show(f"{source}: {done[source]:,} packets compared")

        check = Verification(job.spec, job.program, split, kernel, progress)
        if only_random:
            report = check.run_random(packets, seed)
        else:
            report = check.run(job.replay.packets, packets, job.replay.name, seed)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        _print(
            report,
            "" if kernel else ("--no-kernel" if no_kernel else "; ".join(f"{f.name}: {f.detail}" for f in lacking)),
        )
    sys.exit(0 if report.ok else 1)


def _print(report: Report, no_kernel: str) -> None:
    for phase in report.phases:
        found = phase.comparison
        click.echo(
            f"{phase.source}: {found.packets:,} packets, {len(found.differences)} differences among "
            f"{len(found.executors)} executors ({'; '.join(found.executors)}); "
            f"split: {phase.served:,} served by the NIC, {phase.handed_off:,} handed to the host"
        )
        for difference in found.differences:
            place = "" if difference.packet is None else f"packet {difference.packet}: "
            click.echo(f"\n{difference.executor} differs: {place}{difference.text}\n")
    if report.edges:
        click.echo("packets by required edge:")
        for name, packets in report.edges.items():
            click.echo(f"  {packets:>8,}  {name}{'' if packets else '   <- none: nothing was shown of this edge'}")
    if no_kernel:
        click.echo(f"the kernel was left out: {no_kernel}")
    click.echo("equal" if report.ok else "NOT shown equal")
