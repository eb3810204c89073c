"""State groups: states that depend on each other in a cycle, or are columns of one record.

A state depends on another if one of its writes (touches included) has a key, a value or a condition that depends on a
read of the other. States of one strongly connected component have to be resident together. So have registers that are
accessed one after the other at one index: they are the columns of a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cora.ir.cfg import (
    block_map,
    end_exprs,
    header_names,
    names,
    op_reads,
    op_writes,
    predecessors,
    roots,
    successors,
    topological_order,
)
from cora.ir.nodes import Access, Block, Emit, Op, Program

Sources = frozenset[str]
_NOTHING: Sources = frozenset()


def group_states(program: Program) -> tuple[tuple[str, ...], ...]:
    """The groups, each in the order of declaration; tables of the control plane and counters stand alone."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(state.name for state in program.states)
    graph.add_edges_from(_dependencies(program))
    together: nx.Graph[str] = nx.Graph()
    together.add_nodes_from(graph.nodes)
    for component in nx.strongly_connected_components(graph):
        nx.add_path(together, sorted(component))
    together.add_edges_from(_columns(program))
    position = {state.name: i for i, state in enumerate(program.states)}
    groups = [tuple(sorted(g, key=position.__getitem__)) for g in nx.connected_components(together)]
    return tuple(sorted(groups, key=lambda g: position[g[0]]))


def _dependencies(program: Program) -> set[tuple[str, str]]:
    """(state that is written, state that was read before), both changed by packets."""
    mutable = {s.name for s in program.states if s.kind in ("flow_table", "register", "meter")}
    found: set[tuple[str, str]] = set()
    for op, sources in _access_sources(program, mutable):
        if op.state in mutable and op.kind not in ("lookup", "read"):
            found |= {(op.state, source) for source in sources if source != op.state}
    return found


def _access_sources(program: Program, mutable: set[str]) -> Iterable[tuple[Access, Sources]]:
    """Each access with the mutable states that its key, its arguments or whether it runs depends on."""
    headers = header_names(program)
    blocks = block_map(program.blocks)
    before = predecessors(program.blocks)
    control = _control(program)
    ends: dict[str, dict[str, Sources]] = {}
    branch_sources: dict[str, Sources] = {}
    for name in topological_order(program.blocks, roots(program)):
        block = blocks[name]
        env = _joined(ends[p] for p in before[name])
        condition = frozenset[str]().union(*(branch_sources[b] for b in control[name]))
        for op in block.ops:
            sources = condition.union(*(env.get(n, _NOTHING) for n in op_reads(op, headers)))
            if isinstance(op, Access):
                own = _NOTHING
                if op.state in mutable and op.results:
                    own = frozenset((op.state,))
                if op.kind == "rmw":
                    sources |= own
                yield op, sources
                sources |= own
            _assign(env, op, sources, headers)
        condition |= frozenset[str]().union(*(env.get(n, _NOTHING) for e in end_exprs(block.end) for n in names(e)))
        branch_sources[name] = condition
        ends[name] = env


def _assign(env: dict[str, Sources], op: Op, sources: Sources, headers: Mapping[str, frozenset[str]]) -> None:
    if not isinstance(op, Emit):
        for name in op_writes(op, headers):
            env[name] = sources


def _joined(envs: Iterable[Mapping[str, Sources]]) -> dict[str, Sources]:
    joined: dict[str, Sources] = {}
    for env in envs:
        for name, sources in env.items():
            joined[name] = joined.get(name, _NOTHING) | sources
    return joined


def _control(program: Program) -> dict[str, frozenset[str]]:
    """By block: the branches that decide whether it runs."""
    blocks = block_map(program.blocks)
    order = topological_order(program.blocks, roots(program))
    after: dict[str, frozenset[str]] = {}  # post-dominators
    for name in reversed(order):
        targets = successors(blocks[name].end)
        common = frozenset.intersection(*(after[t] for t in targets)) if targets else _NOTHING
        after[name] = common | {name}
    control: dict[str, set[str]] = {name: set() for name in order}
    for name in order:
        targets = successors(blocks[name].end)
        if len(targets) > 1:
            for target in targets:
                for block in after[target] - (after[name] - {name}):
                    control[block].add(name)
    return {name: frozenset(branches) for name, branches in control.items()}


def _columns(program: Program) -> set[tuple[str, str]]:
    registers = {s.name for s in program.states if s.kind == "register"}
    return {pair for block in program.blocks for pair in _columns_of(block, registers)}


def _columns_of(block: Block, registers: set[str]) -> Iterable[tuple[str, str]]:
    seen: dict[object, str] = {}
    for op in block.ops:
        if isinstance(op, Access) and op.state in registers:
            first = seen.setdefault(op.key, op.state)
            if first != op.state:
                yield first, op.state
