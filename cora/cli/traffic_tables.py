"""Tables for the terminal: profiles, flow statistics, and plans scored under other traffic."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cora.plan.render import plain_table
from cora.traffic.flow_stats import FlowStats
from cora.traffic.profile import Profile

CACHE_SIZES = (16, 256, 4096, 65_536)
"""For which the reuse table says what a least-recently-used cache would hit."""
HOT_CELLS_SHOWN = 3
"""Of each state."""
PROTOCOLS_SHOWN = 6


def score_table(share: float, packets: int, rows: Sequence[tuple[str, str, str, str, str, str]]) -> Table:
    """Plans that were made on one part of a trace and scored on the other."""
    title = f"\nPlanned on the first {100 * share:g}% of the packets, scored on the {packets:,} after them"
    table = plain_table(
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
        f"[bold]{escape(profile.trace)}[/bold]: {profile.packets:,} packets, {profile.bytes:,} bytes, "
        f"{profile.flows:,} flows in {profile.duration_s:,.3g} s: {profile.rate_pps:,.0f} packets/s, "
        f"{profile.flow_arrivals_per_s:,.1f} new flows/s"
    )
    console.print(f"sizes: {_sizes(profile.size_histogram, profile.packets)}")
    console.print(f"{_assumed(profile)}\n")
    for table in (_classes(profile), _residency(profile), _states(profile), _reuse(profile), _hot_cells(profile)):
        if table.row_count:
            console.print(table)
            console.print()


def _sizes(histogram: Sequence[tuple[int, int]], packets: int) -> str:
    return ", ".join(f"to {bound} B {count / packets:.0%}" for bound, count in histogram)


def _assumed(profile: Profile) -> str:
    """What the profile rests on, beyond the trace."""
    pace = (
        "at the trace's own pace; its shares hold at every rate under --scale flows"
        if profile.scale == "flows"
        else f"played at {profile.compression:,.4g} times its pace (--scale time); its shares hold near this rate only"
    )
    budget = "" if profile.insertions_per_tick is None else f", no more than {profile.insertions_per_tick:,} a tick"
    return f"{pace}; copies serve {profile.activation_ns / 1000:g} us after a hand-off{budget}"


def _classes(profile: Profile) -> Table:
    classes = plain_table(
        "Traffic classes", "class", "packets", "share", "bytes", "on a NIC with all copies", numbers=[1, 2, 3, 4]
    )
    for c in profile.classes:
        resident = c.resident_packets[-1] / c.packets if c.packets and c.resident_packets else 0.0
        classes.add_row(
            escape(c.name), f"{c.packets:,}", f"{c.packets / profile.packets:.1%}", f"{c.bytes:,}", f"{resident:.1%}"
        )
    return classes


def _residency(profile: Profile) -> Table:
    tiers = plain_table(
        "Residency (causal: a copy serves from its activation on)",
        "copies a table",
        "packets served",
        "hindsight bound",
        "promotions",
        "no budget",
        numbers=[0, 1, 2, 3, 4],
    )
    for tier, bound in zip(profile.tiers, profile.hindsight_coverage, strict=True):
        tiers.add_row(
            f"{tier.entries:,}",
            f"{tier.hits / profile.packets:.1%}",
            f"{bound:.1%}",
            f"{tier.promotions:,}",
            f"{tier.refused:,}",
        )
    return tiers


def _states(profile: Profile) -> Table:
    states = plain_table("States", "state", "peak entries", "inserts", "accesses", "hottest cell", numbers=[1, 2, 3, 4])
    for s in profile.states:
        states.add_row(s.state, f"{s.entries_peak:,}", f"{s.inserts:,}", f"{s.accesses:,}", f"{s.hottest_share:.1%}")
    return states


def _reuse(profile: Profile) -> Table:
    windows = [f"in {s.window_ns / 1e9:g} s" for s in profile.reuse[0].working_sets] if profile.reuse else []
    caches = [f"hits of {size:,}" for size in CACHE_SIZES]
    table = plain_table(
        "Reuse of flow-table entries: mean working sets, and what so many most recently used entries would hit",
        "table",
        "uses",
        "first uses",
        *windows,
        *caches,
        numbers=range(1, 3 + len(windows) + len(caches)),
    )
    for reuse in profile.reuse:
        sets = [f"{s.mean:,.1f} (to {s.peak:,})" for s in reuse.working_sets]
        shares = [f"{reuse.share_within(size):.1%}" for size in CACHE_SIZES]
        table.add_row(reuse.state, f"{reuse.references:,}", f"{reuse.first:,}", *sets, *shares)
    return table


def _hot_cells(profile: Profile) -> Table:
    table = plain_table("Hot cells", "state", "cell", "accesses", "share", numbers=[2, 3])
    for state in profile.states:
        for place, cell in enumerate(state.hot[:HOT_CELLS_SHOWN]):
            name = "" if place else state.state
            table.add_row(name, escape(cell.key), f"{cell.accesses:,}", f"{cell.share:.1%}")
    return table


def print_flows(stats: FlowStats) -> None:
    """What the traffic consists of."""
    console = Console()
    console.print(
        f"[bold]{escape(stats.trace)}[/bold]: {stats.packets:,} packets, {stats.bytes:,} bytes, {stats.flows:,} flows "
        f"in {stats.duration_s:,.3g} s: {stats.rate_pps:,.0f} packets/s, {stats.flow_arrivals_per_s:,.1f} new flows/s"
    )
    console.print(f"sizes: {_sizes(stats.size_histogram, stats.packets)}\n")
    facts = plain_table("Flows", "figure", "value", numbers=[1])
    facts.add_row("packets a flow, mean", f"{stats.flow_packets_mean:,.1f}")
    facts.add_row("packets a flow, median", f"{stats.flow_packets_median:,.0f}")
    facts.add_row("packets a flow, 99th percentile", f"{stats.flow_packets_p99:,.0f}")
    facts.add_row("packets a flow, most", f"{stats.flow_packets_max:,}")
    facts.add_row("flows of a single packet", f"{stats.single_packet_share:.1%}")
    facts.add_row("new flows in the busiest second", f"{stats.arrivals_peak_per_s:,}")
    facts.add_row("flows active in a second, mean", f"{stats.active_mean:,.1f}")
    facts.add_row("flows active in a second, most", f"{stats.active_peak:,}")
    facts.add_row("exponent of Zipf's law", f"{stats.zipf_exponent:.2f}")
    for share, held in stats.packets_of_busiest:
        facts.add_row(f"packets of the busiest {share:.1%} of flows", f"{held:.1%}")
    for protocol, share in stats.protocols[:PROTOCOLS_SHOWN]:
        facts.add_row(protocol, f"{share:.1%}")
    console.print(facts)
    console.print()
    busiest = plain_table("Busiest flows", "flow", "packets", "share", "bytes", numbers=[1, 2, 3])
    for flow in stats.busiest:
        busiest.add_row(escape(flow.flow), f"{flow.packets:,}", f"{flow.share:.1%}", f"{flow.bytes:,}")
    console.print(busiest)
