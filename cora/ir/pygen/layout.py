"""Control flow of a program as nested Python.

A block that only one other block leads to stands inside the arm of that block's branch. All other blocks (joins, resume
points, and whatever would be nested too deep) are *sections*: they follow each other at the outermost level in
topological order, each behind `if b == its number:`, and whoever goes there sets `b`. A packet only moves forward, so
one pass over the sections is enough. Sections stand in groups so that far jumps don't test every number.
"""

from __future__ import annotations

import heapq
from itertools import takewhile

from cora.ir.cfg import predecessors, roots, successors
from cora.ir.nodes import Branch, Drop, Extract, Forward, Goto, HandOff, Program, Switch
from cora.ir.pygen.facts import Facts
from cora.ir.pygen.ops import Lines, Ops

_DEEPEST = 30
"""Branches within one section: Python's parser stops at 100 levels of indentation."""
_GROUP = 6


class Layout:
    """Writes the body of the function: from the choice of the entry to the last verdict."""

    def __init__(self, program: Program, facts: Facts, ops: Ops) -> None:
        self.facts = facts
        self.ops = ops
        self.number = {name: at for at, name in enumerate(facts.order)}
        self.roots = roots(program)
        before = predecessors(facts.blocks[name] for name in facts.order)
        self.joins = {name for name, sources in before.items() if len(sources) != 1} | set(self.roots)
        self.targets: list[int] = []
        """A heap of the sections that something written so far goes to."""
        self.targeted: set[int] = set()

    def body(self) -> Lines:
        """All sections; the caller has set `b` if there are several roots."""
        for name in self.roots:
            self._target(name)
        sections: list[tuple[int, bool, Lines]] = []
        while self.targets:
            number = heapq.heappop(self.targets)
            # Where nothing else is still ahead, every packet that comes here goes here.
            guarded = bool(self.targets)
            lines: Lines = []
            self._tree(self.facts.order[number], 1, lines)
            sections.append((number, guarded, lines))
        return _grouped(sections)

    def _target(self, name: str) -> int:
        number = self.number[name]
        if number not in self.targeted:
            self.targeted.add(number)
            heapq.heappush(self.targets, number)
        return number

    def _tree(self, name: str, depth: int, lines: Lines) -> bool:
        """Writes a block and what it leads to alone; says whether packets may come out at the end (to `b`)."""
        while True:
            following = self._block(name, lines)
            if following is None:
                return self._branches(name, depth, lines)
            if following in self.joins:
                lines.append(f"b = {self._target(following)}")
                return True
            name = following

    def _block(self, name: str, lines: Lines) -> str | None:
        """Writes a block's operations; gives the target if it just goes on."""
        block = self.facts.blocks[name]
        cursor = self.facts.cursors[name]
        if self.facts.trace:
            lines.append(f"blocks.append({name!r})")
        for op, live in zip(block.ops, self.facts.live_after[name][1:], strict=True):
            if isinstance(op, Extract) or not self.facts.is_dead(op, live):
                lines += self.ops.op(op, live, cursor)
            cursor = self.facts.after(op, cursor)
        if isinstance(block.end, Forward | Drop | HandOff):
            lines += self.ops.verdict(block.end, cursor)
            return None
        after = {self.facts.cursors[target].at for target in successors(block.end)}
        if cursor.at is not None and None in after:
            lines.append(f"cur = {cursor.at}")
        targets = successors(block.end)
        return targets[0] if len(targets) == 1 else None

    def _branches(self, name: str, depth: int, lines: Lines) -> bool:
        exprs = self.ops.exprs
        match self.facts.blocks[name].end:
            case Branch(cond=cond, then=then, orelse=orelse):
                arms = [(f"if {exprs.condition(cond)}:", then), ("else:", orelse)]
            case Switch(value=value, cases=cases, default=default):
                lines.append(f"x = {exprs.value(value)}")
                arms = _switch_arms(cases, default)
            case Goto() | Forward() | Drop() | HandOff():
                return False
        return self._arms(arms, depth, lines)

    def _arms(self, arms: list[tuple[str, str]], depth: int, lines: Lines) -> bool:
        """Writes arms of one `if`; the last one needs no `else` if none of the others comes out."""
        comes_out = False
        for head, target in arms[:-1]:
            lines.append(head)
            comes_out |= self._arm(target, depth + 1, lines)
        head, target = arms[-1]
        if comes_out:
            lines.append(head)
            self._arm(target, depth + 1, lines)
            return True
        if target in self.joins or depth > _DEEPEST:
            lines.append(f"b = {self._target(target)}")
            return True
        return self._tree(target, depth + 1, lines)

    def _arm(self, target: str, depth: int, lines: Lines) -> bool:
        if target in self.joins or depth > _DEEPEST:
            lines.append(f"    b = {self._target(target)}")
            return True
        inner: Lines = []
        comes_out = self._tree(target, depth, inner)
        lines += [f"    {line}" for line in inner or ["pass"]]
        return comes_out


def _switch_arms(cases: tuple[tuple[int, str], ...], default: str) -> list[tuple[str, str]]:
    by_target: dict[str, list[int]] = {}
    for value, target in cases:
        if target != default:
            by_target.setdefault(target, []).append(value)
    arms: list[tuple[str, str]] = []
    for target, values in by_target.items():
        word = "elif" if arms else "if"
        test = f"x == {values[0]}" if len(values) == 1 else f"x in {tuple(values)}"
        arms.append((f"{word} {test}:", target))
    return [*arms, ("else:", default)]


def _grouped(sections: list[tuple[int, bool, Lines]]) -> Lines:
    """Sections behind their tests, and groups of guarded sections behind a test for all of them."""
    lines: Lines = []
    at = 0
    while at < len(sections):
        _, guarded, section = sections[at]
        if not guarded:
            lines += section
            at += 1
            continue
        group = list(takewhile(lambda s: s[1], sections[at : at + _GROUP]))
        inner: Lines = []
        for member, _, member_lines in group:
            inner += [f"if b == {member}:", *(f"    {line}" for line in member_lines or ["pass"])]
        lines += [f"if b <= {group[-1][0]}:", *(f"    {line}" for line in inner)] if len(group) > 2 else inner
        at += len(group)
    return lines
