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
NFS = ("firewall", "flow_monitor", "heavy_hitter", "load_balancer", "nat", "rate_limiter")


@pytest.mark.parametrize("target", ["agilio-cx", "bluefield2"])
@pytest.mark.parametrize("name", NFS)
def test_what_is_where_and_why(name: str, target: str, golden: Callable[[Path, str], None]) -> None:
    """Without figures: these change with every model and trace, and where things are should not."""
    lines = overview(bundled_solver(name, target), assumptions=False).lines
    text = "".join(f"{x.kind} {x.subject}: {x.where}; {100 * x.nic_share:.0f}%; {_plain(x.reason)}\n" for x in lines)
    golden(GOLDEN / f"{name}-{target}.txt", text)


def _plain(reason: str) -> str:
    return re.sub(r"\d[\d.,]*( [kMG](?= entries| copies))?( ([KMG]i)?B)?", "#", reason) or "-"


def test_assumptions_that_change_the_plan_do_so_when_solved_again() -> None:
    solver = bundled_solver("nat", "bluefield2")
    answer = overview(solver)
    assert answer.assumptions_tried > 3
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
