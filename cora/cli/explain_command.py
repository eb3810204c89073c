"""`cora explain`: why something is where it is, and what would move it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.steps import Job, bundle_spec, find_spec, refuse_arch, require_file, status
from cora.diagnostics import error

if TYPE_CHECKING:
    from cora.explain.solver import Solver
    from cora.plan import PlanRequest
    from cora.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be explained: the plan of a bundle, or of a program on a target."""

    job: Job
    target: str
    request: PlanRequest
    plan: Plan | None
    """The bundle's."""


@click.command("explain")
@click.argument("program", metavar="BUNDLE|NF")
@click.argument("subject", required=False, metavar="[STATE|STAGE|CLASS|hot|cold]")
@options.host_model
@click.option("-t", "--target", callback=options.on_host, help="A model's name or file; bundles have one.")
@click.option("--flow", metavar="5TUPLE", help='A flow: "10.0.0.1:1234 > 198.51.100.7:443/tcp".')
@click.option("--rate", "rate_pps", type=float, help="Packets/s to plan for; without it, a rate that suits the target.")
@options.allow_stale
@options.allow_reordering
@options.arch
@options.traffic
@options.allow_truncated
@options.as_json
def command(
    program: str,
    subject: str | None,
    target: str | None,
    flow: str | None,
    rate_pps: float | None,
    allow_stale: tuple[tuple[str, float], ...],
    allow_reordering: bool,
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    as_json: bool,
) -> None:
    """Say why a state, stage, traffic class, residency bucket (hot: entries on the NIC; cold: not) or flow is where it
    is: what binds, what it costs elsewhere, and the smallest change that moves it, each answer solved for.

    Without a subject: everything in one line each, and which assumptions of the model would change the plan. Where a
    name is both a state and a stage, `stage:NAME` means the stage.

    \b
    Example:  cora explain nat -t agilio-cx
              cora explain nat outbound -t bluefield2
              cora explain nat -t agilio-cx --flow "10.0.0.1:1234 > 198.51.100.7:443/tcp"
    """
    if subject is not None and flow is not None:
        raise click.UsageError("give a subject or --flow, not both")
    from cora.plan import PlanRequest

    require_file(traffic)
    request = PlanRequest(rate_pps=rate_pps, allow_stale=allow_stale, allow_reordering=allow_reordering)
    if flow is not None:
        from cora.explain.flow_key import parse_flow

        parse_flow(flow)  # before anything takes time
    with status(as_json) as show:
        asked = _asked(program, target, request, arch, traffic, allow_truncated, show)
        answer, text = _answer(asked, subject, flow, show)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        click.echo(text(), nl=False)


def _asked(
    program: str,
    target: str | None,
    request: PlanRequest,
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    show: Callable[[str], None],
) -> _Asked:
    from cora.bundle import is_bundle

    if is_bundle(Path(program)):
        refuse_arch(arch)
        return _of_bundle(Path(program), target, request, traffic, allow_truncated, show)
    if target is None:
        from cora.model.load import model_names

        help = f"add -t with one of: {', '.join(model_names())}; or a model file"
        raise error("C0641", f"{program} is no bundle, so it takes a target to plan for", help=help)
    job = Job(find_spec(program, arch), traffic, allow_truncated, show)
    return _Asked(job, target, request, None)


def _of_bundle(
    path: Path,
    target: str | None,
    request: PlanRequest,
    traffic: Path | None,
    allow_truncated: bool,
    show: Callable[[str], None],
) -> _Asked:
    from cora.bundle import read_bundle
    from cora.cli.bundle_request import request_of
    from cora.model import load_model
    from cora.plan import PlanRequest

    bundle = read_bundle(path)
    model = bundle.manifest.target if target is None else target
    if request != PlanRequest() or load_model(model).name != bundle.manifest.target:
        made = f"{bundle.manifest.target} at {bundle.plan.rate_pps:,.0f} packets/s"
        raise error(
            "C0641",
            f"the bundle was made for {made}",
            where=str(path),
            help="leave --target, --rate and what is allowed out, or explain the network function itself",
        )
    job = Job(bundle_spec(bundle), traffic, allow_truncated, show)
    if job.traffic_hash() not in bundle.manifest.inputs.values():
        made = next((name for name in bundle.manifest.inputs if name.startswith("traffic: ")), "other traffic")
        raise error(
            "C0641",
            f"the bundle was made for another traffic: {made.removeprefix('traffic: ')}",
            where=str(path),
            help="give the capture that it was compiled with as --traffic",
        )
    if not bundle.manifest.options.get("planned on", "all packets").startswith("all"):
        help = "explain the network function itself, or compile without --plan-on"
        raise error("C0641", "the bundle was planned on a part of its traffic", where=str(path), help=help)
    if bundle.manifest.options.get("running plan"):
        help = "explain the network function itself, or compile without --running"
        raise error("C0641", "the bundle was planned beside another plan that ran", where=str(path), help=help)
    return _Asked(job, model, request_of(bundle.manifest.options, bundle.plan), bundle.plan)


def _answer(
    asked: _Asked, subject: str | None, flow: str | None, show: Callable[[str], None]
) -> tuple[object, Callable[[], str]]:
    """The answer as data, and how it reads."""
    from cora.explain import render
    from cora.explain.subjects import find_subject

    solver = _solver(asked, show)
    if flow is not None:
        from cora.explain.flow import explain_flow
        from cora.explain.flow_key import parse_flow

        about = explain_flow(solver, asked.job.replay, asked.job.store(), parse_flow(flow))
        return about, lambda: render.flow_text_of(about)
    if subject is None:
        from cora.explain.overview import overview

        whole = overview(solver)
        return whole, lambda: render.overview_text(whole)
    from cora.explain.subject import explain_subject

    one = explain_subject(solver, find_subject(subject, asked.job.graph, solver.plan))
    return one, lambda: render.explanation_text(one)


def _solver(asked: _Asked, show: Callable[[str], None]) -> Solver:
    from cora.explain.changes import Inputs
    from cora.explain.overview import differences
    from cora.explain.solver import Solver
    from cora.model import load_model

    job = asked.job
    profile = job.profile_at(asked.plan.rate_pps) if asked.plan and asked.request.scale == "time" else job.profile
    solver = Solver.of(Inputs(job.graph, profile, load_model(asked.target), asked.request), show)
    if asked.plan is not None and differences(asked.plan, solver.plan):
        raise error(
            "C0643",
            "the bundle's plan is not the one that is made today: the model or Cora has changed",
            help="compile the bundle again, or explain the network function itself",
        )
    return solver
