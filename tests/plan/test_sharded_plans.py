"""What sharding is worth to a plan, and when a plan does without."""

from __future__ import annotations

import dataclasses

import pytest

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.cli.steps import Job, find_spec
from cora.model import load_model
from cora.plan.plan import Plan
from cora.plan.planner import make_plan
from cora.plan.request import PlanRequest
from cora.split import split_program
from cora.traffic.profile import Profile

RATE_PPS = 8.2e6


@pytest.fixture(scope="module")
def firewall() -> tuple[StateGraph, Profile]:
    job = Job(find_spec("firewall"))
    return job.graph, job.profile


def without_records(profile: Profile) -> Profile:
    classes = tuple(dataclasses.replace(c, record_packets=()) for c in profile.classes)
    return dataclasses.replace(profile, record_tiers=(), classes=classes)


def share_of_changes(plan: Plan) -> float:
    return next(c.nic_share for c in plan.classes if c.name == "connections hit, update: forward")


def test_the_nic_serves_changes_of_connections_that_it_has(firewall: tuple[StateGraph, Profile]) -> None:
    graph, profile = firewall
    model = load_model("bluefield2")  # whose cores can't run all of it at this rate
    request = PlanRequest(rate_pps=RATE_PPS)
    plan = make_plan(graph, profile, model, request)
    copies = make_plan(graph, without_records(profile), model, request)
    modes = {s.group: s.mode for s in plan.states}
    assert modes["connections"] == "sharded" and {s.group: s.mode for s in copies.states}["connections"] == "replicated"
    assert plan.score.host_cores < copies.score.host_cores
    assert share_of_changes(plan) > 0.99 and share_of_changes(copies) == 0.0
    assert split_program(graph, plan).engines[0].records == ("connections",)


def test_only_what_gains_has_tiers_of_records(firewall: tuple[StateGraph, Profile]) -> None:
    _, profile = firewall
    assert [t.entries for t in profile.record_tiers] == [t.entries for t in profile.tiers]
    for traffic_class in profile.classes:
        copies, records = traffic_class.resident_packets, traffic_class.record_packets
        assert len(copies) == len(records)
        assert records[-1] > copies[-1] == 0 if "update" in traffic_class.name else records[-1] >= copies[-1]
    nat = Job(find_spec("nat"))
    assert nat.profile.record_tiers == () and analyse(nat.program).sharded_groups == ()
