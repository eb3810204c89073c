"""Rules of an eSwitch as copies that the control plane installs: planned only if reordering is allowed, and priced."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "explain"))
from explain_helpers import small_job

from cora.model import load_model
from cora.plan import Plan, PlanRequest, make_plan

TARGET = "bluefield2-eswitch"


@cache
def _plan(name: str, rate_pps: float, *, allowed: bool) -> Plan:
    job = small_job(name)
    request = PlanRequest(rate_pps=rate_pps, allow_reordering=allowed, baselines=False)
    return make_plan(job.graph, job.profile, load_model(TARGET), request)


def _hits(plan: Plan) -> float:
    return next(c.nic_share for c in plan.classes if c.name == "connections hit: forward")


def test_hits_of_the_firewall_are_served_by_rules_if_packets_may_overtake_each_other() -> None:
    exact, plan = (_plan("firewall", 1e6, allowed=allowed) for allowed in (False, True))
    connections = {p: next(s for s in p.states if s.group == "connections") for p in (exact, plan)}
    assert connections[exact].mode == "exclusive" and _hits(exact) == 0
    assert "--allow-reordering lets the control plane install them" in connections[exact].reason
    assert (connections[plan].mode, connections[plan].copies_on) == ("replicated", ("eswitch",))
    assert _hits(plan) > 0.8 and plan.score.host_cores < 0.6 * exact.score.host_cores
    assert any("answers don't pass it: a plan to look at" in note for note in plan.notes)


def test_installing_rules_takes_from_the_insertion_rate_and_limits_what_is_served() -> None:
    loads = {load.resource: load for load in _plan("firewall", 1e6, allowed=True).score.loads}
    row = loads["eswitch insertions"]
    assert row.assumed and 0 < row.demand <= row.capacity == 300e3
    (lookup,) = _plan("firewall", 1e6, allowed=True).residency
    assert lookup.insertions_per_s == pytest.approx(row.demand) and lookup.probe.engine == "eswitch"
    fast = _plan("firewall", 12e6, allowed=True)
    assert _hits(fast) < _hits(_plan("firewall", 1e6, allowed=True))


@pytest.mark.parametrize(
    ("name", "hit", "why"),
    [
        ("nat", "outbound hit: forward", "outbound hit: eswitch cannot write (slot_last)"),
        ("load_balancer", "cells, last_used: forward", "read cells: eswitch cannot read (cells)"),
    ],
)
def test_what_rules_do_not_have_is_named(name: str, hit: str, why: str) -> None:
    outcome = next(c for c in _plan(name, 3e6, allowed=True).classes if c.name == hit)
    assert outcome.nic_share == 0 and outcome.reason == why
