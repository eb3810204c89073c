"""The report's pictures, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from evaluation.accounting import OTHERS, Scenario, Throughput

WIDTH_PX, HEIGHT_PX = 560, 260
SHOWN = ("ilp", *OTHERS)
WIDTHS_PX = {"host-only": 7.0, "state-only": 5.0, "traffic-only": 3.0, "ilp": 1.5}
"""Of lines; they are drawn in this order, so that each is seen where several run together."""
COLOURS = ["#bbbbbb", "#e8a33d", "#6fb8ae", "#c0392b"]
LEAST_TIMES = 0.1
"""What no dot lies left of, on an axis that has no nought."""


def saved_by_strategy(found: Sequence[Scenario]) -> str:
    """Share of host-only's cores that each strategy saves where the NIC alone can't do everything: quartiles and
    extremes."""
    values = [
        {"strategy": _label(name), "saved": s.saved(name), "machine": s.ours.machine}
        for s in found
        if s.headline
        for name in SHOWN
    ]
    order = [_label(name) for name in SHOWN]
    chart = (
        alt.Chart(_data(values), width=330, height=150)
        .mark_boxplot(extent="min-max", size=14, median={"color": "white", "thickness": 3})
        .encode(
            x=alt.X("saved:Q", title="share of host-only's cores saved", axis=alt.Axis(format="%")),
            y=alt.Y("strategy:N", sort=order, title=None),
            facet=alt.Facet("machine:N", columns=2, title=None),
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
                "ratio:Q",
                title="saved, over what the better baseline saves (cut at 10)",
                scale=alt.Scale(zero=False, nice=False),
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
        for name in WIDTHS_PX
        if (cores := s.rows[name].host_cores) is not None
    ]
    order = [_label(name) for name in WIDTHS_PX]
    strategies = alt.Scale(domain=order, range=COLOURS)
    widths = alt.Scale(domain=order, range=list(WIDTHS_PX.values()))
    legend = alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=4)
    chart = (
        alt.Chart(_data(values), width=190, height=80)
        .mark_line(point={"size": 16})
        .encode(
            x=alt.X("rate:Q", title="Mpps", scale=alt.Scale(zero=False)),
            y=alt.Y("cores:Q", title="host cores"),
            color=alt.Color("strategy:N", title=None, legend=legend, scale=strategies),
            strokeWidth=alt.StrokeWidth("strategy:N", legend=None, scale=widths),
            row=alt.Row("function:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")),
            column=alt.Column("machine:N", title=None),
        )
        .resolve_scale(y="independent", x="independent")
        .configure_axis(labelFontSize=9, titleFontSize=9, titleFontWeight="normal", tickCount=4)
    )
    return _svg(chart)


def gains(found: Sequence[Throughput]) -> str:
    """Throughput at one host core against the better baseline: one dot for each function, traffic and machine."""
    values = [
        {"function": t.rows["ilp"].function, "times": max(1 + gain, LEAST_TIMES), "machine": t.rows["ilp"].machine}
        for t in found
        if (gain := t.gain) is not None
    ]
    chart = (
        alt.Chart(_data(values), width=WIDTH_PX, height=HEIGHT_PX)
        .mark_point(filled=True, opacity=0.6)
        .encode(
            x=alt.X(
                "times:Q",
                title="throughput with one host core, over that of the better baseline",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(values=[0.5, 1, 2, 5, 10, 20], format="~g"),
            ),
            y=alt.Y("function:N", title=None),
            yOffset=alt.YOffset("machine:N"),
            color=alt.Color("machine:N", title=None, legend=alt.Legend(orient="bottom", labelLimit=300, columns=2)),
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
