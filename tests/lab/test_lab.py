"""The soft NIC: its wiring comes and goes, and what runs on it is exact."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from lab_splits import soft_nic

from cora.cli.lab_command import LAB_FEATURES
from cora.cli.planning import plan_for
from cora.cli.steps import Job
from cora.device.features import missing
from cora.ir.packets import Dropped, Packet, Sent
from cora.lab.client import Client
from cora.lab.lockstep import lockstep
from cora.lab.player import Player
from cora.lab.run import Lab
from cora.lab.topology import PREFIX, bed, sweep
from cora.lab.wiring import wired
from cora.nf.spec import load_nf
from cora.plan import PlanRequest
from cora.split import split_program, whole
from cora.verify.compare import state_difference

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def _needs_a_lab() -> None:
    lacking = missing(LAB_FEATURES)
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(f.name for f in lacking)}")


def namespaces() -> list[str]:
    from pyroute2 import netns

    return [name for name in netns.listnetns() if name.startswith(PREFIX)]


def test_a_bed_is_gone_after_an_error() -> None:
    with pytest.raises(RuntimeError), bed((0, 1), ("nic", "host")) as place:
        assert len(namespaces()) >= 3
        assert place.links
        raise RuntimeError("on purpose")
    assert namespaces() == []


def test_what_a_killed_run_left_is_swept_and_what_is_in_use_stays() -> None:
    from pyroute2 import netns

    gone = next(pid for pid in range(4_000_000, 4_100_000) if not Path(f"/proc/{pid}").exists())
    netns.create(f"{PREFIX}{gone}-1-1-client")
    netns.create(f"{PREFIX}{os.getpid()}-1-1-client")  # the same process id, but of an earlier process
    with bed((0,), ("host",)):
        assert sweep() == 2
        assert len(namespaces()) == 2
    assert namespaces() == []


def test_all_devices_of_a_bed_have_indexes_of_their_own() -> None:
    with bed((0, 1), ("arm", "host"), steering="eswitch", relay=True) as place:
        devices = [*place.client.values(), *place.wire.values()]
        devices += [device for ends in place.steering.values() for device in ends]
        for link in place.links:
            assert link.relay is not None
            devices += [link.outer, link.inner, *link.relay]
        assert len({d.index for d in devices}) == len(devices) == 12
        assert len(namespaces()) == 5


@pytest.mark.parametrize("nf", ["nat", "firewall"])
def test_the_split_on_the_soft_nic_is_exact(nf: str) -> None:
    job, split = soft_nic(nf)
    count = 3000
    reference = job.store()
    from cora.ir.compiled import compile_program

    step = compile_program(job.program)
    packets = job.replay.packets[:count]
    expected = [step(reference, packet) for packet in packets]
    lab = Lab(job.program, split, tuple(p.number for p in job.spec.ports), job.store)
    report = lab.run(packets, expected, rounds=2)
    assert report.lockstep.compared == count
    assert report.lockstep.differences == 0, report.lockstep.examples
    assert state_difference(reference.snapshot(), report.state, job.program) == ""
    near = report.counters[split.engines[0].engine]
    assert near["served"] > near["handed_off"] > 0
    assert dict(report.lockstep.drops) == Counter(r.reason for r in expected if isinstance(r, Dropped))
    assert report.cost is not None
    assert len(report.cost.ratios) == 2
    assert {r.delivered for r in report.cost.whole} == {r.delivered for r in report.cost.split}
    assert namespaces() == []


def test_a_nic_that_serves_every_packet() -> None:
    """The host gives nothing back then, and the NIC has no program for its frames."""
    job = Job(load_nf("heavy_hitter"))
    request = PlanRequest(strategy="nic-only", rate_pps=1e5, baselines=False)
    split = split_program(job.graph, plan_for(job, "softnic", request))
    assert not split.engines[0].program.resumes
    packets, expected = job.replay.packets[:500], job.replay.results[:500]
    lab = Lab(job.program, split, tuple(p.number for p in job.spec.ports), job.store)
    report = lab.run(packets, expected, rounds=0)
    assert (report.lockstep.compared, report.lockstep.differences) == (500, 0)
    near = report.counters[split.engines[0].engine]
    assert (near["served"], near["handed_off"]) == (500, 0)


def test_a_wrong_expectation_is_seen() -> None:
    """The comparison must be able to fail: wrong bytes, a wrong port, an output where a drop was expected, a drop for
    another reason."""
    job, _ = soft_nic("firewall")
    ports = tuple(p.number for p in job.spec.ports)
    packets = job.replay.packets[:3000]
    results = list(job.replay.results[:3000])
    sent = [i for i, r in enumerate(results) if isinstance(r, Sent)][:3]
    dropped, other = [i for i, r in enumerate(results) if isinstance(r, Dropped)][:2]
    first, second, third = (results[i] for i in sent)
    assert isinstance(first, Sent) and isinstance(second, Sent) and isinstance(third, Sent)
    results[sent[0]] = Sent(first.port, first.data[:-1] + bytes([first.data[-1] ^ 1]))
    results[sent[1]] = Sent(1 - second.port, second.data)
    results[sent[2]] = Dropped("nothing")
    results[dropped] = Sent(0, bytes(60))
    results[other] = Dropped("another reason")
    split = whole(job.program)
    with (
        Player() as player,
        bed(ports, ("host",)) as place,
        wired(split, job.store(), place, player.pass_fd, verify=True) as running,
        Client(place.client) as client,
    ):
        found = lockstep(running, client, packets, results, lambda _: None)
    assert found.differences == 5
    assert {e.packet for e in found.examples} == {*sent, dropped, other}


def test_frames_keep_their_vlan_tags() -> None:
    """The kernel takes the outer tag off received frames; the client puts it back."""
    with bed((0,), ("host",)) as place, Client(place.client) as client, Client(place.wire) as wire:
        frame = bytes(12) + bytes.fromhex("8100002a0800") + bytes(46)
        wire.send(0, frame)
        client.wait(1.0)
        assert [r.data for r in client.receive()] == [frame]


def test_short_and_long_frames_are_left_out_and_counted() -> None:
    job, _ = soft_nic("firewall")
    odd = [Packet(bytes(10), 0, 10**9), Packet(bytes(9000), 0, 10**9)]
    with (
        Player() as player,
        bed((0, 1), ("host",)) as place,
        wired(whole(job.program), job.store(), place, player.pass_fd, verify=True) as running,
        Client(place.client) as client,
    ):
        found = lockstep(running, client, odd, [Dropped("x")] * 2, lambda _: None)
    assert (found.compared, found.left_out) == (0, 2)
