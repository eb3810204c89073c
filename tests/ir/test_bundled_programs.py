"""The bundled network functions, on their own traffic and on damaged frames: compiled programs and the text agree."""

from __future__ import annotations

import random

import pytest

from cora.ir.check import check_program
from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, Sent, Trace, run
from cora.ir.nodes import Program
from cora.ir.text import parse_program, print_program
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import NfSpec, load_nf
from cora.traffic.assign import port_rules
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.replay import replay

PACKETS = 600


def damaged(packet: Packet, rng: random.Random) -> Packet:
    """The packet cut short, or with a few bytes of its headers changed."""
    data = bytearray(packet.data)
    if rng.random() < 0.3:
        del data[rng.randrange(len(data)) :]
    for _ in range(rng.randrange(3)):
        if data:
            data[rng.randrange(min(64, len(data)))] = rng.choice((0, 1, 6, 17, 58, 69, 255))
    return Packet(bytes(data), packet.port, packet.time_ns, packet.seed)


@pytest.fixture(params=["nat", "firewall"], scope="module")
def built(request: pytest.FixtureRequest) -> tuple[NfSpec, Program]:
    spec = load_nf(request.param)
    return spec, build_program(spec)


def test_the_program_is_well_formed_and_its_text_reads_back(built: tuple[NfSpec, Program]) -> None:
    _, program = built
    check_program(program)
    text = print_program(program)
    assert parse_program(text) == program
    assert print_program(parse_program(text)) == text


def test_the_compiled_program_does_what_the_interpreter_does(built: tuple[NfSpec, Program]) -> None:
    spec, program = built
    rng = random.Random(7)
    capture = generate(generate_spec({**spec.traffic.generate, "packets": PACKETS}))
    packets = replay(capture, program, fresh_store(spec, program), port_rules(spec)).packets
    mixed = [p if rng.random() < 0.6 else damaged(p, rng) for p in packets]
    compiled, traced = compile_program(program), compile_program(program, trace=True)
    stores = [fresh_store(spec, program) for _ in range(3)]
    sent = 0
    for packet in mixed:
        expected_trace, found_trace = Trace(all_states=True), Trace(all_states=True)
        expected = run(program, stores[0], packet, trace=expected_trace)
        assert compiled(stores[1], packet) == expected
        assert traced(stores[2], packet, trace=found_trace) == expected
        assert found_trace == expected_trace
        sent += isinstance(expected, Sent)
    assert sent > PACKETS // 4
    assert stores[0].snapshot() == stores[1].snapshot() == stores[2].snapshot()
