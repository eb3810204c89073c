"""`--allow-stale STATE=MS`: what else may be planned if copies of a state may be behind.

Only registers gain. Copies of everything else are exact already (`docs/splitting.md`), or being late isn't what makes
them wrong (`docs/decisions/0008-what-stale-copies-allow.md`):

- a register whose changes combine in any order (additions, unions, minima, maxima) may be *summed*, mode `merged`: each
  engine changes a part of its own, and reads it together with what it last knew of the others' parts;
- any other may be `replicated` on an engine that answers don't pass: its owner makes every change, and the control
  plane renews the copies.

A group is relaxed if all its registers that packets change are named. Cora's programs don't renew copies by time: such
plans can be looked at, not split (C0681).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from cora.analysis.graph import StateGraph, StateGroup
from cora.diagnostics import UserError, error

COMBINE = ("add", "or", "min", "largest", "max")
"""Update classes whose changes may be made to parts and be combined later."""
_CHANGE_NOTHING: Mapping[str, str] = {
    "table": "packets don't change it, so copies are never behind",
    "counter": "packets don't read it, so every engine counts for itself anyway",
    "flow_table": "a copy of an entry is taken back before it changes, so it is never behind",
}


def relaxed(graph: StateGraph, stale: tuple[tuple[str, float], ...]) -> StateGraph:
    """The graph with what the user allows. Raises C0680 for a state of which no copy can merely be late."""
    if not stale:
        return graph
    kinds = {state.name: state.kind for state in graph.program.states}
    allowed = dict(stale)
    for name in allowed:
        _check(graph.group_of_state()[name], name, kinds)
    groups = tuple(_relax(group, allowed, kinds) for group in graph.groups)
    return dataclasses.replace(graph, groups=groups)


def _check(group: StateGroup, name: str, kinds: Mapping[str, str]) -> None:
    if kinds[name] == "meter":
        reason = "a meter that several engines use lets each spend all its tokens, however fresh it is"
        raise _refused(name, reason)
    if kinds[name] == "flow_table" and not group.replicable:
        reason = "which entries there are decides hit or miss, and a copy that is late would be a hit of what is gone"
        raise _refused(name, reason)


def _refused(name: str, reason: str) -> UserError:
    help = "leave the option out: the state lives on one engine; registers may be stale"
    return error("C0680", f"copies of {name} can't just be stale: {reason}", help=help)


def _relax(group: StateGroup, allowed: Mapping[str, float], kinds: Mapping[str, str]) -> StateGroup:
    changing = [f for f in group.states if kinds[f.name] == "register" and f.update != "read_only"]
    if not changing or any(f.name not in allowed for f in changing) or len(changing) < len(group.states):
        return group
    limit = min(allowed[f.name] for f in changing)
    return dataclasses.replace(group, stale_ms=limit, summed=all(f.update in COMBINE for f in changing))


def unused_words(graph: StateGraph, name: str) -> str:
    """Why allowing a state to be stale has changed nothing, for a note."""
    kind = graph.program.state(name).kind
    if kind in _CHANGE_NOTHING:
        return _CHANGE_NOTHING[kind]
    group = graph.group_of_state()[name]
    if group.stale_ms:
        return "the plan doesn't need it"
    if all(f.update == "read_only" for f in group.states):
        return _CHANGE_NOTHING["table"]
    others = [f.name for f in group.states if f.name != name]
    return f"it is kept with {', '.join(others)}, which may not be"
