"""The report: what was found, in words, tables and pictures, as Markdown and as one HTML file."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import plots
from evaluation.accounting import (
    BASELINES,
    LEAST_SAVED,
    OTHERS,
    TIE,
    Scenario,
    Spread,
    Throughput,
    against,
    is_stateful,
    scenarios,
    spread,
    throughputs,
)
from evaluation.grid import TRAFFICS, Grid
from evaluation.run import Found

LISTED = 15
GOALS = {"saved": 0.94, "ratio": 1.9, "gain": 0.82}
"""The claims of the paper (arXiv 2410.22229): the largest share saved, the upper quartile of ratios in skewed
scenarios, the largest gain of throughput."""


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    says: str
    svg: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    parts: tuple[Text | Table | Picture, ...]


def write(folder: Path, grid: Grid, found: Found) -> tuple[Path, Path]:
    """report.md with its pictures beside it, and report.html with everything in it."""
    sections = tuple(_sections(grid, found))
    for section in sections:
        for part in section.parts:
            if isinstance(part, Picture):
                (folder / f"{part.name}.svg").write_text(part.svg, encoding="utf-8")
    markdown, page = folder / "report.md", folder / "report.html"
    markdown.write_text("\n".join(_markdown(sections)), encoding="utf-8")
    page.write_text("\n".join(_html(sections)), encoding="utf-8")
    return markdown, page


def _sections(grid: Grid, found: Found) -> Iterator[Section]:
    every = scenarios(found.rows)
    yield Section("What was found", tuple(_headlines(every, found)))
    yield Section("Against each strategy", tuple(_against(every)))
    yield Section("Where others do as well or better", tuple(_others(every, found)))
    yield Section("Scored again by simulation", tuple(_rescored(found)))
    yield Section("Host cores by rate", tuple(_cores(every)))
    yield Section("Throughput with one host core", tuple(_throughputs(found)))
    yield Section("Latency and solving", tuple(_latency(every)))
    yield Section("Sensitivity", tuple(_sensitivity(found)))
    yield Section("Measured in the lab", tuple(_lab(found)))
    yield Section("Conditions", tuple(_conditions(grid, found, every)))


def _headlines(every: Sequence[Scenario], found: Found) -> Iterator[Text | Table | Picture]:
    headlines = [s for s in every if s.headline]
    comparable = [s for s in every if s.comparable]
    yield Text(
        f"{len(every)} scenarios: {len(comparable)} in which host-only and ours both hold, {len(headlines)} of "
        "these with "
        "more than the NIC can do alone, and with at least half of the packets using state that packets change. Only "
        "the latter count as headlines."
    )
    skewed = [s.ratio for s in headlines if s.ours.skewed and s.ratio is not None]
    gains = [gain for t in throughputs(found.rows) if (gain := t.gain) is not None]
    rows = [
        _claim("share of host cores saved", [s.saved() for s in headlines], "largest", GOALS["saved"], _percent),
        _claim("the same, all scenarios", [s.saved() for s in comparable], "", None, _percent),
        _claim("the same, model's numbers at their worst", _lows(headlines), "", None, _percent),
        _claim("ratio to the better baseline, skewed traffic", skewed, "upper quartile", GOALS["ratio"], _times),
        _claim("the same, all headlines", [s.ratio for s in headlines if s.ratio is not None], "", None, _times),
        _claim("throughput with one host core, gain", gains, "largest", GOALS["gain"], _percent),
    ]
    yield Table(("figure", "n", "least", "quartile", "median", "quartile", "largest", "goal"), tuple(rows))
    unrated = sum(1 for s in headlines if s.ratio is None)
    failing = sum(1 for s in headlines if not any(s.rows[name].feasible for name in BASELINES))
    yield Text(
        f"The ratio is asked where the better of state-only and traffic-only saves at least {LEAST_SAVED:.0%}; in "
        f"{unrated} "
        f"headline scenarios it saves less, in {failing} of these it has no placement that holds."
    )
    yield Picture(
        "saved",
        "Share of host-only's cores saved where the NIC alone can't do everything, by strategy",
        plots.saved_by_strategy(every),
    )
    if skewed:
        yield Picture("ratios", "Saved cores against the better baseline", plots.ratios(every))


def _lows(chosen: Sequence[Scenario]) -> list[float]:
    return [s.ours.saved_low for s in chosen if s.ours.saved_low is not None]


def _claim(
    name: str, values: Sequence[float], which: str, goal: float | None, form: Callable[[float], str]
) -> tuple[str, ...]:
    found = spread(values)
    if found is None:
        return (name, "0", *("-",) * 5, f"{which}: no scenario" if which else "")
    shown = (found.low, found.quarter, found.median, found.three_quarters, found.high)
    reached = {"largest": found.high, "upper quartile": found.three_quarters, "": 0.0}[which]
    said = "" if goal is None else f"{which} above {form(goal)}: {'reached' if reached > goal else 'missed'}"
    return (name, str(found.count), *(form(v) for v in shown), said)


def _against(every: Sequence[Scenario]) -> Iterator[Text | Table | Picture]:
    yield Text(
        f"Ours against each, over scenarios that can be compared; a tie is within {TIE:.1%} of host-only's cores."
    )
    rows = [
        (c.strategy, str(c.better), str(c.ties), str(c.worse), str(c.other_fails))
        for c in (against(every, name) for name in OTHERS)
    ]
    yield Table(("strategy", "ours better", "ties", "ours worse", "it has no placement that holds"), tuple(rows))


def _others(every: Sequence[Scenario], found: Found) -> Iterator[Text | Table | Picture]:
    comparable = [s for s in every if s.comparable]
    worse = [s for s in comparable if s.saved() < s.saved(s.best_other) - TIE]
    ties = [s for s in comparable if abs(s.saved() - s.saved(s.best_other)) <= TIE]
    nothing = [s for s in comparable if s.saved() < LEAST_SAVED]
    yield Text(
        f"In {len(ties)} of {len(comparable)} scenarios some other strategy does as well as ours, in {len(worse)} "
        "better. In "
        f"{len(nothing)} ours saves less than {LEAST_SAVED:.0%}: there the NIC can take nothing that is worth the "
        "crossing."
    )
    if worse:
        rows = [(s.name, _percent(s.saved()), s.best_other, _percent(s.saved(s.best_other))) for s in worse]
        yield Table(("another saves more", "ours", "strategy", "it saves"), tuple(rows))
    slower = [t for t in throughputs(found.rows) if t.behind is not None]
    yield Text(f"With one host core some other strategy carries more than ours in {len(slower)} cases.")
    if slower:
        yield Table(("another carries more", "ours Mpps", "strategy", "it carries Mpps"), tuple(map(_slower, slower)))
    alone = sum(1 for s in ties if s.ours.nic_alone_fits)
    yield Text(
        f"Of the ties, {alone} are scenarios in which the NIC alone can do everything, so that nothing needs a split."
    )
    if nothing:
        rows = [(s.name, _percent(s.saved()), s.ours.bottleneck) for s in nothing[:LISTED]]
        yield Table(("least saved", "saved", "what limits the NIC's part"), tuple(rows))


def _slower(found: Throughput) -> tuple[str, ...]:
    better = found.behind or ""
    return (_where(found), f"{found.mpps('ilp'):.2f}", better, f"{found.mpps(better):.2f}")


def _where(found: Throughput) -> str:
    ours = found.rows["ilp"]
    return f"{ours.function}, {ours.traffic}, {ours.machine}"


def _rescored(found: Found) -> Iterator[Text | Table | Picture]:
    yield Text(
        "The simulation follows each packet through the machine and shares no formula with the model. Cores are "
        "those that "
        "were busy at the offered rate; carried is what passes at full load with whole cores."
    )
    rows = [
        (
            r.scenario.name,
            _percent(r.scenario.saved()),
            _percent(r.saved),
            f"{r.scenario.ours.host_cores or 0:.2f}",
            f"{r.host_cores:.2f}",
            f"{r.carried_mpps:.2f}",
            "holds" if r.carried_mpps >= 0.98 * r.scenario.ours.rate_mpps else "doesn't hold",
        )
        for r in found.rescored
    ]
    yield Table(
        ("scenario", "saved", "simulated", "host cores", "simulated", "carried Mpps", "offered rate"), tuple(rows)
    )


def _cores(every: Sequence[Scenario]) -> Iterator[Text | Table | Picture]:
    traffics = dict.fromkeys(s.ours.traffic for s in every)
    traffic = "zipf-1.1" if "zipf-1.1" in traffics else next(iter(traffics), "")
    if traffic:
        yield Picture("cores", f"Host cores by rate, traffic {traffic}", plots.cores_by_rate(every, traffic))
    best = sorted((s for s in every if s.headline), key=lambda s: -s.saved())
    rows = [
        (s.name, *(_cores_text(s, name) for name in ("host-only", "state-only", "traffic-only", "ilp")), _moved(s))
        for s in best[:LISTED]
    ]
    head = ("scenario", "host-only", "state-only", "traffic-only", "ours", "moved to the NIC")
    yield Text("Host cores of the headline scenarios in which ours saves most. Work on the NIC is moved, not saved.")
    yield Table(head, tuple(rows))


def _cores_text(scenario: Scenario, strategy: str) -> str:
    cores = scenario.rows[strategy].host_cores
    return "doesn't hold" if cores is None else f"{cores:.2f}"


def _moved(scenario: Scenario) -> str:
    cores = scenario.ours.nic_cores
    return "-" if cores is None else f"{cores:.1f}"


def _throughputs(found: Found) -> Iterator[Text | Table | Picture]:
    every = [t for t in throughputs(found.rows) if t.gain is not None]
    if not every:
        yield Text("No strategy holds at any rate.")
        return
    yield Picture("gains", "More throughput than the better of state-only and traffic-only", plots.gains(every))
    best = sorted(every, key=lambda t: -(t.gain or 0.0))[:LISTED]
    rows = [
        (
            _where(t),
            *(f"{t.mpps(name):.2f}" for name in ("host-only", "state-only", "traffic-only", "ilp")),
            _percent(t.gain or 0.0),
            t.rows["ilp"].bottleneck,
        )
        for t in best
    ]
    head = ("scenario", "host-only", "state-only", "traffic-only", "ours", "gain", "what limits ours")
    yield Table(head, tuple(rows))


def _latency(every: Sequence[Scenario]) -> Iterator[Text | Table | Picture]:
    rows: list[tuple[str, ...]] = []
    for name in ("host-only", "state-only", "traffic-only", "ilp"):
        held = [s.rows[name] for s in every if s.rows[name].feasible]
        means = spread([r.latency_mean_us for r in held if r.latency_mean_us is not None])
        tails = spread([r.latency_p99_us for r in held if r.latency_p99_us is not None])
        solving = spread([s.rows[name].solve_s for s in every])
        gaps = spread([r.gap for r in held if r.gap is not None])
        rows.append(
            (name, *_three(means), *_three(tails), *_seconds(solving), "-" if gaps is None else f"{gaps.high:.2%}")
        )
    yield Table(
        (
            "strategy",
            "mean us",
            "median",
            "largest",
            "p99 us",
            "median",
            "largest",
            "solve s",
            "longest",
            "largest gap",
        ),
        tuple(rows),
    )


def _three(found: Spread | None) -> tuple[str, str, str]:
    return ("-", "-", "-") if found is None else (f"{found.low:.1f}", f"{found.median:.1f}", f"{found.high:.1f}")


def _seconds(found: Spread | None) -> tuple[str, str]:
    return ("-", "-") if found is None else (f"{found.median:.2f}", f"{found.high:.2f}")


def _sensitivity(found: Found) -> Iterator[Text | Table | Picture]:
    yield Text(
        "Share of host-only's cores saved when one thing is varied, at 1.1 times what the NIC does alone, "
        "with each function's traffic."
    )
    head = ("function", "machine", "what", "value", "ours", "state-only", "traffic-only")
    rows = [
        (v.function, v.machine, v.what, v.value, *(_share(x) for x in (v.ours, v.state_only, v.traffic_only)))
        for v in found.varied
    ]
    yield Table(head, tuple(rows))
    yield Text("The numbers of each machine's model that matter most to our plan, over their ranges.")
    yield Table(
        ("function", "machine", "number", "confidence", "host cores", "where the plan breaks"),
        tuple((u.function, u.machine, u.parameter, u.confidence, u.host_cores, u.breaks) for u in found.uncertain),
    )


def _lab(found: Found) -> Iterator[Text | Table | Picture]:
    yield Text("Host cost of a packet, split over whole, on the soft NIC in this machine's kernel: ratios only.")
    rows = [
        (m.function, _number(m.ratio), f"{_number(m.low)} to {_number(m.high)}", _number(m.predicted), m.problem)
        for m in found.lab
    ]
    yield Table(("function", "measured", "quartiles", "predicted", "problem"), tuple(rows))


def _conditions(grid: Grid, found: Found, every: Sequence[Scenario]) -> Iterator[Text | Table | Picture]:
    yield Text(
        f"{len(grid.functions)} functions ({', '.join(grid.functions)}) x {len(grid.traffics)} traffics "
        f"({', '.join(t.name for t in grid.traffics)}) x {len(grid.machines)} machines "
        f"({'; '.join(m.name for m in grid.machines)}) "
        "x rates of "
        f"{', '.join(f'{load:g}' for load in grid.loads)} times what the NIC does alone."
    )
    absent = [t.name for t in TRAFFICS if t not in grid.traffics]
    yield Text(f"Left out: {'; '.join([*found.left_out, *(f'traffic {name}' for name in absent)]) or 'nothing'}.")
    failing = [s for s in every if not s.comparable]
    alone = sum(1 for s in failing if s.host_only is None)
    idle = dict.fromkeys(f"{s.ours.function} under {s.ours.traffic}" for s in every if not is_stateful(s.ours))
    yield Text(f"No headlines, since few packets use state there: {'; '.join(idle) or 'nothing'}.")
    yield Text(
        f"Not compared: {len(failing)} scenarios; in {alone} host-only doesn't hold (a link or the wire is too "
        "slow), in the "
        "others nothing of ours holds."
    )
    yield Text(
        "No figure but those of the lab was measured on a machine: they come from the models in models/*.yaml, "
        "whose numbers "
        "have a source and a confidence each. No SmartNIC was there."
    )


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _times(value: float) -> str:
    return f"{value:.2f}"


def _share(value: float | None) -> str:
    return "doesn't hold" if value is None else _percent(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


# ---------------------------------------------------------------- forms


def _markdown(sections: Sequence[Section]) -> Iterator[str]:
    yield "# What splitting is worth\n"
    for section in sections:
        yield f"## {section.title}\n"
        for part in section.parts:
            match part:
                case Text(text):
                    yield f"{text}\n"
                case Picture(name, says, _):
                    yield f"![{says}]({name}.svg)\n"
                case Table(head, rows):
                    yield f"| {' | '.join(head)} |"
                    yield f"|{'---|' * len(head)}"
                    yield from (f"| {' | '.join(row)} |" for row in rows)
                    yield ""


_STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0; font-size: 13px }
td, th { border-bottom: 1px solid #ddd; padding: 3px 10px; text-align: left }
figure { margin: 1em 0; overflow-x: auto }
figcaption { color: #555 }
svg { max-width: 100%; height: auto }
"""


def _html(sections: Sequence[Section]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>What splitting is worth</title>'
    yield f"<style>{_STYLE}</style><h1>What splitting is worth</h1>"
    for section in sections:
        yield f"<h2>{html.escape(section.title)}</h2>"
        for part in section.parts:
            match part:
                case Text(text):
                    yield f"<p>{html.escape(text)}</p>"
                case Picture(_, says, svg):
                    yield f"<figure>{svg}<figcaption>{html.escape(says)}</figcaption></figure>"
                case Table(head, rows):
                    yield f"<table><tr>{''.join(f'<th>{html.escape(h)}</th>' for h in head)}</tr>"
                    for row in rows:
                        yield f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"
                    yield "</table>"
    yield "</html>"
