"""report.html: well-formed, self-contained, complete, and the same each time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest

from cora.model.resources import quantity
from cora.plan.reasons import percent
from cora.report import Report, report_html
from cora.report.charts import CurvePoint, bar, residency_chart
from cora.report.markup import VOID
from cora.traffic.profile import Profile


@dataclass
class Page(HTMLParser):
    """Elements with their attributes, and the text; raises for tags that don't nest."""

    open: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


def test_it_needs_nothing_else(report: Report) -> None:
    html = report_html(report)
    page = parsed(html)
    assert "src" not in {name for _, attributes in page.tags for name in attributes}
    assert all(link.startswith("#") for link in page.attributes("href"))
    assert not {"link", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in page.tags}
    assert not re.search(r"https?:|@import|@font-face|url\((?!#)", html)


def test_ids_are_unique_and_links_lead_somewhere(report: Report) -> None:
    page = parsed(report_html(report))
    ids = page.attributes("id")
    assert max(Counter(ids).values()) == 1
    assert {link[1:] for link in page.attributes("href")} <= set(ids)
    labels = {name for label in page.attributes("aria-labelledby") for name in label.split()}
    fills = {fill[5:-1] for fill in page.attributes("fill")}
    assert labels and labels | fills <= set(ids)


def test_it_is_accessible(report: Report) -> None:
    page = parsed(report_html(report))
    assert ("html", {"lang": "en"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and set(levels[1:]) == {2}
    assert len([tag for tag, _ in page.tags if tag == "table"]) == len([t for t, _ in page.tags if t == "caption"])
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes["role"] == "img" and (attributes.get("aria-label") or attributes.get("aria-labelledby"))


def test_everything_of_the_plan_is_there(report: Report) -> None:
    plan, text = report.plan, parsed(report_html(report)).text
    for stage in report.graph.stages:
        assert stage.name in text
    for group in report.graph.groups:
        assert all(facts.name in text for facts in group.states)
    for state in plan.states:
        assert state.reason in text and state.mode in text and state.memory in text
    for outcome in plan.classes:
        assert outcome.name in text and outcome.reason in text and percent(outcome.nic_share) in text
    for score in (plan.score, *plan.baselines):
        assert score.strategy in text and score.reason in text
    for load in plan.score.loads:
        assert load.resource in text and quantity(load.demand, load.unit) in text
    for words in (*plan.assumptions, *plan.notes, *report.inputs, *report.inputs.values()):
        assert words in text
    for words in (report.version, report.compiler, report.profile.trace, quantity(plan.rate_pps, "pps")):
        assert words in text


def test_the_headline_has_cores_before_and_after(report: Report) -> None:
    before = next(s for s in report.plan.baselines if s.strategy == "host-only").host_cores
    after = report.plan.score.host_cores
    text = parsed(report_html(report)).text
    assert f"{before:.2f} → {after:.2f}" in text
    assert percent(1 - after / before) in text


def test_without_a_reference_nothing_is_said_to_be_saved(report: Report) -> None:
    text = parsed(report_html(replace(report, plan=replace(report.plan, baselines=())))).text
    assert "nothing to compare with" in text and "→" not in text


def test_each_mode_has_its_words(report: Report) -> None:
    """What an engine beside the owner holds: copies, records of flows, or counts of its own."""
    place = next(i for i, s in enumerate(report.plan.states) if s.group in ("outbound", "connections"))
    for mode, entries, words in (
        ("replicated", 1200, "holds up to 1,200 copies"),
        ("replicated", 0, "holds copies of all"),
        ("sharded", 1200, "holds up to 1,200 records of flows"),
        ("merged", 0, "holds its own counts"),
    ):
        states = list(report.plan.states)
        near = report.plan.engines[0]
        states[place] = replace(states[place], mode=mode, owner="host", copies_on=(near,), copy_entries=entries)
        page = parsed(report_html(replace(report, plan=replace(report.plan, states=tuple(states)))))
        assert f", {near} {words}" in page.text


def test_assumed_loads_are_marked(report: Report) -> None:
    page = parsed(report_html(report))
    marks = [attributes for tag, attributes in page.tags if tag == "span" and attributes.get("class") == "mark"]
    assert len(marks) == sum(load.assumed for load in report.plan.score.loads)


def test_equal_plans_give_equal_pages(report: Report) -> None:
    assert report_html(report) == report_html(replace(report, inputs=dict(reversed(report.inputs.items()))))


def test_names_cannot_break_the_page(report: Report) -> None:
    hostile = '</script><script>alert("x")</script>&<b>'
    plan = replace(report.plan, program=hostile, notes=(hostile,))
    changed = replace(report, plan=plan, summary=hostile, options={"pins": hostile}, inputs={hostile: hostile})
    page = parsed(report_html(changed))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert hostile in page.text


def test_traffic_that_uses_no_flow_table_has_no_curve(report: Report) -> None:
    """Whether the simulation had no size to try or only that of no copies at all."""
    none: Profile = replace(report.profile, tiers=(), hindsight_coverage=())
    empty = replace(report.profile, tiers=(replace(report.profile.tiers[0], entries=0),), hindsight_coverage=(1.0,))
    for profile in (none, empty):
        assert "No packet used an entry" in parsed(report_html(replace(report, profile=profile))).text


@pytest.mark.parametrize(("share", "style", "width"), [(0.0, "used", "0"), (0.5, "used", "99"), (1.5, "over", "198")])
def test_bars(share: float, style: str, width: str) -> None:
    page = parsed(bar(share, "cores"))
    assert page.tags[-1][1] | {"class": style, "width": width} == page.tags[-1][1]


def test_the_curve_has_axes_and_the_plans_choice() -> None:
    points = [CurvePoint(1000, 0.2, 0.5), CurvePoint(50_000, 0.75, 0.8), CurvePoint(900_000, 1.0, 1.0)]
    page = parsed(residency_chart(points, 50_000, "curve"))
    assert {"1 k", "10 k", "100 k", "1 M", "0%", "100%", "packets served (%)"} <= set(page.texts)
    assert "this plan: 50 k" in page.texts
    dots = [(float(a["cx"] or 0), float(a["cy"] or 0)) for t, a in page.tags if t == "circle" and a.get("r") == "4"]
    assert [x for x, _ in dots[:3]] == sorted(x for x, _ in dots[:3])
    assert [y for _, y in dots[:3]] == sorted((y for _, y in dots[:3]), reverse=True)
    assert dots[1][0] == pytest.approx(
        float(re.findall(r"M([\d.]+) [\d.]+V", " ".join(page.attributes("d")))[-1]), abs=0.1
    )
