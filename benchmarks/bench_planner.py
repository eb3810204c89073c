"""How long planning takes, in CPU seconds.

`python benchmarks/bench_planner.py [stages] [tiers]`: a large made-up program. A chain of lookups with a hit and a miss
branch each, over a few replicable tables, on a machine of three engines.

`python benchmarks/bench_planner.py functions [NF ...]`: the bundled functions (or these) on every target, from the text
of the program to the plan with all it is compared with, as `cora compile` does it; the profile of the function's own
traffic is taken before. The slowest come first, each beside what is least: reading the program and analysing it.
"""

from __future__ import annotations

import dataclasses
import gc
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.cli.app import GARBAGE_THRESHOLDS
from cora.cli.steps import Job, find_spec
from cora.model import load_model
from cora.model.load import model_names
from cora.model.schema import Link, Model
from cora.nf.build import build_program
from cora.nf.spec import bundled_names
from cora.plan.ilp import Ilp, Restriction
from cora.plan.planner import make_plan
from cora.plan.request import PlanRequest, Solver
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


LIMIT_S = 5.0
"""What a plan may take."""


def functions(names: Sequence[str]) -> None:
    """Every function on every target with a NIC."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    found: list[tuple[float, float, float, str, str]] = []
    for name in names:
        profile = Job(find_spec(name)).profile
        for target in model_names():
            model = load_model(target)
            if len(model.engines) == 1:
                continue
            began = time.process_time()
            graph = analyse(build_program(find_spec(name)))
            reading_s = time.process_time() - began
            plan = make_plan(graph, profile, model, PlanRequest())
            found.append((time.process_time() - began, reading_s, plan.gap, name, target))
        print(f"{name}: {max(f[0] for f in found if f[3] == name):.2f} s at most", file=sys.stderr, flush=True)
    found.sort(reverse=True)
    print(f"{'function':<16} {'target':<20} {'CPU s':>6} {'of it reading':>13} {'ratio':>6} {'gap':>7}")
    for took_s, reading_s, gap, name, target in found:
        print(f"{name:<16} {target:<20} {took_s:6.2f} {reading_s:13.2f} {took_s / reading_s:6.1f} {100 * gap:6.2f}%")
    over = sum(took_s >= LIMIT_S for took_s, *_ in found)
    print(f"{len(found)} plans, {over} of them took {LIMIT_S:g} s or more; the slowest {found[0][0]:.2f} s")


def main() -> None:
    if sys.argv[1:2] == ["functions"]:
        functions(sys.argv[2:] or bundled_names())
        return
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
