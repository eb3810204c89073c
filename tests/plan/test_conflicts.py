"""Requests that cannot be met: which constraints conflict, in words that a person can act on; exit status 3."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hand_made import nat_graph, nat_profile

from cora.model import load_model
from cora.model.schema import Model
from cora.plan import PlanRequest, make_plan
from cora.plan.infeasible import InfeasibleError
from cora.plan.reserve import parse_reserve

GOLDEN = Path(__file__).parent / "goldens" / "conflicts.txt"


def _small() -> Model:
    """An Agilio with one memory of 100 kB."""
    model = load_model("agilio-cx")
    imem = model.memory("imem")
    imem = dataclasses.replace(imem, capacity_bytes=dataclasses.replace(imem.capacity_bytes, value=100_000.0))
    return dataclasses.replace(model, memories=(imem, model.memory("host-dram")))


def _scans() -> Model:
    """An Agilio that nobody sweeps."""
    model = load_model("agilio-cx")
    return dataclasses.replace(model, engines=(dataclasses.replace(model.engines[0], sweep=None), model.host))


def _agilio() -> Model:
    return load_model("agilio-cx")


CASES: dict[str, tuple[Callable[[], Model], PlanRequest]] = {
    "a rate beyond the wire": (_agilio, PlanRequest(rate_pps=60e6)),
    "a rate beyond the link of the one place that is left": (
        _agilio, PlanRequest(rate_pps=20e6, pin_stages=(("parse", "host"),))),
    "pins that go back and forth": (
        _agilio, PlanRequest(rate_pps=1e6, pin_stages=(("parse", "host"), ("in_hit", "nic")))),
    "a stage pinned to two engines": (
        _agilio, PlanRequest(rate_pps=1e6, pin_stages=(("in_hit", "host"), ("in_hit", "nic")))),
    "a pin and an exclusion": (
        _agilio, PlanRequest(rate_pps=1e6, pin_states=(("slots", "nic"),), exclude=(("slots", "nic"),))),
    "a state excluded everywhere": (
        _agilio, PlanRequest(rate_pps=1e6, exclude=(("slots", "nic"), ("slots", "host")))),
    "a state pinned where nobody sweeps it": (
        _scans, PlanRequest(rate_pps=1e6, pin_states=(("outbound", "nic"),))),
    "a state pinned to a memory that is too small": (
        _small, PlanRequest(rate_pps=1e6, pin_states=(("slots", "nic"),))),
    "more reserved than is there": (_agilio, PlanRequest(rate_pps=1e6, reserve=parse_reserve("imem=8MiB"))),
    "too many cores reserved for what is pinned": (
        _agilio, PlanRequest(rate_pps=10e6, reserve=parse_reserve("cores=45"), pin_states=(("outbound", "nic"),))),
    "fewer cores than the host needs for itself": (_agilio, PlanRequest("max-rate", cores=0.01)),
    "all on a NIC that cannot": (
        lambda: load_model("agilio-cx-xdp"), PlanRequest(rate_pps=1e6, strategy="nic-only")),
}  # fmt: skip


def _message(name: str) -> str:
    machine, request = CASES[name]
    with pytest.raises(InfeasibleError) as caught:
        make_plan(nat_graph(), nat_profile(), machine(), request)
    problem = caught.value.diagnostics[0]
    assert caught.value.exit_status == 3 and problem.code == "C0620" and problem.help
    return f"{name}\n    {problem.message}\n    help: {problem.help}\n"


def test_conflicts_are_named(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN, "\n".join(_message(name) for name in CASES))


def test_conflicts_are_irreducible() -> None:
    """Without any one of the named pins there is a plan."""
    name = "a state excluded everywhere"
    machine, request = CASES[name]
    assert all(words in _message(name) for words in ("slots is excluded from nic", "slots is excluded from host"))
    for part in request.exclude:
        fewer = tuple(other for other in request.exclude if other != part)
        plan = make_plan(nat_graph(), nat_profile(), machine(), dataclasses.replace(request, exclude=fewer))
        assert plan.score.feasible
