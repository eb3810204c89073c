"""Fewer and straighter jumps: known branches are taken, empty and single-entry blocks merged, jumps threaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cora.ir.cfg import block_map, header_names, predecessors, retarget, roots, substitute, successors, with_blocks
from cora.ir.nodes import Assign, Block, Branch, Const, Expr, Goto, Op, Program, Switch, Terminator, Un
from cora.lower.facts import Facts, after, apply_facts, known
from cora.lower.simplify import negated, simplify


def fold_end(end: Terminator) -> Terminator:
    """A branch on a constant becomes a jump; so does one whose ways lead to one place."""
    match end:
        case Branch(cond=Const(value=value), then=then, orelse=orelse, span=span):
            return Goto(then if value else orelse, span)
        case Branch(cond=Un(op="not", a=a), then=then, orelse=orelse, span=span):
            return fold_end(Branch(a, orelse, then, span))
        case Switch(value=Const(value=value), cases=cases, default=default, span=span):
            return Goto(dict(cases).get(value, default), span)
        case Switch(cases=cases, default=default) if any(label == default for _, label in cases):
            return fold_end(replace(end, cases=tuple((v, label) for v, label in cases if label != default)))
        case Branch() | Switch() if len(successors(end)) == 1:
            return Goto(successors(end)[0], end.span)
        case _:
            return end


def _pinned(program: Program) -> frozenset[str]:
    """Blocks that must stay what they are: the entry, resume points, and the seam between parser and body."""
    return frozenset((*roots(program), program.body))


@dataclass(frozen=True, slots=True)
class MergeBlocks:
    """Takes branches on constants, skips empty blocks, joins a block with its only predecessor, and drops what can't
    be reached. The body's first block stays apart from the parser.

    Before: `a: x = 1; goto b    b: goto c    c: (only from b) forward(x)`
    After:  `a: x = 1; forward(x)`
    """

    @property
    def name(self) -> str:
        return "merge-blocks"

    def run(self, program: Program) -> Program:
        blocks = [replace(b, end=fold_end(b.end)) for b in program.blocks]
        program = with_blocks(program, blocks)
        program = self._skip_empty(program)
        return self._join_single(program)

    def _skip_empty(self, program: Program) -> Program:
        pinned = _pinned(program)
        skip: dict[str, str] = {}
        blocks: list[Block] = []
        # Successors first: chains collapse in one walk, also where skipping makes both ways of a branch one.
        for block in reversed(program.blocks):
            block = replace(block, end=fold_end(retarget(block.end, lambda t: skip.get(t, t))))
            blocks.append(block)
            match block:
                case Block(name=name, ops=(), end=Goto(target=target)) if name not in pinned:
                    skip[name] = target
                case _:
                    pass
        return with_blocks(program, reversed(blocks))

    def _join_single(self, program: Program) -> Program:
        pinned = _pinned(program)
        sources = predecessors(program.blocks)
        by_name = block_map(program.blocks)
        gone: set[str] = set()
        for block in reversed(program.blocks):
            match by_name[block.name].end:
                case Goto(target=target) if target not in pinned and len(sources[target]) == 1:
                    merged = by_name[target]
                    by_name[block.name] = Block(block.name, (*by_name[block.name].ops, *merged.ops), merged.end)
                    gone.add(target)
                case _:
                    pass
        return with_blocks(program, [by_name[b.name] for b in program.blocks if b.name not in gone])


@dataclass(frozen=True, slots=True)
class ThreadJumps:
    """Where the way into a block decides its branch, goes straight on: so what is known about a packet (it hit, it was
    dropped) shows in the path that it takes. Duplicates at most `max_ops` assignments each time.

    Before: `a: d = 1; goto c    b: d = 0; goto c    c: if (d) goto e else goto f`
    After:  `a: d = 1; goto e    b: d = 0; goto f`
    """

    max_ops: int = 8

    @property
    def name(self) -> str:
        return "thread-jumps"

    def run(self, program: Program) -> Program:
        on_edge = known(program).on_edge
        headers = header_names(program)
        by_name = block_map(program.blocks)
        pinned = _pinned(program)
        labels = set(by_name)
        added: list[Block] = []
        changed: list[Block] = []
        for block in program.blocks:
            moved: dict[str, str] = {}
            for i, target in enumerate(successors(block.end)):
                through = by_name[target]
                if target in pinned or not isinstance(through.end, Branch | Switch):
                    continue
                straight = self._through(headers, through, on_edge[block.name, i], _decided(block.end, target))
                if straight is not None:
                    ops, goto = straight
                    moved[target] = goto.target
                    if ops:
                        name = _unused(target, labels)
                        added.append(Block(name, ops, goto))
                        moved[target] = name
            changed.append(replace(block, end=fold_end(retarget(block.end, lambda t, m=moved: m.get(t, t)))))
        return with_blocks(program, (*changed, *added))

    def _through(
        self, headers: Mapping[str, frozenset[str]], block: Block, edge: Facts, decided: dict[Expr, Expr]
    ) -> tuple[tuple[Op, ...], Goto] | None:
        """The block's assignments and where it goes, when it is entered with these facts; None if that is open.
        `decided` holds conditions that the block before has found out."""
        if len(block.ops) > self.max_ops or not all(isinstance(op, Assign) for op in block.ops):
            return None
        facts = edge.copy()
        ops: list[Op] = []
        for op in block.ops:
            ops.append(apply_facts(op, facts, frozenset()))
            after(op, facts, headers)
        match block.end:
            case Branch(cond=cond):
                cond = cond if block.ops else decided.get(cond, cond)
                end = fold_end(replace(block.end, cond=simplify(substitute(cond, facts))))
            case Switch(value=value):
                end = fold_end(replace(block.end, value=simplify(substitute(value, facts))))
            case _:
                return None
        return (tuple(ops), end) if isinstance(end, Goto) else None


def _decided(end: Terminator, target: str) -> dict[Expr, Expr]:
    """What the condition of a branch, and its complement, are on the way to `target`."""
    match end:
        case Branch(cond=cond, then=then, orelse=orelse) if then != orelse:
            holds = int(target == then)
            return {cond: Const(holds, 1), negated(cond): Const(1 - holds, 1)}
        case _:
            return {}


def _unused(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_t{number}" in taken:
        number += 1
    taken.add(f"{name}_t{number}")
    return f"{name}_t{number}"
