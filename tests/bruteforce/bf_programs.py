"""Random programs small enough to enumerate: two to four steps over one to three states, and packets of two flows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

from cora.ir.nodes import Program
from cora.ir.packets import Packet
from cora.ir.text import parse_program

TIMEOUT_NS = 40_000
STEPS_NS = (1_000, 30_000, 45_000)
"""Time between packets: within a burst, less than a timeout (twice is more), more than one."""

_STATES = {
    "flow": "flow_table flow [a:8] -> (v:8) capacity {room} idle (40000)",
    "pairs": "flow_table pairs [a:8, b:8] -> (v:8) capacity {room}",
    "timer": "register timer [i:8] -> (t:64) capacity 3",
    "cells": "register cells [i:8] -> (x:8) capacity 3",
    "tally": "register tally [i:8] -> (n:8) capacity 3",
    "seen": "counter seen [i:8] -> () capacity 3",
    "marks": "table marks [key:8] -> (action:8, mark.value:8) capacity 4 default (0, 3) actions (none, mark)\n"
    "  row (1) -> (1, 5)",
}
_HEAD = """program small_{seed} for test
header h: src:8 dst:8 flag:8 mark:8
{states}
body s0
block start
  room:1 = room 32:32
  if room:1 then parse else s0
block parse
  extract h
  goto s0
"""
_FRAMES = {"h.src:8": 0, "h.dst:8": 1, "h.flag:8": 2}


@dataclass(frozen=True, slots=True)
class SmallCase:
    """A program with the frames that matter to it: two values of each header field that it reads, and where keys are
    made of what comes in as the mark, three of it: what a program adds to it (0, 1, 7) leads from one to another."""

    seed: int
    text: str
    program: Program

    @property
    def frames(self) -> tuple[bytes, ...]:
        body = self.text.split("goto s0", 1)[1]
        values = [(0, 1) if name in body else (0,) for name in _FRAMES]
        return tuple(bytes(fields) for fields in product(*values, self.marks))

    @property
    def marks(self) -> tuple[int, ...]:
        return (0, 1, 7) if "[h.mark:8" in self.text else (0,)

    def traffic(self, rng: random.Random, count: int, flows: int) -> list[Packet]:
        """Packets of so many flows, of which few make most of the traffic; a short one now and then."""
        packets: list[Packet] = []
        now = 10**6
        for _ in range(count):
            now += rng.choice(STEPS_NS) if rng.random() < 0.1 else rng.randrange(2_000)
            src, dst = (int(flows * rng.random() ** 2) for _ in range(2))
            data = bytes((src, dst, int(rng.random() < 0.2), 0)) if rng.random() > 0.02 else b"no"
            if len(self.marks) > 1 and data != b"no":
                data = data[:3] + bytes((rng.choice(self.marks),))
            packets.append(Packet(data, 0, now, rng.randrange(1 << 32)))
        return packets


def small_case(seed: int) -> SmallCase:
    """The program of a seed."""
    text = _Maker(random.Random(f"small program {seed}"), seed).text()
    return SmallCase(seed, text, parse_program(text))


@dataclass
class _Maker:
    rng: random.Random
    seed: int
    blocks: list[str] = field(default_factory=list)

    def text(self) -> str:
        rng = self.rng
        first = rng.choice(("flow", "flow", "flow", "pairs", "timer", "cells"))
        others = [name for name in (*_STATES, "seen") if name != first]
        states = [first, *dict.fromkeys(rng.sample(others, rng.choice((0, 1, 1, 2))))]
        steps = [*states, *rng.sample([*states, "header"], rng.choice((0, 1)))][:4]
        rng.shuffle(steps)
        for number, step in enumerate(steps):
            self.step(step)(f"s{number}", f"s{number + 1}")
        self.add(f"s{len(steps)}", "emit h", "forward 1:16")
        declared = "\n".join(_STATES[name].format(room=rng.choice((1, 2, 4))) for name in states)
        return _HEAD.format(seed=self.seed, states=declared) + "\n".join(self.blocks) + "\n"

    def add(self, name: str, *lines: str) -> None:
        self.blocks.append("\n".join([f"block {name}", *(f"  {line}" for line in lines)]))

    def step(self, name: str) -> Callable[[str, str], None]:
        steps: dict[str, Callable[[str, str], None]] = {
            "flow": lambda here, then: self.lookup("flow", f"[{self.key()}]", here, then),
            "pairs": lambda here, then: self.lookup("pairs", f"[{self.key()}, h.dst:8]", here, then),
            "timer": self.timer,
            "cells": self.cells,
            "tally": self.tally,
            "seen": self.seen,
            "marks": self.marks,
            "header": self.header,
        }
        return steps[name]

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def key(self) -> str:
        """Sometimes from state, so that no engine can compute it from the packet alone."""
        if self.chance(0.06):
            return self.rng.choice(("h.mark:8", "v:8"))
        return self.rng.choice(("h.src:8", "h.src:8", "h.src:8", "(h.src:8 ^ h.dst:8)", "h.dst:8"))

    def index(self) -> str:
        return self.rng.choice(("(h.src:8 & 1:8)", "(h.src:8 & 1:8)", "(h.dst:8 & 1:8)", "(v:8 & 1:8)", "0:8"))

    def end(self, then: str, drop: float) -> list[str]:
        return [self.rng.choice(("drop no", "drop bad"))] if self.chance(drop) else [f"goto {then}"]

    def lookup(self, table: str, key: str, here: str, then: str) -> None:
        """Hits may restart the timer and be used, a flag may change or remove the entry; misses may make one."""
        self.add(here, f"(hit:1, v:8) = lookup {table} {key}", f"if hit:1 then {here}hit else {here}miss")
        known = [f"touch {table} {key}"] if self.chance(0.7) else []
        known += ["h.mark:8 = h.mark:8 + v:8"] if self.chance(0.8) else []
        if self.chance(0.5):
            self.add(f"{here}hit", *known, f"if h.flag:8[0..0] then {here}flag else {then}")
            change = self.rng.choice((f"update {table} {key} field v (h.dst:8 + 3:8)", f"delete {table} {key}"))
            self.add(f"{here}flag", change, *self.end(then, 0.2))
        else:
            self.add(f"{here}hit", *known, *self.end(then, 0.05))
        if self.chance(0.9):
            value = self.rng.choice(("h.dst:8", "7:8", "v:8 + 1:8"))
            self.add(f"{here}miss", f"(status:8) = insert {table} {key} ({value})", *self.end(then, 0.1))
        else:
            self.add(f"{here}miss", *self.end(then, 0.7))

    def timer(self, here: str, then: str) -> None:
        index = self.index()
        read, write = f"(t:64) = read timer [{index}]", f"write timer [{index}] ($time:64)"
        if self.chance(0.3):
            self.add(here, write, f"goto {then}")
            return
        self.add(here, read, f"if {TIMEOUT_NS}:64 < ($time:64 - t:64) then {here}old else {here}new")
        self.add(
            f"{here}old", "h.mark:8 = h.mark:8 + 16:8", *([write] if self.chance(0.8) else []), *self.end(then, 0.3)
        )
        self.add(f"{here}new", *([write] if self.chance(0.5) else []), *self.end(then, 0.1))

    def cells(self, here: str, then: str) -> None:
        index = self.index()
        reads = [f"(x:8) = read cells [{index}]", "h.mark:8 = h.mark:8 + x:8"] if self.chance(0.85) else []
        self.add(here, *reads, f"if h.flag:8[0..0] then {here}set else {then}")
        value = self.rng.choice(("h.dst:8", "1:8", "x:8 + 1:8"))
        self.add(f"{here}set", f"write cells [{index}] ({value})", *self.end(then, 0.3))

    def tally(self, here: str, then: str) -> None:
        self.add(here, f"(n:8) = rmw tally [{self.index()}] (n:8 + 1:8)", f"if n:8 == 1:8 then {here}one else {then}")
        self.add(f"{here}one", "h.mark:8 = 9:8", *self.end(then, 0.5))

    def seen(self, here: str, then: str) -> None:
        self.add(here, f"count seen [{self.index()}]", f"goto {then}")

    def marks(self, here: str, then: str) -> None:
        key = self.rng.choice(("h.dst:8", "h.src:8"))
        self.add(here, f"(found:1, action:8, m:8) = lookup marks [{key}]", f"if found:1 then {here}in else {here}out")
        self.add(f"{here}in", "h.mark:8 = m:8", f"goto {then}")
        self.add(f"{here}out", *self.end(then, 0.4))

    def header(self, here: str, then: str) -> None:
        self.add(here, f"if h.flag:8[0..0] then {here}set else {then}")
        self.add(f"{here}set", *self.end(then, 0.7))
