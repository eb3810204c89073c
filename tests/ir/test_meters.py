"""Meters: the arithmetic against exact fractions, colours by hand, and what the control plane may write."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_texts import program

from cora.diagnostics import UserError
from cora.ir.errors import StoreError
from cora.ir.interp import Packet, run
from cora.ir.meters import GREEN, MAX_BURST, MAX_RATE, RED, YELLOW, MeterCell, MeterRates
from cora.ir.packets import Trace, TracedAccess
from cora.ir.store import Store

METER = "meter tenants [index:32] -> () capacity 4\n"
RATES = MeterRates(cir=1000, cbs=300, pir=2000, pbs=500)


def test_colours_by_hand() -> None:
    cell = MeterCell.full(RATES)
    assert [cell.execute(0, 200, GREEN) for _ in range(3)] == [GREEN, YELLOW, RED]  # 300, 100, 100 and 500, 300, 100
    half_a_second, a_millisecond = 500_000_000, 1_000_000
    assert cell.execute(half_a_second, 300, GREEN) == GREEN  # both are full again
    assert cell.execute(half_a_second, 1, GREEN) == YELLOW
    assert (cell.committed, cell.peak) == (0, 199 * 10**9)
    assert cell.execute(half_a_second + a_millisecond, 1, GREEN) == GREEN
    assert (cell.committed, cell.peak) == (0, 200 * 10**9)
    assert cell.execute(half_a_second, 1, GREEN) == YELLOW  # time that goes back brings nothing
    assert cell.last_ns == half_a_second + a_millisecond


def test_a_colour_that_comes_in_never_gets_better() -> None:
    cell = MeterCell.full(RATES)
    assert cell.execute(0, 100, RED) == RED
    assert (cell.committed, cell.peak) == (300 * 10**9, 500 * 10**9)
    assert cell.execute(0, 100, YELLOW) == YELLOW
    assert (cell.committed, cell.peak) == (300 * 10**9, 400 * 10**9)
    assert cell.execute(0, 100, 77) == GREEN


@settings(deadline=None, max_examples=200)
@given(
    st.tuples(st.integers(0, 5000), st.integers(0, 900), st.integers(0, 5000), st.integers(0, 900)),
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 1500), st.sampled_from((RED, GREEN, YELLOW)))),
)
def test_tokens_are_what_exact_fractions_give(
    numbers: tuple[int, int, int, int], packets: list[tuple[int, int, int]]
) -> None:
    slow, fast = sorted((numbers[0], numbers[2]))
    cell = MeterCell.full(MeterRates(slow, numbers[1], fast, numbers[3]))
    committed, peak, now, second = Fraction(numbers[1]), Fraction(numbers[3]), 0, 10**9
    for wait, amount, colour in packets:
        now += wait
        committed = min(Fraction(numbers[1]), committed + Fraction(wait * slow, second))
        peak = min(Fraction(numbers[3]), peak + Fraction(wait * fast, second))
        red = colour == RED or peak < amount
        yellow = not red and (colour == YELLOW or committed < amount)
        peak -= 0 if red else amount
        committed -= 0 if red or yellow else amount
        assert cell.execute(now, amount, colour) == (RED if red else YELLOW if yellow else GREEN)
        assert (cell.committed, cell.peak) == (committed * second, peak * second)


def test_an_access_meters_at_the_packets_time() -> None:
    made = program("", declarations=METER)
    store = Store(made)
    store.write_meter("tenants", 1, MeterRates(0, 50, 0, 100))
    meter = program(
        "(c:8) = meter tenants [1:32] (60:32, 1:8)\n(d:8) = meter tenants [1:32] (50:32, 1:8)",
        declarations=METER,
        end="handoff out 1 received (c:8, d:8)",
    )
    trace = Trace(all_states=True)
    result = run(meter, store, Packet(b"", 0, 77), trace=trace)
    assert result.values == (YELLOW, RED)  # pyright: ignore[reportAttributeAccessIssue]
    assert store.snapshot() == {"tenants": {1: (50 * 10**9, 40 * 10**9, 77)}}
    assert trace.accesses[0] == TracedAccess("tenants", "meter", (1,), True)


def test_cells_without_rates_pass_the_colour_on() -> None:
    declared = METER + "counter other [index:32] -> () capacity 1\n"
    made = program(
        "(a:8) = meter tenants [0:32] (9:32, 1:8)\n(b:8) = meter tenants [9:32] (9:32, 0:8)\n"
        "(c:8) = meter tenants [0:32] (9:32, 2:8)\n(d:8) = meter tenants [0:32] (9:32, 9:8)",
        declarations=declared,
        end="handoff out 1 received (a:8, b:8, c:8, d:8)",
    )
    store = Store(made)
    result = run(made, store, Packet(b"", 0, 0))
    assert result.values == (GREEN, RED, YELLOW, GREEN)  # pyright: ignore[reportAttributeAccessIssue]
    assert store.snapshot() == {"tenants": {}, "other": {}}


@pytest.mark.parametrize(
    ("index", "rates", "words"),
    [
        (4, RATES, "4 is outside"),
        (0, MeterRates(2, 1, 1, 1), "below the committed rate"),
        (0, MeterRates(1, MAX_BURST + 1, 1, 1), "bursts are from 0"),
        (0, MeterRates(1, 1, MAX_RATE + 1, 1), "rates are from 0"),
    ],
)
def test_what_a_store_refuses(index: int, rates: MeterRates, words: str) -> None:
    store = Store(program("", declarations=METER))
    with pytest.raises(StoreError, match=words):
        store.write_meter("tenants", index, rates)
    with pytest.raises(StoreError, match="no meter"):
        store.write_meter("others", 0, RATES)


@pytest.mark.parametrize(
    ("ops", "declarations"),
    [
        ("(c:8) = meter tenants [1:32] (60:32)", METER),
        ("(c:1) = meter tenants [1:32] (60:32, 1:8)", METER),
        ("(c:8) = read tenants [1:32]", METER),
        ("", "meter tenants [index:32] -> (a:8) capacity 4\n"),
        ("", "meter tenants [a:32, b:32] -> () capacity 4\n"),
    ],
)
def test_what_the_checker_refuses(ops: str, declarations: str) -> None:
    with pytest.raises(UserError) as caught:
        program(ops, declarations=declarations)
    assert caught.value.diagnostics[0].code == "C0392"
