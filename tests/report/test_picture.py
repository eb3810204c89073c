"""The graph as SVG: well-formed, complete, the same each time, with every text inside of its shape."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from cora.cli.app import group as cora
from cora.plan.plan import Mode
from cora.report import Report, graph_svg
from cora.report.fills import colour_of
from cora.report.picture import edge_width
from cora.report.text import text_width

SVG = "{http://www.w3.org/2000/svg}"


def drawn(report: Report, width: float = 1180) -> ElementTree.Element:
    return ElementTree.fromstring(graph_svg(report.graph, report.plan, report.profile, width=width))


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter()]


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if name in (element.get("class") or "").split()]


def test_all_stages_and_states_are_there(report: Report) -> None:
    root = drawn(report)
    titles = [e.text or "" for e in root.iter(f"{SVG}title")]
    stages = of_class(root, "stage")
    assert len(stages) == len(report.graph.stages)
    for stage in report.graph.stages:
        assert any(title.startswith(f"Stage {stage.index}: {stage.name}") for title in titles)
    held = {e.get("data-group") for e in of_class(root, "holds")}
    assert held == {group.name for group in report.graph.groups}
    for stage in report.graph.stages:
        for site in stage.accesses:
            assert any(f"{site.state} " in t or f"{site.state}:" in t for t in titles)
    assert len(of_class(root, "edge")) == len(report.graph.edges)


@pytest.mark.parametrize("width", [1180, 730])
def test_it_keeps_its_width(report: Report, width: float) -> None:
    assert float(drawn(report, width).get("width", "0")) <= width


def test_texts_are_inside_their_shapes(report: Report) -> None:
    root = drawn(report)
    checked = 0
    for group in [*of_class(root, "stage"), *of_class(root, "holds")]:
        box = next(e for e in group.findall(f"{SVG}rect") if {"box", "state"} & set((e.get("class") or "").split()))
        left, top = float(box.get("x", "")), float(box.get("y", ""))
        right, bottom = left + float(box.get("width", "")), top + float(box.get("height", ""))
        for text in group.findall(f"{SVG}text"):
            bold = text.get("class") == "name" or text.get("font-weight") == "bold"
            size = {"name": 12, "small": 10}.get(text.get("class", ""), 11)
            x, y = float(text.get("x", "")), float(text.get("y", ""))
            assert left < x and x + text_width(text.text or "", size, bold) < right
            assert top < y - size * 0.7 and y < bottom - 2
            checked += 1
    assert checked > 40


def test_colours_say_where_stages_run(report: Report) -> None:
    plan = report.plan
    for placement, group in zip(plan.stages, of_class(drawn(report), "stage"), strict=True):
        box = of_class(group, "box")[0]
        if placement.hot == placement.cold:
            colour = "e1" if placement.hot == plan.engines[-1] else "e0"
            assert colour in (box.get("class") or "").split()
        else:
            assert box.get("fill") == "url(#cg-0-1)"
        assert group.findall(f"{SVG}text")[-1].text in {placement.hot, f"{placement.hot} | {placement.cold}"}


def test_every_fill_is_defined(report: Report) -> None:
    root = drawn(report)
    known = {f"url(#{e.get('id')})" for e in root.iter(f"{SVG}linearGradient")}
    assert {e.get("fill") for e in root.iter() if e.get("fill")} <= known


def test_conflicts_are_marked_with_their_reason(report: Report) -> None:
    conflicts = [edge.conflict(report.graph.holdable) for edge in report.graph.edges]
    expected = sorted(f"Conflict: {conflict}" for conflict in conflicts if conflict)
    found = sorted(s[0].text or "" for s in of_class(drawn(report), "conflict"))
    assert expected and found == expected


def test_a_group_without_safe_copies_is_marked(reports: dict[tuple[str, str], Report]) -> None:
    graph = reports["firewall", "agilio-cx"].graph
    site = next(s for stage in graph.stages for s in stage.accesses if s.state == "connections")
    why = "the key <of one> is not computable"
    groups = tuple(
        replace(g, copies=(), conflicts=((site, site, why),)) if g.name == "connections" else g for g in graph.groups
    )
    root = ElementTree.fromstring(graph_svg(replace(graph, groups=groups)))
    assert any(title.text == f"Conflict: {why}" for title in root.iter(f"{SVG}title"))


def test_lines_are_as_wide_as_their_share(report: Report) -> None:
    assert edge_width(0) < edge_width(0.5) < edge_width(1)
    first = report.graph.edges[0]
    widths = [float(p.get("stroke-width", "")) for p in of_class(drawn(report), "flow") if p.get("stroke-width")]
    assert max(widths) == pytest.approx(edge_width(1.0)), f"all packets pass {first}"
    assert any("idle" in (p.get("class") or "") for p in of_class(drawn(report), "flow"))


def test_access_lines_differ(report: Report) -> None:
    root = drawn(report)
    for stage, group in zip(report.graph.stages, _accesses(root, report), strict=True):
        for sites, style in group:
            sharded = any(s.mode == "sharded" and sites & set(s.states) for s in report.plan.states)
            here = [site for site in stage.accesses if site.state in sites]
            owner = not all(site.on_copy or (sharded and site.on_record) for site in here)
            assert ("owner" in style) == owner
    assert of_class(root, "reads") and of_class(root, "changes") and of_class(root, "owner")


def test_who_has_the_record_of_a_shard_may_change_it(reports: dict[tuple[str, str], Report]) -> None:
    report = reports["firewall", "agilio-cx"]

    def owner_lines(mode: Mode) -> int:
        states = tuple(replace(s, mode=mode) if s.group == "connections" else s for s in report.plan.states)
        plan = replace(report.plan, states=states)
        return len(of_class(ElementTree.fromstring(graph_svg(report.graph, plan)), "owner"))

    updates = [
        s for stage in report.graph.stages for s in stage.accesses if s.kind == "update" and s.state == "connections"
    ]
    assert updates and all(site.on_record for site in updates)
    assert owner_lines("sharded") < owner_lines("replicated")


@pytest.mark.parametrize(
    ("engines", "colours"), [(("host",), [1]), (("nic", "host"), [0, 1]), (("nic", "arm", "host"), [0, 2, 1])]
)
def test_the_host_has_one_colour(report: Report, engines: tuple[str, ...], colours: list[int]) -> None:
    plan = replace(report.plan, engines=engines)
    assert [colour_of(engine, plan) for engine in engines] == colours


def _accesses(root: ElementTree.Element, report: Report) -> list[list[tuple[set[str], str]]]:
    """By stage: the states of each shape beside it, and the style of its line."""
    members = {group.name: {facts.name for facts in group.states} for group in report.graph.groups}
    found: list[list[tuple[set[str], str]]] = []
    for element in root.iter(f"{SVG}g"):
        if element.get("class") == "stage":
            found.append([])
        elif element.get("class") == "holds":
            style = of_class(element, "access")[0].get("class") or ""
            found[-1].append((members[element.get("data-group", "")], style))
    return found


def test_a_plan_alone_gives_the_same_shares(report: Report) -> None:
    """Whoever reads a plan back has no profile, but its classes say the same."""
    with_profile = graph_svg(report.graph, report.plan, report.profile)
    assert graph_svg(report.graph, report.plan) == with_profile


def test_without_a_plan_nothing_has_an_engine(report: Report) -> None:
    root = ElementTree.fromstring(graph_svg(report.graph))
    assert all("plain" in (b.get("class") or "") for b in of_class(root, "box"))
    assert not any("%" in text for text in texts(root) if not text.startswith("."))


def test_the_command_prints_the_same_in_any_process(reports: dict[tuple[str, str], Report]) -> None:
    """Whatever the order of sets is there."""
    command = [str(Path(sys.executable).parent / "cora"), "graph", "firewall", "--form", "svg"]
    done = subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True)
    assert done.stdout == graph_svg(reports["firewall", "agilio-cx"].graph)


def test_the_command_draws_a_plan() -> None:
    done = CliRunner().invoke(cora, ["graph", "firewall", "--form", "svg", "-t", "agilio-cx"])
    assert done.exit_code == 0
    root = ElementTree.fromstring(done.stdout)
    assert "planned for agilio-cx" in (root.findtext(f"{SVG}title") or "")
    assert of_class(root, "e0") and of_class(root, "e1")


def test_a_target_needs_the_drawing() -> None:
    done = CliRunner().invoke(cora, ["graph", "firewall", "-t", "agilio-cx"])
    assert done.exit_code == 2
    assert "--form svg" in done.stderr
