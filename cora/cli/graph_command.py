"""`cora graph`: what the analysis found: stages, state groups, and what is safe; as SVG also how a plan uses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli import options
from cora.cli.frontends import frontend
from cora.cli.steps import Job, find_spec, require_file, status
from cora.cli.time_limit import limited
from cora.plan.request import Solver

if TYPE_CHECKING:
    from cora.analysis.graph import StateGraph
    from cora.frontend.p4c import P4cOptions
    from cora.report.markup import Markup


@click.command("graph")
@click.argument("program")
@click.option("--form", type=click.Choice(["text", "dot", "json", "svg"]), default="text", help="How to print it.")
@options.host_model
@click.option(
    "-t",
    "--target",
    callback=options.on_host,
    help="With --form svg: colour it by the plan for this model, show shares of packets.",
)
@options.arch
@options.traffic
@options.allow_truncated
@options.time_limit
@frontend
def command(
    program: str,
    form: str,
    target: str | None,
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    time_limit: float | None,
    p4c: P4cOptions | None,
) -> None:
    """Print the state/traffic graph of PROGRAM: stages, the states that they access, and how each state may be split.
    With --form svg it is drawn; with --traffic, too, lines are as wide as their share of its packets.

    \b
    Example:  cora graph nat
              cora graph nat --form svg > nat.svg
              cora graph nat --form svg -t agilio-cx > plan.svg
              cora graph nat --form dot | dot -Tsvg > nat.svg
    """
    if form != "svg" and (target is not None or traffic is not None):
        raise click.UsageError("--target and --traffic need --form svg: the other forms show the program alone")
    require_file(traffic)
    with status() as tell, limited(time_limit, tell) as limit:
        job = Job(find_spec(program, arch), traffic, allow_truncated, limit.show, p4c=p4c)
        text = _drawing(job, target, Solver(until_s=limit.until_s)) if form == "svg" else _text(form, job.graph)
    if text is None:
        from cora.cli.tables import print_graph

        print_graph(job.graph)
    else:
        click.echo(text, nl=False)


def _text(form: str, graph: StateGraph) -> str | None:
    """DOT or JSON; None for tables."""
    from cora.analysis import to_dot, to_json

    return {"dot": to_dot, "json": to_json}[form](graph) if form != "text" else None


def _drawing(job: Job, target: str | None, solver: Solver) -> Markup:
    from cora.report import graph_svg

    if target is None:
        return graph_svg(job.graph, None, job.profile if job.traffic is not None else None)
    from cora.cli.planning import plan_for
    from cora.plan import PlanRequest

    return graph_svg(job.graph, plan_for(job, target, PlanRequest(baselines=False, solver=solver)), job.profile)
