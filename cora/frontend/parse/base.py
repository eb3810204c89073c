"""The parser's token stream, its scopes, and what every part of it uses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

from cora.diagnostics import Diagnostic, Reporter, Span
from cora.frontend import ast
from cora.frontend.lexer import KEYWORDS, Token

MAX_DEPTH = 150
"""How deep expressions and statements may nest; the passes that follow recurse over them."""


class SyntaxFailure(Exception):
    """Raised after a syntax error was reported; whoever can go on after it catches it."""


def join(first: Span, last: Span) -> Span:
    """From the start of one span to the end of another, if they are of one file and in order; else the first."""
    return first.to(last) if first.source is last.source and last.end >= first.start else first


def describe(token: Token) -> str:
    match token.kind:
        case "end":
            return "the end of the file"
        case "name" if token.text in KEYWORDS:
            return f"the keyword {token.text!r}"
        case _:
            return repr(token.text)


class ParserBase(ABC):
    def __init__(self, tokens: list[Token], reporter: Reporter) -> None:
        self.tokens = tokens
        self.reporter = reporter
        self.at = 0
        self.depth = 0
        self.scopes: list[dict[str, bool]] = [{}]
        self.inner: list[ast.Declaration] = []
        """Declarations within the one that is being read: the struct of `typedef struct S { ... } T;`."""

    # ---- tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def last_span(self) -> Span:
        return self.tokens[max(0, self.at - 1)].span

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of the texts (a string literal never is)."""
        return self.token.text in texts and self.token.kind not in ("string", "end")

    def sees_ahead(self, ahead: int, *texts: str) -> bool:
        token = self.peek(ahead)
        return token.text in texts and token.kind not in ("string", "end")

    def accept(self, text: str) -> bool:
        if self.sees(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str, after: str = "") -> Token:
        if self.sees(text):
            return self.next()
        where = f" {after}" if after else ""
        missing = text in (";", ")", "}", "]", ",")
        if missing and self.last_span.line != self.token.span.line and self.at:
            self.fail(f"expected {text!r}{where}", help=f"add {text!r} behind this", span=self.last_span)
        self.fail(
            f"expected {text!r}{where}, but here is {describe(self.token)}",
            help=f"is a {text!r} missing before it?" if missing else f"write {text!r} here",
        )

    def fail(self, message: str, *, help: str, span: Span | None = None, code: str = "C0107") -> NoReturn:
        self.reporter.report(Diagnostic(code, message, span or self.token.span, help=help))
        raise SyntaxFailure

    def sees_name(self, ahead: int = 0) -> bool:
        token = self.peek(ahead) if ahead else self.token
        return token.kind == "name" and token.text not in KEYWORDS

    def name(self, what: str) -> Token:
        """An identifier, of a type or not; `what` says what it would name."""
        if self.sees_name() or self.sees("list"):
            return self.next()
        if self.token.kind == "name":
            self.fail(
                f"expected {what}, but {self.token.text!r} is a keyword of P4",
                help="choose another name",
                code="C0108",
            )
        self.fail(f"expected {what}, but here is {describe(self.token)}", help=f"write {what} here")

    def span_from(self, start: Span) -> Span:
        return join(start, self.last_span)

    # ---- scopes: which names are types

    @contextmanager
    def scope(self) -> Generator[None, None, None]:
        self.scopes.append({})
        try:
            yield
        finally:
            self.scopes.pop()

    @contextmanager
    def nested(self) -> Generator[None, None, None]:
        """One level of nesting. Reports C0109 when there are too many."""
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                self.fail(
                    f"this is nested more than {MAX_DEPTH} levels deep",
                    help="split it: give parts a variable, an action or a control of their own",
                    code="C0109",
                )
            yield
        finally:
            self.depth -= 1

    def declare(self, name: str, is_type: bool) -> None:
        self.scopes[-1][name] = is_type

    def is_type(self, name: str) -> bool:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return False

    # ---- recovery

    def skip_statement(self) -> None:
        """To behind the next `;` at this level of braces, or to the `}` that ends it."""
        level = 0
        while self.token.kind != "end":
            if self.sees("{"):
                level += 1
            elif self.sees("}"):
                if level == 0:
                    return
                level -= 1
                if level == 0:
                    self.at += 1
                    return
            elif self.sees(";") and level == 0:
                self.at += 1
                return
            self.at += 1

    # ---- what types and expressions need of each other

    @abstractmethod
    def expression(self, least: int = 0) -> ast.Expr: ...
