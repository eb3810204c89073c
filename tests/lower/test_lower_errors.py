"""What lowering refuses, and what it says."""

from __future__ import annotations

import pytest
from p4_programs import lower, pna_a, pna_b, v1model

from cora.diagnostics import UserError, render
from cora.error_catalog import CATALOG
from cora.frontend import load_text
from cora.lower import LowerOptions, lower_program, pass_names

FLOW_TABLE = """
    Register<bit<8>, FlowId_t>(8) state;
    Counter<bit<64>, FlowId_t>(8, PNA_CounterType_t.PACKETS) seen;
    action known(FlowId_t id) { KNOWN }
    action unknown() { UNKNOWN }
    table flows {
        key = { h.eth.c: exact; }
        actions = { @tableonly known; @defaultonly unknown; }
        const default_action = unknown;
        add_on_miss = true;
        PROPERTIES
    }
"""
ADD = """
    m.id = allocate_flow_id();
    bool ok = add_entry("known", { id = m.id }, (ExpireTimeProfileId_t) 0);
"""


def flows(body: str = "flows.apply();", *, known: str = "", unknown: str = ADD, properties: str = "") -> str:
    text = FLOW_TABLE.replace("UNKNOWN", unknown).replace("KNOWN", known).replace("PROPERTIES", properties)
    return pna_a(body, locals=text)


CASES: list[tuple[str, str, str]] = [
    ("C0301", v1model("varbit<7> v;"), "varbit<7>"),
    ("C0303", pna_b("x.execute();", locals="DirectMeter(PNA_MeterType_t.BYTES) x;"), "x outside of an action"),
    ("C0303", pna_b("hash.get_hash({ });", locals="Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) hash;"), "hash of nothing"),
    ("C0306", pna_b("for (bit<16> i in 0 .. 999) { h.eth.a = h.eth.a + 1; }"), "more than 256 times"),
    (
        "C0307",
        pna_b(
            "for (bit<8> i in 0 .. h.eth.a) { for (bit<8> j in 0 .. i) { for (bit<8> k in 0 .. j) { h.eth.b = k; } } }"
        ),
        "how often this loop runs",
    ),
    ("C0311", pna_b("restart_expire_timer();"), "restart_expire_timer()"),
    ("C0312", flows(unknown=ADD + "restart_expire_timer();"), "on a hit"),
    ("C0312", flows(known=ADD), "on a miss"),
    ("C0313", flows(known="set_entry_expire_time((ExpireTimeProfileId_t) 9);"), "no expire profile 9"),
    ("C0314", flows(known="restart_expire_timer(); set_entry_expire_time((ExpireTimeProfileId_t) 0);",
                    properties="pna_idle_timeout = PNA_IdleTimeout_t.NO_TIMEOUT;"), "never expire"),
    ("C0315", flows(unknown=ADD.replace('"known"', '"other"')), "no action other"),
    ("C0316", flows(unknown=ADD.replace("id = m.id", "ident = m.id")), "takes (id)"),
    ("C0317", flows(known="seen.count(id);"), "flow id"),
    ("C0317", flows(known="h.eth.a = ((FlowIdUint_t) id)[7:0];"), "flow id"),
    ("C0318", flows(known="h.eth.a = state.read(id); state.write((FlowId_t) 0, 1);"), "register state"),
    ("C0318", flows("flows.apply(); h.eth.a = state.read(m.id);", unknown="if (h.eth.a == 1) {" + ADD + "}",
                    known="m.id = id;"), "register state"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text", "part"), CASES, ids=[f"{c}-{p}" for c, _, p in CASES])
def test_refusals(code: str, text: str, part: str) -> None:
    with pytest.raises(UserError) as caught:
        lower(text)
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert code in CATALOG
    assert part in found.message
    assert found.help
    assert found.span is not None and "^" in render(found)


def test_an_lpm_mask_must_be_a_prefix() -> None:
    table = """
    table t {
        key = { h.eth.c: lpm; }
        actions = { NoAction; }
        const entries = { 0x0f &&& 0x0f: NoAction(); }
    }
    """
    with pytest.raises(UserError) as caught:
        lower(pna_b("t.apply();", locals=table))
    assert caught.value.diagnostics[0].code == "C0309"


def test_a_header_of_odd_bits() -> None:
    top = "header odd_h { bit<7> x; }"
    parser = """
    parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
        odd_h odd;
        state start { pkt.extract(odd); transition accept; }
    }
    """
    with pytest.raises(UserError) as caught:
        lower(pna_b("", top=top, parser=parser))
    assert caught.value.diagnostics[0].code == "C0302"


def test_stopping_after_a_pass() -> None:
    typed = load_text(pna_b("h.eth.a = 1;"), name="test.p4")
    sizes = [len(lower_program(typed, LowerOptions(), after=name).blocks) for name in pass_names()]
    assert sizes[0] > sizes[-1]
    with pytest.raises(KeyError):
        lower_program(typed, LowerOptions(), after="no-such-pass")
