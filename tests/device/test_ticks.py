"""The count of ticks as a clock, and arrays that programs read without a lookup."""

from __future__ import annotations

import time

import pytest

from cora.device.bpf import TestRun
from cora.device.compile import compile_c
from cora.device.libbpf import Object
from cora.device.loader import LoadedEngine
from cora.device.ticks import Ticks, ticks_within
from cora.ir.text import parse_program
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.split import whole

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]

_READ = """#include "cora.h"
char cora_license[] SEC("license") = "GPL";
struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} now SEC(".maps");
SEC("xdp") int read(struct xdp_md *ctx)
{
	u32 zero = 0;
	u64 *cell = map_lookup(&now, &zero);

	if (cell)
		*cell = cora_tick_time();
	return XDP_PASS;
}
"""


@pytest.mark.parametrize("step_ns", [0, 1_000_000_000])
def test_a_programs_time_is_the_monotonic_clock_or_within_ticks_of_it(step_ns: int) -> None:
    ticks = ticks_within(step_ns)
    assert ticks.ns <= step_ns
    program = Object(compile_c(_READ, "ticks"), {".rodata.tick": ticks.packed()})
    try:
        run = TestRun(program.programs["read"])
        before = 0
        for _ in range(50):
            begun_ns = time.monotonic_ns()
            run(bytes(14))
            now_ns = int.from_bytes(program.maps["now"].lookup(bytes(4)) or b"", "little")
            assert before <= now_ns <= time.monotonic_ns() + ticks.ns
            if not ticks.ns:
                assert now_ns >= begun_ns
            # The interrupt of a tick may come late on a busy machine.
            assert begun_ns - now_ns < 1_000_000_000
            before = now_ns
    finally:
        program.close()


def test_ticks_that_are_too_long_are_not_used() -> None:
    assert ticks_within(1_000) == Ticks()


def test_an_engine_loaded_for_traffic_counts_ticks() -> None:
    spec = load_nf("nat")
    program = build_program(spec)
    split = whole(program)
    with LoadedEngine(split.engines[0], split) as engine:
        assert engine.map(".rodata.tick").lookup(bytes(4)) == ticks_within(10_000_000).packed()
    with LoadedEngine(split.engines[0], split, verify=True) as engine:
        assert engine.map(".rodata.tick").lookup(bytes(4)) == bytes(16)


def test_each_table_has_its_place_among_the_arrays() -> None:
    """A row of either table is found by its own key, and the ports of interfaces stand in a slot of theirs."""
    program = build_program(load_nf("nat"))
    split = whole(program)
    with LoadedEngine(split.engines[0], split) as engine:
        engine.fill(fresh_store(load_nf("nat"), program))
        engine.flush()
        engine.connect_port(1025, 7)
        memory = engine.map(".bss.index").lookup(bytes(4)) or b""
        numbers = [int.from_bytes(memory[n : n + 4], "little") for n in range(0, len(memory), 4)]
        by_table = [numbers[n : n + 1024] for n in range(0, len(numbers), 1024)]
        found = [{key for key, number in enumerate(table) if number} for table in by_table]
        assert found == [{0, 1}, {0, 1, 2}, {n for n in found[2] if n < 8}]
        slot = (engine.map(".bss.ports").lookup(bytes(4)) or b"")[8:16]
    assert slot == (1025).to_bytes(4, "little") + (7).to_bytes(4, "little")


def test_the_text_of_a_program_keeps_its_clock() -> None:
    from cora.ir.text import print_program

    program = build_program(load_nf("nat"))
    assert program.clock_step_ns == 10_000_000
    assert parse_program(print_program(program)) == program
