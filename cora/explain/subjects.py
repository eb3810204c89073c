"""What can be asked about: names of states, stages, classes and buckets, and how a plan places each."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.explain.answer import Place, SubjectKind
from cora.model.resources import quantity
from cora.model.scenario import Scenario
from cora.plan import Plan
from cora.plan.plan import ClassOutcome, ResidencyLookup, StatePlacement
from cora.plan.reasons import percent

BUCKET_NAMES = ("hot", "cold")
KINDS: tuple[SubjectKind, ...] = ("state", "stage", "class", "bucket")


@dataclass(frozen=True, slots=True)
class Subject:
    kind: SubjectKind
    name: str


def find_subject(named: str, graph: StateGraph, plan: Plan) -> Subject:
    """The subject of a name: a state (or its group), a stage, a class or a bucket, in this order; `stage:NAME` asks for
    a stage of that name, and so on. Raises `UserError` C0640 with the nearest names."""
    names = _names(graph, plan)
    kind, colon, rest = named.partition(":")
    kinds = (kind,) if colon and kind in KINDS else KINDS
    wanted = rest if colon and kind in KINDS else named
    for each in KINDS:
        if each not in kinds:
            continue
        for name, meant in names[each].items():
            if name.casefold() == wanted.casefold().strip():
                return Subject(each, meant)
    choices = [name for each in KINDS if each in kinds for name in names[each]]
    close = difflib.get_close_matches(wanted, choices, n=3, cutoff=0.5)
    near = " or ".join(repr(name) for name in close)
    states = ", ".join(dict.fromkeys(names["state"].values()))
    help = f"did you mean {near}?" if close else f"states are: {states}; `cora explain` without a subject lists all"
    what = kind if len(kinds) == 1 else "state, stage, class or bucket"
    raise error("C0640", f"{graph.program.name} has no {what} {wanted!r}", help=help)


def _names(graph: StateGraph, plan: Plan) -> dict[str, dict[str, str]]:
    """By kind: what may be written -> the subject's name."""
    groups = {g.name: g.name for g in graph.groups} | {f.name: g.name for g in graph.groups for f in g.states}
    return {
        "state": groups,
        "stage": {s.name: s.name for s in graph.stages} | {r.probe_name: r.stage for r in plan.residency},
        "class": {c.name: c.name for c in plan.classes},
        "bucket": {name: name for name in BUCKET_NAMES},
    }


def state_of(plan: Plan, group: str) -> StatePlacement:
    return next(s for s in plan.states if s.group == group)


def class_of(plan: Plan, name: str) -> ClassOutcome | None:
    """None if a plan at another rate has no packets of the class."""
    return next((c for c in plan.classes if c.name == name), None)


def host_of(plan: Plan) -> str:
    return plan.engines[-1]


def stages_touching(graph: StateGraph, group: str) -> frozenset[str]:
    states = {f.name for g in graph.groups if g.name == group for f in g.states}
    return frozenset(s.name for s in graph.stages if any(a.state in states for a in s.accesses))


def concerned(graph: StateGraph, plan: Plan, subject: Subject) -> tuple[ClassOutcome, ...]:
    """The classes whose packets meet a subject."""
    match subject.kind:
        case "state":
            stages = stages_touching(graph, subject.name)
        case "stage":
            stages = frozenset({subject.name})
        case "class":
            return tuple(c for c in plan.classes if c.name == subject.name)
        case "bucket":
            return plan.classes
    return tuple(c for c in plan.classes if any(name in stages for name, _, _ in c.path))


def residency_of(plan: Plan, subject: Subject) -> tuple[ResidencyLookup, ...]:
    """The lookups that tell resident packets of a subject from others."""
    match subject.kind:
        case "state":
            return tuple(r for r in plan.residency if r.group == subject.name)
        case "stage":
            return tuple(r for r in plan.residency if r.stage == subject.name)
        case "class":
            outcome = class_of(plan, subject.name)
            passed = {name for name, _, _ in outcome.path} if outcome is not None else set[str]()
            return tuple(r for r in plan.residency if r.stage in passed)
        case "bucket":
            return plan.residency


def presence(scenario: Scenario, plan: Plan, subject: Subject) -> float:
    """How much of a subject is on the NIC: 0 nothing, 1 all of it. Of a state: copies are a half, records that
    are changed there more, and counts of its own are all that an engine can have of a merged one."""
    host = host_of(plan)
    match subject.kind:
        case "state":
            state = state_of(plan, subject.name)
            if state.owner != host or (state.mode == "merged" and state.copies_on):
                return 1.0
            if state.mode == "sharded":
                return 0.75
            return 0.5 if state.copies_on else 0.0
        case "stage":
            stage = next(s for s in plan.stages if s.name == subject.name)
            return ((stage.hot != host) + (stage.cold != host)) / 2
        case "class":
            outcome = class_of(plan, subject.name)
            return outcome.nic_share if outcome is not None else 0.0
        case "bucket":
            return bucket_shares(scenario, plan, subject.name)[1]


def bucket_shares(scenario: Scenario, plan: Plan, bucket: str) -> tuple[float, float]:
    """(share of a bucket of all packets, share of it that the NIC serves). Cold is what is not served from copies: its
    presence is the share of *all* packets that the NIC serves, since fewer cold packets is what more copies give."""
    served = sum(c.share * c.nic_share for c in plan.classes)
    hot = sum(load.hot_pps for load in scenario.classes) / scenario.rate_pps
    if bucket == "cold":
        return 1 - hot, served
    return hot, min(1.0, served / hot) if hot > 0 else 0.0


def places(scenario: Scenario, plan: Plan, subject: Subject) -> tuple[Place, ...]:
    """Where a plan has a subject."""
    match subject.kind:
        case "state":
            return _state_places(state_of(plan, subject.name))
        case "stage":
            stage = next(s for s in plan.stages if s.name == subject.name)
            if stage.hot == stage.cold:
                return (Place("all packets", stage.hot, ""),)
            return (Place("resident packets", stage.hot, ""), Place("others", stage.cold, ""))
        case "class":
            outcome = class_of(plan, subject.name)
            runs = plan.runs(outcome) if outcome is not None else ()
            return tuple(Place(name, engine, "") for engine, names in runs for name in names)
        case "bucket":
            hot = subject.name == "hot"
            return tuple(
                Place(s.name, s.hot if hot else s.cold, "")
                for s in plan.stages
                if any(s.name == name for c in plan.classes for name, _, _ in c.path)
            )


def _state_places(state: StatePlacement) -> tuple[Place, ...]:
    if not state.copies_on:
        return (Place(f"all of it, in {state.memory}", state.owner, state.mode),)
    if state.mode == "sharded":
        held = f"the records of up to {quantity(state.copy_entries, '')} flows, in {state.memory}"
    elif state.copy_entries:
        held = f"copies of {quantity(state.copy_entries, '')} entries, in {state.memory}"
    else:
        held = f"{'its own counts' if state.mode == 'merged' else 'a full copy'}, in {state.memory}"
    return (
        Place("the original", state.owner, state.mode),
        *(Place(held, engine, state.mode) for engine in state.copies_on),
    )


def effect(scenario: Scenario, plan: Plan, subject: Subject) -> str:
    """What a plan makes of a subject, in a few words."""
    if subject.kind == "class":
        outcome = class_of(plan, subject.name)
        return f"the NIC serves {percent(outcome.nic_share)} of it" if outcome is not None else "it has no packets"
    if subject.kind == "bucket":
        return f"the NIC serves {percent(sum(c.share * c.nic_share for c in plan.classes))} of all packets"
    shown = [f"{p.what} on {p.engine}" + (f" ({p.mode})" if p.mode else "") for p in places(scenario, plan, subject)]
    return "; ".join(shown)
