"""The difference of two frames in the words of the program that sent them."""

from __future__ import annotations

import pytest

from cora.ir.compiled import compile_program
from cora.ir.packets import Packet, Sent, Trace
from cora.ir.text import parse_program
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.traffic.headers import SYN, TCP, FlowKey
from cora.traffic.wire import Extras, frame
from cora.verify.header_diff import OutField, frame_difference, hex_rows, output_fields

PROGRAM = parse_program(
    """program p for test
header a: x:4 y:12
header b: z:8
header c: w:8
body main
block start
  ok:1 = room 24:32
  if ok:1 then read else main
block read
  extract a
  extract b
  goto main
block main
  a.y:12 = 7:12
  invalid b
  valid c
  c.w:8 = 3:8
  emit a
  emit b
  emit c
  forward 1:16
"""
)


def test_fields_of_an_output_follow_its_path() -> None:
    fields = output_fields(PROGRAM, ("start", "read", "main"))
    assert [(f.name, f.at, f.width) for f in fields] == [("a.x", 0, 4), ("a.y", 4, 12), ("c.w", 16, 8)]
    assert [f.name for f in output_fields(PROGRAM, ("start", "main"))] == ["c.w"]


def test_each_field_that_differs_is_named() -> None:
    fields = output_fields(PROGRAM, ("start", "read", "main"))
    lines = frame_difference(bytes.fromhex("500703aabb"), bytes.fromhex("600803aabc"), fields)
    assert lines[0] == "  first different byte: 0"
    assert lines[1:3] == ["  a.x: expected 0x5, got 0x6 (as received)", lines[2]]
    assert lines[2].startswith("  a.y: expected 0x007, got 0x008")
    assert lines[3] == "  behind the headers, from byte 4:"
    assert not any("c.w" in line for line in lines)


def test_lengths_are_told_and_what_is_missing_is_not_compared() -> None:
    fields = (OutField("a.x", 0, 8, None), OutField("a.y", 8, 16, None))
    lines = frame_difference(b"\1\2\3", b"\1\2", fields)
    assert lines == ["  first different byte: 2", "  length: expected 3 bytes, got 2"]


def test_rows_of_bytes() -> None:
    assert hex_rows(bytes(range(18))) == ["0000  " + bytes(range(16)).hex(" "), "0010  10 11"]
    assert hex_rows(bytes(40), 16, 20) == ["0010  00 00 00 00"]


@pytest.mark.parametrize("nf", ["nat", "firewall"])
def test_outputs_of_network_functions_are_what_the_fields_say(nf: str) -> None:
    """The places of all fields: setting one in the output changes that one in the difference, with its P4 line."""
    spec = load_nf(nf)
    program = build_program(spec)
    trace = Trace()
    key = FlowKey(4, TCP, 0x0A000001, 0xC6336401, 4000, 443)
    packet = Packet(frame(key, b"payload", Extras(flags=SYN)), spec.inside_port, 10**9)
    result = compile_program(program, trace=True)(fresh_store(spec, program), packet, trace=trace)
    assert isinstance(result, Sent)
    fields = output_fields(program, trace.blocks)
    assert fields[-1].at + fields[-1].width == 8 * (14 + 20 + 20)
    other = result.data[:26] + bytes([result.data[26] ^ 1]) + result.data[27:]
    (line,) = frame_difference(result.data, other, fields)[1:]
    source = f"0x{int.from_bytes(result.data[26:30], 'big'):08x}"
    assert f"hdr.ipv4.src: expected {source}, got 0x" in line
    assert ("written in line" in line) == (nf == "nat")
