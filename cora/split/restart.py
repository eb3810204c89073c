"""What travels with a packet from near to far: the variables that parsing doesn't give, and the copies taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cora.analysis.crossing import assigned_in_body, needs_name
from cora.analysis.graph import StateGraph
from cora.analysis.values import Flow, Site, identity, interpret, variable_widths
from cora.diagnostics import error
from cora.ir.cfg import liveness, names, op_exprs
from cora.ir.nodes import Expr, Op, Var
from cora.split.placement import Placement

Key = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """One key of a state, and the variables that receive what near knows of it: for a flow table found and last (and
    the values, where near has whole records), for a register of class `max` its values."""

    state: str
    key: Key
    received: tuple[Var, ...]
    whole: bool = False
    """It is a record that moves, and not a copy that is dropped."""


@dataclass(frozen=True, slots=True)
class RestartPoint:
    """Where far takes packets up. All expressions are over variables as they are at the start of the stage."""

    stage: int
    header: str
    point: int
    carried: tuple[Var, ...]
    """Variables that travel; far receives them in variables of other names (the parser would overwrite these)."""
    key_ops: tuple[Op, ...]
    """What computes the temporaries in the keys."""
    evicts: tuple[Taken, ...]
    maxima: tuple[Taken, ...]

    def incoming(self, var: Var) -> Var:
        return Var(f"$in{self.point}.{var.name}", var.width)

    @property
    def into(self) -> tuple[Var, ...]:
        received = (v for taken in (*self.evicts, *self.maxima) for v in taken.received)
        return (*(self.incoming(v) for v in self.carried), *received)

    @property
    def inputs(self) -> frozenset[str]:
        """Names of all variables whose values at the start of the stage are needed to hand off."""
        exprs = [e for taken in (*self.evicts, *self.maxima) for e in taken.key]
        exprs += [e for op in self.key_ops for e in op_exprs(op)]
        return frozenset(v.name for v in self.carried).union(*(names(e) for e in exprs))


def restart_points(graph: StateGraph, placement: Placement, stages: Iterable[int]) -> tuple[RestartPoint, ...]:
    """The restart points of these stages, numbered from 1."""
    program = graph.program
    live = liveness(program).at_start
    assigned = assigned_in_body(program)
    widths = variable_widths(program)
    found: list[RestartPoint] = []
    for point, stage in enumerate(sorted(stages), start=1):
        header = graph.stages[stage].blocks[0]
        carried = tuple(Var(name, widths[name]) for name in sorted(live[header] & assigned[header]))
        flow = interpret(program, (header,), identity, prefix=f"$k{point}.")
        evicted = _keys(flow, placement, ("lookup", "insert", "update", "delete"), placement.copied)
        evicted += [k for k in _keys(flow, placement, ("touch",), placement.sharded) if k not in evicted]
        evicts = [
            _taken(graph, placement, state, key, f"{point}.{i}")
            for i, (state, key) in enumerate(evicted)
            if program.state(state).kind == "flow_table"
        ]
        read = _keys(flow, placement, ("read",), placement.max_registers)
        maxima = [
            Taken(state, key, _maxima_vars(graph, state, f"$max{point}.{i}")) for i, (state, key) in enumerate(read)
        ]
        ops = flow.needed(e for taken in (*evicts, *maxima) for e in taken.key)
        found.append(RestartPoint(stage, header, point, carried, tuple(ops), tuple(evicts), tuple(maxima)))
    return tuple(found)


def _taken(graph: StateGraph, placement: Placement, state: str, key: Key, number: str) -> Taken:
    received = (Var(f"$had{number}", 1), Var(f"$last{number}", 64))
    if state not in placement.sharded:
        return Taken(state, key, received)
    values = (Var(f"$record{number}.{f.name}", f.width) for f in graph.program.state(state).values)
    return Taken(state, key, (*received, *values), whole=True)


def _maxima_vars(graph: StateGraph, state: str, prefix: str) -> tuple[Var, ...]:
    return tuple(Var(f"{prefix}.{f.name}", f.width) for f in graph.program.state(state).values)


def _keys(flow: Flow, placement: Placement, kinds: Sequence[str], states: frozenset[str]) -> list[tuple[str, Key]]:
    """Every key that these accesses may have, each once, in a fixed order."""
    found: dict[tuple[str, Key], None] = {}
    for site in flow.sites:
        op = site.op
        if op.state not in states or op.kind not in kinds:
            continue
        keys = site.keys
        if keys is None:
            records, is_max = op.state in placement.sharded, op.state in placement.max_registers
            if not needs_name(site, records=records, is_max=is_max):
                continue
            raise _not_computable(site, placement)
        found |= {(op.state, key): None for key in keys}
    return list(found)


def _not_computable(site: Site, placement: Placement):
    return error(
        "C0706",
        f"{placement.near} can't tell which entry of {site.op.state} {placement.far} will {site.op.kind}",
        site.op.span,
        label="the key depends on state, or may be computed in too many ways",
        help="compute the key before the first access to the state, in one way",
    )
