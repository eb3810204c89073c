"""What analysis and planning must find for the bundled network functions, as docs/nfs says."""

from __future__ import annotations

from functools import cache

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.cli.steps import Job
from cora.model.load import load_model
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.plan import make_plan
from cora.plan.request import PlanRequest


@cache
def graph(name: str) -> StateGraph:
    return analyse(build_program(load_nf(name)))


def stage(name: str, stage_name: str) -> int:
    return next(s.index for s in graph(name).stages if s.name == stage_name)


def test_load_balancer_hits_can_be_served_from_copies() -> None:
    """Looking a connection up, touching it and sending its packet needs no owner; opening and closing do."""
    g = graph("load_balancer")
    cells = g.group_of_state()["cells"]
    assert dict(cells.copies) == dict.fromkeys(("cells", "last_used", "progress", "load"), "full")
    look = g.stages[stage("load_balancer", "read cells")]
    assert {a.kind for a in look.accesses} == {"read", "write"} and all(a.on_copy for a in look.accesses)
    for owners in ("write progress", "lookup services"):
        assert g.edge(look.index, stage("load_balancer", owners)).conflict(g.holdable) == ""


def test_sketch_rows_only_add_and_are_never_sharded() -> None:
    groups = graph("heavy_hitter").group_of_state()
    for row in ("row_low", "row_high", "row_crc16"):
        assert next(s for s in groups[row].states if s.name == row).update == "add"
        assert not groups[row].shardable
    assert len({groups[row].name for row in ("row_low", "row_high", "row_crc16")}) == 3


def test_meters_and_connections_share_no_partition_key() -> None:
    groups = graph("rate_limiter").group_of_state()
    meter, connections = groups["tenant_meter"], groups["connections"]
    assert not meter.replicable and not meter.shardable
    assert meter.shard_key is None or meter.shard_key != connections.shard_key


def test_a_plan_is_never_worse_than_the_whole_program_on_the_nic() -> None:
    """At this rate HiGHS, with its presolving, once called host-only the optimum."""
    job = Job(load_nf("flow_monitor"))
    plan = make_plan(job.graph, job.profile, load_model("agilio-cx"), PlanRequest(rate_pps=9e6))
    alone = next(s for s in plan.baselines if s.strategy == "nic-only")
    assert plan.score.host_cores <= alone.host_cores + 1e-6
