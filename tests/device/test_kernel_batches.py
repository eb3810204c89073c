"""Batches of changes to tables in the kernel: a packet on its way meets the old entries, the next one the new ones."""

from __future__ import annotations

import pytest
from mc_batches import OTHER, THIRD, row, tables
from mc_cases import split_of

from cora.device.kernel_run import KernelRunner
from cora.ir.batch import Batch, Delete, Insert, Modify, SetDefault
from cora.ir.errors import StoreError
from cora.ir.nodes import Entry, KeyMatch
from cora.ir.packets import HandedOff, Packet, Result, Sent
from cora.ir.text import parse_program
from cora.split.engines import Split
from cora.split.generations import with_generations
from cora.split.rollout import Rollout
from cora.split.whole import whole

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]


def _packet(flow: int, group: int) -> Packet:
    return Packet(bytes((flow, group, 0, 0)) + bytes(60), 0, 1000 + flow)


def _said(result: Result) -> tuple[int, int]:
    """What the two tables have said of a packet."""
    assert isinstance(result, Sent)
    return result.data[1], result.data[3]


def test_each_batch_counts_for_the_next_packet() -> None:
    with KernelRunner(split_of(tables(), entries=4, batches=True)) as runner:
        expected = [(11, 21), (12, 22), (13, 23), (11, 21)]
        back = Batch((
            Insert("first", row(1, 11)), SetDefault("first", (0, 3)),
            Modify("second", row(1, 21, 8)), SetDefault("second", (0, 4)),
        ))  # fmt: skip
        for values, batch in zip(expected, (OTHER, THIRD, back, None), strict=True):
            assert _said(runner.run(_packet(1, 1))) == values
            if batch is not None:
                runner.apply_batch(batch)
        assert _said(runner.run(_packet(2, 9))) == (3, 4)


def test_a_packet_on_its_way_meets_the_old_entries_until_it_is_through() -> None:
    with KernelRunner(split_of(tables(), entries=4, batches=True)) as runner:
        near, far = runner.engines.values()
        result, frame = near.wire(_packet(1, 1))
        assert isinstance(result, HandedOff)
        held: list[bytes] = []
        runner.batches.send = held.append
        rollout = runner.batches.begin(OTHER)
        while rollout.advance():
            pass
        assert rollout.flipped and not rollout.done and len(held) == 1
        assert _said(runner.run(_packet(2, 1))) == (12, 22)
        result, frame = far.inner(frame)
        assert _said(near.inner(frame)[0]) == (11, 21)
        result, frame = near.inner(held[0])
        far.inner(frame)
        while not rollout.done:
            assert rollout.advance()
        runner.batches.finish(rollout)
        assert _said(runner.run(_packet(1, 1))) == (12, 22)


def test_a_batch_that_cannot_be_made_changes_nothing() -> None:
    with KernelRunner(split_of(tables(), entries=4, batches=True)) as runner:
        for wrong in (Insert("first", row(1, 5)), Delete("second", (KeyMatch(9, 8),)), SetDefault("flows", (1,))):
            with pytest.raises(StoreError):
                runner.apply_batch(Batch((Modify("first", row(1, 12)), wrong)))
        assert _said(runner.run(_packet(1, 1))) == (11, 21)


SCANNED = """program scanned for test
header h: flow:8 group:8 flags:8 result:8
table rules [low:8 range, bits:8 ternary] -> (action:8, p:8) capacity 4 default (0, 9) actions (n, f)
body look
block start
  room:1 = room 32:32
  if room:1 then parse else look
block parse
  extract h
  goto look
block look
  (hit:1, action:8, p:8) = lookup rules [h.flow:8, h.group:8]
  h.result:8 = p:8
  emit h
  forward 1:16
"""


@pytest.mark.parametrize("doubled", [True, False], ids=["two generations", "entry by entry"])
def test_ranges_and_masks_on_one_engine(doubled: bool) -> None:
    split: Split = whole(parse_program(SCANNED))
    split = with_generations(split) if doubled else split
    wide, narrow = (KeyMatch(0, 99), KeyMatch(0, 0)), (KeyMatch(5, 7), KeyMatch(1, 1))
    with KernelRunner(split) as runner:
        found: list[int] = []
        for batch in (
            Batch((Insert("rules", Entry(wide, (1, 30), 1)), Insert("rules", Entry(narrow, (1, 40), 2)))),
            Batch((Modify("rules", Entry(narrow, (1, 41), 2)), SetDefault("rules", (0, 8)))),
            Batch((Delete("rules", narrow, 2),)),
            Batch((Delete("rules", wide, 1),)),
        ):
            runner.apply_batch(batch)
            found.append(_said(runner.run(_packet(6, 1)))[1])
        assert found == [40, 41, 30, 8]


def test_the_nic_starts_anew_in_the_generation_that_counts() -> None:
    with KernelRunner(split_of(tables(), entries=4, batches=True)) as runner:
        held: list[bytes] = []
        runner.batches.send = held.append
        rollout: Rollout = runner.batches.begin(OTHER)
        while rollout.advance():
            pass
        runner.restart()
        assert _said(runner.run(_packet(1, 1))) == (12, 22)
