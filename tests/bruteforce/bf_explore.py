"""Decides by running alone whether a split is safe: whole and split side by side on every interleaving of a few packets
of a few flows, with pauses and with copies taken away, breadth first up to a number of steps; then on longer random
sequences. A difference in an answer or in the state is a proof; none is as good as the sequences are."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bf_programs import STEPS_NS, SmallCase

from cora.ir.compiled import compile_program
from cora.ir.packets import Packet
from cora.ir.store import Saved, Store
from cora.split.engines import Split
from cora.split.run import SplitRunner

Saves = list[Saved]
Event = tuple[int, bytes] | str
"""(nanoseconds since the last, frame), or what the control plane does: "evict" the oldest copy, "sweep"."""

_START_NS = 10**6


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is tried: `steps` of the exhaustive part, then `walks` random sequences of `length` packets each."""

    steps: int = 1500
    walks: int = 2
    length: int = 60
    doubts: int = 0
    """More walks, three times as long, on what nothing else shows to be unsafe although the splitter refuses it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Events from empty states after which whole and split differ, and how."""

    events: tuple[Event, ...]
    what: str


class Explorer:
    """Looks for differences between a program and splits of it."""

    def __init__(self, case: SmallCase, limits: Limits) -> None:
        self.case = case
        self.limits = limits
        self.whole = compile_program(case.program)
        self.alphabet: list[Event] = [(step, frame) for frame in case.frames for step in STEPS_NS]
        self.alphabet += ["evict", "sweep"]

    def difference(self, split: Split) -> Finding | None:
        """The first difference, the shortest sequence first; None if there is none within the limits."""
        pair = _Pair(self.case, self.whole, split)
        walks, length = self.limits.walks, self.limits.length
        return self._exhaust(pair) or self._walk(pair, [(number, 2 + number, length) for number in range(walks)])

    def doubt(self, split: Split) -> Finding | None:
        """The first difference in longer sequences of packets of one flow and of few."""
        first = self.limits.walks
        walks = [(first + i, 1 + i % 4, 3 * self.limits.length) for i in range(self.limits.doubts)]
        return self._walk(_Pair(self.case, self.whole, split), walks)

    def _exhaust(self, pair: _Pair) -> Finding | None:
        seen = {pair.fingerprint()}
        waiting: list[tuple[tuple[Event, ...], Saves, int]] = [((), pair.save(), _START_NS)]
        steps = 0
        for events, saved, now in waiting:  # grows while it is walked: breadth first
            for event in self.alphabet:
                if steps == self.limits.steps:
                    return None
                steps += 1
                pair.restore(saved, now)
                what = pair.step(event)
                if what:
                    return Finding((*events, event), what)
                mark = pair.fingerprint()
                if mark not in seen:
                    seen.add(mark)
                    waiting.append(((*events, event), pair.save(), pair.now_ns))
        return None

    def _walk(self, pair: _Pair, walks: Iterable[tuple[int, int, int]]) -> Finding | None:
        """Random sequences: for each its number, how many flows, and how many packets."""
        for number, flows, length in walks:
            rng = random.Random(f"walk {number} of {self.case.seed}")
            pair.restart()
            events: list[Event] = []
            for packet in self.case.traffic(rng, length, flows):
                event: Event = (packet.time_ns - pair.now_ns, packet.data) if rng.random() > 0.04 else "evict"
                events.append(event)
                what = pair.step(event)
                if what:
                    return Finding(tuple(events), what)
        return None


class _Pair:
    """Whole and split, at one moment."""

    def __init__(self, case: SmallCase, whole: Any, split: Split) -> None:
        self.whole = whole
        self.store = Store(case.program)
        self.runner = SplitRunner(split)
        self.now_ns = _START_NS
        self.fresh = self.save()

    @property
    def stores(self) -> Sequence[Store]:
        return (self.store, *self.runner.stores.values())

    def step(self, event: Event) -> str:
        """What is different after it, "" if nothing is."""
        if event == "evict":
            self._evict()
        elif event == "sweep":
            self.store.sweep(self.now_ns)
            self.runner.sweep(self.now_ns)
        else:
            after_ns, data = event
            self.now_ns += int(after_ns)
            packet = Packet(bytes(data), 0, self.now_ns, 1)
            expected, found = self.whole(self.store, packet, entered=None, trace=None), self.runner.run(packet)
            if expected != found:
                return f"{expected} became {found}"
        expected_state, found_state = self.store.snapshot(), self.runner.snapshot()
        return "" if expected_state == found_state else f"{expected_state} became {found_state}"

    def _evict(self) -> None:
        tables = self.runner.stores[self.runner.wire.engine].flow_tables
        held = [(name, key) for name, table in tables.items() for key in table.entries]
        if held:
            self.runner.evict(*held[0])

    def fingerprint(self) -> object:
        """Without the gates and by the order of the stamps alone: between packets no frame is out."""
        saved = [(tables, cells) for tables, cells, _ in self.save()]
        marks = sorted({row[3] for tables, _ in saved for table in tables for row in table if row[3] is not None})
        ranked = [
            tuple(
                tuple((*row[:3], None if row[3] is None else marks.index(row[3])) for row in table) for table in tables
            )
            for tables, _ in saved
        ]
        stores = zip(self.stores, (cells for _, cells in saved), strict=True)
        return self.now_ns, tuple(ranked), tuple(cells[: len(cells) - len(store.gates)] for store, cells in stores)

    def restart(self) -> None:
        self.restore(self.fresh, _START_NS)

    def save(self) -> Saves:
        return [store.save() for store in self.stores]

    def restore(self, saved: Saves, now_ns: int) -> None:
        """In place: compiled programs keep the dictionaries of the stores that they run on."""
        self.now_ns = now_ns
        for store, part in zip(self.stores, saved, strict=True):
            store.restore(part)
