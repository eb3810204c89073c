"""What forbids: the accesses that conflict, with their P4 lines, and the rules that keep stages off an engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cora.analysis.graph import AccessSite, Stage
from cora.diagnostics import Diagnostic, Span, render
from cora.explain.answer import Conflict, ConflictAccess
from cora.explain.subjects import Subject, concerned, host_of, stages_touching, state_of
from cora.model.scenario import Scenario
from cora.plan import Plan
from cora.plan.reasons import access_words


def conflicts(scenario: Scenario, plan: Plan, subject: Subject) -> tuple[Conflict, ...]:
    """The accesses that keep a subject, or copies of it, off the NIC by the rules of safety; one pair a group."""
    graph = scenario.graph
    found: dict[str, Conflict] = {}
    for stage in _stages(scenario, plan, subject):
        for site in stage.accesses:
            group = graph.groups[scenario.group_index[site.state]]
            if subject.kind == "state" and group.name != subject.name:
                continue
            home = state_of(plan, group.name)
            if home.owner != host_of(plan) or (home.mode == "sharded" and site.on_record):
                continue
            if not group.replicable:
                for one, other, why in group.conflicts[:1]:
                    pair = (one,) if one == other else (one, other)
                    found.setdefault(group.name, _conflict(f"{group.name} must not be copied: {why}", pair))
            elif not site.on_copy:
                reason = f"a copy of {site.state} must not be changed: only its owner may"
                if home.mode == "sharded":
                    reason = f"records of {site.state} are changed where they are, but this only its owner may"
                reader = _reader(scenario, site)
                found.setdefault(group.name, _conflict(reason, (site, reader) if reader else (site,)))
    if subject.kind in ("class", "bucket"):
        held = graph.holdable & {s.group for s in plan.states if s.owner == host_of(plan)}
        for source, target in _steps(scenario, plan, subject):
            if edge := graph.edge(source, target).conflict(held):
                reason = f"no hand-off from {graph.stages[source].name} to {graph.stages[target].name}: {edge}"
                found.setdefault(edge, _conflict(reason, graph.stages[source].accesses[:1]))
    return tuple(found.values())


def _stages(scenario: Scenario, plan: Plan, subject: Subject) -> list[Stage]:
    stages = scenario.graph.stages
    match subject.kind:
        case "state":
            names = stages_touching(scenario.graph, subject.name)
        case "stage":
            names = frozenset({subject.name})
        case "class" | "bucket":
            missing = [c for c in concerned(scenario.graph, plan, subject) if c.reason]
            names = frozenset(name for c in missing for name, _, _ in c.path)
    return [s for s in stages if s.name in names]


def _steps(scenario: Scenario, plan: Plan, subject: Subject) -> list[tuple[int, int]]:
    names = {c.name for c in concerned(scenario.graph, plan, subject) if c.reason}
    steps: dict[tuple[int, int], None] = {}
    for load in scenario.classes:
        if load.name in names:
            steps |= dict.fromkeys(zip(load.path, load.path[1:], strict=False))
    return list(steps)


def _reader(scenario: Scenario, site: AccessSite) -> AccessSite | None:
    """An access to the same state that a copy may serve."""
    sites = (s for stage in scenario.graph.stages for s in stage.accesses)
    return next((s for s in sites if s.state == site.state and s.on_copy), None)


def _conflict(reason: str, sites: Sequence[AccessSite]) -> Conflict:
    return Conflict(reason, tuple(_access(site) for site in sites))


def _access(site: AccessSite) -> ConflictAccess:
    words = f"{site.kind} of {site.state}"
    span = site.span
    if span is None:
        return ConflictAccess(words, "", 0, "")
    return ConflictAccess(words, span.source.name, span.line, excerpt(span, words))


def excerpt(span: Span, label: str) -> str:
    """A line of a text with carets, as diagnostics show it."""
    return "\n".join(render(Diagnostic("C0640", "", span, label)).splitlines()[1:])


def blockers(scenario: Scenario, stages: Iterable[Stage], engine: str) -> str:
    """The first rule of capability that keeps stages, and the states that they change, off an engine; "" if none."""
    what = scenario.model.engine(engine)
    stages = list(stages)
    for stage in stages:
        if reason := scenario.can_run(stage.index, engine):
            return f"{stage.name}: {reason}"
        for site in stage.accesses:
            group = scenario.group_index[site.state]
            if not site.on_copy and (reason := scenario.cannot_own(group, what)):
                return f"{stage.name} {access_words(site)}, and {reason}"
    for stage in stages:
        for site in stage.accesses:
            if site.kind == "lookup" and (reason := scenario.cannot_own(scenario.group_index[site.state], what)):
                return f"{stage.name} misses what has no copy, and {reason}"
    return ""
