"""Clones, multicast, recirculation and resubmission of v1model, on the interpreter (and on compiled programs)."""

from __future__ import annotations

import pytest
from p4_programs import lower, v1model

from cora.analysis import analyse
from cora.diagnostics import UserError
from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, run
from cora.ir.packets import Dropped, Result, Sent
from cora.ir.replicate import Replica, first_copy, run_copies
from cora.ir.store import Store
from cora.ir.text import parse_program, print_program

LISTS = "struct kept_t { @field_list(1) bit<8> a; @field_list(1, 2) bit<16> b; bit<8> none; }"


def outcomes(text: str, data: str, *, compiled: bool = False) -> list[tuple[int, str] | str]:
    """What comes out of a frame of the program, in order: (port, hex) or the reason of a drop."""
    program = lower(text)
    store = Store(program)
    store.replication.sessions = {5: (Replica(7),), 6: (Replica(8), Replica(9, 3))}
    store.replication.groups = {1: (Replica(2, 10), Replica(3, 11)), 2: ()}
    fast = compile_program(program)
    packet = Packet(bytes.fromhex(data), 0, 5000, 1)
    results = run_copies(
        lambda p, e: fast(store, p, entered=e) if compiled else run(program, store, p, entered=e),
        store.replication,
        packet,
    )
    return [_shown(r) for r in results]


def _shown(result: Result) -> tuple[int, str] | str:
    match result:
        case Sent(port=port, data=data):
            return port, data.hex()
        case Dropped(reason=reason):
            return reason
        case _:
            raise AssertionError(result)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_clone_of_ingress_is_the_frame_as_it_came_in(compiled: bool) -> None:
    text = v1model(
        "clone(CloneType.I2E, 5); h.eth.a = 0xAA; sm.egress_spec = 1;",
        egress="if (sm.instance_type == 1) { h.eth.b = 0xBB; }",
    )
    assert outcomes(text, "01020304ff", compiled=compiled) == [(1, "aa020304ff"), (7, "01bb0304ff")]


def test_every_member_of_a_session_gets_a_clone() -> None:
    text = v1model("clone(CloneType.I2E, 6); mark_to_drop(sm);", egress="h.eth.a = sm.egress_rid[7:0];")
    assert outcomes(text, "01020304") == ["dropped", (8, "00020304"), (9, "03020304")]


def test_the_last_request_counts_and_names_what_is_kept() -> None:
    body = """
        m.x = 9; m.y = 0x1234;
        clone3(CloneType.I2E, 6, { m.x });
        if (h.eth.a == 1) { clone3(CloneType.I2E, 5, { m.y }); }
        sm.egress_spec = 1;
    """
    text = v1model(body, egress="if (sm.instance_type == 1) { h.eth.b = m.x; h.eth.c = m.y; }")
    assert outcomes(text, "01020304") == [(1, "01020304"), (7, "01001234")]
    assert outcomes(text, "02020304") == [(1, "02020304"), (8, "02090000"), (9, "02090000")]


def test_field_lists() -> None:
    text = v1model(
        "m.k.a = 1; m.k.b = 2; m.k.none = 3; clone_preserving_field_list(CloneType.I2E, 5, 1); mark_to_drop(sm);",
        egress="h.eth.a = m.k.a; h.eth.b = m.k.none; h.eth.c = m.k.b;",
    ).replace("struct meta_t {", LISTS + " struct meta_t { kept_t k; ")
    assert outcomes(text, "ffffffff") == ["dropped", (7, "01000002")]
    assert outcomes(text.replace("5, 1)", "5, 2)"), "ffffffff") == ["dropped", (7, "00000002")]


def test_a_clone_of_egress_has_the_headers_of_then() -> None:
    text = v1model(
        "h.eth.a = 5; sm.egress_spec = 1;",
        egress="""
            if (sm.instance_type == 0) { h.eth.b = 6; clone(CloneType.E2E, 5); h.eth.c = 7; }
            else { h.eth.a = 0xEE; }
        """,
    )
    assert outcomes(text, "01020304aabb") == [(1, "05060007aabb"), (7, "ee060007aabb")]


def test_multicast_runs_egress_once_a_member() -> None:
    text = v1model(
        "m.x = 3; h.tag.setValid(); h.tag.kind = 1; h.tag.value = 2; sm.mcast_grp = (bit<16>) h.eth.a;"
        "if (h.eth.b == 1) { sm.egress_spec = 4; }",
        egress="h.eth.a = m.x; h.eth.b = sm.egress_rid[7:0]; h.eth.c = sm.instance_type[15:0];",
    )
    assert outcomes(text, "0100ffff99") == [(2, "030a0005010299"), (3, "030b0005010299")]
    assert outcomes(text, "0200ffff99") == []
    assert outcomes(text, "0301ffff99") == []  # no such group
    assert outcomes(text, "0001ffff99") == [(4, "03000000010299")]


def test_resubmitted_packets_come_in_as_they_were() -> None:
    text = v1model(
        "if (sm.instance_type == 0) { h.eth.a = 0x77; m.x = 4; resubmit(m.x); }"
        "else { h.eth.b = m.x; h.eth.c = sm.instance_type[15:0]; sm.egress_spec = 1; }"
    ).replace("resubmit(m.x)", "resubmit<bit<8>>(m.x)")
    assert outcomes(text, "01020304ee") == [(1, "01040006ee")]


def test_recirculated_packets_come_in_as_they_left() -> None:
    text = v1model(
        "sm.egress_spec = 1; h.eth.b = h.eth.b + 1;",
        egress="if (h.eth.b != 5) { h.eth.c = sm.instance_type[15:0]; m.y = 1; recirculate<bit<16>>(m.y); }",
    )
    assert outcomes(text, "01020304ee") == [(1, "01050004ee")]


def test_endless_recirculation_ends() -> None:
    text = v1model("sm.egress_spec = 1;", egress="recirculate<bit<8>>(m.x);")
    assert outcomes(text, "01020304") == ["too many passes"]


def test_programs_without_copies_have_no_trace_of_them() -> None:
    program = lower(v1model("sm.egress_spec = 1; sm.mcast_grp = 0;"))
    assert first_copy(program) is None
    assert not program.resumes
    assert "$resume" not in print_program(program)


def test_the_text_of_copies_reads_back_and_planning_refuses_them() -> None:
    program = lower(v1model("clone3(CloneType.I2E, 5, { m.x }); sm.mcast_grp = 1;", egress="recirculate(h.eth.a);"))
    assert parse_program(print_program(program)) == program
    with pytest.raises(UserError) as caught:
        analyse(program)
    assert caught.value.diagnostics[0].code == "C0755"
