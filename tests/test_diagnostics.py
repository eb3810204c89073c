"""Spans, carets and JSON of diagnostics."""

from __future__ import annotations

import json

import pytest

from cora.diagnostics import Diagnostic, Label, Reporter, Source, Span, UserError, render, to_json
from cora.error_catalog import CATALOG

SOURCE = Source("nf.p4", "first\n\tsecond line\nthird")
SECOND = Span(SOURCE, 7, 13)


def test_lines_and_columns_count_from_one() -> None:
    assert SOURCE.line_and_column(0) == (1, 1)
    assert SOURCE.line_and_column(7) == (2, 2)
    assert str(SECOND) == "nf.p4:2:2"
    assert SOURCE.line_text(3) == "third"


def test_carets_stand_under_the_text_also_behind_tabs() -> None:
    text = render(Diagnostic("C0101", "no good", SECOND, "this one", help="try another"))
    assert text.splitlines() == [
        "error[C0101]: no good",
        " --> nf.p4:2:2",
        "  |",
        "2 | \tsecond line",
        "  | \t^^^^^^ this one",
        "  = help: try another",
    ]


def test_a_second_place_is_shown() -> None:
    text = render(Diagnostic("C0201", "twice", SECOND, notes=(Label(Span(SOURCE, 0, 5), "first declared here"),)))
    assert "1 | first" in text
    assert "^^^^^ first declared here" in text


def test_an_empty_span_at_the_end_of_the_text_still_has_a_caret() -> None:
    end = len(SOURCE.text)
    assert render(Diagnostic("C0101", "ends too early", Span(SOURCE, end, end))).endswith("^")


def test_json_has_the_place() -> None:
    data = json.loads(to_json(Diagnostic("C0101", "no good", SECOND)))
    assert data["span"] == {"file": "nf.p4", "line": 2, "column": 2, "end_line": 2, "end_column": 8}
    assert json.loads(to_json(Diagnostic("C0501", "cut", where="x.pcap")))["where"] == "x.pcap"


def test_a_reporter_collects_and_stops_at_its_limit() -> None:
    reporter = Reporter(limit=3)
    reporter.report(Diagnostic("C0101", "a warning", severity="warning"))
    reporter.raise_if_errors()
    reporter.report(Diagnostic("C0101", "one"))
    reporter.report(Diagnostic("C0101", "two"))
    with pytest.raises(UserError) as caught:
        reporter.report(Diagnostic("C0101", "three"))
    assert len(caught.value.diagnostics) == 4


def test_codes_are_in_their_ranges() -> None:
    assert all(len(code) == 5 and code.startswith("C0") and code[1:].isdigit() for code in CATALOG)
    assert all(text.strip() for text in CATALOG.values())
