"""`cora graph`: what the analysis found: stages, state groups, and what is safe."""

from __future__ import annotations

import click

from cora.cli.steps import Job, find_spec


@click.command("graph")
@click.argument("program")
@click.option("--form", type=click.Choice(["text", "dot", "json"]), default="text", help="How to print it.")
def command(program: str, form: str) -> None:
    """Print the state/traffic graph of PROGRAM: stages, the states that they access, and how each state may be split.

    \b
    Example:  cora graph nat
              cora graph nat --form dot | dot -Tsvg > nat.svg
    """
    from cora.analysis import to_dot, to_json
    from cora.cli.tables import print_graph

    graph = Job(find_spec(program)).graph
    match form:
        case "dot":
            click.echo(to_dot(graph), nl=False)
        case "json":
            click.echo(to_json(graph), nl=False)
        case _:
            print_graph(graph)
