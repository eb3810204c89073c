"""Rows of the integer program that say when packets may leave an engine, and where they are taken up.

Both depend on the groups of which the engine holds copies or records (`Way`). With h[g] = 1 where group g is held, and
n[g] = 1 where it isn't although packets have read it on the way, a crossing c may not be used while a way conflicts:

    c - sum(n[held]) - sum(h[absent]) + (1 if that makes it conflict) <= 1

n and not 1 - h, although they are the same for packets that cross: so relaxed solutions are closer to whole ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cora.analysis.graph import Way
from cora.model.legality import cannot_restart, needed_elsewhere
from cora.model.placement import GroupChoice
from cora.model.scenario import PathLoad, Scenario
from cora.plan.linear import LinearProgram, Terms, combine, total

Candidates = tuple[tuple[int, frozenset[int]], ...]
"""Stages of a path in order, each with groups that it is the first to read: where a packet may be taken up."""

Places = tuple[tuple[int, ...], ...]
"""For each group, the options under which it is in the wrong place."""


@dataclass(slots=True)
class Leaving:
    """`options` are those of each group, `y` the variable of each (group, option)."""

    scenario: Scenario
    program: LinearProgram
    options: Sequence[tuple[GroupChoice, ...]]
    y: Mapping[tuple[int, int], int]
    _held: dict[tuple[int, str, bool], tuple[int, ...]] = field(
        default_factory=dict[tuple[int, str, bool], tuple[int, ...]]
    )
    _elsewhere: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict[tuple[int, str], tuple[int, ...]])
    _spoiled: dict[tuple[int, int, str, str], int | None] = field(
        default_factory=dict[tuple[int, int, str, str], int | None]
    )
    _cannot: dict[tuple[int, int, str, str], bool] = field(default_factory=dict[tuple[int, int, str, str], bool])
    _paths: dict[tuple[tuple[int, ...], str], list[tuple[int, tuple[int, frozenset[int]]]]] = field(
        default_factory=dict[tuple[tuple[int, ...], str], list[tuple[int, tuple[int, frozenset[int]]]]]
    )
    _made: dict[Places, int] = field(default_factory=dict[Places, int])

    def held(self, group: int, engine: str, *, records: bool = False) -> tuple[int, ...]:
        """The options under which an engine holds copies or records of a group (or only the latter)."""
        key = group, engine, records
        if key not in self._held:
            self._held[key] = tuple(
                self.y[group, i]
                for i, o in enumerate(self.options[group])
                if o.holds(engine) and (o.mode == "sharded" or not records)
            )
        return self._held[key]

    def read_elsewhere(self, group: int, engine: str) -> tuple[int, ...]:
        """The options under which an engine, or one before it, reads a group of which the engine holds nothing. For
        packets that it has read it for, this is 1 less those under which it holds something."""
        if (group, engine) not in self._elsewhere:
            outer = {e.name for e in self.scenario.engines[: self.scenario.order[engine] + 1]}
            self._elsewhere[group, engine] = tuple(
                self.y[group, i]
                for i, o in enumerate(self.options[group])
                if not o.holds(engine) and (o.owner in outer or o.holder in outer)
            )
        return self._elsewhere[group, engine]

    def never(self, ways: Sequence[Way], here: str, there: str, source: int) -> bool:
        """A crossing that no choice of options allows."""
        groups = self.scenario.named_groups
        return any(
            way.conflict or self._refused(way.restart, source, here, there)
            for way in ways
            if not way.held and not any(self.held(groups[name], here) for name in way.absent)
        )

    def forbid(self, c: int, ways: Sequence[Way], here: str, there: str, source: int) -> None:
        """c = 0 where one of the ways is taken and packets may not leave on it."""
        for way in ways:
            taken = self._taken(way, here)
            if taken is None:
                continue
            use = combine({c: 1.0}, taken)
            if way.conflict or self._refused(way.restart, source, here, there):
                self.program.at_most(use, 0.0)
                continue
            for held in self._conflicts(way, here):
                self.program.at_most(combine(use, total(held)), 1.0)
            for group, _ in way.if_absent:
                held = self.held(self.scenario.named_groups[group], here)
                self.program.at_most(combine(use, total(held, -1.0)), 0.0)
            spoiled = self._restart(way.restart, source, here, there)
            if spoiled is not None:
                self.program.at_most(combine(use, {spoiled: 1.0}), 1.0)

    def _taken(self, way: Way, here: str) -> Terms | None:
        """The terms that are 0 where packets leave on the way, and at most -1 elsewhere; None if they never do."""
        groups = self.scenario.named_groups
        if not all(self.held(groups[name], here) for name in way.held):
            return None
        others = [self.read_elsewhere(groups[name], here) for name in sorted(way.held)]
        others += [self.held(groups[name], here) for name in sorted(way.absent)]
        return total((y for ys in others for y in ys), -1.0)

    def _conflicts(self, way: Way, here: str) -> list[tuple[int, ...]]:
        groups = self.scenario.named_groups
        copies = dict.fromkeys(groups[g] for pairs in (way.if_held, way.unnamed) for g, _ in pairs)
        found = [self.held(group, here) for group in copies]
        found += [self.held(groups[g], here, records=True) for g, _ in way.unnamed_records if groups[g] not in copies]
        return [held for held in found if held]

    def _refused(self, restart: int, source: int, here: str, there: str) -> bool:
        """Packets can't be taken up at a stage wherever groups live."""
        key = restart, source, here, there
        if key not in self._cannot:
            self._cannot[key] = bool(cannot_restart(self.scenario, restart, source, here, there))
        return self._cannot[key]

    def _restart(self, restart: int, source: int, here: str, there: str) -> int | None:
        """A variable that is 1 where groups live so that packets can't be taken up at a stage; None if they always
        can."""
        key = restart, source, here, there
        if key not in self._spoiled:
            needed = needed_elsewhere(self.scenario, restart, source, here, there, self.options)
            places = tuple(tuple(self.y[g, i] for i in indices) for g, indices in needed.items())
            self._spoiled[key] = self._one_of(places) if places else None
        return self._spoiled[key]

    def _one_of(self, places: Places) -> int:
        """A variable that is 1 if one of the groups is in the wrong place."""
        if places not in self._made:
            self._made[places] = self.program.variable()
            for options in places:
                self.program.at_most(combine(total(options), {self._made[places]: -1.0}), 0.0)
        return self._made[places]

    # ------------------------------------------------------------ where packets are taken up

    def candidates(self, load: PathLoad, position: int, here: str) -> Candidates:
        """Where packets of a class may be taken up that leave before a position of their path, besides there."""
        if self.scenario.routes.starts_over:
            return ()
        on_path = self._on_path(load.path, here)
        return tuple(found for at, found in on_path if at < position)

    def _on_path(self, path: tuple[int, ...], here: str) -> list[tuple[int, tuple[int, frozenset[int]]]]:
        """All candidates of a path, with their positions."""
        if (path, here) not in self._paths:
            seen: set[int] = set()
            found: list[tuple[int, tuple[int, frozenset[int]]]] = []
            for at, stage in enumerate(path):
                read = frozenset(g for g in self.scenario.routes.reads[stage] if g not in seen and self.held(g, here))
                if read:
                    seen |= read
                    found.append((at, (stage, read)))
            self._paths[path, here] = found
        return self._paths[path, here]

    def taken_up(self, c: int, candidates: Candidates, here: str) -> list[int]:
        """For each candidate a variable that is 1 where packets that use the crossing c are taken up there or before,
        and 0 where they are taken up later or don't cross: c and (one of the groups read so far is held)."""
        found: list[int] = []
        held: list[int] = []
        for _, first in candidates:
            v = self.program.variable()
            self.program.at_most({v: 1.0, c: -1.0}, 0.0)
            for group in sorted(first):
                held += self.held(group, here)
                self.program.at_most(combine({c: 1.0, v: -1.0}, total(self.read_elsewhere(group, here), -1.0)), 0.0)
            if found:
                self.program.at_most({found[-1]: 1.0, v: -1.0}, 0.0)
            self.program.at_most(combine({v: 1.0}, total(held, -1.0)), 0.0)
            found.append(v)
        return found
