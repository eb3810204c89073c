"""Names of stages: they say what a stage does, and which of several alike it is."""

from __future__ import annotations

import functools

import pytest

from cora.cli.steps import Job, find_spec

NFS = (
    "ddos_mitigation",
    "firewall",
    "flow_monitor",
    "heavy_hitter",
    "kv_cache",
    "load_balancer",
    "nat",
    "rate_limiter",
    "upf",
    "vxlan_gateway",
)


@functools.cache
def _names(name: str) -> tuple[str, ...]:
    return tuple(stage.name for stage in Job(find_spec(name)).graph.stages)


@pytest.mark.parametrize("name", NFS)
def test_every_stage_of_the_bundled_functions_says_what_it_does(name: str) -> None:
    names = _names(name)
    assert len(set(names)) == len(names)
    assert names[0] == "parse" and names[1] in ("check headers", "begin")
    words = {"parse", "check", "begin", "lookup", "read", "write", "change", "meter", "touch", "update", "count",
             "drop:", "forward", "set", "classify"}  # fmt: skip
    outcomes = ("hit", "miss")
    assert all(n.split()[0] in words or n.split()[1] in outcomes for n in names), names
    assert sum("#" in n for n in names) <= 4, names


def test_what_is_counted_and_what_is_updated_is_in_the_name() -> None:
    assert "count drops[12]" in _names("load_balancer")  # DROP_EXHAUSTED
    assert "count exports by reason" in _names("flow_monitor")
    assert "update connections.timeout" in _names("firewall")
    assert "change row_low" in _names("heavy_hitter")


def test_stages_alike_are_told_apart_by_where_packets_come_from() -> None:
    names = _names("nat")
    assert {"drop: find_owner after outbound hit", "drop: find_owner after read slot_last"} <= set(names)


def test_where_packets_of_both_come_from_one_stage_a_number_tells_them_apart() -> None:
    assert {"count exports[3]", "count exports[3] #2"} <= set(_names("flow_monitor"))
