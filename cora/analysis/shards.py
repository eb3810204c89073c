"""Whether each record of a state group may live on one engine at a time, and by which key packets are told apart.

Two accesses that may reach one cell must have the same *shard*, and it must be computable before the first access:
then whoever has the records of a shard sees every packet that concerns them. Here the shard of a packet is the key with
which it first accesses the group; so all that it accesses afterwards must have that key, or one that follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cora.analysis.copies import LookedUp, Place
from cora.analysis.graph import AccessSite, Partition, ShardKey, StateGroup
from cora.analysis.origins import origins, same_key, symmetric
from cora.analysis.values import Flow, Site, Slice, identity, interpret, slice_of
from cora.ir.cfg import block_map, children, op_exprs, successors
from cora.ir.nodes import Access, Const, Expr, Program, State, Var

Key = tuple[Expr, ...]
Conflict = tuple[AccessSite, AccessSite, str]


def runs_on_record(op: Access, known: LookedUp) -> bool:
    """Whether the engine that has the record may run this access: it changes no number of entries, which only the host
    knows, and the packet has looked the record up, so that it is known to be there."""
    match op.kind:
        case "lookup":
            return True
        case "touch" | "update":
            return (op.state, op.key) in known
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Layout:
    """The staged program and where its stages begin."""

    program: Program
    stage_of: Mapping[str, int]
    headers: Mapping[int, str]
    _flows: dict[tuple[str, frozenset[str]], Flow] = field(default_factory=dict[tuple[str, frozenset[str]], Flow])
    _slices: dict[frozenset[str], Slice] = field(default_factory=dict[frozenset[str], Slice])

    def flow(self, start: str, tables: frozenset[str]) -> Flow:
        """What keys of these tables are from a block on, over variables as they are there."""
        if (start, tables) not in self._flows:
            part = self._slices.setdefault(tables, slice_of(self.program, tables))
            self._flows[start, tables] = interpret(self.program, (start,), identity, part=part)
        return self._flows[start, tables]

    def first_stages(self, tables: frozenset[str]) -> list[str]:
        """The blocks at which stages begin that are the first on some way to access one of these tables."""
        blocks = block_map(self.program.blocks)
        waiting, seen, found = [self.program.blocks[0].name], set[str](), dict[str, None]()
        while waiting:
            block = blocks[waiting.pop()]
            if block.name in seen:
                continue
            seen.add(block.name)
            if any(isinstance(op, Access) and op.state in tables for op in block.ops):
                found[self.headers[self.stage_of[block.name]]] = None
            else:
                waiting.extend(successors(block.end))
        return list(found)


def shard_facts(
    layout: Layout, states: Sequence[State], places: Mapping[str, Sequence[Place]]
) -> tuple[ShardKey | None, tuple[Conflict, ...]]:
    """The key by which the records of a group are told apart, or the conflicts because of which there is none."""
    used = [state for state in states if places[state.name]]
    sites = {(p.facts.block, p.facts.index): p.site for state in used for p in places[state.name]}
    for state in used:
        if state.kind != "flow_table":
            site = places[state.name][0].site
            return None, ((site, site, f"a cell of a {state.kind} is always there: nothing tells which engine has it"),)
    tables = {state.name: state for state in used}
    candidates = dict(tables)
    symmetrical = True
    for start in layout.first_stages(frozenset(tables)):
        flow = layout.flow(start, frozenset(tables))
        keys: dict[str, tuple[Site, Key]] = {}
        for found in (s for s in flow.sites if s.op.state in tables):
            first = keys.get(found.op.state)
            reason = _why_not(layout.program, start, found, first)
            if reason:
                other = first[0] if first is not None else found
                return None, ((sites[found.block, found.index], sites[other.block, other.index], reason),)
            if first is None:
                keys[found.op.state] = found, _only(found)
        coarse = [t for t in keys if all(_determines(key, keys[t][1], flow) for _, key in keys.values())]
        if not coarse:
            one, other = (sites[s.block, s.index] for s, _ in list(keys.values())[:2])
            return None, ((one, other, "one packet accesses records of different shards there"),)
        candidates = {name: state for name, state in candidates.items() if name in coarse}
        symmetrical &= symmetric(origins(layout.program, start, keys[coarse[0]][1]))
    if not candidates:
        return None, ()
    name, state = next(iter(candidates.items()))
    return ShardKey(name, tuple(f.name for f in state.key), symmetrical), ()


def _only(site: Site) -> Key:
    keys = site.keys
    assert keys is not None and len(keys) == 1
    return keys[0]


def _why_not(program: Program, start: str, site: Site, first: tuple[Site, Key] | None) -> str:
    keys = site.keys
    if keys is None or len(keys) > 1:
        return "its key can't be computed before the packet first accesses the state"
    if first is not None and not same_key(program, start, keys[0], first[1]):
        return "a packet may access two records there, which may be on different engines"
    return ""


def _determines(fine: Key, coarse: Key, flow: Flow) -> bool:
    """Whether packets with one value of `fine` have one value of `coarse`."""
    return all(_function_of(expr, frozenset(fine), flow) for expr in coarse)


def _function_of(expr: Expr, known: frozenset[Expr], flow: Flow) -> bool:
    if expr in known or isinstance(expr, Const):
        return True
    if isinstance(expr, Var):
        definition = flow.definitions.get(expr.name)
        return definition is not None and all(_function_of(e, known, flow) for e in op_exprs(definition))
    return all(_function_of(child, known, flow) for child in children(expr))


def partitions(layout: Layout, groups: Iterable[StateGroup]) -> tuple[Partition, ...]:
    """For each shard key the groups that may be sharded in one plan with it as the partition key: those in which equal
    keys mean equal partitions, on every way on which a packet accesses both."""
    keyed = {group.name: group.shard_key for group in groups if group.shard_key is not None}
    found: list[Partition] = []
    for name, key in keyed.items():
        members = [other for other, theirs in keyed.items() if other == name or _follows(layout, theirs, key)]
        found.append(Partition(name, key, tuple(members)))
    return tuple(found)


def _follows(layout: Layout, fine: ShardKey, coarse: ShardKey) -> bool:
    """Whether every packet that accesses both has its `coarse` key determined by its `fine` one. Of groups that no
    packet accesses together nothing is known: their records could belong to one shard by chance only."""
    tables = frozenset((fine.table, coarse.table))
    starts = layout.first_stages(tables)
    together = False
    for start in starts:
        flow = layout.flow(start, tables)
        keys = {table: {k for s in flow.sites if s.op.state == table for k in s.keys or ()} for table in _tables(flow)}
        if fine.table in keys and coarse.table in keys:
            together = True
            theirs, ours = keys[fine.table], keys[coarse.table]
            if len(theirs) != 1 or not all(_determines(next(iter(theirs)), key, flow) for key in ours):
                return False
    return together


def _tables(flow: Flow) -> frozenset[str]:
    return frozenset(site.op.state for site in flow.sites)
