"""P4-16 text to a checked syntax tree.

preprocess.py  cpp or pcpp
lexer.py       tokens, mapped back to the lines that the user wrote
parse/         recursive descent -> cora.frontend.ast
check/         names, types, values -> TypedProgram
"""

from cora.frontend.ast import TypedProgram
from cora.frontend.load import load_program, load_text, parse_text

__all__ = ["TypedProgram", "load_program", "load_text", "parse_text"]
