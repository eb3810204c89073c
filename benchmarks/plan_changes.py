"""How plans change with the NIC, the rate, the skew, the number of flows and the churn: docs/plan-changes.md.

`python benchmarks/plan_changes.py` writes the page; with `--check` it says whether the page is up to date.

Each group of rows changes one thing and keeps the rest as in the first row of its table.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cora.analysis.graph import StateGraph
from cora.cli.steps import Job, find_spec
from cora.model import load_model
from cora.model.resources import quantity
from cora.plan import Plan, PlanRequest, make_plan
from cora.plan.infeasible import InfeasibleError
from cora.plan.reasons import percent
from cora.traffic.profile import Profile

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plan-changes.md"
TARGET = "bluefield2"
RATES = {"nat": 9.5e6, "firewall": 8.1e6}
"""A little more than the Arm cores of `TARGET` can do alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is changed, in words, and what is planned."""

    program: str
    group: str
    words: str
    target: str = TARGET
    rate_pps: float = 0.0
    traffic: tuple[tuple[str, Any], ...] = ()


def cases(program: str) -> list[Case]:
    """The first one is what the others are compared with."""
    rate = RATES[program]
    make = functools.partial(Case, program, rate_pps=rate)
    found = [make("as it is", f"{TARGET}, {quantity(rate, 'pps')}")]
    found += [make("NIC", name, target=name) for name in ("agilio-cx", "agilio-cx-xdp", "host-x86")]
    found += [make("rate", quantity(r, "pps"), rate_pps=r) for r in (0.5 * rate, 1.15 * rate)]
    found += [make("skew", f"Zipf exponent {s:g}", traffic=(("skew", s),)) for s in (0.4, 1.6)]
    found += [make("flows", f"{n} open connections", traffic=(("flows", n),)) for n in (50, 3000)]
    found += [
        make("churn", f"{n} data packets a connection", traffic=(("connection_packets", float(n)),)) for n in (6, 200)
    ]
    return found


@functools.cache
def traffic(program: str, changes: tuple[tuple[str, Any], ...]) -> tuple[StateGraph, Profile]:
    """The program and what it does with its traffic, generated with some keys changed."""
    spec = find_spec(program)
    generate = {**spec.traffic.generate, "packets": 10_000, **dict(changes)}
    spec = dataclasses.replace(spec, traffic=dataclasses.replace(spec.traffic, generate=generate))
    job = Job(spec)
    return job.graph, job.profile


@functools.cache
def plan_of(case: Case) -> Plan | InfeasibleError:
    graph, profile = traffic(case.program, case.traffic)
    try:
        return make_plan(graph, profile, load_model(case.target), PlanRequest(rate_pps=case.rate_pps))
    except InfeasibleError as problem:
        return problem


def served(plan: Plan) -> float:
    return sum(c.share * c.nic_share for c in plan.classes)


def places(plan: Plan) -> dict[str, str]:
    """Where groups live, in words, by name."""
    found: dict[str, str] = {}
    for state in plan.states:
        what = f"copies of {state.copy_entries:,} entries" if state.copy_entries else "copies"
        match state.mode:
            case "exclusive":
                found[state.group] = f"on {state.owner}"
            case "sharded":
                found[state.group] = f"records of {state.copy_entries:,} flows on {state.copies_on[0]}"
            case "merged":
                found[state.group] = f"summed over {state.owner} and {state.copies_on[0]}"
            case _:
                found[state.group] = f"{what} on {state.copies_on[0]}"
    return found


def sentence(base: Plan, plan: Plan) -> str:
    """What is different from the plan that it is compared with, and the reason that the planner gives."""
    same = base is plan
    one, other = places(base), places(plan)
    moved = [f"{name} {place}" for name, place in other.items() if same or place != one.get(name)]
    busy = sorted((load for load in plan.score.loads), key=lambda load: -load.utilisation)[0]
    change = "" if same else f" instead of {percent(served(base))}"
    words = f"The NIC serves {percent(served(plan))} of the packets{change}"
    words += f"; {', '.join(moved)}" if moved else "; everything stays where it was"
    words += f"; fullest is {busy.resource} ({percent(busy.utilisation)})"
    alone = next((n for n in plan.notes if "could run the whole program" in n or "alone could not" in n), "")
    nothing = next((n.partition(":")[0] for n in plan.notes if "saves nothing" in n), "")
    return ". ".join(text for text in (words, nothing, alone) if text) + "."


def row(case: Case, base: Plan) -> str:
    plan = plan_of(case)
    if isinstance(plan, InfeasibleError):
        words = plan.diagnostics[0].message
        return f"| {case.group} | {case.words} | - | - | - | No plan: {words}. |"
    alone = next(s for s in plan.baselines if s.strategy == "host-only")
    alone_cores = f"{alone.host_cores:.2f}" if alone.feasible else f"({alone.host_cores:.2f})"
    arrivals = quantity(plan.flow_arrivals_per_s, "/s")
    cores = f"{plan.score.host_cores:.2f}"
    return f"| {case.group} | {case.words} | {arrivals} | {alone_cores} | {cores} | {sentence(base, plan)} |"


def rows(program: str, groups: frozenset[str] = frozenset()) -> list[str]:
    """The rows of a program's table; only those of some groups if any are named."""
    found = cases(program)
    base = plan_of(found[0])
    assert isinstance(base, Plan)
    return [row(case, base) for case in found if not groups or case.group in groups]


def page() -> str:
    parts = [
        "# How plans change",
        "",
        "Made by `python benchmarks/plan_changes.py`; a test checks some of its rows. Each row changes one thing of",
        "the first row, under generated traffic that grows by fresh connections. Host cores in parentheses: the host",
        "alone could not do it. Numbers rest on the assumptions of the models ([models.md](models.md)).",
    ]
    head = (
        "| what | changed to | new flows | host cores, all on the host | host cores, this plan | what the plan does |"
    )
    for program in RATES:
        parts += ["", f"## {program}", "", head, "|---|---|--:|--:|--:|---|", *rows(program)]
    return "\n".join(parts) + "\n"


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("up to date" if current else f"{PAGE.name} is out of date")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
