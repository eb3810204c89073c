"""How long the planner takes on a large made-up program: `python benchmarks/bench_planner.py [stages] [tiers]`.

A chain of lookups with a hit and a miss branch each, over a few replicable tables, on a machine of three engines.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

from cora.analysis.graph import StateGraph
from cora.model import load_model
from cora.model.schema import Link, Model
from cora.plan.ilp import Ilp, Restriction
from cora.plan.request import Solver
from cora.plan.strategies import run_strategy
from cora.plan.task import Task
from cora.traffic.profile import Profile, StateLoad

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "plan"))
from hand_made import flow_table, make_graph, make_profile, register


def program(stages: int, tiers: int) -> tuple[StateGraph, Profile]:
    """Groups of four stages: lookup, hit, miss (a change, and the end), what follows a hit."""
    tables = [flow_table(f"t{i}") for i in range(4)]
    states = [*tables, register("r")]
    made = [("parse", 10, [])]
    edges: list[tuple[int, int]] = []
    paths: list[list[int]] = [[0]]
    while len(made) + 4 <= stages:
        first = len(made)
        name = tables[first % 4].name
        made += [
            (f"lookup{first}", 5, [(name, "lookup", True)]),
            (f"hit{first}", 10 + first % 7, [(name, "touch", True)]),
            (f"miss{first}", 40, [(name, "insert", False)]),
            (f"after{first}", 3 + first % 5, [("r", "read", True)] if first % 3 == 0 else []),
        ]
        before = first - 1
        edges += [(before, first), (first, first + 1), (first, first + 2), (first + 1, first + 3)]
        misses = [*paths[0], first, first + 2]
        paths[0] += [first, first + 1, first + 3]
        paths.append(misses)
    classes = []
    for index, path in enumerate(paths):
        packets = 100_000 if index == 0 else 500
        resident = [packets * (i + 1) // (tiers + 1) if index == 0 else 0 for i in range(tiers)]
        classes.append((f"c{index}", tuple(path), "forward", packets, tuple(resident)))
    loads = [StateLoad(s.name, 2000, 500 if s.kind == "flow_table" else 0, 10_000, 0.01) for s in states]
    entries = tuple(64 * 2**i for i in range(tiers))
    graph = make_graph(made, edges, states, {s.name for s in states})
    return graph, make_profile(classes, entries, loads, [name for name, _, _ in made])


def three_engines() -> Model:
    """A soft NIC with a second, slower engine between it and the host."""
    model = load_model("softnic")
    nic, host = model.engines
    middle = dataclasses.replace(nic, name="middle")
    veth = model.links[0]
    links = (
        dataclasses.replace(veth, name="a", source="nic", target="middle"),
        dataclasses.replace(veth, name="b", source="middle", target="host"),
    )
    memory = dataclasses.replace(model.memories[0], name="middle-maps", engine="middle")
    checked: tuple[Link, ...] = links
    return dataclasses.replace(
        model, engines=(nic, middle, host), memories=(model.memories[0], memory, model.memories[1]), links=checked
    )


def main() -> None:
    stages = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    tiers = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    graph, profile = program(stages, tiers)
    for name, model in (("two engines", load_model("agilio-cx")), ("three engines", three_engines())):
        task = Task(graph, profile, model, "min-cores", 50e3, None, Solver(), Restriction())
        began = time.perf_counter()
        outcome = run_strategy("ilp", task)
        took_s = time.perf_counter() - began
        began = time.perf_counter()
        for tier in task.tiers:
            Ilp(task.scenario(tier), task.restriction, None)
        building_s = time.perf_counter() - began
        alone = run_strategy("host-only", task)
        cores, most = outcome.evaluation.host_cores, alone.evaluation.host_cores
        print(
            f"{len(graph.stages)} stages, {tiers} tiers, {name}: {took_s:.1f} s, {building_s:.1f} s of it to build; "
            f"host cores {cores:.3f} of {most:.3f}, bound {outcome.bound:.3f}"
        )


if __name__ == "__main__":
    main()
