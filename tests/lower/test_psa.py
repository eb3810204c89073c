"""PSA: what ingress and egress do to a packet, and what is refused."""

from __future__ import annotations

import pytest
from p4_programs import Runner, lower
from psa_programs import INLINE, NAMED, SEND, psa

from cora.frontend import load_text
from cora.ir.nodes import Copy, Drop, Extract


@pytest.mark.parametrize("main", [INLINE, NAMED])
def test_pipelines_by_name_and_in_place(main: str) -> None:
    program = load_text(psa(SEND, main=main))
    assert program.arch == "psa"
    assert [b.role for b in program.blocks] == ["ip", "ig", "id", "ep", "eg", "ed"]
    assert Runner(psa(SEND, main=main)).send("01020304aabb") == "3 01020304aabb"


@pytest.mark.parametrize(
    ("ingress", "out"),
    [
        ("", "ingress_drop"),  # `drop` is true at first
        (SEND, "3 01020304ff"),
        (f"{SEND} ingress_drop(ostd);", "ingress_drop"),
        (f"ingress_drop(ostd); {SEND}", "3 01020304ff"),
        ("ostd.drop = false; ostd.egress_port = istd.ingress_port;", "5 01020304ff"),
        (f"{SEND} h.eth.a = (bit<8>) (bit<64>) istd.ingress_timestamp;", "3 00020304ff"),
        (f"{SEND} ostd.clone = false; ostd.resubmit = false; ostd.multicast_group = (MulticastGroup_t) 0;",
         "3 01020304ff"),
        (f"if (h.eth.a == 2) {{ multicast(ostd, (MulticastGroup_t) 1); {SEND} }} {SEND}", "3 01020304ff"),
        (f"ostd.resubmit = true; {SEND} ingress_drop(ostd);", "ingress_drop"),
    ],
)  # fmt: skip
def test_ingress(ingress: str, out: str) -> None:
    assert Runner(psa(ingress)).send("01020304ff", port=5) == out


def test_a_table_sends() -> None:
    table = """
        action to(PortId_t p) { send_to_port(ostd, p); }
        action none() { ingress_drop(ostd); }
        table t {
            key = { h.eth.a : exact; }
            actions = { to; none; }
            const default_action = none();
            const entries = { 1 : to((PortId_t) 7); 2 : none(); }
        }
    """
    runner = Runner(psa("t.apply();", locals=table))
    assert [runner.send(f) for f in ("01000000", "02000000", "03000000")] == ["7 01000000"] + ["ingress_drop"] * 2


def test_parser_error_reaches_ingress() -> None:
    text = psa(f"if (istd.parser_error == error.PacketTooShort) {{ ingress_drop(ostd); }} else {{ {SEND} }}")
    assert Runner(text).send("0102") == "ingress_drop"
    assert Runner(text).send("01020304") == "3 01020304"


def test_egress_sees_metadata_and_may_drop() -> None:
    text = psa(
        f"{SEND} m.x = h.eth.a;",
        egress="if (m.x == 1 && istd.egress_port == (PortId_t) 3) { egress_drop(ostd); }",
    )
    assert Runner(text).send("01020304") == "egress_drop"
    assert Runner(text).send("02020304") == "3 02020304"
    assert not any(isinstance(b.end, Drop) and "refused" in b.end.reason for b in lower(text).blocks)


def test_egress_puts_headers_in_front() -> None:
    text = psa(
        f"{SEND} m.x = h.eth.b;",
        egress="if (m.x != 0) { h.tag.setValid(); h.tag.kind = 9; h.tag.value = m.x; }",
        egress_deparse="pkt.emit(h.tag);",
    )
    assert Runner(text).send("01020304ee") == "3 090201020304ee"
    assert Runner(text).send("01000304ee") == "3 01000304ee"


def test_ingress_deparser_emits_under_a_condition() -> None:
    text = psa(SEND, deparse="if (h.eth.b == 1) { pkt.emit(h.eth); }")
    assert Runner(text).send("0101030455") == "3 0101030455"
    assert Runner(text).send("0102030455") == "3 55"


def test_what_the_deparsers_ask() -> None:
    ask = "if (psa_normal(istd) && !psa_resubmit(istd) && !psa_clone_i2e(istd)) { h.eth.a = 0x77; } pkt.emit(h);"
    egress = "if (!psa_clone_e2e(istd) && !psa_recirculate(istd, edstd)) { h.tag.setValid(); } pkt.emit(h.tag);"
    assert Runner(psa(SEND, deparse=ask, egress_deparse=egress)).send("01020304") == "3 000077020304"


def test_one_parser_is_left() -> None:
    program = lower(psa(SEND))
    assert sum(isinstance(op, Extract) for b in program.blocks for op in b.ops) == 1


@pytest.mark.parametrize(
    "text",
    [
        psa(SEND, deparse="pkt.emit(h.eth);", egress_parser="pkt.extract(h.tag);", egress_deparse="pkt.emit(h);"),
        psa(SEND, egress_parser="bit<8> x = pkt.lookahead<bit<8>>();"),
        psa(SEND, egress_parser="pkt.advance(8);", egress_deparse="h.tag = { 1, 2 }; pkt.emit(h.tag);"),
        psa(SEND, deparse="pkt.emit(h.eth); h.eth.a = 1;"),
        psa(SEND, deparse="pkt.emit(h.eth); if (h.eth.b == 0) { h.eth.setInvalid(); }"),
    ],
)
def test_where_ingress_and_egress_are_not_joined_the_packet_is_copied_between_them(text: str) -> None:
    (copy,) = [op for b in lower(text).blocks for op in b.ops if isinstance(op, Copy)]
    assert copy.frame == "emitted" and copy.to == "again"


AGAIN = "pkt.extract(h.eth);"


def test_egress_parses_what_ingress_emitted() -> None:
    text = psa(
        f"{SEND} h.eth.b = 7; m.x = 5;",
        egress_parser=AGAIN,
        egress="if (h.eth.isValid() && h.eth.b == 7) { h.eth.a = h.eth.a + m.x; }",
        egress_deparse="pkt.emit(h.eth);",
    )
    assert Runner(text).send("01020304ee") == "3 06070304ee"


def test_a_header_that_egress_takes_is_its_own() -> None:
    text = psa(SEND, egress_parser=AGAIN, egress_deparse="")
    assert Runner(text).send("01020304ee") == "3 ee"


def test_egress_passes_headers_that_are_not_there() -> None:
    text = psa(
        f"{SEND} h.tag.setValid(); h.tag.kind = 1; if (h.eth.b == 0) {{ h.eth.setInvalid(); }}",
        egress_parser="pkt.extract(h.eth);",
        egress="h.eth.a = 0x99;",
        egress_deparse="pkt.emit(h.eth);",
    )
    assert Runner(text).send("01020304") == "3 990203040100"
    assert Runner(text).send("01000304ee") == "egress_unparsed"  # the tag comes first, and is shorter


def test_egress_extracts_by_what_it_has_seen() -> None:
    text = psa(
        f"{SEND} if (h.eth.c == 5) {{ h.tag.setValid(); h.tag.kind = 8; }}",
        egress_parser=f"{AGAIN} transition select(h.eth.c) {{ 5 : tag; default : accept; }} }} "
        "state tag { pkt.extract(h.tag);",
        egress="if (h.tag.isValid()) { h.tag.value = h.tag.kind + 1; }",
        egress_deparse="pkt.emit(h);",
    )
    assert Runner(text).send("01020005") == "3 010200050809"
    assert Runner(text).send("01020006ff") == "3 01020006ff"


def test_egress_fails_where_too_little_is_left() -> None:
    text = psa(
        f"{SEND} h.eth.setInvalid();",
        egress_parser=AGAIN,
        egress="if (istd.parser_error == error.PacketTooShort) { egress_drop(ostd); }",
        egress_deparse="pkt.emit(h);",
    )
    assert Runner(text).send("01020304aabb") == "egress_drop"
    assert Runner(text).send("01020304aabbccdd") == "3 aabbccdd"
