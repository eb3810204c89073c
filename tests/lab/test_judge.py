"""The judge in the kernel keeps the same books as the one in Python."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from cora.device.bpf import TestRun
from cora.device.features import missing
from cora.ir.packets import Packet
from cora.lab.judge import Judge, digests, sequence_digest
from cora.lab.tags import TAG_BYTES, tag_of, tagged

pytestmark = pytest.mark.bpf


@pytest.fixture
def judge() -> Iterator[Judge]:
    lacking = missing()
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(f.name for f in lacking)}")
    with Judge() as judge:
        yield judge


def random_frames(count: int, connections: int) -> list[bytes]:
    dice = random.Random(5)
    packets = [Packet(dice.randbytes(dice.randint(14, 2040 - TAG_BYTES)), 0, 0) for _ in range(count)]
    return [p.data for p in tagged(packets, [dice.randrange(connections) for _ in range(count)]).packets]


def test_digests_and_sequences_are_the_same(judge: Judge) -> None:
    frames = [*random_frames(200, 7), *(p.data for p in tagged([Packet(bytes(2000), 0, 0)], [99]).packets)]
    run = TestRun(judge.fd)
    for frame in frames[:200]:
        run(frame)
    expected = digests(frames[:200])
    seen = judge.packets()
    assert [seen[n].digest for n in range(200)] == expected
    assert {(s.times, s.order) for s in seen.values()} == {(1, n) for n in range(200)}
    for number, flow in judge.flows().items():
        of_flow = [d for f, d in zip(frames, expected, strict=False) if (t := tag_of(f)) and t.flow == number]
        assert (flow.packets, flow.next, flow.overtaken) == (len(of_flow), len(of_flow), 0)
        assert flow.digest == sequence_digest(of_flow)
    assert judge.frames() == (200, 0)


def test_a_flow_out_of_order_and_a_frame_twice(judge: Judge) -> None:
    first, second, third = random_frames(3, 1)
    run = TestRun(judge.fd)
    for frame in (first, third, second, second):
        run(frame)
    (flow,) = judge.flows().values()
    assert (flow.packets, flow.next, flow.overtaken) == (4, 3, 1)
    assert [judge.packets()[n].times for n in range(3)] == [1, 2, 1]
    assert flow.digest == sequence_digest(digests([first, third, second, second]))
    assert flow.digest != sequence_digest(digests([first, second, second, third]))


def test_frames_without_a_tag_are_counted(judge: Judge) -> None:
    run = TestRun(judge.fd)
    for frame in (bytes(14), bytes(60), random_frames(1, 1)[0][:-1]):
        run(frame)
    assert judge.frames() == (3, 3)
    assert judge.packets() == {}
