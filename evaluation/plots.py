"""The report's pictures, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from evaluation.accounting import OTHERS, Scenario, Throughput

WIDTH_PX, HEIGHT_PX = 560, 260
SHOWN = ("ilp", *OTHERS)


def saved_by_strategy(found: Sequence[Scenario]) -> str:
    """Share of host-only's cores that each strategy saves: quartiles and extremes over scenarios."""
    values = [
        {"strategy": _label(name), "saved": s.saved(name), "machine": s.ours.machine}
        for s in found
        if s.comparable
        for name in SHOWN
    ]
    order = [_label(name) for name in SHOWN]
    chart = (
        alt.Chart(_data(values), width=WIDTH_PX // 2, height=HEIGHT_PX)
        .mark_boxplot(extent="min-max", size=14)
        .encode(
            x=alt.X("saved:Q", title="share of host-only's cores saved", axis=alt.Axis(format="%")),
            y=alt.Y("strategy:N", sort=order, title=None),
            column=alt.Column("machine:N", title=None),
        )
    )
    return _svg(chart)


def ratios(found: Sequence[Scenario]) -> str:
    """How many times as much as the better of state-only and traffic-only, by share of scenarios."""
    values: list[dict[str, Any]] = []
    for kind, chosen in (
        ("all", [s for s in found if s.comparable]),
        ("skewed, more than the NIC can do alone", [s for s in found if s.headline and s.ours.skewed]),
    ):
        ordered = sorted(s.ratio for s in chosen if s.ratio is not None)
        values += [
            {"scenarios": kind, "share": (i + 1) / len(ordered), "ratio": min(r, 10.0)} for i, r in enumerate(ordered)
        ]
    chart = (
        alt.Chart(_data(values), width=WIDTH_PX, height=HEIGHT_PX)
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X(
                "ratio:Q", title="saved, over what the better baseline saves (cut at 10)", scale=alt.Scale(zero=False)
            ),
            y=alt.Y("share:Q", title="share of scenarios at most there", axis=alt.Axis(format="%")),
            color=alt.Color("scenarios:N", legend=alt.Legend(orient="bottom", labelLimit=400, title=None)),
        )
    )
    return _svg(chart)


def cores_by_rate(found: Sequence[Scenario], traffic: str) -> str:
    """Host cores over the rate, a picture for each function."""
    values = [
        {
            "function": s.ours.function,
            "rate": s.ours.rate_mpps,
            "cores": cores,
            "strategy": _label(name),
            "machine": s.ours.machine,
        }
        for s in found
        if s.ours.traffic == traffic
        for name in ("host-only", "state-only", "traffic-only", "ilp")
        if (cores := s.rows[name].host_cores) is not None
    ]
    chart = (
        alt.Chart(_data(values), width=170, height=120)
        .mark_line(point=True)
        .encode(
            x=alt.X("rate:Q", title="Mpps"),
            y=alt.Y("cores:Q", title="host cores"),
            color=alt.Color("strategy:N", title=None, legend=alt.Legend(orient="bottom")),
            strokeDash=alt.StrokeDash("machine:N", title=None, legend=alt.Legend(orient="bottom")),
            facet=alt.Facet("function:N", columns=4, title=None),
        )
        .resolve_scale(y="independent", x="independent")
    )
    return _svg(chart)


def gains(found: Sequence[Throughput]) -> str:
    """Throughput at one host core against the better baseline: one dot for each function, traffic and machine."""
    values = [
        {"function": t.rows["ilp"].function, "gain": gain, "machine": t.rows["ilp"].machine}
        for t in found
        if (gain := t.gain) is not None
    ]
    chart = (
        alt.Chart(_data(values), width=WIDTH_PX, height=HEIGHT_PX)
        .mark_point(filled=True, opacity=0.6)
        .encode(
            x=alt.X(
                "gain:Q", title="more throughput than the better baseline, one host core", axis=alt.Axis(format="%")
            ),
            y=alt.Y("function:N", title=None),
            color=alt.Color("machine:N", title=None, legend=alt.Legend(orient="bottom")),
        )
    )
    return _svg(chart)


def _label(strategy: str) -> str:
    return "ours" if strategy == "ilp" else strategy


def _data(values: list[dict[str, Any]]) -> Any:
    return alt.Data(values=values)


def _svg(chart: Any) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.to_json()))
