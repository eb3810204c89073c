"""Updates of an entry that was inserted just before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.ir.cfg import block_map, header_names, names, op_writes, predecessors, substitute, with_blocks
from cora.ir.nodes import Access, Block, Branch, Const, Expr, Goto, Program
from cora.lower.simplify import simplify


@dataclass(frozen=True, slots=True)
class FoldInserts:
    """An update behind an insert of the same key, on the way on which the insert succeeded, goes into the insert. Where
    it failed there is no entry, and the update would have done nothing.

    Before: `st = t.insert(k, 0); if (st != 0) drop; t.update[s](k, x)`
    After:  `st = t.insert(k, x); if (st != 0) drop`
    """

    @property
    def name(self) -> str:
        return "fold-inserts"

    def run(self, program: Program) -> Program:
        by_name = block_map(program.blocks)
        for name in [b.name for b in program.blocks]:
            for i, op in enumerate(by_name[name].ops):
                if isinstance(op, Access) and op.kind == "insert":
                    _fold(program, by_name, name, i)
        return with_blocks(program, by_name.values())


def _fold(program: Program, by_name: dict[str, Block], name: str, index: int) -> None:
    """Follows the way of success from the insert and moves what it finds into it."""
    insert = by_name[name].ops[index]
    assert isinstance(insert, Access)
    headers = header_names(program)
    sources = predecessors(by_name.values())
    fields = [f.name for f in program.state(insert.state).values]
    written = set(op_writes(insert, headers))
    args = list(insert.args)
    gone: dict[str, set[int]] = {}
    here, position = name, index + 1
    while True:
        block = by_name[here]
        for i, op in enumerate(block.ops[position:], position):
            if isinstance(op, Access) and op.state == insert.state:
                if op.kind != "update" or op.key != insert.key or _reads(op, written):
                    return _finish(by_name, name, index, tuple(args), gone)
                args[fields.index(op.field)] = op.args[0]
                gone.setdefault(here, set()).add(i)
            written |= op_writes(op, headers)
        onward = _success(block, insert)
        if onward is None or len(sources[onward]) != 1:
            return _finish(by_name, name, index, tuple(args), gone)
        here, position = onward, 0


def _reads(op: Access, written: set[str]) -> bool:
    return any(names(e) & written for e in (*op.key, *op.args))


def _success(block: Block, insert: Access) -> str | None:
    """The block that follows if the insert stored the entry; None if that depends on something else."""
    match block.end:
        case Goto(target=target):
            return target
        case Branch(cond=cond, then=then, orelse=orelse):
            stored: dict[str, Expr] = {insert.results[0].name: Const(0, 8)}
            known = simplify(substitute(cond, stored))
            return (then if known.value else orelse) if isinstance(known, Const) else None
        case _:
            return None


def _finish(
    by_name: dict[str, Block], name: str, index: int, args: tuple[Expr, ...], gone: dict[str, set[int]]
) -> None:
    block = by_name[name]
    insert = block.ops[index]
    assert isinstance(insert, Access)
    by_name[name] = replace(block, ops=(*block.ops[:index], replace(insert, args=args), *block.ops[index + 1 :]))
    for label, positions in gone.items():
        ops = tuple(op for i, op in enumerate(by_name[label].ops) if i not in positions)
        by_name[label] = replace(by_name[label], ops=ops)
