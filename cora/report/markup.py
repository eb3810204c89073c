"""XML and HTML as strings: elements whose texts and attributes are escaped, with attributes in the order given."""

from __future__ import annotations

from html import escape

VOID = frozenset({"br", "col", "hr", "meta"})
"""HTML elements that have no end tag."""


class Markup(str):
    """Text that is markup already. Everything else is escaped when it enters an element."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str | float | bool | None) -> Markup:
    """`<tag attributes>content</tag>`. In names of attributes `_` stands for `-`, and one at the end is dropped
    (`class_`). False and None leave an attribute out, True gives it without value; numbers get at most two decimals."""
    opening = tag
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        opening += f" {key}" if value is True else f' {key}="{escape(number(value))}"'
    if tag in VOID:
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{join(*content)}</{tag}>")


def join(*parts: str, between: str = "") -> Markup:
    """The parts one after the other, escaped where they are plain text."""
    return Markup(between.join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


def number(value: str | float) -> str:
    """A number for an attribute: no more than two decimals, none where there is nothing behind the point."""
    if isinstance(value, str):
        return value
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
