"""Frames through the interpreter and compiled programs: cursor, output, verdicts, entries from other engines."""

from __future__ import annotations

import pytest
from ir_texts import program, run_text, values_of

from cora.ir.compiled import compile_program
from cora.ir.errors import IrError
from cora.ir.hashes import ALGORITHMS, splitmix64
from cora.ir.interp import DigestMessage, Dropped, Entered, HandedOff, Packet, Sent, Trace, run
from cora.ir.store import Store
from cora.ir.text import parse_program

PARSE = """
program parse for test
header h: a:8 b:4 c:4
header g: x:24
body main
resume 1 at main (h.b:4, extra:16)
block start
  ok:1 = room 16:32
  if ok:1 then read else main
block read
  extract h
  if h.c:4 == 0:4 then main else options
block options
  length:32 = zext(h.c:4, 32) << 3:8
  ok:1 = room length:32
  if ok:1 then skip else main
block skip
  advance length:32
  goto main
block main
  h.b:4 = h.b:4 + 1:4
  emit h
  emit g
  switch h.a:8 (1 => forwarded, 2 => handed, 3 => handed_on, else => dropped)
block forwarded
  digest control (h.a:8, extra:16)
  forward $port:16 + 1:16
block handed
  handoff host 5 emitted (h.b:4, extra:16)
block handed_on
  handoff host 6 received ()
block dropped
  drop "not known"
"""


def both(packet: Packet, entered: Entered | None = None) -> object:
    made = parse_program(PARSE)
    expected = run(made, Store(made), packet, entered=entered)
    assert compile_program(made)(Store(made), packet, entered=entered) == expected
    return expected


@pytest.mark.parametrize(
    ("frame", "result"),
    [
        ("0120", Sent(4, bytes.fromhex("0130"), (DigestMessage("control", (1, 0)),))),
        ("01f0aabb", Sent(4, bytes.fromhex("0100aabb"), (DigestMessage("control", (1, 0)),))),
        ("0121aabb", Sent(4, bytes.fromhex("0131bb"), (DigestMessage("control", (1, 0)),))),
        ("0124aabb", Sent(4, bytes.fromhex("0134aabb"), (DigestMessage("control", (1, 0)),))),
        ("0220ff", HandedOff("host", 5, (3, 0), bytes.fromhex("0230ff"))),
        ("0320ff", HandedOff("host", 6, (), bytes.fromhex("0320ff"))),
        ("00", Dropped("not known")),
        ("", Dropped("not known")),
    ],
)
def test_frames(frame: str, result: object) -> None:
    assert both(Packet(bytes.fromhex(frame), 3, 0)) == result


def test_a_frame_from_another_engine_enters_at_its_resume_point() -> None:
    # The header is not valid there, so nothing but the carried frame goes out.
    entered = Entered(1, (5, 0x1234))
    made = parse_program(PARSE.replace("switch h.a:8 (1", "switch zext($resume:8, 8) (1"))
    sent = Sent(2, b"\xaa\xbb", (DigestMessage("control", (0, 0x1234)),))
    assert run(made, Store(made), Packet(b"\xaa\xbb", 1, 0), entered=entered) == sent
    assert compile_program(made)(Store(made), Packet(b"\xaa\xbb", 1, 0), entered=entered) == sent


def test_unknown_resume_points_are_refused() -> None:
    made = parse_program(PARSE)
    for step in (compile_program(made), lambda *a, **k: run(made, *a, **k)):
        with pytest.raises(IrError, match="no resume point 9"):
            step(Store(made), Packet(b"", 1, 0), entered=Entered(9, ()))


def test_reading_beyond_the_frame_is_a_bug() -> None:
    with pytest.raises(IrError, match="no Room was asked for"):
        values_of("extract h", "0:1", data=b"\1")
    with pytest.raises(IrError, match="advance over 16 bits where 8 remain"):
        values_of("advance 16:32", "0:1", data=b"\1")


def test_output_begins_between_bytes() -> None:
    text = "program p for test\nbody main\nblock main\n  advance 4:32\n  forward 1:16\n"
    made = parse_program(text)
    with pytest.raises(IrError, match="not between bytes"):
        run_text(text, Packet(b"\1", 0, 0))
    with pytest.raises(IrError, match="not between bytes"):
        compile_program(made)(Store(made), Packet(b"\1", 0, 0))


def test_lookahead_leaves_the_cursor() -> None:
    text = "v:12 = lookahead\nadvance 4:32\nw:12 = lookahead"
    assert values_of(text, "v:12, w:12", data=b"\x12\x34") == (0x123, 0x234)


def test_valid_bits() -> None:
    assert values_of("valid h", "h.$valid:1") == (1,)
    assert values_of("valid h\ninvalid h", "h.$valid:1") == (0,)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_hash_inputs_are_joined_and_padded_at_the_end(algorithm: str) -> None:
    found = values_of(f"h:16 = hash {algorithm} (1:4, 0xabc:12, 3:2)", "h:16")
    assert found == (ALGORITHMS[algorithm](b"\x1a\xbc\xc0") & 0xFFFF,)


def test_checksum_update_of_rfc_1624() -> None:
    # The example of its section 4: checksum 0xDD2F, a word changes from 0x5555 to 0x3285, and it becomes 0x0000.
    text = "s:16 = checksum ~0xdd2f:16 plus (0x3285:16) minus (0x5555:16)\nn:16 = ~s:16"
    assert values_of(text, "n:16") == (0x0000,)


def test_checksum_over_the_payload() -> None:
    text = "s:16 = checksum 1:16 plus (2:16) payload\nz:16 = checksum 0:16 plus ()"
    assert values_of(text, "s:16, z:16", data=b"\x01\x00\x02") == (3 + 0x0100 + 0x0200, 0)


def test_random_numbers_follow_the_seed_and_their_count() -> None:
    text = "a:64 = random (0:64, 0xffffffffffffffff:64)\nb:8 = random (10:8, 19:8)\nc:8 = random (5:8, 5:8)"
    a, b, c, draws = values_of(text, "a:64, b:8, c:8, $draws:32")
    assert (a, b, c, draws) == (splitmix64(42, 0), 10 + splitmix64(42, 1) % 10, 5, 3)


def test_a_compiled_program_follows_the_store_it_is_given() -> None:
    made = program("count hits [0:32]")
    compiled = compile_program(made)
    stores = Store(made), Store(made)
    for which in (0, 1, 0):
        compiled(stores[which], Packet(b"x", 0, 0))
    assert [s.snapshot()["hits"] for s in stores] == [{0: (2, 2)}, {0: (1, 1)}]


def test_a_trace_needs_a_program_compiled_for_it() -> None:
    made = program("")
    with pytest.raises(IrError, match="without trace=True"):
        compile_program(made)(Store(made), Packet(b"", 0, 0), trace=Trace())
    compile_program(made, trace=True)(Store(made), Packet(b"", 0, 0))


@pytest.mark.parametrize("length", [40, 250])
def test_long_chains_of_branches_compile(length: int) -> None:
    """Each branch has an arm that comes out and one that goes deeper."""
    blocks = "".join(
        f"block b{i}\n  x:16 = x:16 + ({i}:16 ^ v:16)\n  if v:16 == {i}:16 then out else b{i + 1}\n"
        for i in range(length)
    )
    made = parse_program(
        "program chain for test\nbody main\nblock main\n  v:16 = $port:16\n  goto b0\n"
        f"{blocks}block b{length}\n  drop end\nblock out\n  handoff host 1 received (x:16)\n"
    )
    compiled = compile_program(made)
    for port in (0, 29, 31, length // 2, length - 1, length):
        packet = Packet(b"", port, 0)
        assert compiled(Store(made), packet) == run(made, Store(made), packet)
