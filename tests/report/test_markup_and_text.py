"""Escaping, numbers, widths of texts, lines."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from cora.report.markup import Markup, element, join, number
from cora.report.text import text_width, wrap

# What XML allows, without the ends of lines that a parser changes.
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f\x85"), max_size=40)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_any_text_comes_back_from_a_parser(content: str, attribute: str) -> None:
    parsed = ElementTree.fromstring(element("a", content, title=attribute))
    assert (parsed.text or "") == content
    assert parsed.get("title") == attribute


def test_elements() -> None:
    assert element("p", "a<b", element("br")) == "<p>a&lt;b<br></p>"
    assert (
        element("x", class_="k", stroke_width=1.5, href=None, open=True) == '<x class="k" stroke-width="1.5" open></x>'
    )
    assert join("&", Markup("&amp;"), between=" ") == "&amp; &amp;"


def test_numbers_are_short_and_have_no_negative_zero() -> None:
    assert [number(x) for x in (1.0, 1.25, 2 / 3, -0.001, 10, 100.0)] == ["1", "1.25", "0.67", "0", "10", "100"]


@settings(deadline=None)
@given(TEXTS, st.integers(30, 200), st.booleans())
def test_lines_fit_and_lose_nothing(text: str, width: int, bold: bool) -> None:
    lines = wrap(text, 10, width, bold)
    assert all(text_width(line, 10, bold) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_are_broken_only_if_they_must_be() -> None:
    assert wrap("lookup connections", 10, 80) == ["lookup", "connections"]
    assert wrap("lookup", 10, 200) == ["lookup"]
    assert len(wrap("a" * 60, 10, 100)) > 1


def test_bold_is_wider() -> None:
    assert text_width("connections", 12, bold=True) > text_width("connections", 12) > text_width("connection", 12)
