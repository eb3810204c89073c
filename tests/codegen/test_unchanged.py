"""Headers that have not changed: not written back, and read where they are needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rewrites import check_rewrite
from strategies import program_settings

from cora.codegen import unchanged
from cora.codegen.deparse import in_place
from cora.codegen.places import Place, Places
from cora.codegen.unchanged import kept_apart
from cora.codegen.xdp import emit_c
from cora.ir.check import check_program
from cora.ir.interp import run
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Sent
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.split import whole

TWO_WAYS = """program two for test
header h: dst:8 src:8
header t: ttl:8
body main
block start
  extract h
  extract t
  goto main
block main
  t.ttl:8 = t.ttl:8 - 1:8
  if h.dst:8 == 1:8 then turn else out
block turn
  old:8 = h.dst:8
  h.dst:8 = h.src:8
  h.src:8 = old:8
  goto out
block out
  emit h
  emit t
  forward 1:16
"""


def c_of(program: Program) -> str:
    split = whole(program)
    return emit_c(split.engines[0], split)


def test_what_has_not_changed_is_not_written_back() -> None:
    program = kept_apart(parse_program(TWO_WAYS))
    check_program(program)
    output = in_place(program)
    assert output is not None
    headers = [{v.split(".")[0] for v in changed} for changed in output.changed.values()]
    assert sorted(map(sorted, headers)) == [[], ["h"], ["t"], ["t"]]
    for data, expected in ((b"\2\3\7", b"\2\3\6"), (b"\1\3\7", b"\3\1\6")):
        assert run(program, Store(program), Packet(data, 0, 0, 0)) == Sent(1, expected)


@program_settings(25)
@given(st.data())
def test_random_programs_do_the_same_when_kept_apart(data: st.DataObject) -> None:
    check_rewrite(kept_apart, data)


def test_copies_that_would_be_too_long_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    program = parse_program(TWO_WAYS)
    monkeypatch.setattr(unchanged, "MOST_GROWTH", 1)
    assert kept_apart(program) is program


def test_a_copy_of_a_field_stands_in_the_packet_until_that_is_written_over() -> None:
    program = parse_program(TWO_WAYS)
    places = Places(program, in_place(program))
    assert places.before("turn", 1).held["old"] == Place("h", 0, 8)
    known = places.before("turn", 3)
    assert "h.dst" not in known.held and "h.src" not in known.held
    assert known.held["old"] == Place("h", 0, 8)
    assert known.starts == {"h": 0, "t": 2} and known.cursor == 3
    # Where the ways meet, only the one has changed the header; behind the Emit its old bytes are gone.
    assert places.before("out", 0).held == {}


def test_fields_are_read_where_they_are_needed_and_before_they_are_written_over() -> None:
    text = c_of(parse_program(TWO_WAYS))
    assert "h_dst = get_8(data + 1);" in text and "h_src = get_8(data + 0);" in text
    assert text.count("put_8(p + 0, h_dst)") == 1
    assert " old;" not in text


AT_TWO_OFFSETS = """program two for test
header h: dst:8 src:8
header t: ttl:8
body main
block start
  if $port:16 == 1:16 then both else last
block both
  extract t
  goto last
block last
  extract h
  goto main
block main
  emit t
  emit h
  forward 1:16
"""


def test_nothing_is_known_of_a_header_at_one_of_two_offsets() -> None:
    program = parse_program(AT_TWO_OFFSETS)
    known = Places(program, in_place(program)).before("main", 0)
    assert known.cursor is None
    assert known.starts == {} and known.held == {}
