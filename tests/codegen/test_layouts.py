"""Records, keys and bit strings: what the loader packs is what the C says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cora.codegen.alignment import low_zeros, zeros_of_variables
from cora.codegen.layout import LpmKey, Names, make_record, row_numbers, state_layout
from cora.codegen.packing import Part, bits, groups, load, number, pieces
from cora.ir.nodes import Bin, Concat, Const, KeyField, State, Var
from cora.ir.text import parse_program

widths = st.lists(st.integers(1, 128), min_size=1, max_size=8)


@settings(deadline=None)
@given(widths, st.data())
def test_records_have_no_hidden_padding_and_pack_back(sizes: list[int], data: st.DataObject) -> None:
    record = make_record("r", [(f"f{n}", bits) for n, bits in enumerate(sizes)])
    end = 0
    for member in record.members:
        assert member.offset == end and member.offset % min(member.size, 8) == 0
        end += member.size
    assert end + record.pad == record.size
    values = tuple(data.draw(st.integers(0, (1 << bits) - 1)) for bits in sizes)
    assert record.unpack(record.pack(values)) == values


def evaluate(text: str, values: dict[str, int], memory: bytes = b"") -> int:
    """The C text of a bit string as Python: the operators are the same, and so is their order."""

    def read(size: int) -> object:
        return lambda at: int.from_bytes(memory[at : at + size], "big")

    python = text.replace("ULL", "").replace("(u128)", "")
    while "(u64)" in python:
        python = python.replace("(u64)", "U64 * ", 1)
    names = {"join_halves": lambda h, low: h << 64 | low, "p": 0, **values}
    names |= {f"get_{8 * size}": read(size) for size in (1, 2, 4, 8)}
    return eval(python.replace("U64 * ", ""), {}, names)


@settings(deadline=None)
@given(st.lists(st.integers(1, 64), min_size=1, max_size=6), st.data())
def test_any_bits_of_a_bit_string(sizes: list[int], data: st.DataObject) -> None:
    values = {f"v{n}": data.draw(st.integers(0, (1 << size) - 1)) for n, size in enumerate(sizes)}
    parts = [Part(f"v{n}", size) for n, size in enumerate(sizes)]
    total = sum(sizes)
    whole = 0
    for n, size in enumerate(sizes):
        whole = whole << size | values[f"v{n}"]
    start = data.draw(st.integers(0, total - 1))
    count = data.draw(st.integers(1, min(64, total - start)))
    assert evaluate(bits(parts, start, count), values) == whole >> (total - start - count) & (1 << count) - 1
    width = data.draw(st.integers(1, 128))
    assert evaluate(number(parts, width), values) & (1 << width) - 1 == whole & (1 << width) - 1


@settings(deadline=None)
@given(st.binary(min_size=40, max_size=40), st.integers(0, 100), st.integers(1, 128))
def test_loads_at_any_bit(memory: bytes, start: int, width: int) -> None:
    whole = int.from_bytes(memory, "big")
    expected = whole >> (len(memory) * 8 - start - width) & (1 << width) - 1
    # A load of whole bytes that begins between bytes leaves the bits above to the type: at 64 bits there are none.
    assert evaluate(load("p", start, width), {}, memory) & (1 << width) - 1 == expected


def test_groups_begin_and_end_between_bytes() -> None:
    found = groups([Part("a", 4), Part("b", 4), Part("c", 16), Part("d", 3), Part("e", 13)])
    assert [(g.offset, g.size, len(g.parts)) for g in found] == [(0, 1, 2), (1, 2, 1), (3, 2, 2)]
    assert list(pieces(15)) == [(0, 8), (8, 4), (12, 2), (14, 1)]


def test_lpm_keys_put_the_prefix_last_and_left() -> None:
    key = LpmKey("k", (1, 0), (12, 4))
    assert key.pack((0xABC, 5), 8) == (16).to_bytes(4, "little") + bytes.fromhex("05 ab 00")
    assert key.pack((0xABC, 5), 12) == (20).to_bytes(4, "little") + bytes.fromhex("05 ab c0")


def test_rows_hold_two_numbers_a_field() -> None:
    key = (KeyField("a", 8, "range"), KeyField("b", 8), KeyField("c", 8, "lpm"), KeyField("d", 8, "ternary"))
    layout = state_layout(State("t", "table", key, (), 4), "t")
    assert layout.form == "rows"
    assert row_numbers(layout, [(3, 9), (7, 0), (0xFF, 4), (0xAB, 0x0F)]) == [3, 9, 7, 255, 0xF0, 0xF0, 0x0B, 0x0F]


def test_names_are_unique_and_never_words_of_c() -> None:
    names = Names(taken=("int", "data"))
    assert [names[n] for n in ("h.$valid", "h_valid", "int", "$data", "2x", "h.$valid")] == [
        *("h_valid", "h_valid_2", "int_2", "data_2", "v_2x", "h_valid")
    ]


def test_low_zeros() -> None:
    x = Var("x", 8)
    assert low_zeros(Bin("shl", x, Const(3, 8)), {}) == 3
    assert low_zeros(Bin("add", Const(8, 8), Bin("mul", x, Const(16, 8))), {}) == 3
    assert low_zeros(Concat(x, Const(0, 5)), {}) == 5
    assert low_zeros(x, {"x": 4}) == 4 and low_zeros(x, {}) == 0


def test_zeros_of_variables_look_at_every_assignment() -> None:
    program = parse_program(
        "program p for test\nheader h: a:8\nbody b\nblock b\n  x:32 = 64:32\n  y:32 = x:32 + 8:32\n  x:32 = 16:32\n"
        "  z:32 = y:32\n  z:32 = hash crc32 (1:8)\n  drop d\n"
    )
    zeros = zeros_of_variables(program)
    assert (zeros["x"], zeros["y"], zeros["z"]) == (4, 3, 0)
