"""What the constructs of the language mean, by running small programs."""

from __future__ import annotations

import pytest
from p4_programs import Runner, pna_b


def out(body: str, frame: str = "01020304", *, port: int = 0, locals: str = "", top: str = "") -> str:
    """What the program makes of the frame's four bytes a, b, cc."""
    return Runner(pna_b(body, locals=locals, top=top)).send(frame, port=port).removeprefix("1 ")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("h.eth.a = h.eth.a + 255;", "00020304"),
        ("h.eth.a = h.eth.a |+| 255;", "ff020304"),
        ("h.eth.a = h.eth.a |-| 2;", "00020304"),
        ("h.eth.a = (bit<8>) ((int<8>) h.eth.a - 3 >> 1);", "ff020304"),
        ("h.eth.c = h.eth.a ++ h.eth.b;", "01020102"),
        ("h.eth.c[7:4] = 0xf;", "010203f4"),
        ("h.eth.c[11:4][3:0] = 0x5;", "01020354"),
        ("h.eth.c = (bit<16>) (int<16>) (int<8>) (h.eth.a | 0x80);", "0102ff81"),
        ("h.eth.a = h.eth.b > 1 ? 8w7 : 8w9;", "07020304"),
        ("if (h.eth.a == 1 && h.eth.b == 3) { h.eth.c = 0; } else { h.eth.c = 1; }", "01020001"),
        ("h.eth = { 9, 8, 7 };", "09080007"),
        ("h.eth = { c = 7, a = 1, b = h.eth.a };", "01010007"),
        ("h.tag.setValid(); h.tag = { 5, 6 };", "010203040506"),
        ("h.tag = { 5, 6 };", "010203040506"),
        ("h.eth.setInvalid();", ""),
        ("eth_h copy = h.eth; h.eth.a = 9; h.eth = copy;", "01020304"),
        ("eth_h copy = h.eth; if (copy == h.eth) { h.eth.a = 4; }", "04020304"),
        ("h.eth.a = h.eth.b << 3;", "10020304"),
        ("h.eth.a = h.eth.c % 256 == 4 ? 8w1 : 8w0;", "01020304"),
        ("bit<8> t = h.eth.a; h.eth.a = h.eth.b; h.eth.b = t;", "02010304"),
        ("switch (h.eth.a) { 1: { h.eth.b = 1; } 2: { h.eth.b = 2; } default: { h.eth.b = 3; } }", "01010304"),
        ("switch (h.eth.a) { 0: 1: { h.eth.b = 7; } default: { h.eth.b = 3; } }", "01070304"),
        ("for (bit<8> i in 1 .. 3) { h.eth.b = h.eth.b + i; }", "01080304"),
        ("for (bit<8> i in 1 .. 9) { if (i == 3) break; h.eth.b = i; }", "01020304"),
        ("for (bit<8> i = 0; i < 4; i = i + 1) { if (i == 1) continue; h.eth.b = h.eth.b + i; }", "01070304"),
        ("for (bit<8> i in 0 .. 2) { h.tags[i] = { i, h.eth.a }; }", "01020304" + "0001" + "0101" + "0201"),
        ("for (bit<8> i = 0; i < 2; i = i + 1) { h.tags[i + 1] = { 0, i }; }", "01020304" + "0000" + "0001"),
        ("h.eth.a = 4; return; h.eth.b = 9;", "04020304"),
        ("h.eth.a = 4; exit; h.eth.b = 9;", "04020304"),
        ("tuple<bit<8>, bit<8>> t = { 8, 9 }; h.eth.a = t[1];", "09020304"),
        ("h.tags[0] = { 1, 1 }; h.tags[1] = { 2, 2 }; h.tags.push_front(1); h.tags[0] = { 0, 0 };",
         "01020304000001010202"),
        ("h.tags[0] = { 1, 1 }; h.tags[1] = { 2, 2 }; h.tags.pop_front(1);", "010203040202"),
        ("h.eth.c = h.eth.minSizeInBytes() == 4 ? 16w1 : 16w2;", "01020001"),
    ],
)  # fmt: skip
def test_statements(body: str, expected: str) -> None:
    assert out(body) == expected


def test_enums_and_errors() -> None:
    top = "enum Colour { RED, GREEN } enum bit<8> Code { A = 5, B = 6 } const bit<8> K = 3;"
    body = """
        Colour c = Colour.GREEN;
        if (c == Colour.GREEN && istd.parser_error == error.NoError) { h.eth.a = Code.B; h.eth.b = K; }
    """
    assert out(body, top=top) == "06030304"


FUNCTIONS = """
bit<8> twice(in bit<8> v) { if (v == 0) { return 0; } return v + v; }
void swap(inout bit<8> x, inout bit<8> y) { bit<8> t = x; x = y; y = t; }
void bump(inout bit<8> x) { x = x + 1; }
bit<8> bumped(inout bit<8> x) { x = x + 1; return x; }
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("h.eth.a = twice(twice(h.eth.b));", "08020304"),
        ("swap(h.eth.a, h.eth.b);", "02010304"),
        ("bump(h.eth.c[15:8]);", "01020404"),
        # Operands are evaluated left to right: the first reads the old value.
        ("h.eth.b = h.eth.a + bumped(h.eth.a);", "02030304"),
        ("if (h.eth.a == 9 && bumped(h.eth.a) == 2) { h.eth.b = 0; }", "01020304"),
        ("if (h.eth.a == 1 || bumped(h.eth.a) == 2) { h.eth.b = 0; }", "01000304"),
        ("h.eth.b = h.eth.a == 1 ? bumped(h.eth.a) : 8w7;", "02020304"),
        # Both arguments are one variable: copies go in and out in order, so the last one wins.
        ("swap(h.eth.a, h.eth.a);", "01020304"),
    ],
)
def test_functions(body: str, expected: str) -> None:
    assert out(body, top=FUNCTIONS) == expected


def test_actions_controls_and_exit() -> None:
    top = """
    control Inner(inout eth_h e, in bit<8> by)(bit<8> factor) {
        bit<8> sum;
        action add(bit<8> v) { sum = sum + v; }
        apply { sum = e.a; add(by * factor); e.a = sum; if (by == 9) { exit; } e.b = 0xee; }
    }
    """
    locals = """
        Inner(2) one; Inner(3) two;
        action both(inout bit<8> v, in bit<8> w) { v = v + w; h.eth.b = v; }
    """
    assert out("one.apply(h.eth, 1); two.apply(h.eth, 1);", top=top, locals=locals) == "06ee0304"
    assert out("one.apply(h.eth, 9); h.eth.b = 0;", top=top, locals=locals) == "13020304"
    # The action sees what its argument is: it must work on a copy.
    assert out("both(h.eth.b, 5);", top=top, locals=locals) == "01070304"


PARSE_TAGS = """
parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
    state start {
        pkt.extract(h.eth);
        transition select(h.eth.a, h.eth.b) {
            (0x10 &&& 0xf0, _): tags;
            (1 .. 4, 2): peek;
            (5, default): skip;
            (6, 0): sub;
            (7, _): check;
            (8, _): loop;
        }
    }
    state tags {
        pkt.extract(h.tags.next);
        transition select(h.tags.last.kind) { 1: tags; default: accept; }
    }
    state peek {
        m.x = pkt.lookahead<bit<16>>()[15:8];
        tag_h t = pkt.lookahead<tag_h>();
        m.y = (bit<16>) t.value;
        transition accept;
    }
    state skip { pkt.advance(16); transition accept; }
    state sub { Sub.apply(pkt, h.tag); transition accept; }
    state check { verify(h.eth.b == 1, error.HeaderTooShort); transition accept; }
    state loop { m.x = m.x + 1; transition select(m.x) { 0: accept; default: loop; } }
}
"""
SUB = """
parser SubParser(packet_in pkt, out tag_h t) {
    state start { pkt.extract(t); transition select(t.kind) { 0: accept; default: reject; } }
}
"""
REPORT = """
    if (istd.parser_error == error.NoMatch) { h.eth.c = 0xf001; }
    if (istd.parser_error == error.PacketTooShort) { h.eth.c = 0xf002; }
    if (istd.parser_error == error.StackOutOfBounds) { h.eth.c = 0xf003; }
    if (istd.parser_error == error.HeaderTooShort) { h.eth.c = 0xf004; }
    if (istd.parser_error == error.ParserTimeout) { h.eth.c = 0xf005; }
    h.eth.a = m.x; h.eth.b = (bit<8>) m.y;
"""


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("10020304" + "0100" + "0105" + "02ff" + "aa", "0000030401000105" + "02ff" + "aa"),
        ("10020304" + "01000100010001aa", "0000f003" + "010001000100" + "01aa"),
        ("10020304" + "0100" + "01", "0000f002" + "0100" + "01"),
        ("02020304" + "0708", "0708" + "0304" + "0708"),
        ("02020304", "0000f002"),
        ("05020304" + "aabbcc", "00000304" + "cc"),
        ("06000304" + "0009", "00000304" + "0009"),
        ("06000304" + "0109", "00000304" + "0109"),
        ("07000304", "0000f004"),
        ("07010304", "00000304"),
        ("08010304", "1000f005"),
        ("09010304", "0000f001"),
        ("0901", ""),
    ],
)
def test_parsers(frame: str, expected: str) -> None:
    parser = SUB + PARSE_TAGS.replace("{\n    state start", "{\n    SubParser() Sub;\n    state start", 1)
    runner = Runner(pna_b("if (h.eth.isValid()) {" + REPORT + "}", parser=parser))
    expected = expected if expected else "0901"
    assert runner.send(frame).removeprefix("1 ") == expected


def test_a_loop_that_a_stack_bounds_has_as_many_turns() -> None:
    """Also with more elements than other loops may have turns; the element that is one too many ends it."""
    parser = """
parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
    state start { pkt.extract(h.eth); transition more; }
    state more {
        pkt.extract(h.tags.next);
        m.x = m.x + 1;
        transition select(h.tags.last.kind) { 1: more; default: accept; }
    }
}
"""
    program = pna_b("if (h.eth.isValid()) {" + REPORT + "}", parser=parser).replace("tag_h[3]", "tag_h[20]")
    runner = Runner(program)
    for tags, report in ((17, "1100"), (20, "1400")):
        assert runner.send("01020304" + "0100" * (tags - 1) + "0200").startswith(f"1 {report}0304")
    assert runner.send("01020304" + "0100" * 21).startswith("1 1400f003")
