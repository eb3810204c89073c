"""`cora predict`: how fast a program goes on a target, and what it takes for it to go as fast as is wanted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.frontends import frontend
from cora.cli.steps import Job, find_spec, require_file, status
from cora.cli.time_limit import limited
from cora.plan.request import STRATEGIES, Strategy

if TYPE_CHECKING:
    from cora.frontend.p4c import P4cOptions
    from cora.model.schema import Model
    from cora.plan.asked import Over, Wanted
    from cora.plan.predict import Predictor
    from cora.plan.prediction import Setting

Say = Callable[[object, object], None]
"""Prints the one as tables, or the other as JSON."""


def _over(_: click.Context, __: click.Parameter, value: str | None) -> Over | None:
    if value is None:
        return None
    from cora.plan.asked import parse_over

    return parse_over(value)


@click.command("predict")
@click.argument("program")
@click.option("-t", "--target", "targets", multiple=True, help="A model's name or file; repeat to compare.")
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    help="Which placement to predict; without it the whole program on the NIC, or the best split where that can't be.",
)
@click.option("--packet-size", type=float, metavar="BYTES", help="Of every packet, with its check sequence.")
@click.option("--cores", type=float, help="Cores of the NIC (of the host where there is no NIC).")
@click.option("--host-cores", type=float, help="Cores of the host.")
@click.option("--flows", type=float, help="Flows that are alive at once.")
@click.option("--rate", "rate_pps", type=float, help="Packets/s that come: for latency, plans and --find.")
@click.option("--firmware", default="", metavar="NAME", help="One of the target's firmwares; without it the first.")
@click.option("--memory", default="", metavar="MEMORY", help="Where the NIC's states are.")
@click.option(
    "--pin-memory",
    multiple=True,
    callback=options.pairs("STATE=MEMORY"),
    metavar="STATE=MEMORY",
    help="Where one of its states is.",
)
@click.option(
    "--over", callback=_over, metavar="WHAT=A..B",
    help="A table over cores, host-cores, packet-size, flows or rate: cores=1..50, rate=1e6..5e7:20, flows=100,1e6.",
)  # fmt: skip
@click.option(
    "--find",
    type=click.Choice(["cores", "flows", "target"]),
    help="The fewest cores for --rate, the most flows that fit, or the targets that are enough for --rate.",
)
@click.option("-D", "--define", "defines", multiple=True, metavar="NAME=VALUE", help="Defines a macro of the program.")
@options.traffic
@options.allow_truncated
@options.arch
@options.time_limit
@frontend
@options.as_json
def command(
    program: str,
    targets: tuple[str, ...],
    strategy: Strategy | None,
    packet_size: float | None,
    cores: float | None,
    host_cores: float | None,
    flows: float | None,
    rate_pps: float | None,
    firmware: str,
    memory: str,
    pin_memory: tuple[tuple[str, str], ...],
    over: Over | None,
    find: Wanted | None,
    defines: tuple[str, ...],
    traffic: Path | None,
    allow_truncated: bool,
    arch: Path | None,
    time_limit: float | None,
    as_json: bool,
    p4c: P4cOptions | None,
) -> None:
    """Predict how fast PROGRAM goes on a target: throughput with its interval, what limits it, latency against load.

    Without --traffic every packet takes the slowest path of the program; with it, packets are those of the trace, and
    the slowest path stands beside.

    \b
    Example:  cora predict nat -t agilio-cx --packet-size 256
              cora predict sketch.p4 -t agilio-cx --over cores=5..50
              cora predict firewall --find target --rate 10e6
    """
    require_file(traffic)
    if over is not None and find is not None:
        raise click.UsageError("--over and --find are two questions; ask one at a time")
    if find in ("cores", "target") and rate_pps is None:
        raise click.UsageError(f"--find {find} needs a rate: --rate 10e6")
    if not targets and find != "target":
        raise click.UsageError("name a target: -t agilio-cx")
    from cora.model import load_model, model_names
    from cora.plan.prediction import Setting

    setting = Setting(strategy, packet_size, cores, host_cores, flows, rate_pps, memory, pin_memory)
    with status(as_json) as tell, limited(time_limit, tell) as limit:
        models = [load_model(target, firmware) for target in targets or model_names()]
        job = Job(
            find_spec(program, arch), traffic, allow_truncated, limit.show, p4c=p4c, keep_reads=True, defines=defines
        )

        def predictor(model: Model) -> Predictor:
            from cora.plan.predict import Predictor
            from cora.plan.request import Solver

            profile = job.profile if traffic is not None else None
            limit.show(f"predicting for {model.name}")
            return Predictor(job.graph, profile, model, setting, Solver(until_s=limit.until_s))

        if find is not None:
            said = _find(find, models, predictor, setting, rate_pps)
        elif over is not None:
            said = _sweeps(over, models, predictor, setting)
        else:
            said = _predictions(models, predictor, rate_pps)
    _print(said, as_json)


Said = list[tuple[object, object]]
"""What there is to say: as something to show, and as a JSON value."""


def _predictions(models: list[Model], predictor: Callable[[Model], Predictor], rate_pps: float | None) -> Said:
    from cora.plan.prediction_render import prediction_json, side_by_side, summary

    found = [predictor(model).at() for model in models]
    values = [prediction_json(each) for each in found]
    if len(found) == 1:
        return [(summary(found[0], rate_pps), values[0])]
    return [(side_by_side(found), values)]


def _sweeps(asked: Over, models: list[Model], predictor: Callable[[Model], Predictor], setting: Setting) -> Said:
    from cora.plan.asked import over
    from cora.plan.prediction_render import points_json, points_table

    said: Said = []
    for model in models:
        scores = predictor(model)
        points = over(scores, setting, asked)
        name = scores.graph.program.name
        title = f"{name} on {model.name} by {scores.placed.strategy}"
        said.append((points_table(title, asked.what, points), points_json(name, model.name, asked.what, points)))
    return said


def _find(
    wanted: Wanted,
    models: list[Model],
    predictor: Callable[[Model], Predictor],
    setting: Setting,
    rate_pps: float | None,
) -> Said:
    from cora.plan.asked import enough, fewest_cores, most_flows
    from cora.plan.prediction_render import answer_json, answer_text

    if wanted == "target":
        assert rate_pps is not None
        answer = enough(tuple(models), predictor, rate_pps)
        return [(answer_text(answer), answer_json("", "", answer))]
    said: Said = []
    for model in models:
        scores = predictor(model)
        if wanted == "cores":
            assert rate_pps is not None
            answer = fewest_cores(scores, setting, rate_pps)
        else:
            answer = most_flows(scores, setting, rate_pps)
        shown = answer_text(answer) if len(models) == 1 else f"{model.name}: {answer.words}"
        said.append((shown, answer_json(scores.graph.program.name, model.name, answer)))
    return said


def _print(said: Said, as_json: bool) -> None:
    if as_json:
        values = [value for _, value in said]
        click.echo(json.dumps(values[0] if len(values) == 1 else values, indent=2))
        return
    from rich.console import Console

    for shown, _ in said:
        Console().print(shown, highlight=False, soft_wrap=isinstance(shown, str))
