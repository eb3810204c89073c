"""Few stages, few contexts: what the bounds of the analysis leave still splits into equals of the whole."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from random_nfs import random_nf
from split_helpers import compare, mini_traffic
from test_split_random import nf_frame, split_at_random

from cora.analysis import analyse
from cora.analysis.analyse import Bounds
from cora.frontend import load_text
from cora.ir.nodes import Program
from cora.lower import lower_program
from cora.nf.build import build_program
from cora.nf.spec import load_nf

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from large_program import large_program

REGISTERS = """
#include <core.p4>
#include <v1model.p4>
header h_t {{ bit<32> a; bit<32> b; }}
struct headers {{ h_t h; }}
struct meta {{ bit<32> k; }}
parser P(packet_in pkt, out headers hdr, inout meta m, inout standard_metadata_t sm) {{
    state start {{ pkt.extract(hdr.h); transition accept; }}
}}
control V(inout headers hdr, inout meta m) {{ apply {{ }} }}
control I(inout headers hdr, inout meta m, inout standard_metadata_t sm) {{
{registers}
    apply {{
{body}
        sm.egress_spec = 1;
    }}
}}
control E(inout headers hdr, inout meta m, inout standard_metadata_t sm) {{ apply {{ }} }}
control C(inout headers hdr, inout meta m) {{ apply {{ }} }}
control D(packet_out pkt, in headers hdr) {{ apply {{ pkt.emit(hdr); }} }}
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def independent_registers(count: int) -> Program:
    """Each register is read on a condition of its own: any of them may be the first that a packet reads."""
    registers = "\n".join(f"    register<bit<32>>(64) r{i};" for i in range(count))
    body = "\n".join(
        f"bit<32> v{i}; if (hdr.h.a[{i % 32}:{i % 32}] == 1) {{ r{i}.read(v{i}, hdr.h.b[5:0] ++ 26w0);"
        f" if (v{i} != hdr.h.a) {{ r{i}.write(hdr.h.b[5:0] ++ 26w0, hdr.h.a); m.k = m.k + 1; }} }}"
        for i in range(count)
    )
    return lower_program(load_text(REGISTERS.format(registers=registers, body=body)))


@pytest.mark.parametrize("bounds", [Bounds(2), Bounds(4), Bounds(6, more_blocks=3), Bounds(64, more_blocks=0)], ids=str)
def test_splits_of_merged_stages_are_equal(bounds: Bounds) -> None:
    answers = split_count = 0
    for seed in range(200, 216):
        program = random_nf(seed)
        graph = analyse(program, bounds)
        assert len(graph.stages) <= bounds.stages
        split = split_at_random(graph, random.Random(seed))
        if split is None or len(split.engines) == 1:
            continue
        difference, runner = compare(program, split, mini_traffic(seed, 60, nf_frame))
        assert difference is None, f"seed {seed}"
        split_count += 1
        answers += runner.figures.answers
    assert split_count >= (8 if bounds.stages > 2 else 0)
    assert answers or bounds.stages == 2


@pytest.mark.parametrize("name", ["nat", "firewall"])
def test_bounds_do_not_touch_what_is_within_them(name: str) -> None:
    program = build_program(load_nf(name))
    assert analyse(program) == analyse(program, Bounds(stages=1000, more_blocks=10_000))


def test_first_reads_do_not_multiply() -> None:
    """Told apart by which of 90 registers was read first, code would be there 90 times."""
    program = independent_registers(90)
    graph = analyse(program)
    assert len(graph.stages) <= 64
    assert len(graph.program.blocks) < 2 * len(program.blocks) + 1000
    assert sum(len(edge.ways) for edge in graph.edges) < 100 * len(graph.edges)


def test_a_large_program_has_few_stages() -> None:
    program = lower_program(load_text(large_program(1500)))
    graph = analyse(program)
    assert len(program.states) > 20
    assert 10 < len(graph.stages) <= 64
    assert sorted(b for s in graph.stages for b in s.blocks) == sorted(b.name for b in graph.program.blocks)
