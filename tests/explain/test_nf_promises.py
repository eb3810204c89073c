"""What plans for the bundled functions must hold: hits on the NIC, sketches never sharded, one partition key, and no
baseline better."""

from __future__ import annotations

import pytest
from explain_helpers import bundled_solver, small_job

from cora.model import load_model
from cora.plan import PlanRequest, make_plan
from cora.plan.rates import default_rate_pps

NFS = ("firewall", "flow_monitor", "heavy_hitter", "load_balancer", "nat", "rate_limiter")
TARGETS = ("agilio-cx", "bluefield2")
HITS = {
    "nat": ("outbound hit: forward", "slot_last, slot_addr, slot_port: forward"),
    "firewall": ("connections hit: forward",),
    "load_balancer": ("cells, last_used: forward",),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", sorted(HITS))
def test_hits_are_served_by_the_nic(name: str, target: str) -> None:
    classes = {c.name: c for c in bundled_solver(name, target).plan.classes}
    for hit in HITS[name]:
        assert classes[hit].share > 0.2 and classes[hit].nic_share > 0.9, hit


@pytest.mark.parametrize("target", TARGETS)
def test_rows_of_a_sketch_are_merged_or_on_one_engine(target: str) -> None:
    solver = bundled_solver("heavy_hitter", target)
    rows = [s for s in solver.plan.states if any(name.startswith("row_") for name in s.states)]
    assert len(rows) == 3
    assert {row.mode for row in rows} <= {"merged", "exclusive"}
    assert not any(g.shardable for g in solver.inputs.graph.groups)


@pytest.mark.parametrize("target", TARGETS)
def test_meter_and_connections_are_never_sharded_by_different_keys(target: str) -> None:
    """Not in the plan, and in no other: there is no partition key that both have."""
    solver = bundled_solver("rate_limiter", target)
    modes = {s.group: s.mode for s in solver.plan.states}
    assert modes["tenant_meter"] == "exclusive"
    assert not (modes["tenant_meter"] == modes["connections"] == "sharded")
    for partition in solver.inputs.graph.partitions:
        assert not {"tenant_meter", "connections"} <= set(partition.groups)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NFS)
def test_no_baseline_is_better(name: str, target: str) -> None:
    """At half the default rate, where the NIC does most, and just beyond it, where it often can't."""
    job, model = small_job(name), load_model(target)
    rate = default_rate_pps(job.graph, job.profile, model)
    for share in (0.5, 1.02):
        plan = make_plan(job.graph, job.profile, model, PlanRequest(rate_pps=share * rate))
        assert plan.score.feasible and len(plan.baselines) == 6
        for score in plan.baselines:
            assert not score.feasible or plan.score.host_cores <= score.host_cores + 1e-6, (share, score.strategy)


def test_what_only_the_meter_concerns_does_not_follow_packets_of_the_host() -> None:
    """With the connections on the host: what comes behind both exists once for each."""
    job = small_job("rate_limiter")
    request = PlanRequest(rate_pps=4e6, pin_states=(("connections", "host"),), baselines=False)
    plan = make_plan(job.graph, job.profile, load_model("agilio-cx"), request)
    metered = next(c for c in plan.classes if c.name == "tenant_meter: forward")
    limited = next(c for c in plan.classes if c.name == "connections hit, update: forward")
    assert (metered.nic_share, limited.nic_share) == (1, 0)


def test_what_shares_code_with_packets_of_the_host_says_so() -> None:
    """Ways are told apart by the states that packets change. By tables they are not: one stage sends what has asked the
    policy, and what has not."""
    job = small_job("load_balancer")
    request = PlanRequest(rate_pps=4e6, pin_stages=(("lookup policy", "host"),), baselines=False)
    plan = make_plan(job.graph, job.profile, load_model("agilio-cx"), request)
    hits = next(c for c in plan.classes if c.name == "cells, last_used: forward")
    assert hits.nic_share == 0
    assert hits.reason == "forward #2: it is the same code for packets that come from lookup policy, on host"
