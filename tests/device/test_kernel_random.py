"""Random programs and packets: the kernel gives what the interpreter gives, and its verifier takes every program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_helpers import assert_same, padded
from kernel_random import EVERYTHING, Covered, check_random
from program_inputs import packet_lists
from strategies import PLAIN, program_settings, programs

from cora.ir.nodes import Program
from cora.ir.packets import Packet

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]


@program_settings(40)
@given(st.integers(0, (1 << 32) - 1))
def test_anything(seed: int) -> None:
    """`make verify-all` does this with 300 programs that have all operations, widths and states."""
    check_random(seed, Covered())


def test_what_programs_had_is_counted() -> None:
    covered = Covered()
    for seed in range(3):
        check_random(seed, covered)
    assert covered.programs == 3 <= covered.packets
    assert covered.seen.keys() <= EVERYTHING
    assert covered.seen.keys() | set(covered.missing) == EVERYTHING


@program_settings(20)
@given(programs(PLAIN), packet_lists(most=12))
def test_programs_as_a_front_end_makes_them(program: Program, packets: list[Packet]) -> None:
    assert_same(program, map(padded, packets))
