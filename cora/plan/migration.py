"""Getting from the plan that runs to another one: what moves, what that costs, and why it is worth it or not.

Moving takes work of the host's control plane: entries and copies are read, written or folded back one by one, rows of
control-plane tables are installed, and an engine whose stages or states change gets another program. That work is
spread over `KEPT_S` seconds, which a plan is expected to run at least, and counts as host cores of the new plan. So of
plans that are nearly as good the running one stays, and one that saves more than it costs to get to takes its place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.model.evaluate import Evaluation, evaluate
from cora.model.placement import BUCKETS, GroupChoice, Placement
from cora.model.resources import quantity
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan.ilp import Ilp
from cora.plan.linear import Terms, combine
from cora.plan.plan import Migration, Plan

KEPT_S = 60.0
"""How long a plan runs at least; ours."""
PROGRAM_CORE_S = 1.0
"""Core-seconds to compile, load and exchange the program of an engine; ours, of the order of what `cora lab` takes."""
ENTRY_NS = 300.0
"""Of a host core for an entry, copy or row that is moved where the engine has no `sweep.per_entry`."""


@dataclass(frozen=True, slots=True)
class Moves:
    """From the running placement to another one."""

    entries: float
    """Entries of flow tables, cells, copies and records that are read or written."""
    rows: float
    """Rows of tables of the control plane that are installed."""
    stages: int
    """Stages that run elsewhere, for some packets at least."""
    programs: tuple[str, ...]
    """Engines that get another program."""
    host_cores: float
    """What it costs, over `KEPT_S`."""


def running_placement(graph: StateGraph, model: Model, plan: Plan) -> Placement:
    """The placement that a plan describes. C0660 if the plan is of another program or target, C0661 if the program or
    the target has changed since."""
    program = graph.program.name
    if (plan.program, plan.target) != (program, model.name):
        message = f"the running plan is one of {plan.program} on {plan.target}, not of {program} on {model.name}"
        raise error("C0660", message, help="give the plan that runs on this target")
    again = "plan without --running: nothing of the running plan can be kept"
    names = [stage.name for stage in graph.stages]
    groups = [group.name for group in graph.groups]
    if [s.name for s in plan.stages] != names or [s.group for s in plan.states] != groups:
        raise error("C0661", f"the running plan has other stages or states than {program} has today", help=again)
    engines = {engine.name for engine in model.stage_engines}
    memories = {memory.name for memory in model.memories}
    missing = sorted((plan.used_engines - engines) | ({s.memory for s in plan.states} - memories))
    if missing:
        raise error("C0661", f"the running plan uses {missing[0]}, which {model.name} doesn't have", help=again)
    choices = (GroupChoice(s.mode, s.owner, s.copies_on[0] if s.copies_on else "", s.memory) for s in plan.states)
    hot, cold = tuple(s.hot for s in plan.stages), tuple(s.cold for s in plan.stages)
    return Placement(hot, cold, tuple(choices), -1, plan.starts_over)


# ---------------------------------------------------------------- what moves


def moves(scenario: Scenario, placement: Placement, running: Placement) -> Moves:
    """What gets from the running placement to another one."""
    entries = rows = cores = 0.0
    for group, (now, then) in enumerate(zip(running.groups, placement.groups, strict=True)):
        moved, installed = _moved(scenario, group, now, then)
        entries, rows = entries + moved, rows + installed
        cores += _entries_cost(scenario, group, now, then)
    stages = [
        stage
        for stage in range(len(placement.hot))
        if any(placement.engine(stage, bucket) != running.engine(stage, bucket) for bucket in BUCKETS)
    ]
    programs = tuple(e.name for e in scenario.engines if _replaced(placement, running, e.name))
    cores += len(programs) * PROGRAM_CORE_S / KEPT_S
    return Moves(entries, rows, len(stages), programs, cores)


def _replaced(placement: Placement, running: Placement, engine: str) -> bool:
    """The engine runs other stages, has other states in another way, or hands packets over in another way."""
    if placement.starts_over != running.starts_over:
        return True
    states = any(
        now != then and engine in (now.owner, now.holder, then.owner, then.holder)
        for now, then in zip(running.groups, placement.groups, strict=True)
    )
    return states or any(
        (placement.engine(stage, bucket) == engine) != (running.engine(stage, bucket) == engine)
        for stage in range(len(placement.hot))
        for bucket in BUCKETS
    )


def _moved(scenario: Scenario, group: int, now: GroupChoice, then: GroupChoice) -> tuple[float, float]:
    """Entries and rows that are read or written when a group changes its place or mode."""
    if now == then:
        return 0.0, 0.0
    entries = rows = 0.0
    for facts in scenario.graph.groups[group].states:
        if (now.owner, _home(now)) != (then.owner, _home(then)):
            count = scenario.entries(facts.name)
        else:
            ends = [c for c in (now, then) if c.holder]
            partial = [scenario.is_partial(group, c) for c in ends]
            whole, part = scenario.entries(facts.name), scenario.copied_entries(facts.name)
            count = sum(part if p and scenario.kinds[facts.name] == "flow_table" else whole for p in partial)
        if scenario.kinds[facts.name] == "table":
            rows += count
        else:
            entries += count
    return entries, rows


def _home(choice: GroupChoice) -> str:
    """The memory of the owner; "" for its first one."""
    return "" if choice.holder else choice.memory


def _entries_cost(scenario: Scenario, group: int, now: GroupChoice, then: GroupChoice) -> float:
    """Host cores over `KEPT_S`."""
    sweeps = [scenario.model.engine(e).sweep for c in (now, then) for e in (c.owner, c.holder) if e]
    per_entry = max((sweep.per_entry_ns.value for sweep in sweeps if sweep is not None), default=ENTRY_NS)
    return sum(_moved(scenario, group, now, then)) * per_entry / 1e9 / KEPT_S


# ---------------------------------------------------------------- in the integer program


def moving_cost(ilp: Ilp, running: Placement) -> Terms:
    """Host cores that getting to a placement costs, as a linear form: of options of groups what they move, of each
    engine a variable that is 1 if any of its stages or states changes. Of what is found it equals `moves(...)`."""
    terms: Terms = {}
    changed = {engine: ilp.program.variable() for engine in ilp.engines}
    otherwise = ilp.scenario.graph.starts_over != running.starts_over
    for engine, variable in changed.items():
        terms[variable] = PROGRAM_CORE_S / KEPT_S
        if otherwise:
            ilp.program.fix(variable, 1.0)
        for (stage, bucket, there), x in ilp.x.items():
            if there == engine:
                _at_least(ilp, variable, x, running.engine(stage, bucket) == engine)
    for group, options in enumerate(ilp.options):
        now = running.groups[group]
        for index, then in enumerate(options):
            if then == now:
                continue
            y = ilp.y[group, index]
            terms[y] = _entries_cost(ilp.scenario, group, now, then)
            for engine in {now.owner, now.holder, then.owner, then.holder} - {""}:
                _at_least(ilp, changed[engine], y, False)
    return terms


def _at_least(ilp: Ilp, variable: int, other: int, was: bool) -> None:
    """variable >= other, or, where it was so before, variable >= 1 - other"""
    if was:
        ilp.program.at_least(combine({variable: 1.0}, {other: 1.0}), 1.0)
    else:
        ilp.program.at_most(combine({other: 1.0}, {variable: -1.0}), 0.0)


# ---------------------------------------------------------------- in words


def as_it_runs(scenario_at: Callable[[int], Scenario], running: Placement, plan: Plan) -> Evaluation:
    """The running plan under today's traffic, at the residency tier with as many copies as it keeps. Where tiers are
    larger than the tables they all come to that number: then at the one that suits it best."""
    wanted = max((state.copy_entries for state in plan.states), default=0)
    if not wanted:
        return evaluate(scenario_at(-1), running)
    profile = scenario_at(-1).profile
    copies, records = len(profile.tiers), len(profile.record_tiers)
    sharded = records and any(state.mode == "sharded" for state in plan.states)
    found: list[tuple[float, bool, float, int, Evaluation]] = []
    for tier in range(copies, copies + records) if sharded else range(copies):
        scenario = scenario_at(tier)
        tables = [name for name, kind in scenario.kinds.items() if kind == "flow_table"]
        off = abs(max(scenario.copied_entries(table) for table in tables) - wanted)
        evaluation = evaluate(scenario, dataclasses.replace(running, tier=tier))
        found.append((off // 1, not evaluation.feasible, evaluation.host_cores, tier, evaluation))
    return min(found, key=lambda f: f[:4])[4]


def migration(moved: Moves, cores: float, running: Evaluation, free_cores: float, free: Moves) -> Migration:
    """What a plan says about moving: `cores` are its own host cores, `free_cores` and `free` those of the plan that
    would be made if nothing ran, and what it would take to get to it."""
    gain = running.host_cores - cores if running.feasible else None
    kept = not moved.programs
    if kept and not free.programs:
        reason = "it is still the best one"
    elif kept:
        saved, price = f"{max(0.0, cores - free_cores):.3f} host cores", f"{free.host_cores:.3f} for {KEPT_S:g} s"
        reason = f"kept; another would save {saved}, and to get there ({_words(free)}) costs {price}"
    else:
        worth = f"it doesn't hold any more: {running.reason}" if gain is None else f"that saves {gain:.3f} host cores"
        reason = f"{_words(moved)}, which costs {moved.host_cores:.3f} host cores for {KEPT_S:g} s; {worth}"
    return Migration(
        kept, round(moved.entries), round(moved.rows), moved.stages, moved.programs, moved.host_cores, gain, reason
    )


def _words(what: Moves) -> str:
    rows = f", installs {quantity(what.rows, '')} rows" if what.rows else ""
    moved = f"moves {quantity(what.entries, '')} entries and {what.stages} stages{rows}"
    return f"{moved}, replaces the programs of {' and '.join(what.programs)}"
