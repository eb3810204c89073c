"""Answers as text for the terminal. Plain lines: excerpts of P4 must keep their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cora.explain.answer import Alternative, Explanation, FlowAnswer, Overview, OverviewLine, Slack, Suggestion
from cora.explain.outcomes import REASONS
from cora.model.resources import quantity
from cora.plan.plan import ResidencyLookup
from cora.plan.reasons import copies_words, percent

NO_SHARE = "no packet of this traffic"


def explanation_text(answer: Explanation) -> str:
    """One subject."""
    return "\n".join(_explanation(answer)) + "\n"


def _explanation(answer: Explanation) -> Iterator[str]:
    yield f"{answer.kind} {answer.subject}: {answer.program} on {answer.target}, {answer.objective}"
    share = f"{percent(answer.share)} of all packets" if answer.share else NO_SHARE
    yield f"  traffic  {share}" + (f"; the NIC serves {percent(answer.nic_share)} of them" if answer.share else "")
    for number, place in enumerate(answer.places):
        mode = f" ({place.mode})" if place.mode else ""
        yield f"  {'where' if not number else '':<8} {place.what}: {place.engine}{mode}"
    if answer.reason:
        yield f"  why      {answer.reason}"
    yield f"  binding  {answer.binding.kind}: {answer.binding.words}"
    for number, slack in enumerate(answer.slack):
        yield f"  {'slack' if not number else '':<8} {_slack(slack)}"
    for lookup in answer.residency:
        for number, line in enumerate(_residency(lookup)):
            yield f"  {'probe' if not number else '':<8} {line}"
    for heading, lines in (
        ("elsewhere (solved again with it pinned there):", [_alternative(a) for a in answer.alternatives]),
        ("what would move it (each solved again):", [_suggestion(s) for s in answer.suggestions]),
    ):
        if lines:
            yield ""
            yield heading
            yield from (f"  {line}" for line in lines)
    if not answer.suggestions:
        yield ""
        yield "nothing that was tried moves it: resources, capabilities, rates, flows"
    for conflict in answer.conflicts:
        yield ""
        yield f"conflict: {conflict.reason}"
        for access in conflict.accesses:
            yield access.excerpt or f"  {access.words}"


def _residency(lookup: ResidencyLookup) -> Iterator[str]:
    """The probe, the lookup of what it misses, and the copies that it asks."""
    for name, work in ((lookup.probe_name, lookup.probe), (lookup.stage, lookup.lookup)):
        waiting = f" and {work.waiting_cycles:.0f} of waiting" if work.waiting_cycles >= 0.5 else ""
        yield (
            f"{name} on {work.engine}: {quantity(work.packets_pps, 'pps')}, {work.cycles:.0f} cycles{waiting} each: "
            f"{work.cores:.2f} cores"
        )
    yield copies_words(lookup)


def _slack(slack: Slack) -> str:
    used = f"{quantity(slack.used, slack.unit)} of {quantity(slack.capacity, slack.unit)}"
    guess = ", an assumed figure" if slack.assumed else ""
    return f"{slack.resource}: {used} used, {quantity(slack.free, slack.unit)} free{guess}"


def _alternative(other: Alternative) -> str:
    if not other.possible:
        return f"{other.words}: impossible: {other.why_not}"
    rate = f", {_signed(other.rate_delta_pps / 1e6)} Mpps" if other.rate_delta_pps else ""
    return f"{other.words}: {_cores(other.host_cores_delta)}, {_signed(other.nic_cores_delta)} NIC cores{rate}"


def _suggestion(suggestion: Suggestion) -> str:
    return f"{suggestion.words} -> {suggestion.effect}; {_cores(suggestion.host_cores_delta)}"


def _cores(delta: float) -> str:
    return f"{_signed(delta)} host cores"


def _signed(value: float) -> str:
    return f"{value:+.2f}" if abs(value) >= 0.005 else "+0.00"


# ---------------------------------------------------------------- the whole plan


def overview_text(answer: Overview) -> str:
    """The overview."""
    return "\n".join(_overview(answer)) + "\n"


def _overview(answer: Overview) -> Iterator[str]:
    yield f"{answer.program} on {answer.target}, {answer.objective}"
    cores = f"{answer.host_cores:.2f} host cores, {answer.nic_cores:.2f} NIC cores"
    yield f"{cores}; up to {quantity(answer.throughput_pps, 'pps')}, then {answer.bottleneck} is full"
    for kind, title in (("state", "states"), ("class", "classes")):
        yield ""
        yield f"{title}: where, the share of all packets, what the NIC serves of it, why"
        yield from _aligned([line for line in answer.lines if line.kind == kind])
    if answer.residency:
        yield ""
        yield "residency: where packets whose entries are on the NIC part from others"
        yield from (f"  {line}" for lookup in answer.residency for line in _residency(lookup))
    yield ""
    yield f"assumptions: {answer.assumptions_tried} groups of assumed figures were moved to both ends of their ranges"
    if not answer.assumptions:
        yield "  none of them changes the plan"
    for found in answer.assumptions:
        names = ", ".join(found.parameters[:4])
        if found.parameters[4:]:
            names += f" and {len(found.parameters) - 4} more"
        yield f"  {names} at the {found.end} end: {_cores(found.host_cores_delta)}"
        yield from (f"    {change}" for change in found.changes[:4])
        if found.changes[4:]:
            yield f"    and {len(found.changes) - 4} more"
    yield from (f"note: {note}" for note in answer.notes)


def _aligned(lines: Sequence[OverviewLine]) -> Iterator[str]:
    names, places = (max((len(getattr(x, what)) for x in lines), default=0) for what in ("subject", "where"))
    for line in lines:
        served = percent(line.nic_share) if line.share else "-"
        head = f"  {line.subject:<{names}}  {line.where:<{places}}  {percent(line.share):>6}  {served:>6}"
        yield f"{head}  {line.reason}".rstrip()


# ---------------------------------------------------------------- flows


def flow_text_of(answer: FlowAnswer) -> str:
    """One flow."""
    return "\n".join(_flow(answer)) + "\n"


def _flow(answer: FlowAnswer) -> Iterator[str]:
    yield f"flow {answer.flow}: {answer.program} on {answer.target}"
    yield answer.words
    if not answer.packets:
        return
    yield ""
    hot = f"{answer.hot_packets} of {answer.packets} packets hot"
    yield f"bucket: {hot}: their entries were on the NIC, or they need none"
    yield "classes:"
    yield from (f"  {c.name}: {c.packets} packets, {c.nic_packets} by the NIC" for c in answer.classes)
    if answer.owners:
        yield f"owners: {', '.join(f'{group}: {owner}' for group, owner in answer.owners)}"
    yield "outcomes:"
    for outcome in answer.outcomes:
        kind = REASONS[outcome.outcome]
        yield f"  {outcome.packets:>7}  " + (kind if outcome.words == kind else f"{kind}: {outcome.words}")
