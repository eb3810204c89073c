"""The graph as networkx (for queries and notebooks) and as DOT (for people)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cora.analysis.graph import StateGraph, StateGroup

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(graph: StateGraph) -> nx.DiGraph[str]:
    """Stages are nodes "stage:INDEX" (kind, name, blocks), state groups "state:NAME" (kind, name, states, copies,
    conflicts). Edges between stages carry kind "flow", and for an engine that holds copies of
    all groups that may have some, live_bits, restart and conflict; edges from a stage to a group
    kind "access", `accesses` (how many sites), `kinds` (sorted, joined by commas) and `on_copy` (all of them)."""
    import networkx as nx

    found: nx.DiGraph[str] = nx.DiGraph(name=graph.program.name)
    for stage in graph.stages:
        found.add_node(f"stage:{stage.index}", kind="stage", name=stage.name, blocks=len(stage.blocks))
    for group in graph.groups:
        found.add_node(f"state:{group.name}", kind="state", name=group.name, **_group_attributes(group))
    held = graph.holdable
    for edge in graph.edges:
        found.add_edge(
            f"stage:{edge.source}",
            f"stage:{edge.target}",
            kind="flow",
            live_bits=graph.stages[edge.restart(held)].live_bits,
            restart=edge.restart(held),
            conflict=edge.conflict(held),
        )
    group_of = graph.group_of_state()
    for stage in graph.stages:
        for group in dict.fromkeys(group_of[site.state].name for site in stage.accesses):
            sites = [site for site in stage.accesses if group_of[site.state].name == group]
            found.add_edge(
                f"stage:{stage.index}",
                f"state:{group}",
                kind="access",
                accesses=len(sites),
                kinds=",".join(sorted({site.kind for site in sites})),
                on_copy=all(site.on_copy for site in sites),
            )
    return found


def _group_attributes(group: StateGroup) -> dict[str, Any]:
    return {
        "states": ",".join(facts.name for facts in group.states),
        "copies": ",".join(sorted({form for _, form in group.copies})),
        "conflicts": len(group.conflicts),
        "entry_bytes": sum(facts.entry_bytes for facts in group.states),
    }


def to_dot(graph: StateGraph) -> str:
    """The graph in DOT; equal graphs give equal text. Stages are boxes, state groups cylinders (grey if only one engine
    may hold them); a dashed access edge needs the owner."""
    lines = [f"digraph {_quoted(graph.program.name)} {{", "  node [fontname=sans];", "  rankdir=TB;"]
    drawn = to_networkx(graph)
    for name, data in drawn.nodes(data=True):
        if data["kind"] == "stage":
            lines.append(f"  {_quoted(name)} [shape=box, label={_quoted(data['name'])}];")
        else:
            label = f"{data['states'].replace(',', chr(10))}\n{data['copies'] or 'exclusive'}"
            fill = "" if data["copies"] else ", style=filled, fillcolor=lightgrey"
            lines.append(f"  {_quoted(name)} [shape=cylinder, label={_quoted(label)}{fill}];")
    for source, target, data in drawn.edges(data=True):
        lines.append(f"  {_quoted(source)} -> {_quoted(target)} [{_edge_style(data)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _edge_style(data: dict[str, Any]) -> str:
    if data["kind"] == "access":
        style = "dotted" if data["on_copy"] else "dashed"
        return f"style={style}, dir=none, label={_quoted(data['kinds'])}"
    label = f"{data['live_bits']} bits" if data["live_bits"] else ""
    colour = ", color=red" if data["conflict"] else ""
    return f"label={_quoted(label)}{colour}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def to_json(graph: StateGraph) -> str:
    """The networkx graph in node-link form, with keys in order: equal graphs give equal text."""
    import json

    import networkx as nx

    return json.dumps(nx.node_link_data(to_networkx(graph), edges="edges"), indent=1, sort_keys=True) + "\n"
