"""Meters and digests of each architecture: the colours that a program sees, and what the control plane is told."""

from __future__ import annotations

import pytest
from p4_programs import Runner, pna_a, pna_b, v1model
from psa_programs import SEND, psa

from cora.ir.interp import Packet, run
from cora.ir.meters import GREEN, RED, YELLOW, MeterRates
from cora.ir.nodes import Access
from cora.ir.packets import DigestMessage

FRAME = "01020304"
SHORT_OF_YELLOW = MeterRates(cir=0, cbs=6, pir=0, pbs=10)


def colours(text: str, rates: MeterRates, frames: list[str], index: int = 2) -> list[int]:
    """The first byte of each packet, where the program writes its colour."""
    runner = Runner(text)
    runner.store.write_meter("m1", index, rates)
    return [int(runner.send(frame).split()[1][:2], 16) for frame in frames]


PNA = f"h.eth.a = m1.execute((bit<8>) 2) == PNA_MeterColor_t.RED ? 8w{RED} : 8w9;"
PSA = """
    PSA_MeterColor_t c = m1.execute(h.eth.b);
    if (c == PSA_MeterColor_t.RED) { h.eth.a = 0; }
    if (c == PSA_MeterColor_t.GREEN) { h.eth.a = 1; }
    if (c == PSA_MeterColor_t.YELLOW) { h.eth.a = 2; }
"""


@pytest.mark.parametrize(("kind", "expected"), [("BYTES", [GREEN, YELLOW, RED]), ("PACKETS", [GREEN, GREEN, GREEN])])
def test_psa(kind: str, expected: list[int]) -> None:
    text = psa(SEND + PSA, locals=f"Meter<bit<8>>(8, PSA_MeterType_t.{kind}) m1;")
    assert colours(text, SHORT_OF_YELLOW, [FRAME] * 3) == expected
    other_cell = "01030304"
    assert colours(text, SHORT_OF_YELLOW, [other_cell] * 3) == [GREEN] * 3


@pytest.mark.parametrize("make", [pna_a, pna_b])
def test_pna(make) -> None:
    text = make(PNA, locals="Meter<bit<8>>(8, PNA_MeterType_t.BYTES) m1;")
    assert colours(text, SHORT_OF_YELLOW, [FRAME] * 3) == [9, 9, RED]


def test_a_colour_that_is_given() -> None:
    body = "if (m1.execute((bit<8>) 2, PNA_MeterColor_t.YELLOW) == PNA_MeterColor_t.YELLOW) { h.eth.a = 2; }"
    text = pna_b(body, locals="Meter<bit<8>>(8, PNA_MeterType_t.BYTES) m1;")
    assert colours(text, SHORT_OF_YELLOW, [FRAME] * 3) == [YELLOW, YELLOW, 1]


def test_a_length_that_is_given() -> None:
    body = "if (m1.dpdk_execute((bit<8>) 2, (bit<32>) h.eth.b) == PNA_MeterColor_t.RED) { h.eth.a = 0; }"
    text = pna_b(body, locals="Meter<bit<8>>(8, PNA_MeterType_t.BYTES) m1;")
    assert colours(text, SHORT_OF_YELLOW, ["01060000", "01050000", "01040000"]) == [1, 0, 1]


def test_v1model_counts_colours_from_green_up() -> None:
    text = v1model(
        "sm.egress_spec = 1; m1.execute_meter<bit<8>>(32w2, h.eth.a);", locals="meter(8, MeterType.bytes) m1;"
    )
    assert colours(text, SHORT_OF_YELLOW, [FRAME] * 3) == [0, 1, 2]


def test_one_state_for_an_object_used_twice() -> None:
    body = f"{SEND} if (h.eth.a == 1) {{ {PSA} }} else {{ {PSA} }}"
    program = Runner(psa(body, locals="Meter<bit<8>>(8, PSA_MeterType_t.BYTES) m1;")).program
    assert [(s.name, s.kind, s.capacity) for s in program.states] == [("m1", "meter", 8)]
    meters = [op for b in program.blocks for op in b.ops if isinstance(op, Access)]
    assert {op.kind for op in meters} == {"meter"} and len(meters) == 2


TOLD = "struct told_t { bit<8> first; bit<16> rest; }"
PACK = "if (h.eth.a == 1) { told.pack({ h.eth.a, h.eth.c }); }"


@pytest.mark.parametrize(
    ("text", "receiver"),
    [
        (pna_a(PACK, locals="Digest<told_t>() told;", top=TOLD), "told"),
        (pna_b(PACK, locals="Digest<told_t>() told;", top=TOLD), "told"),
        (psa(SEND, deparse=f"{PACK} pkt.emit(h);", deparser_locals="Digest<told_t>() told;", top=TOLD), "told"),
        (v1model("if (h.eth.a == 1) { digest<tag_h>(7, h.tag); } sm.egress_spec = 1;"), "tag_h"),
    ],
    ids=["pna-a", "pna-b", "psa", "v1model"],
)
def test_digests(text: str, receiver: str) -> None:
    runner = Runner(text)
    told = run(runner.program, runner.store, Packet(bytes.fromhex(FRAME), 0, 1))
    values = (0, 0) if receiver == "tag_h" else (1, 0x0304)
    assert told.digests == (DigestMessage(receiver, values),)
    assert run(runner.program, runner.store, Packet(bytes.fromhex("00020304"), 0, 2)).digests == ()
