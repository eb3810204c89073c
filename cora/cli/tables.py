"""Tables for the terminal: the state/traffic graph. Traffic is drawn by `cora.cli.traffic_tables`, plans by
`cora.plan.render`."""

from __future__ import annotations

from rich.console import Console

from cora.analysis.graph import AccessSite, StateGraph, StateGroup
from cora.plan.render import plain_table


def _replication(group: StateGroup) -> str:
    if group.replicable:
        return ", ".join(f"{state}: {form} copies" for state, form in group.copies)
    if group.conflicts:
        first, second, reason = group.conflicts[0]
        return f"exclusive: {reason} ({first.span or first.block} and {second.span or second.block})"
    return "exclusive"


def _ways(group: StateGroup) -> str:
    key = group.shard_key
    if key is None:
        return _replication(group)
    both = ", the same in both directions" if key.symmetric else ""
    return f"{_replication(group)}; or records by {', '.join(key.fields)}{both}"


def _needs(site: AccessSite) -> str:
    return "" if site.on_copy else " (owner or record)" if site.gains else " (owner)"


def print_graph(graph: StateGraph) -> None:
    """Stages with what they access and where packets go next; state groups with how they may be split."""
    console = Console()
    names = {stage.index: stage.name for stage in graph.stages}
    stages = plain_table("Stages", "#", "stage", "accesses", "then", numbers=[0])
    for stage in graph.stages:
        sites = dict.fromkeys(f"{a.kind} {a.state}{_needs(a)}" for a in stage.accesses)
        targets = [names[e.target] for e in graph.edges if e.source == stage.index]
        stages.add_row(str(stage.index), stage.name, "\n".join(sites), "\n".join(targets))
    console.print(stages)
    console.print()
    states = plain_table(
        "States", "group", "state", "updates", "key", "entry", "capacity", "may be split", numbers=[4, 5]
    )
    for group in graph.groups:
        for place, facts in enumerate(group.states):
            fields = ", ".join(f"{f.name} {f.update}" for f in facts.fields if f.update != facts.update)
            states.add_row(
                group.name if place == 0 else "",
                facts.name,
                facts.update + (f" ({fields})" if fields else ""),
                facts.key,
                f"{facts.entry_bytes} B",
                f"{facts.capacity:,}",
                _ways(group) if place == 0 else "",
            )
    console.print(states)
