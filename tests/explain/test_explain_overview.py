"""The overview, its assumptions, and goldens of what is where for each bundled NF on both NICs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from explain_helpers import bundled_solver, hand_solver

from cora.explain.overview import at_end, differences, overview
from cora.explain.render import overview_text
from cora.explain.solver import Solver
from cora.plan import make_plan

GOLDEN = Path(__file__).parent / "golden"
NFS = (
    "dns_cache",
    "firewall",
    "flow_monitor",
    "heavy_hitter",
    "kv_cache",
    "load_balancer",
    "nat",
    "rate_limiter",
    "syn_proxy",
)


@pytest.mark.parametrize("target", ["agilio-cx", "bluefield2"])
@pytest.mark.parametrize("name", NFS)
def test_what_is_where_and_why(name: str, target: str, golden: Callable[[Path, str], None]) -> None:
    """Without figures, which change with every model and trace, and without what ties may decide either way: the mode
    of counters and of states that packets don't change, and all about states that no packet of the trace touches."""
    solver = bundled_solver(name, target)
    kinds = {s.name: s.kind for s in solver.inputs.graph.program.states}
    either = {
        g.name
        for g in solver.inputs.graph.groups
        if all(f.update == "read_only" or kinds[f.name] == "counter" for f in g.states)
    }
    lines: list[str] = []
    for line in overview(solver, assumptions=False).lines:
        served = next(word for bound, word in SERVED if line.nic_share >= bound)
        if line.kind == "class":
            lines.append(f"class {line.subject}: {line.where}; the NIC serves {served}" + _plain(line.reason))
        elif line.share and line.subject in either:
            lines.append(f"state {line.subject}: {'host' if line.where.startswith('host (') else 'on the NIC'}")
        elif line.share:
            lines.append(f"state {line.subject}: {line.where}; the NIC serves {served}")
    golden(GOLDEN / f"{name}-{target}.txt", "\n".join(lines) + "\n")


SERVED = ((0.995, "all"), (0.5, "most"), (0.005, "some"), (0.0, "nothing"))


def _plain(reason: str) -> str:
    """The first part of a reason, without figures."""
    words = re.sub(r"\d[\d.,]*( [kMG](?= entries| copies))?", "#", reason.partition(";")[0])
    return f"; {words}" if words else ""


def test_assumptions_that_change_the_plan_do_so_when_solved_again() -> None:
    solver = hand_solver("memory")
    answer = overview(solver)
    assert answer.assumptions_tried > 3 and answer.assumptions
    for found in answer.assumptions:
        model = at_end(solver.inputs.model, frozenset(found.parameters), found.end)
        if found.changes[0].startswith("nothing fits"):
            continue
        plan = make_plan(solver.inputs.graph, solver.inputs.profile, model, solver.inputs.request)
        assert differences(solver.plan, plan) == found.changes != ()
        assert plan.score.host_cores - solver.plan.score.host_cores == pytest.approx(found.host_cores_delta)


def test_an_assumption_that_decides_is_named_alone() -> None:
    """The NIC's memory is just too small for the table at the low end of its range, and holds it at the other."""
    solver = hand_solver()
    memory = solver.inputs.model.memory("emem")
    size = next(load.demand for load in solver.plan.score.loads if load.resource == "emem bytes")
    number = dataclasses.replace(
        memory.capacity_bytes, value=1.5 * size, low=0.01 * size, high=2 * size, confidence="assumed"
    )
    imem = solver.inputs.model.memory("imem")
    small = dataclasses.replace(
        imem, capacity_bytes=dataclasses.replace(imem.capacity_bytes, low=imem.capacity_bytes.value)
    )
    memories = (dataclasses.replace(memory, capacity_bytes=number), small, solver.inputs.model.memory("host-dram"))
    model = dataclasses.replace(solver.inputs.model, memories=memories)
    found = overview(Solver.of(dataclasses.replace(solver.inputs, model=model))).assumptions
    assert any(a.parameters == ("emem.capacity_bytes",) and a.end == "low" for a in found)


def test_the_overview_as_text() -> None:
    text = overview_text(overview(hand_solver("sweeping"), assumptions=False))
    assert text.startswith("hand on agilio-cx, min-cores at ")
    assert re.search(r"^  outbound +host \+ nic \(replicated\) ", text, re.M)
    assert re.search(r"^  out new .* 0\.0%  out_miss: it inserts into outbound", text, re.M)
