"""Runs under load: the judges pass what is right, see what is wrong, and say who lost what."""

from __future__ import annotations

import os
import signal

import pytest
from lab_splits import soft_nic

from cora.cli.lab_command import LAB_FEATURES
from cora.cli.steps import Job
from cora.device.features import missing
from cora.diagnostics import UserError
from cora.ir.packets import Packet
from cora.lab.load import LoadOptions, LoadRun, load_run
from cora.lab.player import Player
from cora.lab.relay import Relay, RelayOptions
from cora.lab.topology import bed
from cora.split import whole
from cora.split.engines import Split
from cora.split.probes import Ask

pytestmark = pytest.mark.lab

COUNT = 3000


@pytest.fixture(autouse=True)
def _needs_a_lab() -> None:
    lacking = missing(LAB_FEATURES)
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(f.name for f in lacking)}")


def nat() -> tuple[Job, Split]:
    return soft_nic("nat")


def loaded(split: Split, options: LoadOptions, *, steering: str = "", job: Job | None = None) -> LoadRun:
    job = job or nat()[0]
    replay = job.replay
    ports = tuple(p.number for p in job.spec.ports)
    packets, connections = replay.packets[:COUNT], replay.connections[:COUNT]
    return load_run(job.program, split, job.store, ports, packets, connections, options, steering=steering)


def test_the_whole_program_is_right_at_full_speed() -> None:
    """The judge has nothing to say where nothing can go wrong, behind an engine that steers, too."""
    job, _ = nat()
    run = loaded(whole(job.program), LoadOptions(pps=50_000), steering="eswitch")
    assert run.clean, run.finding
    assert (run.played, run.relay) == (COUNT, None)
    assert run.finding.expected > COUNT * 0.9
    assert run.counters["steering"]["steered"] == COUNT + run.finding.delivered
    assert run.counters["steering"]["dropped"] == 0


@pytest.mark.parametrize("nf", ["nat", "firewall"])
def test_delay_and_loss_are_harmless(nf: str) -> None:
    """Whatever the relay does to frames, with rows taken back, expired and deleted: nothing is lost by Cora, nothing
    overtakes, and contents and state are right; with copies (nat) and records (firewall)."""
    job, split = soft_nic(nf)
    relay = RelayOptions(delay_ms=5, hold_ms=5, lose_pct=1, lose_data_pct=1)
    run = loaded(split, LoadOptions(churn_per_s=500, relay=relay), job=job)
    assert bool(split.engines[0].records) == (nf == "firewall")
    assert {a.ask for a in run.asked} == {Ask.TAKE_BACK, Ask.EXPIRE, Ask.DELETE}
    assert run.most_waiting > 20
    assert run.clean, run.finding


def test_frames_that_overtake_others_of_their_flow_are_seen() -> None:
    """A relay that breaks what links promise: whatever the split does, packets come out of order."""
    _, split = nat()
    run = loaded(split, LoadOptions(relay=RelayOptions(hold_ms=20, queues=0)))
    assert run.relay is not None
    assert run.relay.counts.held > 0
    assert run.finding.overtaken > 0
    assert run.finding.flows_exact < run.finding.flows
    assert not run.clean


def test_many_frames_are_in_flight_and_copies_come_and_go() -> None:
    _, split = nat()
    run = loaded(split, LoadOptions(churn_per_s=2000, relay=RelayOptions(delay_ms=5, hold_ms=5)))
    assert run.relay is not None
    counts = run.relay.counts
    assert run.most_waiting > 20
    assert len(run.asked) > 50
    assert run.counters["nic"]["handed_off"] == counts.inwards == len(run.relay.inwards) > len(run.asked)
    assert run.counters["host"]["handed_off"] + len(run.asked) == counts.outwards
    assert (counts.waiting, counts.overrun, counts.lost_data, run.relay.lost) == (0, 0, 0, frozenset())
    assert run.finding.untagged == run.finding.doubled == 0


def test_what_the_relay_loses_is_known_by_its_number() -> None:
    _, split = nat()
    run = loaded(split, LoadOptions(relay=RelayOptions(lose_data_pct=20)))
    assert run.relay is not None
    assert len(run.relay.lost) == run.relay.counts.lost_data > 0
    assert run.finding.delivered == run.counters["nic"]["sent"]
    arrived_inside = {number for number, _ in run.relay.inwards}
    arrived_back = {number for number, _ in run.relay.outwards}
    assert run.relay.lost.isdisjoint(arrived_back)
    assert run.counters["host"]["entered"] == len(arrived_inside) < run.counters["nic"]["handed_off"]


def test_a_trace_of_which_nothing_fits() -> None:
    job, split = nat()
    odd = [Packet(bytes(10), 0, 0), Packet(bytes(3000), 0, 0)]
    with pytest.raises(UserError) as refused:
        load_run(job.program, split, job.store, (0, 1), odd, [0, 1], LoadOptions())
    assert [d.code for d in refused.value.diagnostics] == ["C0844"]


def test_a_relay_that_dies_is_an_error() -> None:
    _, split = nat()
    with bed((0, 1), ("nic", "host"), relay=True) as place, Player() as player:
        assert player.pass_fd > 0
        with Relay(place.links[0], split, RelayOptions()) as relay:
            assert relay.idle(0, 0)
            os.kill(relay.pid, signal.SIGKILL)
            with pytest.raises(UserError) as dead:
                relay.report()
    assert [d.code for d in dead.value.diagnostics] == ["C0842"]
