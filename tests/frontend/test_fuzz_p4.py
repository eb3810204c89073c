"""Whatever is done to the tokens of a program, Cora answers with diagnostics, not with a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import fuzzing
import pytest
from fuzzing import Case, Hang, make_case, run_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cora.diagnostics import UserError, render
from cora.frontend import load_text, parse_text
from cora.frontend.printer import print_program

PROGRAMS = [p.read_text() for p in sorted((Path(__file__).parent / "programs").glob("*.p4"))]
TOKEN = re.compile(r"^#.*$|//.*$|\w+|\s+|\S", re.M)


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    parts = tokens(draw(st.sampled_from(PROGRAMS)))
    places = [i for i, p in enumerate(parts) if not p.isspace() and not p.startswith(("#", "//"))]
    for _ in range(draw(st.integers(1, 4))):
        i, j = draw(st.sampled_from(places)), draw(st.sampled_from(places))
        match draw(st.sampled_from(["delete", "copy", "swap", "replace", "insert"])):
            case "delete":
                parts[i] = " "
            case "copy":
                parts[i] = f"{parts[i]} {parts[i]}"
            case "swap":
                parts[i], parts[j] = parts[j], parts[i]
            case "replace":
                parts[i] = parts[j]
            case _:
                new = draw(
                    st.sampled_from(["{", "}", "(", ")", "<", ">", ";", "@", '"', "0w1", "8s300", "table", "..."])
                )
                parts[i] = f"{parts[i]} {new} "
    return "".join(parts)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_mutated_programs_give_diagnostics(text: str) -> None:
    try:
        load_text(text)
    except UserError as e:
        assert e.diagnostics
        for d in e.diagnostics:
            assert d.code in render(d)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_what_parses_prints_and_parses_again(text: str) -> None:
    try:
        program = parse_text(text)
    except UserError:
        return
    assert parse_text(print_program(program)) == program


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_diagnostics(text: str) -> None:
    try:
        load_text(text)
    except UserError as e:
        assert all(d.help for d in e.diagnostics)


@pytest.mark.parametrize("part", range(4))
def test_damaged_inputs_of_all_kinds(part: int, tmp_path: Path) -> None:
    """As `benchmarks/fuzz_frontend.py` makes them; one in ten is also analysed and planned if it still compiles."""
    for number in range(part * 12, part * 12 + 12):
        folder = tmp_path / str(number)
        folder.mkdir()
        run_case(make_case(number), folder, deep=number % 10 == 0)


def test_a_case_is_made_from_its_number() -> None:
    assert [make_case(n) for n in range(20)] == [make_case(n) for n in range(20)]


def test_crashes_and_hangs_are_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    case = make_case(1)

    def crash(case: Case, folder: Path, deep: bool) -> str:
        raise KeyError(case.base)

    def hang(case: Case, folder: Path, deep: bool) -> str:
        while True:
            pass

    monkeypatch.setattr(fuzzing, "SECONDS", 0.2)
    monkeypatch.setitem(fuzzing._RUN, case.kind, crash)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(KeyError):
        run_case(case, tmp_path, deep=False)
    monkeypatch.setitem(fuzzing._RUN, case.kind, hang)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Hang):
        run_case(case, tmp_path, deep=False)
