"""`cora lab`: run a split on the soft NIC, compare every packet, and measure what it saves the host."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.planning import planned
from cora.cli.steps import Job, require_file, status
from cora.diagnostics import UserError, error

if TYPE_CHECKING:
    from cora.cli.lab_text import LabOutcome
    from cora.ir.packets import Packet
    from cora.lab.client import Received
    from cora.lab.load import LoadOptions
    from cora.plan.plan import Plan

LAB_FEATURES = ("kernel", "rights", "bpf", "xdp", "libbpf", "compiler", "namespaces")


_SHAPE = (
    ("pps", 20_000.0, "N", "packets a second"),
    ("delay", 0.0, "MS", "delay between the engines, each way"),
    ("hold", 0.0, "MS", "hold some queues back, for up to so long, while others go on"),
    ("loss", 0.0, "PCT", "lose frames that carry no packet"),
    ("double", 0.0, "PCT", "send frames that carry no packet twice"),
    ("lose-data", 0.0, "PCT", "lose frames that carry a packet"),
    ("batches", 0.0, "N", "batches of changes to tables a second, back and forth"),
    ("churn", 0.0, "N", "rows that the control plane takes back, expires or deletes at random, a second"),
)


def _shaping(command: Callable[..., None]) -> Callable[..., None]:
    """Adds --load and the options that shape it; the command gets their values as `shape`."""
    for name, default, unit, words in reversed(_SHAPE):
        what = f"With --load: {words}."
        option = click.option(f"--{name}", type=float, default=default, show_default=True, metavar=unit, help=what)
        command = option(command)
    what = "Play the trace once more with many packets in flight, and judge that too."
    return click.option("--load", is_flag=True, help=what)(command)


@click.command("lab")
@click.argument("program")
@click.argument("trace", required=False, type=click.Path(path_type=Path))
@options.host_model
@click.option(
    "-t",
    "--target",
    default="softnic",
    show_default=True,
    callback=options.on_host,
    help="For a program: plan for this target first.",
)
@options.traffic
@options.allow_truncated
@click.option(
    "--rounds",
    default=9,
    show_default=True,
    type=click.IntRange(min=0),
    help="Rounds of the measurement of the host's cost; 0 leaves it out.",
)
@_shaping
@click.option("--write-pcap", type=click.Path(path_type=Path), help="Write the frames that came back in lockstep.")
@options.as_json
def command(
    program: str,
    trace: Path | None,
    target: str,
    traffic: Path | None,
    allow_truncated: bool,
    rounds: int,
    load: bool,
    write_pcap: Path | None,
    as_json: bool,
    **shape: float,
) -> None:
    """Run PROGRAM (a bundle or a network function), split as planned, on the soft NIC: namespaces and veth pairs with
    the engine programs attached by XDP. Every output packet and the final state are compared with the interpreter's;
    then the traffic (that of TRACE, if given) is played at full speed and the host's cost is measured beside that of
    the whole program. With --load, and with any option that shapes it, a relay between the engines delays, holds back
    and loses frames, and the outcome is judged: loss, order, contents, state.

    \b
    Needs root. Example:  cora lab nat
                          cora lab bundle trace.pcap.xz --rounds 15
                          cora lab nat --load --delay 2 --hold 3
    """
    if trace is not None and traffic is not None:
        raise error("C0846", "TRACE and --traffic are both given", help="give the traffic once")
    traffic = trace or traffic
    require_file(traffic)
    if write_pcap is not None and not write_pcap.parent.is_dir():
        raise _cannot_write(write_pcap, "there is no such folder")
    from cora.device.features import missing_error

    lacking = missing_error(LAB_FEATURES)
    if lacking is not None:
        raise lacking
    from cora.cli.lab_text import lines, summary
    from cora.lab.load import LoadOptions
    from cora.lab.relay import RelayOptions

    relay = RelayOptions(shape["delay"], shape["hold"], shape["loss"], shape["lose_data"], shape["double"])
    load_options = LoadOptions(
        pps=shape["pps"], churn_per_s=shape["churn"], batches_per_s=shape["batches"], relay=relay
    ).check()
    if load_options == LoadOptions() and not load:
        load_options = None
    with status(as_json) as show:
        job, plan = planned(program, target, traffic, allow_truncated, show)
        done = _run(job, plan, target, rounds, load_options, write_pcap)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary(done)), indent=2).decode())
    else:
        for line in lines(done):
            click.echo(line)
    sys.exit(0 if done.right else 1)


def steering_engine(plan: Plan, target: str) -> str:
    """The engine of the plan's machine that stands at the wire and runs no stages, but passes packets on; "" if there
    is none. `target` is what the user named, for models that don't come with Cora."""
    from cora.model import load_model
    from cora.model.load import HOST_SIGN, model_names

    own, _, _ = target.partition(HOST_SIGN)
    if plan.target not in model_names() and not own.endswith((".yaml", ".yml")):
        return ""
    model = load_model(plan.target if plan.target in model_names() else own)
    outermost = model.engines[0]
    return "" if outermost.capabilities.runs_stages else outermost.name


def _run(job: Job, plan: Plan, target: str, rounds: int, load: LoadOptions | None, write_to: Path | None) -> LabOutcome:
    from cora.cli.lab_text import LabOutcome
    from cora.codegen.headroom import check_headroom
    from cora.lab.prediction import predict_cost
    from cora.lab.run import Lab
    from cora.model.load import HOST_SIGN
    from cora.split import split_program
    from cora.traffic.capture import Frame
    from cora.traffic.pcap import write_pcap
    from cora.verify.compare import state_difference

    changing = load is not None and load.batches_per_s > 0
    split = split_program(job.graph, replace(plan, batches=plan.batches or changing))
    check_headroom(split)
    replay = job.replay
    ports = tuple(port.number for port in job.spec.ports)
    lab = Lab(job.program, split, ports, job.store, job.show, steering_engine(plan, target))
    frames: list[Frame] = []

    def keep(packet: Packet, received: Received) -> None:
        if write_to is not None:
            frames.append(Frame(packet.time_ns, received.data, len(received.data)))

    report = lab.run(replay.packets, replay.results, rounds, output=keep, connections=replay.connections, options=load)
    if write_to is not None:
        try:
            write_pcap(write_to, frames)
        except OSError as problem:
            raise _cannot_write(write_to, problem.strerror or str(problem)) from None
    exact = report.lockstep
    difference = "" if exact.left_out else state_difference(replay.store.snapshot(), report.state, job.program)
    loaded = report.load
    load_difference = "" if loaded is None else state_difference(loaded.finding.reference, loaded.state, job.program)
    prediction = (
        predict_cost(job.graph, job.profile, plan, target.partition(HOST_SIGN)[2]) if report.cost is not None else None
    )
    return LabOutcome(report, prediction, difference, load_difference)


def _cannot_write(path: Path, why: str) -> UserError:
    return error(
        "C0847", f"cannot write the output: {why}", where=str(path), help="give --write-pcap a file that you may write"
    )
