"""Meters and digests: the kernel gives the interpreter's colours, tokens and messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_helpers import assert_same, one_block, padded
from program_inputs import meter_starts, packet_lists
from strategies import Knobs, program_settings, programs

from cora.ir.meters import GREEN, MAX_BURST, MAX_RATE, RED, YELLOW, MeterRates
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Sent
from cora.ir.store import Store

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]

METER = "meter tenants [index:32] -> () capacity 4\n"
OPS = """  (c:8) = meter tenants [zext(h.a:4, 32)] ($length:32, 1:8)
  (d:8) = meter tenants [zext(h.a:4, 32)] (1:32, c:8)
  h.dst:48 = zext(c:8 ++ d:8, 48)
  emit h"""
FRAME = bytes.fromhex("020000000001020000000002 1234") + bytes(50)


def colours(rates: MeterRates, times_ns: list[int], index: int = 1) -> list[tuple[int, int]]:
    program = one_block(METER, OPS, "forward 1:16")
    store = Store(program)
    store.write_meter("tenants", 1, rates)
    data = FRAME[:14] + bytes([index << 4]) + FRAME[15:]
    results = assert_same(program, [Packet(data, 0, t) for t in times_ns], store)
    return [(r.data[4], r.data[5]) for r in results if isinstance(r, Sent)]


def test_colours_follow_the_rates() -> None:
    second = 10**9
    rates = MeterRates(cir=64, cbs=65, pir=128, pbs=130)
    assert colours(rates, [0, 0, 0, second, second]) == [
        (GREEN, GREEN), (YELLOW, YELLOW), (RED, RED), (GREEN, YELLOW), (RED, RED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rates",
    [
        MeterRates(0, 0, 0, 0),
        MeterRates(0, 65, 0, 65),
        MeterRates(MAX_RATE, MAX_BURST, MAX_RATE, MAX_BURST),
        MeterRates(1, MAX_BURST, MAX_RATE, 1),
        MeterRates(999_999_999, 64, 10**9, 64),
    ],
)
def test_the_ends_of_what_rates_may_be(rates: MeterRates) -> None:
    colours(rates, [0, 1, 1, 63, 64, 10**9, (1 << 62) - 1, 5])


def test_cells_without_rates_and_outside() -> None:
    rates = MeterRates(0, 0, 0, 0)
    assert colours(rates, [0, 5], index=2) == [(GREEN, GREEN)] * 2
    assert colours(rates, [0, 5], index=9) == [(GREEN, GREEN)] * 2
    assert colours(rates, [0, 5], index=1) == [(RED, RED)] * 2


@program_settings(40)
@given(programs(Knobs(handoffs=False, state_kinds=("meter", "meter", "register"))), packet_lists(12), st.data())
def test_random_programs(program: Program, packets: list[Packet], data: st.DataObject) -> None:
    store = Store(program)
    for start in data.draw(meter_starts(program)):
        start.put(store)
    assert_same(program, map(padded, packets), store)
