"""Where packets of a flow could overtake each other: some finish on near and meet nothing that frames of others name.

A *flow* is what comes by one port and agrees in all that the keys of the program's flow tables are made of (of its
registers and meters, if there are no such keys), in the packet as it was parsed. What numbers of cells are made of is
taken to be the same in a flow, too.

`find_holes` looks at near's program as it would be without more. For each place where near lets a packet out, and each
where it hands one off that may come back, it asks whether a packet of the same flow must, on every way, find an entry
or a cell that the frame has taken or keeps busy. Where that can't be shown the frame names the slot of its flow, and
near lets a packet out only while this slot is idle; else it sends it after the others, to far and back (an *echo*, see
`cora.split.echo`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cora.analysis.values import Flow, identity, interpret
from cora.ir.cfg import op_exprs, reachable, variables
from cora.ir.nodes import Access, Expr, Forward, Program, Var
from cora.split.gates import GATE
from cora.split.numbering import Facts, Number, Numbering

_PORT = Var("$port", 16)
_VARYING = frozenset(("$length", "$time", "$seed", "$resume"))
"""Inputs that differ from packet to packet of a flow."""


@dataclass(frozen=True, slots=True)
class Holes:
    """What has to name the slots of flows; nothing, if there is no hole."""

    flow: tuple[Var, ...] = ()
    """What tells flows apart: variables at the start of the body."""
    exits: frozenset[str] = frozenset()
    """Blocks of near that hand off."""
    outlets: frozenset[str] = frozenset()
    """Blocks of near that let packets out which it has served."""


NO_HOLES = Holes()


def key_variables(program: Program, kinds: Sequence[str]) -> frozenset[Var]:
    """The variables at the start of the body that keys of such states are made of, as far as they can be computed."""
    flow = interpret(program, (program.body,), identity)
    wanted = {state.name for state in program.states if state.kind in kinds} - flow.constant_states
    keys = (key for site in flow.sites if site.op.state in wanted for key in site.keys or ())
    return frozenset(v for key in keys for e in key for v in _start_of(e, flow) if v.name not in _VARYING)


def _start_of(expr: Expr, flow: Flow) -> Iterable[Var]:
    for var in variables(expr):
        if var.name in flow.definitions:
            for part in op_exprs(flow.definitions[var.name]):
                yield from _start_of(part, flow)
        else:
            yield var


@dataclass(frozen=True, slots=True)
class _Out:
    """A frame that is out: what is known of its packet, and what it names, over numbers."""

    facts: Facts
    keys: frozenset[tuple[str, tuple[Number, ...]]] = frozenset()
    cells: frozenset[tuple[str, Number]] = frozenset()


def find_holes(program: Program, near: Program, returning: frozenset[str]) -> Holes:
    """`program`: the whole one; `near`: near's, with the blocks by which answers enter; `returning`: the blocks of near
    that hand off packets which far may send."""
    served = reachable(near.blocks, (near.body,))
    outlets = [b.name for b in near.blocks if b.name in served and isinstance(b.end, Forward)]
    connections, cells = (key_variables(program, kinds) for kinds in (("flow_table",), ("register", "meter")))
    flow = {_PORT.name: _PORT} | {v.name: v for v in sorted(connections or cells, key=lambda v: v.name)}
    search = _Search(Numbering(near, near.body), frozenset(v.name for v in (_PORT, *connections, *cells)))
    exits = {name: search.frame(name) for name in sorted(returning) if name in search.numbers.facts}
    missed = {name: frozenset(outlets) - search.covered(out) for name, out in exits.items()}
    asking = set[str]().union(*missed.values())
    waiting = list(asking)
    while waiting:  # what one sends after the others may be overtaken in its turn
        echo = search.covered(_Out(search.numbers.facts.get(waiting.pop(), {})))
        more = frozenset(outlets) - echo - asking
        asking |= more
        waiting += more
    if not asking:
        return NO_HOLES
    return Holes(tuple(flow.values()), frozenset(name for name in exits if missed[name]), frozenset(asking))


@dataclass(frozen=True, slots=True)
class _Search:
    numbers: Numbering
    flow: frozenset[str]
    """The names of what is the same for all packets of a flow."""

    def frame(self, block: str) -> _Out:
        """What the frame that a block hands off names for certain."""
        facts = self.numbers.facts[block]
        keys: set[tuple[str, tuple[Number, ...]]] = set()
        cells: set[tuple[str, Number]] = set()
        for op in self.numbers.ops[block]:
            if isinstance(op, Access) and op.kind in ("evict", "release"):
                keys.add((op.state, op.key))
            elif isinstance(op, Access) and op.kind in ("issue", "send") and op.state != GATE:
                cells.add((op.state, self.numbers.resolved(op.key[0], facts)))
        return _Out(facts, frozenset(keys), frozenset(cells))

    def covered(self, out: _Out) -> frozenset[str]:
        """The blocks to which no packet comes while such a frame of its flow is out."""
        free: set[str] = {self.numbers.start}
        for (source, target), facts in self.numbers.arms.items():  # in topological order of the sources
            if source in free and not self.stops(facts, out):
                free.add(target)
        return frozenset(self.numbers.facts) - free

    def stops(self, facts: Mapping[Number, int], out: _Out) -> bool:
        """Whether what is known of a packet can't be while such a frame is out."""
        told = {n: v for n, v in facts.items() if self.same(n)}
        theirs = {n: v for n, v in out.facts.items() if self.same(n)}
        if any(theirs.get(n, v) != v for n, v in told.items()) or self.numbers.contradictory(theirs | told):
            return True
        return any(self.meets(number, facts, out) for number, value in facts.items() if value == 1)

    def meets(self, number: Number, facts: Mapping[Number, int], out: _Out) -> bool:
        """Whether a one is the hit of an entry that the frame has taken, or a cell found idle that it keeps busy."""
        access = self.numbers.access(number)
        if access is None or not all(self.same(n) for n in access.key):
            return False
        if access.kind == "lookup":
            return (access.state, access.key) in out.keys
        return access.kind == "idle" and (access.state, self.numbers.resolved(access.key[0], facts)) in out.cells

    def same(self, number: Number) -> bool:
        """Whether it is the same for all packets of a flow."""
        return self.numbers.depends_on(number, self.flow)
