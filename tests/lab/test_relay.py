"""The relay's rules, without a kernel: order within a queue, delay, what is lost and what is doubled."""

from __future__ import annotations

import mmap
import random
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from lab_splits import soft_nic

from cora.diagnostics import UserError
from cora.ir.packets import Packet
from cora.lab.load import LoadOptions
from cora.lab.relay import RelayOptions
from cora.lab.relay_process import INWARDS, OUTWARDS, Counts, RelayLoop
from cora.lab.tags import FIRST_PROBE, probe_tag, tag_of, tagged
from cora.split import whole
from cora.split.engines import updates_only
from cora.split.handoff import ETHER_TYPE

UPDATE, ANSWER = 7, 8
"""Resume points: frames to the first bring only updates."""

PLAIN: dict[str, Any] = {
    "delay_ms": 0.0,
    "hold_ms": 0.0,
    "lose_pct": 0.0,
    "lose_data_pct": 0.0,
    "double_pct": 0.0,
    "queues": 4,
    "without_packet": [[], [UPDATE]],
    "probes": [[], []],
    "echoes": [],
}


class Bench:
    """A relay's loop between two socket pairs; `far_ends` are what the engines would hold."""

    def __init__(self, **settings: object) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
        self.far_ends = [far for far, _ in pairs]
        shared = mmap.mmap(-1, mmap.PAGESIZE)
        self.loop = RelayLoop({**PLAIN, **settings}, (pairs[0][1], pairs[1][1]), shared)
        for far, near in pairs:
            near.setblocking(False)
            far.setblocking(False)

    def passes(self, direction: int, frames: list[bytes]) -> list[bytes]:
        """What comes out when these come in, in one go."""
        dice = random.Random(3)
        for frame in frames:
            self.loop.schedule(direction, frame, dice)
        deadline = time.monotonic() + 5
        while self.loop.waiting:
            assert time.monotonic() < deadline
            self.loop.send_due()
        return list(self._arrived(1 - direction))

    def _arrived(self, end: int) -> Iterator[bytes]:
        while True:
            try:
                yield self.far_ends[end].recv(1 << 14)
            except BlockingIOError:
                return


def frames(count: int, connections: int = 10) -> list[bytes]:
    packets = [Packet(bytes(60), 0, n) for n in range(count)]
    return [p.data for p in tagged(packets, [n % connections for n in range(count)]).packets]


def from_owner(resume: int, count: int) -> list[bytes]:
    head = bytes(12) + ETHER_TYPE.to_bytes(2, "big") + bytes([1, resume]) + bytes(24)
    return [head + frame for frame in frames(count)]


def by_connection(got: list[bytes]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for frame in got:
        tag = tag_of(frame)
        assert tag is not None
        found.setdefault(tag.connection, []).append(tag.packet)
    return found


def test_holding_back_reorders_queues_but_never_a_connection() -> None:
    sent = frames(120)
    bench = Bench(hold_ms=20.0)
    got = bench.passes(INWARDS, sent)
    assert sorted(got) == sorted(sent)
    assert got != sent
    assert all(numbers == sorted(numbers) for numbers in by_connection(got).values())
    assert bench.loop.counts.held > 0
    assert [n for n, _ in bench.loop.delivered[INWARDS]] == [n.packet for f in got if (n := tag_of(f))]


def test_without_queues_frames_of_a_flow_overtake_each_other() -> None:
    got = Bench(hold_ms=20.0, queues=0).passes(INWARDS, frames(120))
    assert any(numbers != sorted(numbers) for numbers in by_connection(got).values())


def test_no_frame_overtakes_a_probe_or_is_overtaken_by_it() -> None:
    """Its key may be one of any connection."""
    before, after = frames(60), frames(60)
    probe = bytes(12) + ETHER_TYPE.to_bytes(2, "big") + bytes([1, UPDATE]) + bytes(24) + probe_tag(3)
    bench = Bench(hold_ms=20.0, probes=[[UPDATE], []])
    got = bench.passes(INWARDS, [*before, probe, *after])
    assert got.index(probe) == 60 and sorted(got[:60]) == sorted(before)
    assert (FIRST_PROBE + 3) in [n for n, _ in bench.loop.delivered[INWARDS]]


def test_delay_is_kept() -> None:
    before = time.monotonic()
    assert len(Bench(delay_ms=30.0).passes(OUTWARDS, frames(3))) == 3
    assert time.monotonic() - before >= 0.03


def test_loss_takes_only_frames_without_a_packet() -> None:
    bench = Bench(lose_pct=100.0)
    assert bench.passes(OUTWARDS, from_owner(ANSWER, 5)) == from_owner(ANSWER, 5)
    assert bench.passes(INWARDS, from_owner(UPDATE, 5)) == from_owner(UPDATE, 5)  # to the owner: a packet
    assert bench.passes(OUTWARDS, from_owner(UPDATE, 5)) == []
    assert (bench.loop.counts.lost_updates, bench.loop.counts.lost_data, bench.loop.lost) == (5, 0, [])


def test_loss_of_data_names_the_packets() -> None:
    bench = Bench(lose_data_pct=50.0)
    got = {tag.packet for f in bench.passes(INWARDS, frames(40)) if (tag := tag_of(f))}
    assert got.isdisjoint(bench.loop.lost)
    assert got | {*bench.loop.lost} == {*range(40)}
    assert bench.loop.counts.lost_data == len(bench.loop.lost) > 0


def test_only_frames_without_a_packet_are_doubled() -> None:
    bench = Bench(double_pct=100.0)
    assert len(bench.passes(OUTWARDS, from_owner(UPDATE, 3))) == 6
    assert len(bench.passes(OUTWARDS, from_owner(ANSWER, 3))) == 3
    assert bench.loop.counts.doubled == 3
    slow = Bench(delay_ms=5.0, double_pct=100.0, queues=1).passes(OUTWARDS, from_owner(UPDATE, 3))
    assert slow == [f for f in from_owner(UPDATE, 3) for _ in range(2)]


def test_counts_pass_through_shared_memory() -> None:
    shared = mmap.mmap(-1, Counts.size())
    counts = Counts(inwards=1, waiting=3, bytes=1 << 40)
    counts.write(shared)
    assert Counts.read(shared) == counts


def test_which_answers_carry_no_packet() -> None:
    job, split = soft_nic("nat")
    points = {resume.point for resume in split.engines[0].program.resumes}
    assert set(updates_only(split)) < points
    assert updates_only(whole(job.program)) == []


@pytest.mark.parametrize(
    "options",
    [
        LoadOptions(pps=0.0),
        LoadOptions(pps=float("nan")),
        LoadOptions(churn_per_s=-1.0),
        LoadOptions(relay=RelayOptions(delay_ms=-1.0)),
        LoadOptions(relay=RelayOptions(delay_ms=float("inf"))),
        LoadOptions(relay=RelayOptions(hold_ms=1e6)),
        LoadOptions(relay=RelayOptions(lose_pct=101.0)),
        LoadOptions(relay=RelayOptions(lose_data_pct=-0.1)),
        LoadOptions(relay=RelayOptions(double_pct=float("nan"))),
    ],
)
def test_options_out_of_range_are_refused(options: LoadOptions) -> None:
    with pytest.raises(UserError) as refused:
        options.check()
    assert [d.code for d in refused.value.diagnostics] == ["C0841"]
