"""A rule broken at all of its places at once: what the splits with one broken place each differ in, together.

Where code has the same rule twice, the second place hides that the first one is broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cora.ir.nodes import Block, HandOff, Op, Terminator
from cora.split.engines import Split


@dataclass
class _Changes:
    """Of one block."""

    ops: dict[tuple[int, int], tuple[Op, ...]] = field(default_factory=dict[tuple[int, int], tuple[Op, ...]])
    """Instead of the operations from one number to before another."""
    end: Terminator | None = None

    def note(self, block: Block, broken: Block) -> None:
        first, behind, instead = _replaced(block.ops, broken.ops)
        if instead or first < behind:
            overlaps = any(first < b and a < behind for a, b in self.ops)
            if not overlaps:
                self.ops.setdefault((first, behind), instead)
        if broken.end != block.end:
            self.end = broken.end if self.end is None else _together(block.end, self.end, broken.end)

    def made(self, block: Block) -> Block:
        ops = list(block.ops)
        for (first, behind), instead in sorted(self.ops.items(), reverse=True):
            ops[first:behind] = instead
        return replace(block, ops=tuple(ops), end=block.end if self.end is None else self.end)


def everywhere(split: Split, broken: Iterable[Split]) -> Split:
    """The split with all that differs from it in each of the broken ones; of changes to the same thing the first."""
    changes: dict[tuple[str, str], _Changes] = {}
    for one in broken:
        for engine in split.engines:
            blocks = zip(engine.program.blocks, one.engine(engine.engine).program.blocks, strict=True)
            for right, wrong in blocks:
                if right is not wrong and right != wrong:
                    changes.setdefault((engine.engine, right.name), _Changes()).note(right, wrong)

    def made(engine: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
        return tuple(changes[engine, b.name].made(b) if (engine, b.name) in changes else b for b in blocks)

    engines = tuple(
        replace(e, program=replace(e.program, blocks=made(e.engine, e.program.blocks))) for e in split.engines
    )
    return replace(split, engines=engines)


def _replaced(right: Sequence[Op], wrong: Sequence[Op]) -> tuple[int, int, tuple[Op, ...]]:
    """From which operation on to before which one there are others instead."""
    shorter = min(len(right), len(wrong))
    start = next((n for n in range(shorter) if right[n] != wrong[n]), shorter)
    rest = shorter - start
    tail = next((n for n in range(rest) if right[-1 - n] != wrong[-1 - n]), rest)
    return start, len(right) - tail, tuple(wrong[start : len(wrong) - tail])


def _together(right: Terminator, one: Terminator, other: Terminator) -> Terminator:
    """Both changes of what a block ends in: values that a hand-off sends; of anything else only the first."""
    if not (isinstance(right, HandOff) and isinstance(one, HandOff) and isinstance(other, HandOff)):
        return one
    changed = [n for n, expr in enumerate(right.live) if other.live[n] != expr]
    if any(one.live[n] != right.live[n] for n in changed):
        return one
    return replace(one, live=tuple(other.live[n] if n in changed else expr for n, expr in enumerate(one.live)))
