"""`cora compile`: the main job: plans, and a bundle for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.frontends import frontend
from cora.cli.planning import placed_plan, plan_for
from cora.cli.steps import Job, find_spec, require_file, status
from cora.cli.time_limit import TimeLimit, limited
from cora.cli.traffic_plans import RestScore, plan_on_part, print_scores
from cora.diagnostics import UserError, error
from cora.plan.request import SOLVERS, STRATEGIES, Objective, PlanRequest, Solver, SolverName, Strategy

if TYPE_CHECKING:
    from cora.cli.device_profiles import ProfileNote
    from cora.frontend.p4c import P4cOptions
    from cora.model.placement import Placement
    from cora.model.schema import Profile
    from cora.plan.plan import Plan
    from cora.simulate.against import Comparison
    from cora.traffic.profile import Scale


_on_engine = options.pairs("NAME=ENGINE")


def _reserves(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, float, str], ...]:
    if not values:
        return ()
    from cora.plan.reserve import parse_reserve

    return tuple(part for value in values for part in parse_reserve(value))


@click.command("compile")
@click.argument("program")
@options.host_model
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    required=True,
    callback=options.on_host,
    help="A model's name or file; repeat to compare.",
)
@options.arch
@options.traffic
@options.allow_truncated
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write a bundle here (several targets: one each below)."
)
@click.option("--objective", type=click.Choice(["min-cores", "max-rate"]), default="min-cores", show_default=True)
@click.option("--rate", "rate_pps", type=float, help="Packets/s to plan for; without it, a rate that suits the target.")
@click.option("--cores", type=float, help="Host cores for --objective max-rate (default 1).")
@click.option("--strategy", type=click.Choice(STRATEGIES), default="ilp", show_default=True)
@click.option("--solver", type=click.Choice(SOLVERS), default="highs", help="CBC is a slower second opinion.")
@click.option(
    "--pin-state",
    multiple=True,
    callback=_on_engine,
    metavar="STATE=ENGINE",
    help="Keep a state on an engine.",
)
@click.option(
    "--pin-stage",
    multiple=True,
    callback=_on_engine,
    metavar="STAGE=ENGINE",
    help="Keep a stage on an engine.",
)
@click.option(
    "--exclude",
    multiple=True,
    callback=_on_engine,
    metavar="STATE|STAGE=ENGINE",
    help="Keep a state or stage off an engine.",
)
@click.option(
    "--reserve",
    multiple=True,
    callback=_reserves,
    metavar="WHAT=AMOUNT,...",
    help="Leave a part of the machine alone, such as imem=1MiB,cores=10,pcie=5Gb/s.",
)
@options.allow_stale
@options.allow_reordering
@click.option(
    "--batches",
    is_flag=True,
    help="Give tables of the control plane two generations: batches of changes count for a packet whole or not at all.",
)
@click.option(
    "--running",
    type=click.Path(path_type=Path),
    metavar="BUNDLE|PLAN",
    help="The plan that runs now: move away from it only for more than moving costs.",
)
@options.scale
@click.option(
    "--plan-on",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Plan on the first share of the packets (such as 0.5) and score the plan on the rest.",
)
@click.option(
    "--profile",
    type=click.Choice(["xdp", "nfp-xdp"]),
    help="Generate code for the NIC by this profile instead of the model's.",
)
@click.option(
    "--simulate",
    is_flag=True,
    help="Also simulate the machine under the plan, packet by packet, and show the model's figures beside it.",
)
@options.time_limit
@frontend
@options.as_json
def command(
    program: str,
    targets: tuple[str, ...],
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    output: Path | None,
    objective: Objective,
    rate_pps: float | None,
    cores: float | None,
    strategy: Strategy,
    solver: SolverName,
    pin_state: tuple[tuple[str, str], ...],
    pin_stage: tuple[tuple[str, str], ...],
    exclude: tuple[tuple[str, str], ...],
    reserve: tuple[tuple[str, float, str], ...],
    allow_stale: tuple[tuple[str, float], ...],
    allow_reordering: bool,
    batches: bool,
    running: Path | None,
    scale: Scale,
    plan_on: float | None,
    profile: Profile | None,
    simulate: bool,
    time_limit: float | None,
    as_json: bool,
    p4c: P4cOptions | None,
) -> None:
    """Plan PROGRAM for each target, under its traffic, and with -o write a bundle: the plan, one program an engine as
    IR, C and BPF object, and the hash of every input.

    \b
    Example:  cora compile nat -t agilio-cx -t bluefield2
              cora compile firewall -t softnic --traffic trace.pcap.xz --rate 2e6 -o bundle
    """
    require_file(traffic)
    if simulate and (as_json or plan_on is not None or scale == "time"):
        raise click.UsageError("--simulate shows tables for --scale flows, without --plan-on and --json")
    request = PlanRequest(
        objective, rate_pps, cores, strategy, pin_state, pin_stage, exclude, reserve, allow_stale, allow_reordering,
        batches, scale=scale, solver=Solver(solver), running=None if running is None else _running(running),
    )  # fmt: skip
    scores: list[RestScore] = []
    simulations: list[Comparison] = []
    with status(as_json) as tell, limited(time_limit, tell) as limit:
        job = Job(find_spec(program, arch), traffic, allow_truncated, limit.show, p4c=p4c)
        # Each target has its share of the time that planning has.
        requests = zip(targets, _in_time(request, limit, len(targets)), strict=False)
        if simulate:
            placed = [(target, *placed_plan(job, target, own), own) for target, own in requests]
            plans = [plan for _, plan, _, _ in placed]
            simulations = [_simulated(job, *each) for each in placed]
        elif plan_on is None:
            plans = [plan_for(job, target, own) for target, own in requests]
        else:
            pairs = [plan_on_part(job, target, own, plan_on) for target, own in requests]
            plans, scores = [plan for plan, _ in pairs], [score for _, score in pairs]
        if output is not None:
            _write_bundles(job, plans, targets, output, request, plan_on, profile)
        notes = [
            note for plan, target in zip(plans, targets, strict=True) for note in _notes(job, plan, target, profile)
        ]
    if as_json:
        _print_json(plans)
    else:
        _print_text(plans, scores, notes, output)
        _print_simulations(plans, simulations)
    _refuse(notes)


def _in_time(request: PlanRequest, limit: TimeLimit, targets: int) -> Iterator[PlanRequest]:
    """The request for each target in turn; asked for when planning begins, so that it has a share of what is left."""
    for left in range(targets, 0, -1):
        solver = dataclasses.replace(request.solver, until_s=limit.until_s)
        yield dataclasses.replace(request, solver=solver.sooner(1 / left))


def _print_json(plans: list[Plan]) -> None:
    from cora.plan.io import plan_to_json

    texts = [plan_to_json(plan).rstrip() for plan in plans]
    click.echo(texts[0] if len(texts) == 1 else "[\n" + ",\n".join(texts) + "\n]")


def _print_text(plans: list[Plan], scores: list[RestScore], notes: list[ProfileNote], output: Path | None) -> None:
    from rich.console import Console

    from cora.plan.render import comparison, summary

    Console().print(summary(plans[0]) if len(plans) == 1 else comparison(plans))
    if scores:
        print_scores(scores, Console().print)
    for note in notes:
        click.echo(f"\n{note.text}")
    if output is not None:
        click.echo(
            f"bundle: {output}" if len(plans) == 1 else f"bundles: {output}/{{{','.join(p.target for p in plans)}}}"
        )


def _simulated(job: Job, target: str, plan: Plan, placement: Placement, request: PlanRequest) -> Comparison:
    from cora.cli.simulated import simulated

    return simulated(job, target, plan, placement, request)


def _print_simulations(plans: list[Plan], simulations: list[Comparison]) -> None:
    from cora.cli.simulated import print_comparison

    for plan, comparison in zip(plans, simulations, strict=False):
        print_comparison(plan, comparison)


def _notes(job: Job, plan: Plan, target: str, profile: Profile | None) -> list[ProfileNote]:
    from cora.cli.device_profiles import plan_notes
    from cora.model import load_model

    return plan_notes(job, plan, load_model(target), profile)


def _refuse(notes: list[ProfileNote]) -> None:
    """The plans have been shown; what their engines refuse ends the command."""
    problems = [diagnostic for note in notes for diagnostic in note.refused]
    if problems:
        raise UserError(*problems)


def _running(path: Path) -> Plan:
    """The plan of a bundle, or of a plan.json."""
    from cora.bundle import is_bundle, read_bundle
    from cora.plan.io import read_plan

    return read_bundle(path).plan if is_bundle(path) else read_plan(path)


def _write_bundles(
    job: Job,
    plans: list[Plan],
    targets: tuple[str, ...],
    output: Path,
    request: PlanRequest,
    plan_on: float | None,
    profile: Profile | None,
) -> None:
    from cora.cli.build import write
    from cora.model.load import HOST_SIGN, model_path

    if len({plan.target for plan in plans}) != len(plans):
        raise error("C0907", "two of the targets have the same name", help="give each target once")
    chosen = {
        "objective": request.objective,
        "strategy": request.strategy,
        "rate": "default" if request.rate_pps is None else f"{request.rate_pps:g}",
        "cores": "default" if request.cores is None else f"{request.cores:g}",
        "scale": request.scale,
        "architecture": "" if job.spec.arch is None else job.spec.arch.name,
        "front end": "builtin" if job.p4c is None else f"p4c ({job.p4c.stage})",
        "planned on": "all packets" if plan_on is None else f"the first {plan_on:g} of the packets",
        "pins": " ".join(f"{name}={engine}" for name, engine in (*request.pin_states, *request.pin_stages)),
        "excluded": " ".join(f"{name}={engine}" for name, engine in request.exclude),
        "running plan": "" if request.running is None else f"at {request.running.rate_pps:g} packets/s",
        "reserved": " ".join(f"{what}={amount:g}{unit}" for what, amount, unit in request.reserve),
    }
    for plan, target in zip(plans, targets, strict=True):
        path = output if len(plans) == 1 else output / plan.target
        path.parent.mkdir(parents=True, exist_ok=True)
        own, _, host = target.partition(HOST_SIGN)
        write(path, job, plan, model_path(own), chosen, profile, model_path(host) if host else None)
