"""What stands in the picture of a graph: a box for each stage, and beside it a rounded shape for each group of states
that it accesses. Their texts, sizes and fills; `picture` places and draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.analysis.graph import AccessSite, Stage, StateGraph, StateGroup
from cora.diagnostics import Span
from cora.plan.plan import Plan, StatePlacement
from cora.plan.reasons import percent
from cora.report.fills import Fill
from cora.report.layout import Node
from cora.report.shares import Shares
from cora.report.text import text_width, wrap

NAME_PX, LINE_PX, SMALL_PX = 12.0, 11.0, 10.0
LEADING = 14.0
PAD = 9.0
ACCESS_PX = 24.0
"""Length of the line from a stage to a state."""
BETWEEN_STATES = 6.0
STAGE_TEXT_PX = 132.0
STATE_TEXT_PX = 150.0

AccessStyle = Literal["reads", "changes", "owner"]
READS = frozenset({"lookup", "read", "peek"})


@dataclass(frozen=True, slots=True)
class StateShape:
    group: str
    lines: tuple[str, ...]
    """The group's name, then what the stage does with it."""
    style: AccessStyle
    conflict: str
    """Why no copies of it are safe, "" where they are."""
    fill: Fill
    title: str
    width: float

    @property
    def height(self) -> float:
        return LEADING * len(self.lines) + 8


@dataclass(frozen=True, slots=True)
class StageShape:
    name: tuple[str, ...]
    lines: tuple[str, ...]
    """Source line and share, then the engine."""
    states: tuple[StateShape, ...]
    fill: Fill
    title: str

    @property
    def node(self) -> Node:
        texts = [text_width(t, NAME_PX, bold=True) for t in self.name] + [text_width(t, SMALL_PX) for t in self.lines]
        tall = LEADING * (len(self.name) + len(self.lines)) + 10
        beside = sum(s.height for s in self.states) + BETWEEN_STATES * max(0, len(self.states) - 1)
        reach = max((s.width for s in self.states), default=-ACCESS_PX) + ACCESS_PX
        return Node(round(max([*texts, 84.0]) + 2 * PAD), round(max(tall, beside)), round(reach))


def stage_shapes(graph: StateGraph, plan: Plan | None, shares: Shares | None) -> tuple[StageShape, ...]:
    """A shape a stage, in the order of the stages."""
    return tuple(_stage(graph, stage, plan, shares) for stage in graph.stages)


def place_of(span: Span | None) -> str:
    """`nat.p4:12`: without the folder, which differs between machines."""
    return f"{span.source.name.rsplit('/', 1)[-1]}:{span.line}" if span else ""


def _stage(graph: StateGraph, stage: Stage, plan: Plan | None, shares: Shares | None) -> StageShape:
    place = place_of(stage.span)
    share = shares.stages.get(stage.index, 0.0) if shares else None
    amount = "" if share is None else percent(share) if share else "no packets"
    lines = [" · ".join(part for part in (place, amount) if part)]
    words = [f"Stage {stage.index}: {stage.name}" + (f" ({place})" if place else "")]
    if share is not None:
        words.append(f"{percent(share)} of all packets")
    fill: Fill = ()
    if plan is not None:
        placed = plan.stages[stage.index]
        fill = (placed.hot,) if placed.hot == placed.cold else (placed.hot, placed.cold)
        lines.append(" | ".join(fill))
        words.append(f"on {fill[0]}" if len(fill) == 1 else f"on {fill[0]} if resident there, on {fill[1]} otherwise")
    group_of = graph.group_of_state()
    groups = {group_of[site.state].name: group_of[site.state] for site in stage.accesses}
    states = tuple(_state(stage, group, plan) for group in groups.values())
    return StageShape(
        tuple(wrap(stage.name, NAME_PX, STAGE_TEXT_PX, bold=True)),
        tuple(line for line in lines if line),
        states,
        fill,
        "; ".join(words),
    )


def access_style(sites: list[AccessSite], sharded: bool = False) -> AccessStyle:
    """`owner` if one of them needs the owner (of the record, where the group is sharded), `reads` if none changes
    anything."""
    if not all(site.on_copy or (sharded and site.on_record) for site in sites):
        return "owner"
    return "reads" if all(site.kind in READS for site in sites) else "changes"


def _state(stage: Stage, group: StateGroup, plan: Plan | None) -> StateShape:
    members = {facts.name for facts in group.states}
    sites = [site for site in stage.accesses if site.state in members]
    kinds: dict[str, list[str]] = {}
    for site in sites:
        found = kinds.setdefault(site.state, [])
        if site.kind not in found:
            found.append(site.kind)
    lines = [group.name]
    for state, done in kinds.items():
        text = ", ".join(done) if len(members) == 1 else f"{state}: {', '.join(done)}"
        lines += wrap(text, SMALL_PX, STATE_TEXT_PX)
    width = max(
        text_width(group.name, LINE_PX, bold=True), *(text_width(line, SMALL_PX) for line in lines[1:])
    )  # fmt: skip
    reason = group.conflicts[0][2] if group.conflicts else ""
    placed = next((s for s in plan.states if s.group == group.name), None) if plan else None
    title = [f"{group.name}: " + "; ".join(f"{state} {', '.join(done)}" for state, done in kinds.items())]
    if len(members) > 1:
        title.append("states " + ", ".join(facts.name for facts in group.states))
    title.append("copies are safe: " + ", ".join(f"{s} {form}" for s, form in group.copies) if group.copies else "")
    title += [f"no copies: {reason}" if reason else "", _placed_words(placed) if placed else ""]
    fill = holders(plan, placed) if plan and placed else ()
    return StateShape(
        group.name, tuple(lines), access_style(sites, placed is not None and placed.mode == "sharded"), reason, fill,
        ". ".join(part for part in title if part), round(width + 2 * PAD),
    )  # fmt: skip


def holders(plan: Plan, placed: StatePlacement) -> Fill:
    """The engines that hold a group or copies of it, from the wire inwards."""
    return tuple(engine for engine in plan.engines if engine == placed.owner or engine in placed.copies_on)


def _placed_words(placed: StatePlacement) -> str:
    held = "records" if placed.mode == "sharded" else "copies"
    copies = f", {held} on {', '.join(placed.copies_on)}" if placed.copies_on else ""
    return f"{placed.mode}, owner {placed.owner}{copies}, in {placed.memory}: {placed.reason}"
