"""report.html: everything about a plan on one page that needs nothing else, neither network nor other files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cora.analysis.graph import StateGraph
from cora.model.figures import Interval, duration
from cora.model.resources import quantity
from cora.plan.plan import Plan, Score
from cora.plan.reasons import percent
from cora.plan.render import span_words
from cora.report import tables
from cora.report.charts import CurvePoint, residency_chart
from cora.report.figures import chosen_copies, host_only, saved_words, whole_cores
from cora.report.markup import Markup, element, join
from cora.report.picture import graph_svg, stylesheet
from cora.traffic.profile import Profile
from cora.traffic.scale import at_rate

WIDE_PX, NARROW_PX = 1180.0, 730.0
"""Widths of the two drawings of the graph; the window's width says which one is shown."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is made from."""

    summary: str
    """One line about the network function, "" if its description has none."""
    graph: StateGraph
    plan: Plan
    profile: Profile
    version: str
    compiler: str
    """What compiled the engines, "" without one."""
    inputs: Mapping[str, str]
    """Input -> SHA-256."""
    options: Mapping[str, str]


def report_html(report: Report) -> str:
    """The page. Equal reports give equal texts: there is no date in it."""
    plan = report.plan
    title = f"{plan.program} on {plan.target}"
    sections = [
        ("graph", "Where everything runs", _graph(report)),
        ("reading", "How to read it", _reading(plan)),
        ("strategies", "Strategies", tables.strategies(plan)),
        ("latency", "Latency", join(_latency_words(plan), tables.latencies(plan))),
        ("ranges", "What the figures rest on", _ranges(plan)),
        ("loads", "Loads", tables.loads(plan)),
        ("states", "States", tables.states(report.graph, plan)),
        ("traffic", "Traffic", join(_trace(report), tables.classes(plan))),
        ("residency", "Packets served by copies", join(_residency(report), _lookups(plan))),
        ("assumed", "What was assumed", _assumed(plan)),
        ("made-from", "What this was made from", _made_from(report)),
    ]
    links = [element("a", name, href=f"#{key}") for key, name, _ in sections]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} - Cora"),
        element("style", Markup(_asset("report.css") + stylesheet())),
    )
    body = element(
        "main",
        element("header", *_header(report, title), element("nav", *links, aria_label="Sections")),
        *(element("section", element("h2", name), content, id=key) for key, name, content in sections),
    )
    script = element("script", Markup(_asset("report.js")))
    return f"<!DOCTYPE html>\n{element('html', head, element('body', body, script), lang='en')}\n"


def _lookups(plan: Plan) -> Markup:
    return tables.residency(plan) if plan.residency else Markup("")


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _header(report: Report, title: str) -> list[Markup]:
    plan = report.plan
    reference = host_only(plan)
    scores = [reference, plan.score] if reference else [plan.score]
    cores = " → ".join(f"{score.host_cores:.2f}" for score in scores)
    whole = " → ".join(str(whole_cores(score.host_cores)) for score in scores)
    saved = saved_words(plan)
    over = f"; after, {_span(plan.ranges.host_cores)} over the model's ranges" if plan.ranges else ""
    rate, served = quantity(plan.rate_pps, "pps"), percent(plan.served_share)
    figures = [
        ("planned for", rate, f"{quantity(plan.flows, '')} flows, {quantity(plan.flow_arrivals_per_s, '')} new/s"),
        ("host cores", cores, (f"before → after; {whole} whole ones" if reference else f"{whole} whole ones") + over),
        ("host cores saved", saved or "-", "against all on the host" if saved else "nothing to compare with"),
        ("served without the host", served, f"of all packets; {plan.score.nic_cores:.2f} NIC cores busy"),
        ("throughput", quantity(plan.score.throughput_pps, "pps"), f"then limited by {plan.score.bottleneck}"),
        ("mean latency", *_latency_figure(plan.score, reference)),
        ("gap to the bound", "none" if plan.gap == 0 else percent(plan.gap), f"{plan.objective}, by {plan.strategy}"),
    ]
    tiles = [
        element("div", element("dt", name), element("dd", value, " ", element("small", more)))
        for name, value, more in figures
    ]
    summary = [element("p", report.summary, class_="soft")] if report.summary else []
    return [element("h1", title), *summary, element("dl", *tiles, class_="figures")]


def _span(interval: Interval) -> str:
    return span_words([f"{interval.low:.2f}", "no bound" if interval.high is None else f"{interval.high:.2f}"])


def _latency_figure(score: Score, reference: Score | None) -> tuple[str, str]:
    if score.latency is None:
        return "-", "not computed"
    before = reference.latency.mean_ns if reference and reference.latency else None
    words = f"of what is forwarded; p99 {duration(score.latency.p99_ns)}"
    if reference and reference is not score and reference.latency:
        words += f"; {duration(before)} all on the host"
    return duration(score.latency.mean_ns), words


def _latency_words(plan: Plan) -> Markup:
    words = (
        "From a packet's last bit in to its first bit out, as the model has it: service on each engine with the waits "
        "for memory, links, and queues at the planned rate."
    )
    if plan.objective.startswith("max-rate"):
        words = f"{words} At the highest rate a queue has no bound, so the load is nine tenths of it here."
    else:
        words = f"{words} The host has as many cores as keep them at most 80% busy, one at least."
    return element("p", words)


def _ranges(plan: Plan) -> Markup:
    if plan.ranges is None:
        return element("p", "No ranges were computed: the plan was made without baselines.")
    words = (
        f"The model has {plan.ranges.parameters} numbers with a range. This placement was scored with each of them at "
        "either end, and with all at once at the ends that are best or worst for a figure. It was not planned again: "
        "these are its figures if the machine is another than the model says."
    )
    limits = f"The throughput is limited by {', '.join(plan.ranges.bottlenecks)} somewhere in the ranges."
    return join(
        element("p", words), tables.over_ranges(plan, plan.ranges), element("p", limits), tables.rests_on(plan.ranges)
    )


def _reading(plan: Plan) -> Markup:
    outer, inner = plan.engines[0], plan.engines[-1]
    items = [
        f"The engines are {', '.join(plan.engines)}, from the wire inwards. A packet only moves inwards until it is "
        "done; then it returns and leaves.",
        f"A stage is a piece of the program that runs on one engine as a whole. Where it has two colours, packets "
        f"whose entries {outer} holds run it there, all others on {inner}.",
        "Widths of lines are shares of the packets. A line to a state is dotted where the stage only reads; it is "
        "thick and ends in a square where only the state's owner may run the access.",
        "Modes of states: exclusive (one engine has it), replicated (others hold copies that the owner keeps right), "
        "sharded (an engine has the records of some flows and changes them itself), merged (each engine counts, "
        "readers add up).",
        "A circle with ! marks an edge where no packet may change engine, or a state of which no copies are safe: "
        "point at it to see why. Pointing at a box or line gives its figures, too.",
        "“Assumed” marks figures that rest on a number of the model that nobody has measured or published.",
        "Tables can be sorted by their headings.",
    ]
    return element("ul", *_items(items))


def _items(texts: list[str]) -> list[Markup]:
    return [element("li", text) for text in texts]


def _graph(report: Report) -> Markup:
    drawings = [
        element(
            "div",
            graph_svg(report.graph, report.plan, report.profile, width=width, prefix=kind, embedded=True),
            class_=f"scroll {kind}",
        )
        for kind, width in (("wide", WIDE_PX), ("narrow", NARROW_PX))
    ]
    caption = "Stages from top to bottom as packets pass them; beside each stage the states that it accesses."
    return element("figure", *drawings, element("figcaption", caption))


def _trace(report: Report) -> Markup:
    profile, plan = report.profile, report.plan
    text = (
        f"{profile.trace}: {profile.packets:,} packets and {profile.flows:,} flows in {profile.duration_s:.3g} s "
        f"({quantity(profile.rate_pps, 'pps')}, {quantity(profile.flow_arrivals_per_s, '')} new flows/s), taken to "
        f"{quantity(plan.rate_pps, 'pps')} with {quantity(plan.flows, '')} flows and "
        f"{quantity(plan.flow_arrivals_per_s, '')} new flows/s."
    )
    return element("p", text)


def _residency(report: Report) -> Markup:
    profile, plan = report.profile, report.plan
    scaled = at_rate(profile, plan.rate_pps)
    points = [
        CurvePoint(tier.entries, tier.hit_share, bound)
        for tier, bound in zip(scaled.tiers, profile.hindsight_coverage, strict=True)
        if tier.entries > 0
    ]
    if not points:
        return element("p", "No packet used an entry of a flow table: there are no copies of entries to keep on a NIC.")
    label = "Share of the packets that find all entries that they look up among the copies of a NIC, by their number"
    delay = quantity(profile.activation_ns / 1e6, "ms")
    words = (
        f"{label}, at the planned rate. The policy is simulated on the trace, one packet after the other: it knows "
        f"nothing ahead, and a copy serves {delay} after it was asked for."
    )
    return join(element("p", words), element("figure", residency_chart(points, chosen_copies(plan), label)))


def _assumed(plan: Plan) -> Markup:
    texts = [*plan.assumptions, *plan.notes]
    if plan.migration is not None:
        texts.insert(0, f"The plan that ran before: {plan.migration.reason}.")
    assumed = sum(load.assumed for load in plan.score.loads)
    if assumed:
        texts.append(
            f"{assumed} of the {len(plan.score.loads)} loads above rest on assumed numbers of the model and are marked."
        )
    if not texts:
        return element("p", "Nothing beyond the model's published and measured numbers.")
    return element("ul", *_items(texts))


def _made_from(report: Report) -> Markup:
    compiled = f"compiled by {report.compiler}" if report.compiler else "sources only: there was no C compiler"
    options = ", ".join(f"{name} {value}" for name, value in sorted(report.options.items()) if value)
    words = f"Cora {report.version}; engines {compiled}" + (f"; options: {options}" if options else "") + "."
    more = "The hashes of the files of the bundle are in its manifest.json."
    return join(element("p", words), tables.hashes(report.inputs), element("p", more, class_="soft"))
