"""From p4c's JSON to a checked program."""

from __future__ import annotations

import gzip
from pathlib import Path

from cora.diagnostics import Reporter, error
from cora.frontend import ast
from cora.frontend.check import check_program
from cora.frontend.load import deep_recursion
from cora.frontend.p4c.declarations import DeclarationReader
from cora.frontend.p4c.names import restore_names
from cora.frontend.p4c.nodes import SourceFiles, Tree
from cora.frontend.p4c.temporaries import fold_temporaries


def read_json_text(text: str, *, shown: str = "p4c's output", program: Path | None = None) -> ast.Program:
    """The unchecked tree of a JSON text of any stage. Raises `UserError` C0127 to C0130."""
    with deep_recursion():
        tree = Tree(text, shown, SourceFiles(program))
        try:
            read = DeclarationReader(tree).program()
        except RecursionError:
            raise error(
                "C0128", "p4c's output is nested too deeply, or has a node inside of itself", where=shown,
                help="read the program with --frontend builtin",
            ) from None  # fmt: skip
        return restore_names(fold_temporaries(read))


def check_json_text(
    text: str, name: str, *, shown: str = "p4c's output", program: Path | None = None
) -> ast.TypedProgram:
    """As `read_json_text`, then Cora's own checker. `name` is the program's."""
    with deep_recursion():
        return check_program(read_json_text(text, shown=shown, program=program), name, Reporter())


def load_json(path: Path, *, program: Path | None = None) -> ast.TypedProgram:
    """A file that `p4test --toJSON` wrote, also as .gz; `program` is the P4 file that it was made of, for messages."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as e:
        raise error(
            "C0127", f"can't read p4c's output: {e}", where=str(path), help="write it with p4test --toJSON FILE"
        ) from None
    name = program.stem if program is not None else path.name.split(".")[0]
    return check_json_text(text, name, shown=str(path), program=program)
