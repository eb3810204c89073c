"""P4-16's grammar by recursive descent, one file a part of it: types, expressions, statements, tables, declarations."""

from __future__ import annotations

from cora.diagnostics import Reporter
from cora.frontend import ast
from cora.frontend.lexer import Token
from cora.frontend.parse.declarations import DeclarationParser


def parse_tokens(tokens: list[Token], reporter: Reporter) -> ast.Program:
    """The program; syntax errors (C0106 to C0110) go to the reporter, and what they hit is left out."""
    return DeclarationParser(tokens, reporter).program()
