"""`explain_subject`: where a state, stage, class or bucket is, what binds, what it costs elsewhere, what moves it."""

from __future__ import annotations

import dataclasses

from cora.explain.answer import SCHEMA, Alternative, Binding, Conflict, Explanation, Setting, Slack, Suggestion
from cora.explain.rules import blockers, conflicts
from cora.explain.search import Moved, enabling, leaving
from cora.explain.solver import Infeasible, Solved, Solver
from cora.explain.subjects import (
    Subject,
    bucket_shares,
    class_of,
    concerned,
    effect,
    host_of,
    places,
    presence,
    residency_of,
    stages_touching,
    state_of,
)
from cora.model.resources import quantity
from cora.model.scenario import Scenario
from cora.plan import Plan, PlanRequest
from cora.plan.plan import Load
from cora.plan.reasons import percent

CLOSED = 0.5
"""A class or bucket has moved if the NIC serves this share of what it doesn't serve now."""


def explain_subject(solver: Solver, subject: Subject) -> Explanation:
    """The explanation, with every alternative and suggestion solved for."""
    plan = solver.plan
    scenario = solver.now.scenario
    classes = concerned(solver.inputs.graph, plan, subject)
    share = sum(c.share for c in classes)
    served = sum(c.share * c.nic_share for c in classes) / share if share else 0.0
    if subject.kind == "bucket":
        share, served = _bucket(scenario, plan, subject)
    elsewhere = not all_there(solver, subject)
    found: tuple[Suggestion, ...] = ()
    if pin := _pinned(solver.inputs.request, scenario, subject):
        found = _unpinned(solver, subject, pin)
    elif len(scenario.engines) > 1:
        search = enabling if elsewhere else leaving
        found = search(solver, has_moved(solver, subject), lambda found: effect(found.scenario, found.plan, subject))
    others = alternatives(solver, scenario, subject, elsewhere)
    unsafe = conflicts(scenario, plan, subject) if elsewhere else ()
    reason = _reason(plan, subject) if elsewhere or subject.kind == "state" else ""
    return Explanation(
        SCHEMA,
        plan.program,
        plan.target,
        plan.objective,
        subject.kind,
        subject.name,
        share,
        served,
        places(scenario, plan, subject),
        reason,
        _binding(solver, scenario, subject, reason, others, found, unsafe),
        _slack(plan, subject),
        others,
        found,
        unsafe,
        residency_of(plan, subject),
    )


def all_there(solver: Solver, subject: Subject) -> bool:
    """All of a subject is on the NIC: a state also if copies serve all packets that touch it."""
    if presence(solver.now.scenario, solver.plan, subject) >= 1 - 1e-9:
        return True
    classes = concerned(solver.inputs.graph, solver.plan, subject)
    return subject.kind == "state" and bool(classes) and all(c.nic_share >= 1 - 1e-9 for c in classes)


def has_moved(solver: Solver, subject: Subject) -> Moved:
    """What counts as moved: of a state or stage, more is on the NIC; of a class or of all traffic, the NIC serves at
    least half of what it doesn't serve now. What is all there has moved if less of it is, or half of its packets."""
    now = presence(solver.now.scenario, solver.plan, subject)

    leaves = all_there(solver, subject)

    def moved(found: Solved) -> bool:
        there = presence(found.scenario, found.plan, subject)
        if leaves:
            return there < (now - 1e-9 if subject.kind in ("state", "stage") else CLOSED)
        if subject.kind in ("state", "stage"):
            return there > now + 1e-9
        return there >= now + CLOSED * (1 - now)

    return moved


def _bucket(scenario: Scenario, plan: Plan, subject: Subject) -> tuple[float, float]:
    share, served = bucket_shares(scenario, plan, subject.name)
    if subject.name == "hot":
        return share, served
    everything = sum(c.share * c.nic_share for c in plan.classes)
    hot, of_hot = bucket_shares(scenario, plan, "hot")
    return share, max(0.0, everything - hot * of_hot) / share if share > 0 else 0.0


# ---------------------------------------------------------------- why


def _reason(plan: Plan, subject: Subject) -> str:
    match subject.kind:
        case "state":
            return state_of(plan, subject.name).reason
        case "class":
            outcome = class_of(plan, subject.name)
            return outcome.reason if outcome is not None else ""
        case "stage":
            met = [c for c in plan.classes if any(name == subject.name for name, _, _ in c.path)]
            stage = next(s for s in plan.stages if s.name == subject.name)
            if host_of(plan) not in (stage.hot, stage.cold):
                return ""
        case "bucket":
            met = list(plan.classes)
    missing = sorted((c for c in met if c.reason), key=lambda c: -c.share * (1 - c.nic_share))
    if not missing:
        return "" if met else "no packet of this traffic gets there"
    return f"{missing[0].name}: {missing[0].reason}"


def _binding(
    solver: Solver,
    scenario: Scenario,
    subject: Subject,
    reason: str,
    others: tuple[Alternative, ...],
    found: tuple[Suggestion, ...],
    unsafe: tuple[Conflict, ...],
) -> Binding:
    """The constraint that keeps the subject where it is. What the search confirmed comes first."""
    plan = solver.plan
    if pin := _pinned(solver.inputs.request, scenario, subject):
        return Binding("pin", pin)
    if all_there(solver, subject):
        mode = state_of(plan, subject.name).mode if subject.kind == "state" else ""
        words = {"merged": "every engine has counts of its own", "replicated": "copies serve all packets that touch it"}
        return Binding("nothing", words.get(mode, "all of it is on the NIC"))
    if len(scenario.engines) == 1:
        return Binding("capability", f"{plan.target} has no NIC engine that runs stages")
    by_kind = {s.kind: s for s in reversed(found)}
    if (resource := by_kind.get("resource")) is not None:
        tight = "; ".join(_full(plan, setting.parameter) for setting in resource.settings)
        return Binding("resource", f"{tight}; it takes {resource.words}")
    if (ability := by_kind.get("capability")) is not None:
        stages = [s for s in scenario.graph.stages if s.name in _stage_names(solver, subject)]
        engine = scenario.engines[-2].name
        return Binding("capability", blockers(scenario, stages, engine) or reason or f"it takes {ability.words}")
    if unsafe:
        return Binding("safety", unsafe[0].reason)
    possible = [a for a in others if a.possible and a.host_cores_delta > -1e-9 and not a.words.endswith(host_of(plan))]
    if possible:
        return Binding("cost", f"{possible[0].words}, it would take {_more(possible[0].host_cores_delta)}")
    if by_kind:
        return Binding("traffic", f"it takes {next(iter(by_kind.values())).words}")
    return Binding("safety", reason or "no larger or abler NIC changes it")


def _more(cores: float) -> str:
    return (
        f"{abs(cores):.3f} {'more' if cores > 0 else 'fewer'} host cores"
        if abs(cores) >= 5e-4
        else "as many host cores"
    )


def _full(plan: Plan, parameter: str) -> str:
    load = next((x for x in plan.score.loads if x.resource == parameter), None)
    if load is None:
        return f"{parameter}: too little there"
    return f"{parameter} at {percent(load.utilisation)} of {quantity(load.capacity, load.unit)}"


def _pinned(request: PlanRequest, scenario: Scenario, subject: Subject) -> str:
    """What the request says of the subject by name."""
    if subject.kind == "state":
        group = next(g for g in scenario.graph.groups if g.name == subject.name)
        names, pins = {f.name for f in group.states}, request.pin_states
    elif subject.kind == "stage":
        names, pins = {subject.name}, request.pin_stages
    else:
        return ""
    said = [f"{name} is pinned to {engine}" for name, engine in pins if name in names]
    said += [f"{name} is kept off {engine}" for name, engine in request.exclude if name in names]
    return "; ".join(said)


def _unpinned(solver: Solver, subject: Subject, pin: str) -> tuple[Suggestion, ...]:
    """The request without what it says of the subject, if that puts it elsewhere."""
    request = solver.inputs.request
    names = {subject.name} if subject.kind == "stage" else set(state_of(solver.plan, subject.name).states)
    free = dataclasses.replace(
        request,
        pin_states=tuple(p for p in request.pin_states if p[0] not in names),
        pin_stages=tuple(p for p in request.pin_stages if p[0] not in names),
        exclude=tuple(p for p in request.exclude if p[0] not in names),
    )
    found = solver.with_request(free)
    if isinstance(found, Infeasible):
        return ()
    now = presence(solver.now.scenario, solver.plan, subject)
    if abs(presence(found.scenario, found.plan, subject) - now) < 1e-9:
        return ()
    cores = found.plan.score.host_cores
    return (
        Suggestion(
            f"without what the request says: {pin}",
            "pin",
            (Setting("pin", 1.0, 0.0, "yes/no"),),
            effect(found.scenario, found.plan, subject),
            cores,
            cores - solver.plan.score.host_cores,
        ),
    )


def _stage_names(solver: Solver, subject: Subject) -> frozenset[str]:
    match subject.kind:
        case "state":
            return stages_touching(solver.inputs.graph, subject.name)
        case "stage":
            return frozenset({subject.name})
        case "class":
            outcome = class_of(solver.plan, subject.name)
            return frozenset(name for name, _, _ in outcome.path) if outcome is not None else frozenset()
        case "bucket":
            return frozenset(s.name for s in solver.plan.stages)


def _slack(plan: Plan, subject: Subject) -> tuple[Slack, ...]:
    """The fullest resources that matter to the subject where it is: at most three."""
    host = host_of(plan)
    loads = [x for x in plan.score.loads if not x.resource.startswith(host)]
    if subject.kind == "state":
        state = state_of(plan, subject.name)
        loads = [x for x in plan.score.loads if _of_state(x, state.states, state.memory)]
    loads.sort(key=lambda x: -x.utilisation)
    return tuple(Slack(x.resource, x.demand, x.capacity, x.unit, x.assumed) for x in loads[:3])


def _of_state(load: Load, states: tuple[str, ...], memory: str) -> bool:
    cells = {f"hottest cell of {state} in {memory}" for state in states}
    return load.resource in cells or load.resource == f"{memory} bytes"


# ---------------------------------------------------------------- elsewhere


def alternatives(solver: Solver, scenario: Scenario, subject: Subject, elsewhere: bool) -> tuple[Alternative, ...]:
    """The subject pinned to each engine where not all of it is, but only to the host unless some of it is `elsewhere`
    than on the NIC; for the hot bucket, a plan without copies."""
    request = solver.inputs.request
    if subject.kind == "bucket":
        if subject.name == "cold" or not any(s.copy_entries for s in solver.plan.states):
            return ()
        alone = dataclasses.replace(request, strategy="state-only")
        return (_alternative(solver, "without any copies", alone, ""),)
    found: list[Alternative] = []
    names = _stage_names(solver, subject)
    stages = [s for s in solver.plan.stages if s.name in names]
    for engine in scenario.engines if elsewhere else scenario.engines[-1:]:
        if all(s.hot == s.cold == engine.name for s in stages):
            continue
        if subject.kind == "state":
            group = next(g for g in scenario.graph.groups if g.name == subject.name)
            pins = tuple(p for p in request.pin_states if p[0] not in {f.name for f in group.states})
            pinned = dataclasses.replace(request, pin_states=(*pins, (group.states[0].name, engine.name)))
        else:
            pins = tuple(p for p in request.pin_stages if p[0] not in names)
            pinned = dataclasses.replace(request, pin_stages=(*pins, *((s.name, engine.name) for s in stages)))
        rules = "" if engine is scenario.engines[-1] else blockers(
            scenario, [s for s in scenario.graph.stages if s.name in names], engine.name
        )  # fmt: skip
        found.append(_alternative(solver, f"all on {engine.name}", pinned, rules))
    return tuple(found)


def _alternative(solver: Solver, words: str, request: PlanRequest, rules: str) -> Alternative:
    """`rules`: what is known to forbid it, said instead of a conflict that names nothing but the pins."""
    found = solver.with_request(request)
    if isinstance(found, Infeasible):
        return Alternative(words, False, rules or found.why, 0.0, 0.0, 0.0, 0.0)
    now, plan = solver.plan, found.plan
    rate = plan.rate_pps - now.rate_pps if request.objective == "max-rate" else 0.0
    return Alternative(
        words,
        True,
        "",
        plan.score.host_cores,
        plan.score.host_cores - now.score.host_cores,
        plan.score.nic_cores - now.score.nic_cores,
        rate,
    )
