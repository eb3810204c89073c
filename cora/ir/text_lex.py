"""Tokens of the IR's textual form, a line at a time, and a cursor over them that complains with carets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from cora.diagnostics import Source, Span, UserError, error
from cora.ir.nodes import Const, Var
from cora.ir.text_print import NAME

TokenKind = Literal["space", "comment", "variable", "name", "constant", "number", "sign", "end"]
T = TypeVar("T")

_LONGEST_NUMBER = 400
"""Digits, with the width: no header field is near that long."""

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"0[xX][0-9a-fA-F]+|\d+"
_TOKEN = re.compile(
    rf"""
    (?P<space>[ \t\r]+) | (?P<comment>;.*)
    | (?P<variable>(?:{NAME}|{_QUOTED}):\d+) | (?P<name>{NAME}|{_QUOTED})
    | (?P<constant>(?:{_NUMBER}):\d+) | (?P<number>{_NUMBER})
    | (?P<sign>&&&|->|=>|\+\+|<<|>>|==|!=|<=|\.\.|[-+*/&|^<~=()\[\],:])
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    start: int
    end: int


def _unquote(text: str) -> str:
    return json.loads(text) if text.startswith('"') else text


class Line:
    """A cursor over the tokens of one line. Every `take_*` raises UserError (C0390) if something else stands there."""

    def __init__(self, source: Source, number: int) -> None:
        self.source = source
        self.start = source.line_starts[number - 1]
        text = source.line_text(number)
        self.tokens = self._tokens(text)
        self.at = 0

    def _tokens(self, text: str) -> list[Token]:
        tokens: list[Token] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                span = Span(self.source, self.start + at, self.start + at + 1)
                hint = "`;` begins a comment, and unusual names stand in quotes"
                raise error("C0390", f"`{text[at]}` has no meaning here", span, help=hint)
            if found["constant"] or found["number"]:
                self._check_length(found)
            kind: TokenKind = found.lastgroup  # pyright: ignore[reportAssignmentType]
            if kind not in ("space", "comment"):
                tokens.append(Token(kind, found[0], self.start + at, self.start + found.end()))
            at = found.end()
        last = tokens[-1].end if tokens else self.start
        tokens.append(Token("end", "", last, last + 1))
        return tokens

    def _check_length(self, number: re.Match[str]) -> None:
        if len(number[0]) > _LONGEST_NUMBER:
            span = Span(self.source, self.start + number.start(), self.start + number.end())
            raise error("C0390", "the number is too long", span, help=f"numbers have at most {_LONGEST_NUMBER} digits")

    @property
    def empty(self) -> bool:
        return len(self.tokens) == 1

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    @property
    def span(self) -> Span:
        """The whole line, without the space around it."""
        last = self.tokens[-2] if len(self.tokens) > 1 else self.tokens[0]
        return Span(self.source, self.tokens[0].start, last.end)

    def place(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def wrong(self, wanted: str) -> UserError:
        found = f"`{self.next.text}`" if self.next.kind != "end" else "the end of the line"
        return error("C0390", f"expected {wanted}, found {found}", self.place(self.next))

    def take(self, kind: TokenKind, wanted: str) -> Token:
        token = self.next
        if token.kind != kind:
            raise self.wrong(wanted)
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        """Takes the sign or word if it is the next one."""
        if self.next.kind in ("sign", "name") and self.next.text == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.wrong(f"`{text}`")

    def finish(self) -> None:
        if self.next.kind != "end":
            raise self.wrong("the end of the line")

    def take_name(self, wanted: str = "a name") -> str:
        return _unquote(self.take("name", wanted).text)

    def take_number(self, wanted: str = "a number") -> int:
        at = self.at
        try:
            return int(self.take("number", wanted).text, 0)
        except ValueError:  # such as 08
            self.at = at
            raise self.wrong(wanted) from None

    def take_integer(self, wanted: str) -> int:
        """A number that may be negative."""
        return -self.take_number(wanted) if self.accept("-") else self.take_number(wanted)

    def take_var(self, wanted: str = "a variable with its width, like `x:16`") -> Var:
        name, _, width = self.take("variable", wanted).text.rpartition(":")
        return Var(_unquote(name), int(width))

    def take_const(self) -> Const:
        wanted, at = "a constant with its width, like `7:16`", self.at
        value, _, width = self.take("constant", wanted).text.partition(":")
        try:
            return Const(int(value, 0), int(width))
        except ValueError:  # such as 08:16
            self.at = at
            raise self.wrong(wanted) from None

    def take_list(self, opening: str, item: Callable[[], T], closing: str) -> tuple[T, ...]:
        """Items between two signs, with commas between them."""
        self.expect(opening)
        items: list[T] = []
        while not self.accept(closing):
            if items:
                self.expect(",")
            items.append(item())
        return tuple(items)
