"""p4c as a second front end: its JSON becomes the same tree as Cora's own parser makes, and goes through the same
checker. docs/p4c.md is the manual.

options.py       what the user chooses
run.py           p4test as a process, its limits, its exit status
messages.py      its messages -> diagnostics
nodes.py         JSON -> nodes: references, renamed types, places
types.py, expressions.py, statements.py, tables.py, declarations.py      nodes -> cora.frontend.ast
names.py         names of the program instead of p4c's
temporaries.py   expressions that p4c took apart
read.py          all of it in order
"""

from cora.frontend.p4c.options import P4cOptions, Stage
from cora.frontend.p4c.read import load_json, read_json_text
from cora.frontend.p4c.run import P4cOutput, check_output, load_with_p4c, run_p4c

__all__ = [
    "P4cOptions", "P4cOutput", "Stage", "check_output", "load_json", "load_with_p4c", "read_json_text", "run_p4c",
]  # fmt: skip
