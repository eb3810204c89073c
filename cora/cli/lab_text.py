"""What `cora lab` prints, as text and for --json."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cora.lab.cost import CostResult, quartiles
from cora.lab.load import LoadRun
from cora.lab.prediction import Prediction
from cora.lab.run import LabReport
from cora.lab.wiring import STEERING


@dataclass(frozen=True, slots=True)
class LabOutcome:
    report: LabReport
    prediction: Prediction | None
    """None without a measurement of the cost, or if the model can't say."""
    state_difference: str
    """After the lockstep run; "" if there is none."""
    load_state_difference: str

    @property
    def right(self) -> bool:
        loaded = self.report.load
        return not (self.report.lockstep.differences or self.state_difference) and (loaded is None or loaded.clean)


def lines(done: LabOutcome) -> Iterator[str]:
    yield from _exact(done)
    cost = done.report.cost
    if cost is not None and cost.ratios:
        yield from _cost(cost, done.prediction)
    if done.report.load is not None:
        yield from _load(done.report.load, done.load_state_difference)


def _exact(done: LabOutcome) -> Iterator[str]:
    exact = done.report.lockstep
    left_out = f", {exact.left_out:,} left out (too short or too long for a veth)" if exact.left_out else ""
    compared = f"{exact.compared:,} packets compared, {exact.differences:,} differences"
    yield f"on the soft NIC, one at a time: {compared}{left_out}"
    yield from (f"  packet {example.packet}: {example.text}" for example in exact.examples)
    if done.state_difference:
        yield done.state_difference
    elif not exact.left_out:
        yield "final state: equal"
    yield _served(done.report)
    for name, counts in done.report.counters.items():
        shown = ", ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in counts.items() if n)
        yield f"  {name}: {shown or 'nothing'}"
    drops = ", ".join(f"{reason} {n:,}" for reason, n in exact.drops)
    yield f"dropped, by reason: {drops or 'none'}; {exact.sent:,} frames came back"


def _served(report: LabReport) -> str:
    """What the engine at the wire did itself."""
    engines = [name for name in report.counters if name != STEERING]
    outer = report.counters[engines[0]]
    text = f"served by {engines[0]}: {outer['served']:,}"
    if len(engines) == 1:
        return text
    return f"{text}; handed to {engines[1]}: {outer['handed_off']:,}; copies installed: {outer['installs']:,}"


def _cost(cost: CostResult, prediction: Prediction | None) -> Iterator[str]:
    def spread(values: list[float], form: str) -> str:
        lower, median, upper = quartiles(values)
        return f"{median:{form}} ({lower:{form}} to {upper:{form}})"

    predicted = prediction.ratio if prediction is not None else None
    rounds = f"{len(cost.whole)} interleaved rounds of {cost.packets:,} packets"
    yield f"host cost at full speed, medians and quartiles of {rounds}, and what the model of the soft NIC predicts:"
    yield f"  ratio split / whole: {spread(cost.ratios, '.2f')}" + _beside(predicted, ".2f")
    for name, measured, ns in (
        ("whole", cost.whole, prediction and prediction.whole_ns),
        ("split", cost.split, prediction and prediction.split_ns),
    ):
        values = [r.host_ns_per_packet for r in measured]
        yield f"  {name}: {spread(values, '.0f')} ns a packet" + _beside(ns, ".0f")
    for name, measured in (("split", cost.split), ("whole", cost.whole)):
        back = [r.delivered for r in measured]
        yield f"  packets that came back, {name}: {min(back):,} to {max(back):,}"


def _beside(predicted: float | None, form: str) -> str:
    return "; no prediction" if predicted is None else f"; predicted {predicted:{form}}"


def _load(run: LoadRun, difference: str) -> Iterator[str]:
    found = run.finding
    yield (
        f"under load: {run.played:,} packets at {run.rate_pps:,.0f} a second, up to {run.most_waiting:,} frames in the "
        f"relay, {len(run.asked):,} probes, {run.batches:,} batches"
        + (f"; {run.left_out:,} packets left out" if run.left_out else "")
    )
    if run.relay is not None:
        counts = run.relay.counts
        yield (
            f"  relay: {counts.inwards:,} frames inwards, {counts.outwards:,} outwards; lost {counts.lost_updates:,} "
            f"without and {counts.lost_data:,} with a packet, doubled {counts.doubled:,}, "
            f"held back {counts.held:,} times"
        )
    yield (
        f"  of {found.expected:,} packets expected: {found.lost:,} lost, {found.overtaken:,} reordered in their flow, "
        f"{found.doubled:,} doubled, {found.changed:,} changed, {found.unexpected:,} unexpected, "
        f"{found.untagged:,} unknown"
    )
    yield f"  flows exact: {found.flows_exact:,} of {found.flows:,} (against the order of {found.order})"
    yield from (f"    {example}" for example in found.examples)
    yield "  final state: equal" if found.state_equal else difference


def summary(done: LabOutcome) -> dict[str, object]:
    """For --json."""
    report, exact = done.report, done.report.lockstep
    ratios = report.cost.ratios if report.cost is not None else []
    outer = next(counts for name, counts in report.counters.items() if name != STEERING)
    found: dict[str, object] = {
        "compared": exact.compared,
        "differences": exact.differences,
        "left_out": exact.left_out,
        "served_by_nic": outer["served"],
        "handed_to_host": outer["handed_off"],
        "copies_installed": outer["installs"],
        "state_difference": done.state_difference,
        "engines": report.counters,
        "drops": dict(exact.drops),
        "host_cost_ratio_quartiles": list(quartiles(ratios)) if ratios else None,
        "cost": report.cost,
        "predicted": done.prediction,
    }
    if report.load is not None:
        found["load"] = _load_summary(report.load, done.load_state_difference)
    return found


def _load_summary(run: LoadRun, difference: str) -> dict[str, object]:
    found = run.finding
    return {
        "clean": run.clean,
        "played": run.played,
        "left_out": run.left_out,
        "rate_pps": run.rate_pps,
        "most_waiting": run.most_waiting,
        "probes": len(run.asked),
        "batches": run.batches,
        "relay": run.relay.counts if run.relay is not None else None,
        "expected": found.expected,
        "lost": found.lost,
        "reordered": found.overtaken,
        "doubled": found.doubled,
        "changed": found.changed,
        "unexpected": found.unexpected,
        "unknown": found.untagged,
        "flows": found.flows,
        "flows_exact": found.flows_exact,
        "order": found.order,
        "state_difference": difference,
        "engines": run.counters,
    }
