"""Which accesses on far concern copies on near, and how a verdict finds out what they did.

An answer brings the copies of the flow-table entries that the packet used and the register cells that it wrote. A
verdict looks at the current content of each of these keys once more. So a site needs its key, as it was, and, where it
may have been passed by, a flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cora.analysis.values import identity, interpret
from cora.ir.cfg import block_map, header_names, names, op_writes, reachable
from cora.ir.nodes import Access, Assign, Block, Const, Expr, Op, Program, Var, width
from cora.split.placement import Placement

Key = tuple[Expr, ...]
_USES = ("lookup", "insert", "update")
_WRITES = ("write", "rmw")


@dataclass(slots=True)
class Target:
    """A key of a copied state that some sites use."""

    state: str
    key: Key
    """Valid at every verdict that comes after one of the sites."""
    flag: Var
    """Set by the sites, where no site stands on every way to a verdict."""
    blocks: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Sites:
    body: frozenset[str]
    targets: list[Target]
    captures: dict[tuple[str, int], tuple[Assign, ...]]
    """By block and index of the operation: what to remember before it."""

    def with_captures(self, block: Block) -> tuple[Op, ...]:
        ops: list[Op] = []
        for index, op in enumerate(block.ops):
            ops += [*self.captures.get((block.name, index), ()), op]
        return tuple(ops)


def find_sites(program: Program, placement: Placement) -> Sites:
    """All sites of far's program, by target, in topological order."""
    blocks = block_map(program.blocks)
    body = reachable(program.blocks, (program.body,))
    sites = Sites(body, [], {})
    same: dict[tuple[str, Key], Target] = {}
    computable = _computable(program)
    for block in (b for b in program.blocks if b.name in body):
        later = _written_later(program, blocks, block)
        for index, op in enumerate(block.ops):
            if not _concerns(op, placement) or (block.name, index) not in computable:
                continue
            assert isinstance(op, Access)
            captures: list[Assign] = []
            target = same.get((op.state, op.key))
            stable = not any(names(e) & later[index] for e in op.key)
            if target is None or not stable:
                target = _new_target(op, len(sites.targets), stable, captures)
                sites.targets.append(target)
                if stable:
                    same[op.state, op.key] = target
            target.blocks.append(block.name)
            captures.append(Assign(target.flag, Const(1, 1)))
            sites.captures[block.name, index] = tuple(captures)
    return sites


def _concerns(op: Op, placement: Placement) -> bool:
    if not isinstance(op, Access) or op.state not in placement.copied:
        return False
    if op.state in placement.copy_entries:
        return op.kind in _USES
    return op.kind in _WRITES


def _computable(program: Program) -> frozenset[tuple[str, int]]:
    """Accesses whose copies near has taken back (their keys are functions of the packet), and all register writes."""
    registers = {s.name for s in program.states if s.kind == "register"}
    flow = interpret(program, (program.body,), identity)
    return frozenset(
        (site.block, site.index)
        for site in flow.sites
        if site.op.state in registers or site.level not in ("state", "opaque")
    )


def _written_later(program: Program, blocks: Mapping[str, Block], block: Block) -> list[frozenset[str]]:
    """By index of an operation: the variables that it or anything after it may write."""
    headers = header_names(program)
    after = reachable(program.blocks, (block.name,)) - {block.name}
    written = frozenset[str]().union(*(op_writes(op, headers) for name in after for op in blocks[name].ops))
    found: list[frozenset[str]] = []
    for op in reversed(block.ops):
        written |= op_writes(op, headers)
        found.append(written)
    return found[::-1]


def _new_target(op: Access, number: int, stable: bool, captures: list[Assign]) -> Target:
    key = op.key
    if not stable:
        copies = [Var(f"$key{number}.{i}", width(e)) for i, e in enumerate(op.key)]
        captures += [Assign(copy, e) for copy, e in zip(copies, op.key, strict=True)]
        key = tuple(copies)
    return Target(op.state, key, Var(f"$used{number}", 1))
