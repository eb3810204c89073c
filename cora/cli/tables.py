"""Tables for the terminal: the state/traffic graph and the profile. Plans are drawn by `cora.plan.render`."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from cora.analysis.graph import StateGraph, StateGroup
from cora.traffic.profile import Profile


def _table(title: str, *columns: str, numbers: Sequence[int] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in numbers else "left", overflow="fold")
    return table


def _replication(group: StateGroup) -> str:
    if group.replicable:
        return ", ".join(f"{state}: {form} copies" for state, form in group.copies)
    if group.conflicts:
        first, second, reason = group.conflicts[0]
        return f"exclusive: {reason} ({first.span or first.block} and {second.span or second.block})"
    return "exclusive"


def print_graph(graph: StateGraph) -> None:
    """Stages with what they access and where packets go next; state groups with how they may be split."""
    console = Console()
    names = {stage.index: stage.name for stage in graph.stages}
    stages = _table("Stages", "#", "stage", "accesses", "then", numbers=[0])
    for stage in graph.stages:
        sites = dict.fromkeys(f"{a.kind} {a.state}{'' if a.on_copy else ' (owner)'}" for a in stage.accesses)
        targets = [names[e.target] for e in graph.edges if e.source == stage.index]
        stages.add_row(str(stage.index), stage.name, "\n".join(sites), "\n".join(targets))
    console.print(stages)
    console.print()
    states = _table("States", "group", "state", "updates", "key", "entry", "capacity", "may be split", numbers=[4, 5])
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
                _replication(group) if place == 0 else "",
            )
    console.print(states)


def score_table(share: float, packets: int, rows: Sequence[tuple[str, str, str, str, str, str]]) -> Table:
    """Plans that were made on one part of a trace and scored on the other."""
    title = f"\nPlanned on the first {100 * share:g}% of the packets, scored on the {packets:,} after them"
    table = _table(
        title,
        "target",
        "planned host cores",
        "on the rest",
        "without offload",
        "packets/s it sustains",
        "constraints",
        numbers=[1, 2, 3, 4],
    )
    for row in rows:
        table.add_row(*row)
    return table


def print_profile(profile: Profile) -> None:
    """What the traffic is and what the program does with it."""
    console = Console()
    console.print(
        f"[bold]{profile.trace}[/bold]: {profile.packets:,} packets, {profile.bytes:,} bytes, "
        f"{profile.flows:,} flows in {profile.duration_s:.1f} s: {profile.rate_pps:,.0f} packets/s, "
        f"{profile.flow_arrivals_per_s:,.1f} new flows/s"
    )
    sizes = ", ".join(f"to {bound} B {packets / profile.packets:.0%}" for bound, packets in profile.size_histogram)
    console.print(f"sizes: {sizes}\n")
    classes = _table(
        "Traffic classes", "class", "packets", "share", "bytes", "on a NIC with all copies", numbers=[1, 2, 3, 4]
    )
    for c in profile.classes:
        resident = c.resident_packets[-1] / c.packets if c.packets and c.resident_packets else 0.0
        classes.add_row(
            c.name, f"{c.packets:,}", f"{c.packets / profile.packets:.1%}", f"{c.bytes:,}", f"{resident:.1%}"
        )
    console.print(classes)
    console.print()
    tiers = _table(
        "Residency (causal: a copy serves from its activation on)",
        "copies a table",
        "packets served",
        "hindsight bound",
        "promotions",
        numbers=[0, 1, 2, 3],
    )
    for tier, bound in zip(profile.tiers, profile.hindsight_coverage, strict=True):
        tiers.add_row(f"{tier.entries:,}", f"{tier.hits / profile.packets:.1%}", f"{bound:.1%}", f"{tier.promotions:,}")
    console.print(tiers)
    console.print()
    states = _table("States", "state", "peak entries", "inserts", "accesses", "hottest cell", numbers=[1, 2, 3, 4])
    for s in profile.states:
        states.add_row(s.state, f"{s.entries_peak:,}", f"{s.inserts:,}", f"{s.accesses:,}", f"{s.hottest_share:.1%}")
    console.print(states)
