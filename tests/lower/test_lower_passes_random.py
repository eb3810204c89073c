"""Every pass keeps the meaning of random programs: same results, same state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program_inputs import packet_lists
from strategies import Knobs, program_settings, programs

from cora.ir.check import check_program
from cora.ir.interp import Packet, run
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.lower.branches import MergeBlocks, ThreadJumps
from cora.lower.clean_up import CleanUp
from cora.lower.dead_code import RemoveDead
from cora.lower.fold_inserts import FoldInserts
from cora.lower.fuse_checksums import FuseChecksums
from cora.lower.fuse_rmw import FuseReadModifyWrite
from cora.lower.guard_writes import GuardWrites
from cora.lower.passes import Pass
from cora.lower.propagate import Propagate

PASSES: tuple[Pass, ...] = (
    Propagate(),
    MergeBlocks(),
    ThreadJumps(),
    RemoveDead(),
    CleanUp(),
    FuseReadModifyWrite(),
    FoldInserts(),
    FuseChecksums(),
    GuardWrites(),
)

# What only splitting adds comes after lowering; resume points would make other entries to a program.
KNOBS = Knobs(copies=False, handoffs=False)


@pytest.mark.parametrize("each", PASSES, ids=lambda p: p.name)
@program_settings(40)
@given(program=programs(KNOBS), packets=packet_lists(), data=st.data())
def test_a_pass_keeps_the_meaning(each: Pass, program: Program, packets: list[Packet], data: st.DataObject) -> None:
    changed = each.run(program)
    check_program(changed)
    before, after = Store(program), Store(changed)
    for packet in packets:
        assert run(changed, after, packet) == run(program, before, packet)
    assert after.snapshot() == before.snapshot()
