"""Random programs: the textual form reads back, and compiled programs do what the interpreter does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from program_inputs import entries_into, flow_starts, meter_starts, packet_lists
from strategies import Knobs, program_settings, programs

from cora.ir.check import check_program
from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, Trace, run
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.ir.text import parse_program, print_program

relaxed = program_settings(120)


@relaxed
@given(programs())
def test_random_programs_are_well_formed(program: Program) -> None:
    check_program(program)


@relaxed
@given(programs())
def test_print_then_parse_gives_an_equal_program(program: Program) -> None:
    text = print_program(program)
    again = parse_program(text)
    assert again == program
    assert print_program(again) == text


def agree(program: Program, packets: list[Packet], data: st.DataObject) -> None:
    plain, traced = compile_program(program), compile_program(program, trace=True)
    stores = [Store(program) for _ in range(3)]
    for start in (*data.draw(flow_starts(program)), *data.draw(meter_starts(program))):
        for store in stores:
            start.put(store)
    for packet in packets:
        entered = data.draw(entries_into(program))
        expected_trace, found_trace = Trace(all_states=True), Trace(all_states=True)
        expected = run(program, stores[0], packet, entered=entered, trace=expected_trace)
        assert plain(stores[1], packet, entered=entered) == expected
        assert traced(stores[2], packet, entered=entered, trace=found_trace) == expected
        assert found_trace == expected_trace
    snapshots = [store.snapshot() for store in stores]
    assert snapshots[1] == snapshots[0]
    assert snapshots[2] == snapshots[0]


@relaxed
@given(programs(), packet_lists(), st.data())
def test_compiled_programs_agree_with_the_interpreter(
    program: Program, packets: list[Packet], data: st.DataObject
) -> None:
    agree(program, packets, data)


@relaxed
@given(programs(Knobs(odd_cursor=True, blocks=3)), packet_lists(3), st.data())
def test_cursors_between_bits_agree_too(program: Program, packets: list[Packet], data: st.DataObject) -> None:
    agree(program, packets, data)


@relaxed
@given(programs(Knobs(state_kinds=("meter", "meter", "register"))), packet_lists(12), st.data())
def test_programs_that_meter(program: Program, packets: list[Packet], data: st.DataObject) -> None:
    agree(program, packets, data)
