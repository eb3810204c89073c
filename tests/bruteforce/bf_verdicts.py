"""Holds the planner's answer against that of brute force, and names the reason where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from bf_compare import TIE_CORES, BruteForce, Graph, Search, small_graph
from bf_explore import Limits

from cora.model.legality import why_illegal
from cora.plan.ilp import Restriction
from cora.plan.request import STRATEGIES, Solver
from cora.plan.strategies import Outcome, Task, run_strategy

Kind = Literal["equal", "analysis refuses", "edge of the graph", "wrong"]
BASELINES = tuple(s for s in STRATEGIES if s != "ilp")
EXHAUSTIVE = Limits(steps=2000, walks=3, length=60, doubts=20)
QUICK = Limits(steps=500, walks=2, length=40, doubts=4)
_OF_THE_GRAPH = ("no packet may cross", "would have to run", "cannot hand off")
"""How the model's refusals begin or go on that rest on the conflict or the restart of an edge."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`equal`: the planner's placement costs what the cheapest safe one does. `analysis refuses`: no sequence tried
    shows a difference in a cheaper placement, but the splitter refuses it. `edge of the graph`: the splitter accepts a
    cheaper one, but the planner's rules for crossings forbid it, although both ask the same ways; none may be.
    `wrong`: everything else; none may be."""

    seed: int
    kind: Kind
    text: str
    shape: str
    """Where the planner's placement runs stages: host, nic or both."""
    cores: float
    best_cores: float
    placements: int
    refusals: Counter[str] = field(default_factory=Counter[str])
    """Of placements tried: how many were accepted, shown to be unsafe by running, can't be built, or only refused."""


def verdicts(count: int, limits: Limits, surveyed: int) -> Iterator[Verdict]:
    """The verdicts of so many graphs, by ascending seed."""
    seed = made = 0
    while made < count:
        what = small_graph(seed)
        if what is not None:
            made += 1
            yield verdict(seed, what, limits, surveyed)
        seed += 1


def verdict(seed: int, what: Graph, limits: Limits, surveyed: int) -> Verdict:
    task = Task(what.graph, what.profile, what.model, "min-cores", what.rate_pps, None, Solver(), Restriction())
    ours = run_strategy("ilp", task)
    force = BruteForce(what, limits)
    search = force.search()
    kind, text = _compare(task, ours, force, search)
    judged = [j for _, j in search.tried] + force.survey(surveyed)
    unsound = next((j.finding for j in judged if j.finding is not None and not j.refused), None)
    if unsound is not None:
        kind, text = "wrong", f"the splitter accepts what differs after {unsound.events}: {unsound.what}"
    beaten = next((b for b in BASELINES if _cores(run_strategy(b, task)) < _cores(ours) - TIE_CORES), None)
    if beaten is not None:
        kind, text = "wrong", f"the baseline {beaten} is better"
    best = search.best[0].host_cores if search.best else float("inf")
    tally = Counter(_what_running_says(j.finding is not None, j.built, bool(j.refused)) for j in judged)
    return Verdict(seed, kind, text, _shape(what, ours), _cores(ours), best, len(search.tried), tally)


def _cores(outcome: Outcome) -> float:
    return outcome.evaluation.host_cores if outcome.feasible else float("inf")


def _shape(what: Graph, outcome: Outcome) -> str:
    engines = {*outcome.placement.hot, *outcome.placement.cold} if outcome.placement else set[str]()
    if len(engines) > 1:
        return "both"
    return "host" if engines <= {what.model.host.name} else "nic"


def _what_running_says(differs: bool, built: bool, refused: bool) -> str:
    if not refused:
        return "accepted"
    if not built:
        return "refused, can't be built"
    return "refused, and running shows why" if differs else "refused, no difference found"


def _compare(task: Task, ours: Outcome, force: BruteForce, search: Search) -> tuple[Kind, str]:
    if wrong := _wrong_placement(ours, force):
        return "wrong", wrong
    accepted = search.best_accepted
    if search.best is None or accepted is None:
        return ("wrong", "the planner has a plan, brute force has none") if ours.feasible else ("equal", "")
    best, judgement = search.best
    if _cores(ours) < accepted.host_cores - TIE_CORES:
        return "wrong", f"the planner claims {_cores(ours)} host cores, brute force needs {accepted.host_cores}"
    if _cores(ours) > accepted.host_cores + TIE_CORES:
        reason = why_illegal(task.scenario(accepted.placement.tier), accepted.placement)
        of_the_graph = any(words in reason for words in _OF_THE_GRAPH)
        return ("edge of the graph", reason) if of_the_graph else ("wrong", f"missed: {reason or 'a legal placement'}")
    if _cores(ours) > best.host_cores + TIE_CORES:
        return "analysis refuses", judgement.refused
    return "equal", ""


def _wrong_placement(ours: Outcome, force: BruteForce) -> str:
    """What is wrong with the planner's own placement, "" if it is safe, can be split and costs what it says."""
    if ours.placement is None or not ours.feasible:
        return ""
    if not force.enumeration.engines_agree(ours.placement):
        return f"the split does not do what the placement says: {ours.placement}"
    judgement = force.judge(ours.placement)
    if judgement.refused:
        return f"the splitter refuses the planner's placement: {judgement.refused}"
    if judgement.finding is not None:
        return f"the planner's placement is not safe: {judgement.finding}"
    cores = force.enumeration.host_cores(ours.placement)
    if cores is None or abs(cores - ours.evaluation.host_cores) > TIE_CORES:
        return f"the planner says {ours.evaluation.host_cores} host cores, its placement has {cores}"
    return ""


def report(found: Iterable[Verdict]) -> str:
    """The verdicts in words: how many of each kind, and all that are not equal."""
    found = list(found)
    kinds, shapes = Counter(v.kind for v in found), Counter(v.shape for v in found)
    refusals = sum((v.refusals for v in found), Counter[str]())
    lines = [f"{len(found)} graphs: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())]
    lines.append("the planner runs stages on: " + ", ".join(f"{s} ({n})" for s, n in shapes.most_common()))
    lines.append("placements run: " + ", ".join(f"{n} {what}" for what, n in refusals.most_common()))
    for v in found:
        if v.kind != "equal":
            lines.append(f"  seed {v.seed}: {v.cores:.4f} host cores, {v.best_cores:.4f} would do; {v.kind}: {v.text}")
    return "\n".join(lines)
