"""Random programs and packets: the kernel gives what the interpreter gives, and its verifier takes every program."""

from __future__ import annotations

import pytest
from hypothesis import given
from kernel_helpers import assert_same, padded
from strategies import PLAIN, Knobs, packet_lists, program_settings, programs

from cora.ir.nodes import Program
from cora.ir.packets import Packet

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]


@program_settings(60)
@given(programs(Knobs(handoffs=False)), packet_lists())
def test_anything(program: Program, packets: list[Packet]) -> None:
    assert_same(program, map(padded, packets))


@program_settings(40)
@given(programs(PLAIN), packet_lists(most=12))
def test_programs_as_a_front_end_makes_them(program: Program, packets: list[Packet]) -> None:
    assert_same(program, map(padded, packets))
