"""The symbolic check of a split: proves it, or finds cases in which it does something else, or says what stays open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Literal

from cora.analysis.graph import StateGraph
from cora.ir.cfg import closure, predecessors
from cora.ir.nodes import Program
from cora.split.engines import Split
from cora.split.generations import at_rest
from cora.verify.symbolic.case import Case, Outcome, replay
from cora.verify.symbolic.explore import Explorer, Failure
from cora.verify.symbolic.facts import OutOfTime
from cora.verify.symbolic.pairs import Pair
from cora.verify.symbolic.paths import Way, way_of
from cora.verify.symbolic.witness import case_of

MOST_FOUND = 5
"""After so many counterexamples, or unproved ends, the check stops."""


LIMIT_S = 600.0
"""How long a check may take, in seconds of CPU."""
QUESTION_LIMIT_S = 20.0
"""How long z3 may take for one question: about all that must hold at an end, and where that is too hard, about each
part of it."""

Verdict = Literal["proved", "refuted", "not proved"]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A packet and states with which the split does something else than the whole program."""

    case: Case
    violated: tuple[str, ...]
    outcome: Outcome
    way: Way


@dataclass(frozen=True, slots=True)
class Unproved:
    """An end of packets that stays open. `why`: no answer in time, no terms for an operation, or a case that doesn't
    reproduce."""

    why: str
    violated: tuple[str, ...]
    way: Way


@dataclass(frozen=True, slots=True)
class SymbolicReport:
    ends: int
    """Ends of packets that were judged; one may stand for many ways that have met."""
    by_text: int
    """Those at which split and whole had computed the same terms, so that nothing had to be asked."""
    questions: int
    """Questions to z3, about ways that may be taken and about ends."""
    counterexamples: tuple[Counterexample, ...]
    unproved: tuple[Unproved, ...]
    stopped: str
    """Why not all was looked at; "" if all was."""
    limit_s: float
    """How long the check was allowed to take, in seconds of CPU."""
    question_limit_s: float
    """How long each question was."""

    @property
    def verdict(self) -> Verdict:
        return "refuted" if self.counterexamples else "proved" if self.proved else "not proved"

    @property
    def proved(self) -> bool:
        return not self.counterexamples and not self.unproved and not self.stopped


def check(
    program: Program,
    split: Split,
    *,
    graph: StateGraph | None = None,
    limit_s: float = LIMIT_S,
    question_limit_s: float = QUESTION_LIMIT_S,
    progress: Callable[[str], None] = lambda _: None,
) -> SymbolicReport:
    """Checks a split of a program within `limit_s` seconds of CPU. First, ways that meet again are made one; where that
    leaves something open, the ways that lead there are followed one by one."""
    explorer = Explorer(program, at_rest(split), int(question_limit_s * 1000), process_time() + limit_s)
    found: list[Counterexample] = []
    open_: list[Unproved] = []
    stopped = ""
    merged: list[Failure] = []
    try:
        for failure in explorer.failures():
            progress(f"{explorer.ends:,} ends, {len(merged) + 1} not proved at once")
            merged.append(failure)
        if merged:
            allowed = _towards(merged)
            for failure in explorer.failures(merging=False, allowed=allowed):
                progress(f"{explorer.ends:,} ends, {len(found)} counterexamples")
                _judge(explorer, failure, graph, found, open_)
                if len(found) + len(open_) >= MOST_FOUND:
                    stopped = f"the check ends with {MOST_FOUND} findings"
                    break
    except OutOfTime:
        stopped = f"the time of {limit_s:g} s of CPU is over, and {explorer.waiting:,} more ways were to be followed"
        if explorer.current is not None and not found:
            open_.append(_unproved(explorer, Failure(explorer.current, (), ""), graph, "the time was over here"))
        open_ += [_unproved(explorer, f, graph, _why(f)) for f in merged[:MOST_FOUND] if not found]
    oracle = explorer.oracle
    return SymbolicReport(
        explorer.ends, explorer.by_text, oracle.asked, tuple(found), tuple(open_), stopped, limit_s, question_limit_s
    )


def _judge(
    explorer: Explorer,
    failure: Failure,
    graph: StateGraph | None,
    found: list[Counterexample],
    open_: list[Unproved],
) -> None:
    if failure.why:
        open_.append(_unproved(explorer, failure, graph, failure.why))
        return
    case = case_of(explorer, failure)
    if case is None:
        why = "no case was found with the real hashes and checksums in the place of unknown functions"
        open_.append(_unproved(explorer, failure, graph, why))
        return
    outcome = replay(explorer.program, explorer.split, case)
    if not outcome.difference:
        open_.append(_unproved(explorer, failure, graph, "the case that was found makes no difference when it is run"))
        return
    found.append(Counterexample(case, _names(failure), outcome, way_of(explorer, failure.pair, graph)))


def _why(failure: Failure) -> str:
    return failure.why or "there was no time to tell apart the ways that meet before it"


def _unproved(explorer: Explorer, failure: Failure, graph: StateGraph | None, why: str) -> Unproved:
    return Unproved(why, _names(failure), way_of(explorer, failure.pair, graph))


def _names(failure: Failure) -> tuple[str, ...]:
    return tuple(dict.fromkeys(o.what for o in failure.violated))


def _towards(failures: Sequence[Failure]) -> Callable[[Pair], bool]:
    """Whether a pair may still come to the end of one of these."""
    wanted: dict[tuple[int, str], set[str]] = {}
    for failure in failures:
        for hops, (role, trail) in enumerate(failure.pair.every_trail):
            if trail:
                wanted.setdefault((hops, role), set()).add(trail[-1])
    before: dict[tuple[int, str], frozenset[str]] = {}

    def allowed(pair: Pair) -> bool:
        place = (pair.hops, pair.split.role)
        if place not in before:
            sources = predecessors(pair.split.code.program.blocks)
            before[place] = closure(wanted.get(place, set[str]()), lambda block: sources.get(block, ()))
        return pair.split.block in before[place]

    return allowed
