"""Checked P4 to IR.

assemble.py     the architecture: which block runs when          parsers.py      states, loops unrolled
statements.py   expressions.py   calls.py   inlining.py          tables.py       lookups and actions
extern_*.py     what extern objects and functions mean           pipeline.py     the passes, in order
"""

from cora.lower.options import LowerOptions
from cora.lower.pipeline import PIPELINE, lower_program, pass_names, steps

__all__ = ["PIPELINE", "LowerOptions", "lower_program", "pass_names", "steps"]
