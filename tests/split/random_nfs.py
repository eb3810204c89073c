"""Random network functions: lookups with hits and misses, touches, guarded updates, slots with timers, counters.

Unlike `strategies.programs`, whose states are used without a pattern, these have paths that copies can serve.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from cora.ir.nodes import Program
from cora.ir.text import parse_program

_STATES = """
table marks [key:32] -> (action:8, mark.value:32) capacity 4 default (0, 3) actions (none, mark)
  row (1) -> (1, 5)
  row (2) -> (1, 6)
flow_table ft0 [a:32] -> (v:32, w:8) capacity {room} idle (40)
flow_table ft1 [a:32, b:16] -> ($profile:8, v:32) capacity {room} idle (25, 90)
register timer [i:32] -> (t:64) capacity 6
register cells [i:32] -> (x:32, y:8) capacity 6
register tally [i:32] -> (n:16) capacity 4
counter seen [i:8] -> () capacity 3
body body
block start
  room:1 = room 128:32
  if room:1 then parse else body
block parse
  extract h
  goto body
"""


def random_nf(seed: int, *, changing: bool = False) -> Program:
    """A network function over the header of `mini_programs.frame`; a `changing` one often updates what it has found."""
    return parse_program(_Maker(random.Random(seed), changing).text())


class _Maker:
    def __init__(self, rng: random.Random, changing: bool) -> None:
        self.rng = rng
        self.changing = changing
        self.blocks: list[str] = []
        self.number = 0

    def text(self) -> str:
        header = "header h: src:32 dst:32 sport:16 dport:16 proto:8 flags:8 ttl:8 spare:8\n"
        states = _STATES.format(room=self.rng.choice((3, 6)))
        self.sequence("body", self.rng.choice((2, 3, 4)), None)
        return "program random_nf for test\n" + header + states.lstrip() + "\n".join(self.blocks)

    def fresh(self) -> str:
        self.number += 1
        return f"b{self.number}"

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    # ------------------------------------------------------------ pieces of text

    def value(self) -> str:
        """An expression of 32 bits, of headers, earlier reads or constants."""
        return self.pick(
            "h.src:32", "h.dst:32", "h.src:32", "k:32", "v:32", "x:32", "m:32", "(k:32 + 1:32)", "1:32",
            "zext(h.sport:16, 32)", "(h.src:32 & 3:32)",
        )  # fmt: skip

    def key(self, table: str) -> str:
        first = self.pick("h.src:32", "h.dst:32", "k:32", "(k:32 ^ 1:32)", "(h.src:32 & 1:32)", "h.dst:32")
        if self.rng.random() < 0.05:
            first = self.pick("m:32", "v:32")
        return f"[{first}]" if table == "ft0" else f"[{first}, {self.pick('h.sport:16', 'h.dport:16', '7:16')}]"

    def index(self, *, of_state: float = 0.4) -> str:
        if self.rng.random() < of_state:
            return self.pick("(v:32 & 3:32)", "(x:32 & 3:32)", "(m:32 & 3:32)")
        return self.pick("(h.src:32 & 3:32)", "(h.dst:32 & 3:32)", "(k:32 & 3:32)", "2:32")

    def packet_value(self) -> str:
        return self.pick("h.src:32", "h.dst:32", "zext(h.sport:16, 32)", "(h.src:32 + 1:32)")

    def statement(self) -> str:
        if self.rng.random() < 0.04:
            return f"digest news ({self.value()})"
        index, value = self.index(), self.value()
        return self.pick(
            f"k:32 = {self.packet_value()}",
            f"k:32 = {self.packet_value()}",
            "k:32 = hash crc32 (h.src:32, h.sport:16)",
            f"(f:1, action:8, m:32) = lookup marks [{self.packet_value()}]",
            self.pick("count seen [0:8]", "h.proto:8 = 2:8", "h.proto:8 = 3:8"),
            f"write timer [{index}] ($time:64)",
            f"write timer [{index}] ($time:64)",
            f"(x:32, y:8) = read cells [{index}]",
            f"h.dst:32 = {value}",
            "h.ttl:8 = h.ttl:8 - 1:8",
            "coin:8 = random (0:8, 7:8)",
            "h.spare:8 = h.spare:8 + 1:8",
        )

    def owner_statement(self, table: str, key: str) -> str:
        index, value = self.index(), self.value()
        field, new = self.pick(f"v {value}", "v 9:32").split(" ", 1)
        return self.pick(
            f"update {table} {key} field {field} ({new})",
            f"delete {table} {key}",
            f"write cells [{index}] ({value}, 1:8)",
            f"write cells [{index}] ({value}, h.flags:8)",
            f"(n:16) = rmw tally [{index}] (n:16 + 1:16)",
        )

    def insert(self, table: str, key: str) -> str:
        values = f"({self.value()}, h.flags:8)" if table == "ft0" else f"({self.pick('0:8', '1:8')}, {self.value()})"
        return f"(status:8) = insert {table} {key} {values}"

    def verdict(self, lines: list[str]) -> None:
        if self.rng.random() < 0.25:
            lines.append(f"drop {self.pick('no', 'bad')}")
        else:
            lines += ["emit h", f"forward {self.pick('1:16', '2:16', 'v:32[15..0]', '$port:16')}"]

    # ------------------------------------------------------------ control flow

    def sequence(self, name: str, budget: int, tail: str | None) -> None:
        """A block and all that comes after it, down to `tail` or a verdict."""
        lines = [self.statement() for _ in range(self.rng.choice((0, 0, 0, 1, 2)))]
        if budget == 0:
            if tail is None:
                self.verdict(lines)
            else:
                lines.append(f"goto {tail}")
            self.add(name, lines)
            return
        join = self.fresh() if self.rng.random() < 0.4 else None
        inner = join or tail
        self.pick_branch()(name, lines, budget, inner)
        if join is not None:
            self.sequence(join, budget - 1, tail)

    def pick_branch(self) -> Callable[[str, list[str], int, str | None], None]:
        return self.rng.choice((self.lookup, self.lookup, self.timer, self.header, self.guard))

    def add(self, name: str, lines: list[str]) -> None:
        self.blocks.append("\n".join([f"block {name}", *(f"  {line}" for line in lines)]))

    def fork(self, name: str, lines: list[str], cond: str, budget: int, tail: str | None) -> None:
        yes, no = self.fresh(), self.fresh()
        self.add(name, [*lines, f"if {cond} then {yes} else {no}"])
        self.sequence(yes, budget - 1, tail)
        self.sequence(no, budget - 1, tail)

    def lookup(self, name: str, lines: list[str], budget: int, tail: str | None) -> None:
        """A hit may touch and change the entry, a miss may make one."""
        table = self.pick("ft0", "ft1")
        key = self.key(table)
        results = "(hit:1, v:32, w:8)" if table == "ft0" else "(hit:1, p:8, v:32)"
        hit, miss, after_hit, after_miss = (self.fresh() for _ in range(4))
        self.add(name, [*lines, f"{results} = lookup {table} {key}", f"if hit:1 then {hit} else {miss}"])
        known = [f"touch {table} {key}"] if self.rng.random() < 0.8 else []
        if self.changing and self.rng.random() < 0.7:
            known.append(f"update {table} {key} field v ({self.pick('v:32 + 1:32', 'k:32', 'h.dst:32')})")
        if self.rng.random() < 0.4:
            change, same = self.fresh(), after_hit
            self.add(hit, [*known, f"if h.flags:8[0..0] then {change} else {same}"])
            self.add(change, [self.owner_statement(table, key), f"goto {same}"])
        else:
            self.add(hit, [*known, f"goto {after_hit}"])
        self.sequence(after_hit, budget - 1, tail)
        new = [self.insert(table, key)] if self.rng.random() < 0.8 else []
        self.add(miss, [*new, f"goto {after_miss}"])
        self.sequence(after_miss, budget - 1, tail)

    def timer(self, name: str, lines: list[str], budget: int, tail: str | None) -> None:
        read = f"(t:64) = read timer [{self.index(of_state=0.03)}]"
        self.fork(name, [*lines, read], "30:64 < ($time:64 - t:64)", budget, tail)

    def header(self, name: str, lines: list[str], budget: int, tail: str | None) -> None:
        cond = self.pick("$port:16 == 0:16", "h.flags:8[1..1]", "h.sport:16 == 0:16", "h.$valid:1")
        self.fork(name, lines, cond, budget, tail)

    def guard(self, name: str, lines: list[str], budget: int, tail: str | None) -> None:
        cond = self.pick("x:32 == 1:32", "v:32 < 4:32", "status:8 == 1:8", "y:8 != 0:8")
        self.fork(name, lines, cond, budget, tail)
