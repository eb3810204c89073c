"""`cora profile`: run a trace through a program and print what it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.steps import Job, describes_traffic, find_spec, require_file, status
from cora.diagnostics import error

if TYPE_CHECKING:
    from cora.traffic.columns import Columns
    from cora.traffic.profile import Profile, Scale
    from cora.traffic.take_profile import ProfileOptions


@click.command("profile")
@click.argument("program")
@options.arch
@options.traffic
@options.allow_truncated
@options.scale
@click.option(
    "--rate",
    "rate_pps",
    type=click.FloatRange(0, min_open=True),
    help="Packets/s to profile at, for --scale time; without it, the trace's own.",
)
@click.option(
    "--first",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Two profiles: of the first share of the packets (such as 0.5), and of the rest, which finds what those left.",
)
@click.option(
    "--insertions",
    type=click.IntRange(min=1),
    metavar="N",
    help="Copies that the NIC can install a tick (a second), at most.",
)
@click.option(
    "--activation-us",
    type=click.FloatRange(0),
    metavar="MICROSECONDS",
    help="From a packet's hand-off until its entries' copies serve (default 50).",
)
@click.option("--flows-only", is_flag=True, help="Only what the traffic consists of: flows, sizes, arrivals. Fast.")
@options.as_json
def command(
    program: str,
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    scale: Scale,
    rate_pps: float | None,
    first: float | None,
    insertions: int | None,
    activation_us: float | None,
    flows_only: bool,
    as_json: bool,
) -> None:
    """Run traffic through PROGRAM and print what the planner will work with: classes, residency, states, reuse.

    \b
    Example:  cora profile nat
              cora profile firewall --traffic trace.pcap.xz --first 0.5
              cora profile nat --traffic examples/traffic/churn.yaml --scale time --rate 2e6
              cora profile nat --traffic trace.pcap.xz --flows-only
    """
    require_file(traffic)
    if rate_pps is not None and scale == "flows":
        raise _rate_without_time()
    with status(as_json) as show:
        job = Job(find_spec(program, arch), traffic, allow_truncated, show, _options(insertions, activation_us))
        if flows_only:
            _show_flows(_columns(job), as_json)
            return
        profiles = _profiles(job, scale, rate_pps, first)
    if as_json:
        _print_json(profiles[0] if len(profiles) == 1 else profiles)
        return
    from cora.cli.traffic_tables import print_profile

    for profile in profiles:
        print_profile(profile)


def _rate_without_time() -> Exception:
    return error(
        "C0513",
        "--rate changes nothing under --scale flows: the shares of a profile are the same at every rate",
        help="leave it out, or add --scale time",
    )


def _options(insertions: int | None, activation_us: float | None) -> ProfileOptions:
    from cora.traffic.take_profile import ProfileOptions

    if activation_us is None:
        return ProfileOptions(insertions_per_tick=insertions)
    return ProfileOptions(insertions_per_tick=insertions, activation_ns=round(activation_us * 1000))


def _profiles(job: Job, scale: Scale, rate_pps: float | None, first: float | None) -> tuple[Profile, ...]:
    """One profile, or one of each part."""
    if first is not None:
        pace = 1.0 if rate_pps is None else rate_pps / job.profile.rate_pps
        return job.parts(first, pace)
    if scale == "time":
        return (job.profile_at(rate_pps or job.profile.rate_pps),)
    return (job.profile,)


def _columns(job: Job) -> Columns:
    """The job's traffic as arrays, without an object for each packet where the file allows it."""
    from cora.traffic.columns import columns_of, read_columns

    if job.traffic is None or describes_traffic(job.traffic):
        return columns_of(job.capture)
    job.show(f"reading {job.traffic.name}")
    return read_columns(job.traffic, allow_truncated=job.allow_truncated)


def _show_flows(columns: Columns, as_json: bool) -> None:
    from cora.traffic.flow_stats import flow_stats

    stats = flow_stats(columns)
    if as_json:
        _print_json(stats)
        return
    from cora.cli.traffic_tables import print_flows

    print_flows(stats)


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
