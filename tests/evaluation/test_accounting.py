"""What may be called saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.accounting import Scenario, Throughput, against, scenarios, spread, throughputs
from evaluation.measure import Row

ROW = Row(
    function="nat", traffic="churn", skewed=False, machine="agilio-cx", objective="min-cores", load=1.2,
    strategy="ilp", rate_mpps=7.0, feasible=True, reason="", host_cores=1.0, nic_cores=8.0, throughput_mpps=9.0,
    bottleneck="nic cores", latency_mean_us=4.0, latency_p99_us=9.0, gap=0.0, solve_s=1.0, nic_alone_fits=False,
    stateful=1.0,
)  # fmt: skip


def scenario(nic_alone_fits: bool = False, **cores: float | None) -> Scenario:
    """By strategy (with _ for -) its host cores, None for one that doesn't hold; others need as many as host-only."""
    host = cores.get("host_only")
    names = ("host-only", "nic-only", "state-only", "traffic-only", "max-offload", "greedy", "ilp")
    left = {name: cores.get(name.replace("-", "_"), host) for name in names}
    rows = {
        name: replace(ROW, strategy=name, host_cores=n, feasible=n is not None, nic_alone_fits=nic_alone_fits)
        for name, n in left.items()
    }
    return Scenario(rows)


def test_saved_is_the_share_of_the_cores_of_host_only() -> None:
    found = scenario(host_only=4.0, ilp=1.0, state_only=3.0)
    assert found.saved() == 0.75
    assert found.saved("state-only") == 0.25
    assert found.ratio == 3.0
    assert found.best_baseline == "state-only"


def test_a_baseline_that_saves_little_gives_no_ratio() -> None:
    assert scenario(host_only=4.0, ilp=1.0, state_only=3.7).ratio is None
    assert scenario(host_only=4.0, ilp=1.0, state_only=3.5).ratio == pytest.approx(6.0)


def test_what_does_not_hold_saves_nothing() -> None:
    found = scenario(host_only=4.0, ilp=1.0, state_only=None, traffic_only=None)
    assert found.saved("traffic-only") == 0.0
    assert found.ratio is None


def test_only_what_the_nic_cannot_do_alone_is_a_headline() -> None:
    assert scenario(host_only=4.0, ilp=1.0).headline
    assert not scenario(nic_alone_fits=True, host_only=4.0, ilp=1.0).headline
    assert not scenario(host_only=None, ilp=1.0).headline
    assert not scenario(host_only=4.0, ilp=None).headline


def test_packets_that_use_no_state_make_no_headline() -> None:
    """A cache that nobody asks saves everything."""
    found = scenario(host_only=4.0, ilp=0.0)
    idle = Scenario({name: replace(row, stateful=0.4) for name, row in found.rows.items()})
    assert found.headline and idle.comparable and not idle.headline
    assert Throughput(found.rows).gain is not None and Throughput(idle.rows).gain is None


def _at(mpps: float | None) -> Row:
    """The highest rate of a strategy, or that it has none."""
    return replace(ROW, objective="max-rate", rate_mpps=mpps or 0.0, feasible=mpps is not None, throughput_mpps=mpps)


def test_who_carries_more_than_ours_is_named() -> None:
    def behind(ours: float, other: float | None) -> str | None:
        rows = {"ilp": _at(ours), "traffic-only": _at(other)}
        return Throughput(rows).behind

    assert behind(9.0, 9.5) == "traffic-only"
    assert behind(9.0, 9.01) is None and behind(9.0, None) is None


def test_losses_are_counted_as_losses() -> None:
    every = [
        scenario(host_only=4.0, ilp=1.0, greedy=2.0),
        scenario(host_only=4.0, ilp=1.0, greedy=1.01),
        scenario(host_only=4.0, ilp=1.0, greedy=0.5),
        scenario(host_only=4.0, ilp=1.0, greedy=None),
        scenario(host_only=None, ilp=1.0, greedy=1.0),
    ]
    found = against(every, "greedy")
    assert (found.better, found.ties, found.worse, found.other_fails) == (2, 1, 1, 1)


def test_a_gain_is_over_the_better_baseline() -> None:
    def rows(**mpps: float | None) -> Throughput:
        return Throughput({n.replace("_", "-"): _at(m) for n, m in mpps.items()})

    assert rows(ilp=9.0, state_only=3.0, traffic_only=6.0).gain == 0.5
    assert rows(ilp=9.0, state_only=None, traffic_only=None).gain is None


def test_rows_are_gathered_by_what_was_asked() -> None:
    rows = [
        replace(ROW, strategy=strategy, load=load, objective=objective)
        for strategy in ("ilp", "host-only")
        for load, objective in ((0.8, "min-cores"), (1.2, "min-cores"), (0.0, "max-rate"))
    ]
    assert [s.ours.load for s in scenarios(rows)] == [0.8, 1.2]
    assert [sorted(t.rows) for t in throughputs(rows)] == [["host-only", "ilp"]]


def test_quartiles() -> None:
    found = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found is not None and (found.low, found.quarter, found.median, found.high) == (1.0, 2.0, 3.0, 5.0)
    assert spread([]) is None
