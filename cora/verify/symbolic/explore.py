"""Runs split and whole side by side over every way that a packet can take, and asks at each end what must hold.

The split leads. Where it needs a decision, both answers are followed if both are possible; the whole program follows as
far as the facts carry it, and decides the rest alone once the split has finished. Where blocks of the split join, the
ways that have come there are made one (`make_one`), in topological order: each place is run once for each shape.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cora.ir.nodes import Program
from cora.split.engines import Split
from cora.verify.symbolic.facts import Axioms, Facts, Oracle
from cora.verify.symbolic.frames import Unsupported
from cora.verify.symbolic.invariant import Initial, held_states
from cora.verify.symbolic.machine import Code, Crossing, Machine, Stuck
from cora.verify.symbolic.obligations import Obligation, obligations
from cora.verify.symbolic.pairs import Pair, make_one, shape
from cora.verify.symbolic.terms import TRUE, both, negate

MOST_HOPS = 2


@dataclass(frozen=True, slots=True)
class Failure:
    """An end that couldn't be proved. `why` is "" where z3 found a case in which `violated` doesn't hold."""

    pair: Pair
    violated: tuple[Obligation, ...]
    why: str


@dataclass
class Explorer:
    """One program and one split of it."""

    program: Program
    split: Split
    query_limit_ms: int = 10_000
    deadline_s: float = float("inf")
    """By `time.process_time`: how busy the machine is does not decide what is proved."""
    ends: int = 0
    """Ends of packets that were judged."""
    by_text: int = 0
    """Those of them for which no question had to be asked: all that must be equal was the same text."""
    current: Pair | None = None
    """The way that is being followed."""
    waiting: int = 0
    """Ways that have not been followed to their ends yet, apart from that one."""

    def __post_init__(self) -> None:
        self.axioms = Axioms()
        self.initial = Initial(held_states(self.program, self.split), self.axioms)
        self.oracle = Oracle(self.axioms, self.query_limit_ms, self.deadline_s)
        self.whole = Code(self.program)
        self.codes = {e.engine: Code(e.program) for e in self.split.engines}
        self.near = next(e.engine for e in self.split.engines if e.faces_wire)

    # ------------------------------------------------------------ the walk

    def start(self) -> Pair:
        initial = self.initial
        return Pair(
            Machine.start("near", self.codes[self.near], initial, initial.stores("near")),
            initial.stores("far"),
            Machine.start("whole", self.whole, initial, initial.stores("whole")),
            Facts(),
        )

    def failures(self, *, merging: bool = True, allowed: Callable[[Pair], bool] = lambda _: True) -> Iterator[Failure]:
        """Every end that isn't proved. Without `merging` each way is followed by itself; `allowed` leaves ways out."""
        waiting: dict[tuple[int, int], list[Pair]] = {}
        queue: list[tuple[int, int]] = []

        def arrive(pair: Pair) -> None:
            place = (pair.hops, pair.split.code.order[pair.split.block])
            if place not in waiting:
                waiting[place] = []
                heapq.heappush(queue, place)
            waiting[place].append(pair)

        arrive(self.start())
        while queue:
            place = heapq.heappop(queue) if merging else queue[-1]
            arrived = waiting.pop(place) if merging else [waiting[place].pop()]
            if not merging and not waiting[place]:
                del waiting[place]
                queue.remove(place)
            groups = _by_shape(arrived) if merging else [arrived]
            for number, group in enumerate(groups, start=1):
                self.oracle.in_time()
                self.waiting = len(groups) - number + sum(map(len, waiting.values()))
                yield from self._walk(make_one(group), arrive, merging, allowed)

    def _walk(
        self, pair: Pair, arrive: Callable[[Pair], None], merging: bool, allowed: Callable[[Pair], bool]
    ) -> Iterator[Failure]:
        todo = [pair]
        while todo:
            self.oracle.in_time()
            pair = self.current = todo.pop()
            machine = pair.split
            try:
                stuck = machine.run(pair.facts.decide, lambda b, m=machine: merging and b in m.code.joins)
                if not allowed(pair):
                    continue
                if machine.verdict is None or isinstance(machine.verdict, Crossing):
                    self._follow(pair, arriving=stuck is None and machine.verdict is None)
                if stuck is not None:
                    todo += self.forked(pair, stuck)
                elif machine.verdict is None:
                    arrive(pair)
                elif isinstance(machine.verdict, Crossing):
                    arrive(self._crossed(pair, machine.verdict))
                else:
                    yield from self._end(pair)
            except Unsupported as unsupported:
                yield Failure(pair, (), str(unsupported))

    def forked(self, pair: Pair, stuck: Stuck) -> Iterator[Pair]:
        """The pair with each of the answers that are possible; the whole program then goes on as far as it can."""
        possible = [a for a in (True, False) if self._possible(pair, stuck, a)]
        for answer in possible:
            way = pair.copy() if len(possible) > 1 else pair
            way.facts.learn(stuck.cond, answer)
            yield way

    def _possible(self, pair: Pair, stuck: Stuck, answer: bool) -> bool:
        cond = stuck.cond if answer else negate(stuck.cond)
        return self.oracle.possible(pair.facts, cond) != "impossible"

    def _follow(self, pair: Pair, arriving: bool) -> None:
        """Lets the whole program run as long as the facts decide, or imply, what it needs; but not past a place where
        its ways join before the split has been there, so that both are at the same place when ways are made one. Where
        the split is about to leave there is no such place: the facts that decide are used before they are lost."""
        whole = pair.whole
        leaving = arriving and base_name(pair.split.block) not in whole.code.blocks
        passed = {base_name(block) for _, trail in pair.every_trail for block in trail}
        if not arriving:
            passed.add(base_name(pair.split.block))

        def waits(block: str) -> bool:
            return not leaving and block in whole.code.joins and block not in passed

        while whole.verdict is None and not (whole.index == 0 and waits(whole.block)):
            stuck = whole.run(pair.facts.decide, waits)
            if stuck is None:
                continue
            if not self._possible(pair, stuck, False):
                pair.facts.learn(stuck.cond, True)
            elif not self._possible(pair, stuck, True):
                pair.facts.learn(stuck.cond, False)
            else:
                return

    def _crossed(self, pair: Pair, crossing: Crossing) -> Pair:
        if pair.hops == MOST_HOPS:
            raise Unsupported("a packet that is handed off more often than to the owner and back")
        left = pair.split
        role = "far" if left.role == "near" else "near"
        code = self.codes.get(crossing.engine)
        if code is None or (crossing.engine == self.near) != (role == "near"):
            raise Unsupported(f"a hand-off from {left.role} to {crossing.engine}")
        machine = Machine.resumed(role, code, self.initial, pair.other.copy(), crossing)
        return replace(
            pair,
            split=machine,
            other=left.stores,
            hops=pair.hops + 1,
            digests=(*pair.digests, *left.digests),
            trails=pair.every_trail,
        )

    # ------------------------------------------------------------ ends

    def _end(self, pair: Pair) -> Iterator[Failure]:
        """The split has finished: the whole finishes too, and what must hold is asked."""
        todo = [pair]
        while todo:
            self.oracle.in_time()
            pair = self.current = todo.pop()
            stuck = pair.whole.run(pair.facts.decide)
            if stuck is not None:
                todo += self.forked(pair, stuck)
                continue
            failure = self.judged(pair)
            if failure is not None:
                yield failure

    def judged(self, pair: Pair) -> Failure | None:
        """None if everything that must hold at the end of this pair does."""
        self.ends += 1
        open_ = [o for o in obligations(pair, self.initial, pair.facts.decide) if pair.facts.decide(o.cond) is not True]
        open_ = [o for o in open_ if o.cond not in self.axioms]
        if not open_:
            self.by_text += 1
            return None
        answer = self.oracle.possible(pair.facts, negate(both(TRUE, *(o.cond for o in open_))))
        if answer == "impossible":
            return None
        if answer == "unknown":
            return self._one_by_one(pair, open_)
        wrong = [o for o in open_ if self.oracle.possible(pair.facts, negate(o.cond)) == "possible"]
        return Failure(pair, tuple(wrong or open_), "")

    def _one_by_one(self, pair: Pair, open_: list[Obligation]) -> Failure | None:
        """Together they were too hard: each has the time of a question for itself."""
        answers = [(o, self.oracle.possible(pair.facts, negate(o.cond))) for o in open_]
        wrong = tuple(o for o, answer in answers if answer == "possible")
        if wrong:
            return Failure(pair, wrong, "")
        hard = tuple(o for o, answer in answers if answer == "unknown")
        return Failure(pair, hard, f"z3 found no answer within {self.query_limit_ms / 1000:g} s") if hard else None


_COPY_OF_BLOCK = re.compile(r"(\.(\d+|from\w+|hit\d+|do|next|update|end))+$")


def base_name(block: str) -> str:
    """The block of the program that a block of the split comes from, by its name."""
    return _COPY_OF_BLOCK.sub("", block)


def _by_shape(pairs: list[Pair]) -> list[list[Pair]]:
    if len(pairs) == 1:
        return [pairs]
    groups: dict[tuple[object, ...], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(shape(pair), []).append(pair)
    return list(groups.values())
