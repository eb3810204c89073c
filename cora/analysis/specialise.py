"""Duplicates what follows the lookup of a flow table, so that hits and misses can be placed apart.

    lookup; if hit {a} else {b}; c    becomes    lookup; if hit {a; c} else {b; c'}

Blocks are cloned by context: which mutable state was read first, which state groups were accessed, and the outcomes of
lookups so far. A packet that has missed in a flow table, or changed what only an owner may change, is *bound* to the
owner of that group: code after it is not duplicated for further lookups there. One that has *changed* a record that it
had looked up is where the record is; code is not duplicated for further hits there. Branches whose outcome a context
knows become jumps, and an entry is not looked up twice. Branches on values that were read from state don't divide
contexts: what tells a NIC's packets from an owner's is what they access, and there a stage begins.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from cora.analysis.known import Known, folded, follow, join, learn_arm
from cora.analysis.lookups import Lookups
from cora.ir.cfg import (
    block_map,
    header_names,
    names,
    op_writes,
    retarget,
    roots,
    successors,
    topological_order,
    with_blocks,
)
from cora.ir.nodes import (
    INPUTS,
    Access,
    Assign,
    Block,
    Branch,
    Op,
    Program,
    Switch,
    Terminator,
    Var,
)


@dataclass(frozen=True, slots=True)
class Context:
    first_read: str = ""
    """The block in which mutable state was read first, "" before that."""
    accessed: frozenset[int] = frozenset()
    """The groups that the packet has accessed, as far as packets change them: with other groups it may have come to
    another engine."""
    bound: frozenset[int] = frozenset()
    """The groups to whose owners it is bound."""
    changed: frozenset[int] = frozenset()
    """The groups of which it has changed a record that it had looked up: only an engine that has the record, and no
    copy, can do that."""
    outcomes: tuple[tuple[str, int], ...] = ()

    def bound_to(self, groups: Set[int]) -> Context:
        """After a miss in these groups, or a change that only their owners may make."""
        return replace(self, bound=self.bound | groups, changed=self.changed - groups, outcomes=())

    def with_changed(self, group: int) -> Context:
        return replace(self, changed=self.changed | {group}, outcomes=())


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a block of the specialised program."""

    context: Context
    divergent: bool
    """It is where a state-dependent branch goes."""
    entered: str
    """In words: which outcome led here ("" if several did, or none)."""
    binds: bool
    """It has an access that fewer engines may run than what came before."""


@dataclass(slots=True)
class _Arrival:
    known: Known
    hits: dict[str, str]
    lookups: Lookups
    divergent: bool
    entered: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What the specialiser asks of the states: which ones packets change, and which registers only by maxima."""

    group_of: Mapping[str, int]
    """By state that packets change: its group. Groups of one number are not told apart."""
    flow_tables: frozenset[str]
    max_registers: frozenset[str]
    records: frozenset[tuple[str, int]]
    """Accesses (block, index) that only change a record which the packet has looked up."""
    depth: int
    """Outcomes of lookups by which contexts are told apart, at most."""
    first_reads: bool
    """Contexts are also told apart by where mutable state was read first, and by what has been accessed."""
    max_blocks: int

    def owner_only(self, op: Op) -> bool:
        """Whether this is an access that no copy may run."""
        if (
            not isinstance(op, Access)
            or op.state not in self.group_of
            or op.kind in ("lookup", "read", "touch", "count", "peek")
        ):
            return False
        return not (op.kind == "write" and op.state in self.max_registers)


def specialise(program: Program, rules: Rules) -> tuple[Program, dict[str, Note]] | None:
    """The program with contexts told apart, and a note on each block; None if it would have too many blocks."""
    return _Specialiser(program, rules).run()


def _same(a: str, b: str) -> str:
    return a if a == b else ""


@dataclass(slots=True)
class _Specialiser:
    program: Program
    rules: Rules
    pending: dict[tuple[int, Context], _Arrival] = field(default_factory=dict[tuple[int, Context], _Arrival])
    names: dict[tuple[str, Context], str] = field(default_factory=dict[tuple[str, Context], str])
    taken: set[str] = field(default_factory=set[str])
    own_names: frozenset[str] = field(init=False)
    """The names of the program's own blocks."""

    def __post_init__(self) -> None:
        self.own_names = frozenset(block.name for block in self.program.blocks)

    notes: dict[str, Note] = field(default_factory=dict[str, Note])
    blocks: list[Block] = field(default_factory=list[Block])

    def run(self) -> tuple[Program, dict[str, Note]] | None:
        program = self.program
        order = topological_order(program.blocks, roots(program))
        index = {name: i for i, name in enumerate(order)}
        blocks = block_map(program.blocks)
        headers = header_names(program)
        tables = {s.name: s for s in program.states if s.name in self.rules.flow_tables}
        start = _Arrival({v.name: None for v in INPUTS}, {}, Lookups(tables), False, "")
        contexts: dict[tuple[int, int], Context] = {(0, 0): Context()}
        serial: dict[tuple[int, Context], int] = {(0, Context()): 0}
        self.pending[0, Context()] = start
        heap = [(0, 0)]
        while heap:
            at = heapq.heappop(heap)
            context = contexts[at]
            arrival = self.pending.pop((at[0], context))
            block = blocks[order[at[0]]]
            name = self.name_of(block.name, context)
            after_ops, ops = self.run_ops(block, context, arrival, headers)
            binds = (after_ops.bound, after_ops.changed) != (context.bound, context.changed)
            self.notes[name] = Note(context, arrival.divergent, arrival.entered, binds)
            context = after_ops
            end, targets = self.successors_of(block, context, arrival)
            self.blocks.append(Block(name, ops, end))
            if len(self.blocks) > self.rules.max_blocks:
                return None
            for target, after, reached in targets:
                key = (index[target], after)
                if key in self.pending:
                    self.pending[key] = _meet(self.pending[key], reached)
                else:
                    self.pending[key] = reached
                    number = serial.setdefault(key, len(serial))
                    contexts[key[0], number] = after
                    heapq.heappush(heap, (key[0], number))
        staged = with_blocks(program, self.blocks)
        return staged, {b.name: self.notes[b.name] for b in staged.blocks}

    def name_of(self, block: str, context: Context) -> str:
        """A name for a clone: the first one keeps the name of the block."""
        found = self.names.get((block, context))
        if found is None:
            found, number = block, 2
            while found in self.taken or (found != block and found in self.own_names):
                found, number = f"{block}.{number}", number + 1
            self.names[block, context] = found
            self.taken.add(found)
        return found

    def run_ops(
        self, block: Block, context: Context, arrival: _Arrival, headers: Mapping[str, frozenset[str]]
    ) -> tuple[Context, tuple[Op, ...]]:
        """The context at the end of a block, and its operations as simple as what is known makes them."""
        ops: list[Op] = []
        for index, op in enumerate(block.ops):
            simple = arrival.lookups.simplified(op, arrival.known)
            ops += simple
            for part in simple:
                _transfer(part, arrival, headers, self.rules)
            if isinstance(op, Access) and op.state in self.rules.group_of:
                group = self.rules.group_of[op.state]
                if self.rules.first_reads:
                    reads = op.kind in ("lookup", "read", "rmw", "meter")
                    first = context.first_read or (block.name if reads else "")
                    context = replace(context, first_read=first, accessed=context.accessed | {group})
                if self.rules.owner_only(op) and group not in context.bound:
                    own = (block.name, index) in self.rules.records
                    context = context.with_changed(group) if own else context.bound_to({group})
        return context, tuple(ops)

    def successors_of(
        self, block: Block, context: Context, arrival: _Arrival
    ) -> tuple[Terminator, list[tuple[str, Context, _Arrival]]]:
        end = folded(block.end, arrival.known)
        unbound = {var: state for var, state in arrival.hits.items() if self.rules.group_of[state] not in context.bound}
        dependent = _tells_hits(end, unbound)
        found: list[tuple[str, Context, _Arrival]] = []
        renamed: dict[str, str] = {}
        for arm, target in enumerate(successors(end)):
            known = dict(arrival.known)
            learn_arm(known, end, target)
            lookups = arrival.lookups.copy()
            lookups.learn(known)
            after = self.after(context, block.name, arm, known, unbound) if dependent else context
            entered = _words(end, known, arrival) if dependent else ""
            renamed[target] = self.name_of(target, after)
            reached = _Arrival(known, dict(arrival.hits), lookups, dependent, entered)
            found.append((target, after, reached))
        return retarget(end, renamed.__getitem__), found

    def after(self, context: Context, block: str, arm: int, known: Known, hits: Mapping[str, str]) -> Context:
        """The context behind a branch on the outcomes of lookups, `hits`."""
        missed = {self.rules.group_of[state] for var, state in hits.items() if known.get(var, 0) == 0}
        if missed:
            return context.bound_to(missed)
        groups = {self.rules.group_of[state] for state in hits.values()}
        if groups <= context.changed or len(context.outcomes) >= self.rules.depth:
            return context
        return replace(context, outcomes=(*context.outcomes, (block, arm)))


def _meet(a: _Arrival, b: _Arrival) -> _Arrival:
    hits = {var: state for var, state in a.hits.items() if b.hits.get(var) == state}
    divergent = a.divergent or b.divergent
    lookups = a.lookups.meet(b.lookups)
    return _Arrival(join(a.known, b.known), hits, lookups, divergent, _same(a.entered, b.entered))


def _transfer(op: Op, arrival: _Arrival, headers: Mapping[str, frozenset[str]], rules: Rules) -> None:
    copied = arrival.hits.get(op.value.name) if isinstance(op, Assign) and isinstance(op.value, Var) else None
    for name in op_writes(op, headers):
        arrival.hits.pop(name, None)
    if isinstance(op, Assign) and copied is not None:
        arrival.hits[op.dst.name] = copied
    if isinstance(op, Access) and op.kind == "lookup" and op.state in rules.flow_tables:
        arrival.hits[op.results[0].name] = op.state
    arrival.lookups.follow(op, headers)
    follow(op, arrival.known, headers)


def _tells_hits(end: Terminator, hits: Mapping[str, str]) -> bool:
    """Whether the branch asks if a flow table had the entry."""
    match end:
        case Branch(cond=expr) | Switch(value=expr):
            return bool(names(expr) & hits.keys())
        case _:
            return False


def _words(end: Terminator, known: Known, arrival: _Arrival) -> str:
    """Which outcome led to the arm where `known` holds: "outbound hit", "outbound miss"; "" if it has no short name."""
    asked = names(end.cond) & arrival.hits.keys() if isinstance(end, Branch) else ()
    for name in sorted(asked):
        value = known.get(name, 0)
        if value is not None:
            return f"{arrival.hits[name]} {'hit' if value else 'miss'}"
    return ""
