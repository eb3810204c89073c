"""`make_plan`: the request, checked; the strategy, run; the outcome and its reasons as a `Plan`."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable

from cora.analysis.graph import StateGraph
from cora.diagnostics import UserError, error
from cora.model.contexts import demands, exchanges
from cora.model.figures import Ranges
from cora.model.latency import Latencies
from cora.model.placement import Placement
from cora.model.resources import quantity, wire_rows
from cora.model.scenario import PathLoad, Scenario
from cora.model.schema import Model
from cora.plan.hurry import OWN_SHARE, compared, hurried, no_time, out_of_time
from cora.plan.ilp import Restriction
from cora.plan.infeasible import conflicts, evaluation_words, infeasible
from cora.plan.migration import as_it_runs, migration, moves, running_placement
from cora.plan.plan import SCHEMA, ClassOutcome, Load, Migration, Plan, Score, StagePlacement, StatePlacement
from cora.plan.ranges import ranges
from cora.plan.rates import default_rate_pps
from cora.plan.reasons import class_reason, nic_share, state_reason
from cora.plan.request import STRATEGIES, PlanRequest, Strategy
from cora.plan.reserve import reserve_words, without_reserved
from cora.plan.residency import residency_lookups
from cora.plan.solve import TIE
from cora.plan.stale import relaxed, unused_words
from cora.plan.strategies import run_strategy, with_moving
from cora.plan.task import Outcome, Task, host_only
from cora.traffic.profile import Profile

BELOW_THE_MOST = 0.9
"""At the highest rate a queue grows without bound: latencies are those at this share of it."""
BASELINES: tuple[Strategy, ...] = STRATEGIES[1:]


def make_plan(graph: StateGraph, profile: Profile, model: Model, request: PlanRequest) -> Plan:
    """The plan for a program under a traffic on a machine.

    Raises `InfeasibleError` (C0620, exit status 3) if nothing satisfies all constraints, C0621 for a request that makes
    no sense, C0624 if the profile doesn't belong to the graph. Equal arguments give equal plans.
    """
    return plan_and_placement(graph, profile, model, request)[0]


def plan_and_placement(
    graph: StateGraph, profile: Profile, model: Model, request: PlanRequest
) -> tuple[Plan, Placement]:
    """As `make_plan`, with the placement that the plan describes, to be scored under other traffic."""
    profile = dataclasses.replace(profile, scale=request.scale)
    model = without_reserved(model, request.reserve)
    _check_stale(graph, request)
    graph = relaxed(graph, request.allow_stale)
    Scenario(graph, profile, model, 1.0, -1)  # tells a wrong profile before anything is computed with it
    task = _task(graph, profile, model, request)
    _check_wire(task, request)
    own = hurried(task)
    main = run_strategy(request.strategy, own)
    overload_shown = request.strategy == "nic-only" and main.evaluation.rows
    if main.placement is None or not (main.feasible or overload_shown):
        raise no_time(task) if main.placement is None and out_of_time(own) else _no_plan(task, main, request)
    others: list[Strategy] = [s for s in BASELINES if s != request.strategy] if request.baselines else []
    outcomes, hurry = compared(_unpinned(task), others)
    notes = (
        *hurry,
        *_host_notes(task),
        *_notes(task, main),
        *_request_notes(task, main, request),
        *_alone_notes(main, outcomes),
    )
    if request.strategy == "ilp" and not (request.pin_states or request.pin_stages or request.exclude):
        main, why = _worthwhile(task, main)
        notes = (*why, *notes)
    plan = _plan(task, main, [score(o) for o in outcomes.values()], notes, request)
    assert main.placement is not None
    return plan, main.placement


def _unpinned(task: Task) -> Task:
    """The task without what the user asks of our plan alone; what is reserved stays reserved."""
    return dataclasses.replace(task, restriction=Restriction(), running=None)


def score(outcome: Outcome) -> Score:
    """An outcome for the plan."""
    evaluation = outcome.evaluation
    loads = tuple(
        Load(r.resource, r.used, r.capacity, r.unit, r.assumed)
        for r in evaluation.rows
        if r.used >= 1e-4 * r.capacity or r.resource == evaluation.bottleneck
    )
    return Score(
        outcome.strategy,
        outcome.feasible,
        evaluation.host_cores,
        evaluation.nic_cores,
        evaluation.throughput_pps,
        evaluation.bottleneck,
        loads,
        evaluation_words(outcome.scenario, outcome.placement, evaluation),
        latencies(outcome).all() if evaluation.journeys else None,
    )


def latencies(outcome: Outcome) -> Latencies:
    """Of an outcome's packets at its rate. A placement at its highest rate fills a resource: there at `BELOW_THE_MOST`
    of it, and for host cores that are given, not counted."""
    if outcome.host_cores is None:
        return Latencies(outcome.scenario, outcome.evaluation)
    return Latencies(outcome.scenario, outcome.evaluation, outcome.host_cores, BELOW_THE_MOST)


# ---------------------------------------------------------------- the request


def _task(graph: StateGraph, profile: Profile, model: Model, request: PlanRequest) -> Task:
    if request.strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise error("C0621", f"there is no strategy {request.strategy!r}", help=f"strategies are: {known}")
    if (request.rate_pps is not None and request.rate_pps <= 0) or (request.cores is not None and request.cores <= 0):
        raise error("C0621", "rate and cores must be above 0", help="leave the rate out for the target's default")
    rate = request.rate_pps or default_rate_pps(graph, profile, model, request.solver.sooner(OWN_SHARE))
    cores = (request.cores or 1.0) if request.objective == "max-rate" else None
    stages, groups = _stage_pins(graph, model, request), _group_pins(graph, model, request)
    out_stages, out_groups = _exclusions(graph, model, request)
    restriction = Restriction(
        pin_stages=stages, pin_groups=groups, exclude_stages=out_stages, exclude_groups=out_groups
    )
    solver, reordering = request.solver, request.allow_reordering
    running = _running(graph, model, request)
    return Task(graph, profile, model, request.objective, rate, cores, solver, restriction, reordering, running)


def _running(graph: StateGraph, model: Model, request: PlanRequest) -> Placement | None:
    if request.running is None:
        return None
    if (request.objective, request.strategy) != ("min-cores", "ilp"):
        message = f"what moving costs is weighed in host cores, not for {request.objective} by {request.strategy}"
        raise error("C0662", message, help="leave --running out, or plan for the fewest host cores with our strategy")
    return running_placement(graph, model, request.running)


def _stage_pins(graph: StateGraph, model: Model, request: PlanRequest) -> tuple[tuple[int, str], ...]:
    indices = {stage.name: stage.index for stage in graph.stages}
    for name, engine in request.pin_stages:
        _known(name, indices, "stage")
        _known(engine, [e.name for e in model.stage_engines], "engine that runs stages")
    return tuple((indices[name], engine) for name, engine in request.pin_stages)


def _group_pins(graph: StateGraph, model: Model, request: PlanRequest) -> tuple[tuple[int, str], ...]:
    indices = {facts.name: i for i, group in enumerate(graph.groups) for facts in group.states}
    for name, engine in request.pin_states:
        _known(name, indices, "state")
        _known(engine, [e.name for e in model.stage_engines], "engine that runs stages")
    return tuple((indices[name], engine) for name, engine in request.pin_states)


def _exclusions(
    graph: StateGraph, model: Model, request: PlanRequest
) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...]]:
    """Of stages and of groups, by name; a state's name comes before a stage's."""
    groups = {facts.name: i for i, group in enumerate(graph.groups) for facts in group.states}
    stages = {stage.name: stage.index for stage in graph.stages}
    for name, engine in request.exclude:
        _known(name, [*groups, *stages], "state or stage", "exclude")
        _known(engine, [e.name for e in model.stage_engines], "engine that runs stages", "exclude from")
    of_groups = tuple((groups[name], engine) for name, engine in request.exclude if name in groups)
    of_stages = tuple((stages[name], engine) for name, engine in request.exclude if name not in groups)
    return of_stages, of_groups


def _check_stale(graph: StateGraph, request: PlanRequest) -> None:
    for name, milliseconds in request.allow_stale:
        _known(name, [facts.name for group in graph.groups for facts in group.states], "state", "let be stale")
        if milliseconds <= 0:
            raise error("C0621", f"{name} cannot be stale for {milliseconds:g} ms", help="give more than 0 ms")


def _known(name: str, names: Iterable[str], what: str, verb: str = "pin") -> None:
    names = sorted(names)
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        help = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names)}"
        raise error("C0621", f"there is no {what} {name!r} to {verb}", help=help)


def _check_wire(task: Task, request: PlanRequest) -> None:
    if request.objective != "min-cores":
        return
    rows = [row for row in wire_rows(task.scenario(-1)) if row.overloaded]
    if rows:
        most = task.rate_pps * min(row.capacity / row.used for row in rows)
        words = "; ".join(row.overload() for row in rows)
        message = f"{quantity(task.rate_pps, 'pps')} is more than the wire of {task.model.name} carries: {words}"
        raise infeasible(message, f"plan for {quantity(most, 'pps')} or less")


def _no_plan(task: Task, outcome: Outcome, request: PlanRequest) -> UserError:
    if outcome.placement is not None or outcome.strategy == "nic-only":
        words = evaluation_words(outcome.scenario, outcome.placement, outcome.evaluation)
    else:
        reserved = {
            _reserved_row(task.model, what): f"{amount:g} {unit}".strip() + " are"
            for what, amount, unit in request.reserve
        }
        words = "; ".join(conflicts(task, reserved)) or outcome.evaluation.reason
    target = f"{task.graph.program.name} on {task.model.name} at {quantity(task.rate_pps, 'pps')}"
    return infeasible(
        f"no {outcome.strategy} plan for {target}: {words}", "lower the rate, take a pin away, or choose another target"
    )


def _reserved_row(model: Model, what: str) -> str:
    """The resource that a reservation takes a part of."""
    if any(what == memory.name for memory in model.memories):
        return f"{what} bytes"
    if any(what == link.name for link in model.links):
        return f"{what} inwards"
    return f"{model.stage_engines[-2].name if what == 'cores' else what} cores"


# ---------------------------------------------------------------- the plan


def _worthwhile(task: Task, main: Outcome) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome, or host-only with a note if offload saves nothing."""
    alone = run_strategy("host-only", task)
    if not alone.feasible:
        return main, ()
    if task.objective == "min-cores":
        saves = with_moving(task, main) < with_moving(task, alone) - TIE
    else:
        saves = main.scenario.rate_pps > alone.scenario.rate_pps * (1 + TIE)
    if saves or len(main.scenario.engines) == 1:
        return main, ()
    found = f"{main.evaluation.host_cores:.2f} against {alone.evaluation.host_cores:.2f} host cores"
    why = f"the plan is host-only: the best split saves nothing at {quantity(main.scenario.rate_pps, 'pps')} ({found})"
    return dataclasses.replace(alone, strategy="ilp", bound=main.bound), (why,)


def _plan(task: Task, main: Outcome, baselines: list[Score], notes: tuple[str, ...], request: PlanRequest) -> Plan:
    scenario, placement = main.scenario, main.placement
    assert placement is not None
    if request.objective == "max-rate":
        goal = f"max-rate with {task.host_cores:g} host cores"
        value, gap = scenario.rate_pps, max(0.0, main.bound - scenario.rate_pps) / scenario.rate_pps
    else:
        goal = f"min-cores at {quantity(task.rate_pps, 'pps')}"
        value = with_moving(task, main)
        gap = max(0.0, value - main.bound) / value if value else 0.0
    own, times = score(main), latencies(main)
    return Plan(
        SCHEMA,
        task.graph.program.name,
        task.model.name,
        request.strategy,
        goal,
        scenario.rate_pps,
        round(scenario.traffic.flows),
        scenario.traffic.flow_arrivals_per_s,
        _used_engines(scenario, placement),
        tuple(StagePlacement(s.index, s.name, *_engines_of(placement, s.index)) for s in scenario.graph.stages),
        _states(main),
        tuple(_class(main, times, load) for load in scenario.classes),
        own,
        tuple(baselines),
        gap if gap > TIE else 0.0,
        main.bound,
        _assumptions(main, own),
        notes,
        residency_lookups(scenario, placement),
        _ranges(task, main) if request.baselines and not out_of_time(task) else None,
        _migration(task, main, request),
        request.allow_reordering,
        _starts_over(placement),
        any(exchanges(task.model.engine(name)) for name in {*placement.hot, *placement.cold}),
        request.batches,
    )


def _starts_over(placement: Placement) -> bool:
    """Packets leave an engine, and start over where they do."""
    return placement.starts_over and len({*placement.hot, *placement.cold}) > 1


def _migration(task: Task, main: Outcome, request: PlanRequest) -> Migration | None:
    """What moves, beside what would move if moving cost nothing."""
    if request.running is None or task.running is None:
        return None
    assert main.placement is not None
    running = dataclasses.replace(task, graph=task.running.on(task.graph))
    now = as_it_runs(running.scenario, task.running, request.running)
    free = run_strategy("ilp", dataclasses.replace(task, running=None))
    assert free.placement is not None
    moved = moves(main.scenario, main.placement, task.running)
    without = moves(free.scenario, free.placement, task.running)
    return migration(moved, main.evaluation.host_cores, now, free.evaluation.host_cores, without)


def _ranges(task: Task, main: Outcome) -> Ranges:
    assert main.placement is not None
    share = 1.0 if main.host_cores is None else BELOW_THE_MOST
    alone = host_only(task.scenario(-1, main.scenario.rate_pps))
    return ranges(main.scenario, main.placement, alone, main.host_cores, share)


def _request_notes(task: Task, main: Outcome, request: PlanRequest) -> list[str]:
    """What became of the wishes of a request."""
    notes = [f"{reserve_words(reserve)} reserved: the plan leaves it alone" for reserve in request.reserve]
    placement = main.placement
    assert placement is not None
    notes += _stale_notes(main.scenario, placement, request)
    if _starts_over(placement):
        notes.append(
            "packets start over where they leave an engine: the next one parses them again and runs the program from "
            "its beginning, so hand-offs carry no variables"
        )
    for name in sorted({*placement.hot, *placement.cold}):
        if not task.model.engine(name).capabilities.in_band:
            notes.append(
                f"{name} runs stages, and answers don't pass it: a plan to look at; Cora's programs are "
                "for engines that answers pass"
            )
    if request.allow_reordering and not any("answers don't pass it" in note for note in notes):
        notes.append("reordering is allowed, and the plan doesn't need it")
    return notes


def _stale_notes(scenario: Scenario, placement: Placement, request: PlanRequest) -> list[str]:
    """What became of the states that may be stale."""
    late = ((scenario.graph.groups[g].name, scenario.stale_ms(g, choice)) for g, choice in enumerate(placement.groups))
    used = {name: ms for name, ms in late if ms}
    notes: list[str] = []
    for name, milliseconds in request.allow_stale:
        group = scenario.graph.group_of_state()[name]
        if group.name not in used:
            notes.append(f"{name} may be {milliseconds:g} ms stale: {unused_words(scenario.graph, name)}")
    if used:
        names = ", ".join(f"{name} (up to {ms:g} ms behind)" for name, ms in used.items())
        notes.append(f"not exact: {names}: a plan to look at; Cora's programs keep every copy as fresh as its owner")
    return notes


def _host_notes(task: Task) -> list[str]:
    title = task.model.host_title
    return [f"the host is that of {title}"] if title else []


def _alone_notes(main: Outcome, outcomes: dict[Strategy, Outcome]) -> list[str]:
    """How the plan compares with the NIC alone: savings beside a NIC that could do everything are no headline."""
    alone = outcomes.get("nic-only")
    if alone is None or alone.placement is None or main.strategy != "ilp":
        return []
    nic = main.scenario.engines[-2].name
    if alone.feasible:
        cores = f"{alone.evaluation.host_cores:.2f} host cores"
        return [f"{nic} could run the whole program at this rate, with {cores} for the control plane"]
    return [f"{nic} alone could not: {evaluation_words(alone.scenario, alone.placement, alone.evaluation)}"]


def _engines_of(placement: Placement, stage: int) -> tuple[str, str]:
    return placement.hot[stage], placement.cold[stage]


def _used_engines(scenario: Scenario, placement: Placement) -> tuple[str, ...]:
    """Engines that run a stage, from the wire inwards; the host is always there, for the control plane at least."""
    used = {*placement.hot, *placement.cold, scenario.engines[-1].name}
    return tuple(engine.name for engine in scenario.engines if engine.name in used)


def _states(main: Outcome) -> tuple[StatePlacement, ...]:
    scenario, placement = main.scenario, main.placement
    assert placement is not None
    placed: list[StatePlacement] = []
    for index, (group, choice) in enumerate(zip(scenario.graph.groups, placement.groups, strict=True)):
        names = tuple(facts.name for facts in group.states)
        tables = [name for name in names if scenario.kinds[name] == "flow_table"]
        partial = scenario.is_partial(index, choice) and tables
        entries = max(round(scenario.copied_entries(t) + 0.5) for t in tables) if partial else 0
        placed.append(
            StatePlacement(
                group.name,
                names,
                choice.mode,
                choice.owner,
                (choice.holder,) if choice.holder else (),
                entries,
                choice.memory,
                state_reason(scenario, placement, index, main.evaluation),
                scenario.stale_ms(index, choice),
            )
        )
    return tuple(placed)


def _class(main: Outcome, times: Latencies, load: PathLoad) -> ClassOutcome:
    scenario, placement = main.scenario, main.placement
    assert placement is not None
    path = tuple(
        (
            scenario.graph.stages[stage].name,
            placement.hot[stage],
            placement.engine(stage, load.bucket_at(position, "cold")),
        )
        for position, stage in enumerate(load.path)
    )
    return ClassOutcome(
        load.name,
        load.rate_pps / scenario.rate_pps,
        load.verdict,
        nic_share(scenario, placement, load),
        path,
        class_reason(scenario, placement, load, main.evaluation),
        times.of_class(load.name),
    )


def _assumptions(main: Outcome, own: Score) -> tuple[str, ...]:
    """The loads that rest on assumed numbers and are at least half full, or would be too small at the low end of their
    range: what a better figure might change."""
    words: list[str] = []
    lows = {row.resource: row.least for row in main.evaluation.rows}
    for load in own.loads:
        least = lows.get(load.resource, load.capacity)
        if load.assumed and load.demand > least:
            there, used = quantity(least, load.unit), quantity(load.demand, load.unit)
            words.append(
                f"{load.resource}: {used} used of {quantity(load.capacity, load.unit)} assumed; the assumption's range "
                f"begins at {there}, where this plan would not hold"
            )
        elif load.assumed and load.utilisation > 0.5:
            share = f"{100 * load.utilisation:.0f}%"
            words.append(f"{load.resource} ({share}) rests on assumed numbers of the model")
    return (*words, *_demands(main))


def _demands(main: Outcome) -> tuple[str, ...]:
    """What keeps copies and records right only if the machine is set up so."""
    placement, model = main.placement, main.scenario.model
    assert placement is not None
    follow = ("replicated", "sharded")
    holders = dict.fromkeys(choice.holder for choice in placement.groups if choice.holder and choice.mode in follow)
    engines = (model.engine(name) for name in holders)
    return tuple(text for engine in engines if engine.capabilities.in_band for text in demands(model, engine))


def _notes(task: Task, main: Outcome) -> tuple[str, ...]:
    scenario = main.scenario
    flows = quantity(scenario.traffic.flows, "")
    times = f"{scenario.traffic.factor:.3g} times the traffic of {task.profile.trace}"
    how = "with fresh connections" if scenario.profile.scale == "flows" else "by playing it faster"
    notes = [f"{quantity(scenario.rate_pps, 'pps')} are {times} {how}: {flows} flows"]
    for name, facts in scenario.facts.items():
        if scenario.kinds[name] == "flow_table" and scenario.entries(name) > facts.capacity:
            notes.append(
                f"{name} needs {quantity(scenario.entries(name), '')} entries at this rate; the program declares "
                f"{quantity(facts.capacity, '')}: memory is planned for what is needed"
            )
    if task.objective == "max-rate":
        notes.append(
            f"latencies are those at {BELOW_THE_MOST:.0%} of the rate: at the highest rate a queue has no bound"
        )
    passing = [e.name for e in task.model.engines if not e.capabilities.runs_stages]
    if passing:
        notes.append(f"{', '.join(passing)} only passes packets on in this release")
    return tuple(notes)
