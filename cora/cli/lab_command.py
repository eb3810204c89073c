"""`cora lab`: run a split on the soft NIC, compare every packet, and measure what it saves the host."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.planning import split_of
from cora.cli.steps import require_file, status

if TYPE_CHECKING:
    from cora.lab.run import LabReport

LAB_FEATURES = ("kernel", "rights", "bpf", "xdp", "libbpf", "compiler", "namespaces")


@click.command("lab")
@click.argument("program")
@click.option("-t", "--target", default="softnic", show_default=True, help="For a program: plan for this target first.")
@options.traffic
@options.allow_truncated
@click.option("--rounds", default=9, show_default=True, help="Rounds of the measurement under load; 0 leaves it out.")
@options.as_json
def command(program: str, target: str, traffic: Path | None, allow_truncated: bool, rounds: int, as_json: bool) -> None:
    """Run PROGRAM (a bundle or a network function), split as planned, on the soft NIC: namespaces and veth pairs with
    the engine programs attached by XDP. Every output packet and the final state are compared with the interpreter's;
    then the traffic is played at full speed and the host's cost is measured beside that of the whole program.

    \b
    Needs root. Example:  cora lab nat
                          cora lab bundle --traffic trace.pcap.xz --rounds 15
    """
    require_file(traffic)
    from cora.device.features import missing_error
    from cora.lab.run import Lab
    from cora.verify.compare import state_difference

    lacking = missing_error(LAB_FEATURES)
    if lacking is not None:
        raise lacking
    with status(as_json) as show:
        job, split = split_of(program, target, traffic, allow_truncated, show)
        replay = job.replay
        ports = tuple(port.number for port in job.spec.ports)
        lab = Lab(job.program, split, ports, job.store, show)
        report = lab.run(replay.packets, replay.results, rounds)
    difference = (
        "" if report.lockstep.left_out else state_difference(replay.store.snapshot(), report.state, job.program)
    )
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(_summary(report, difference)), indent=2).decode())
    else:
        _print(report, difference)
    sys.exit(1 if report.lockstep.differences or difference else 0)


def _summary(report: LabReport, difference: str) -> dict[str, object]:
    load = report.load
    return {
        "compared": report.lockstep.compared,
        "differences": report.lockstep.differences,
        "left_out": report.lockstep.left_out,
        "served_by_nic": report.served,
        "handed_to_host": report.handed_off,
        "copies_installed": report.installs,
        "state_difference": difference,
        "host_cost_ratio_quartiles": list(load.quartiles) if load else None,
        "load": load,
    }


def _print(report: LabReport, difference: str) -> None:
    exact = report.lockstep
    click.echo(
        f"on the soft NIC, one at a time: {exact.compared:,} packets compared, {exact.differences:,} differences"
        + (f", {exact.left_out:,} left out (too short or too long for a veth)" if exact.left_out else "")
    )
    for example in exact.examples:
        click.echo(f"  packet {example.packet}: {example.text}")
    if difference:
        click.echo(difference)
    elif not exact.left_out:
        click.echo("final state: equal")
    click.echo(
        f"served by the NIC: {report.served:,}; handed to the host: {report.handed_off:,}; "
        f"copies installed on the NIC: {report.installs:,}"
    )
    load = report.load
    if load is None or not load.ratios:
        return
    lower, median, upper = load.quartiles
    whole = sorted(r.host_ns_per_packet for r in load.whole)[len(load.whole) // 2]
    split = sorted(r.host_ns_per_packet for r in load.split)[len(load.split) // 2]
    lost_whole = max(r.delivered for r in load.whole), min(r.delivered for r in load.whole)
    lost_split = max(r.delivered for r in load.split), min(r.delivered for r in load.split)
    click.echo(
        f"under load, {len(load.whole)} interleaved rounds of {load.packets:,} packets: host cost ratio "
        f"{median:.2f} (quartiles {lower:.2f} to {upper:.2f}): {split:.0f} ns a packet split, {whole:.0f} ns whole"
    )
    click.echo(
        f"packets that came back: {lost_split[1]:,} to {lost_split[0]:,} split, "
        f"{lost_whole[1]:,} to {lost_whole[0]:,} whole"
    )
