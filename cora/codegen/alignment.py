"""Which values are surely multiples of 8: the parser may only move by whole bytes."""

from __future__ import annotations

from collections.abc import Mapping

from cora.ir.cfg import header_names, op_writes
from cora.ir.nodes import Assign, Bin, Cast, Concat, Const, Expr, Mux, Program, Var, width

Zeros = Mapping[str, int]
"""By variable: how many of its lowest bits are 0 wherever it is read; variables that aren't there: none."""

_ALL = 128


def low_zeros(expr: Expr, known: Zeros) -> int:
    """How many of the lowest bits of an expression are surely 0."""
    match expr:
        case Const(value=value, width=bits):
            return (value & -value).bit_length() - 1 if value else bits
        case Var(name=name, width=bits):
            return min(known.get(name, 0), bits)
        case Bin(op="shl", a=a, b=Const(value=by)):
            return min(low_zeros(a, known) + by, width(expr))
        case Bin(op="mul", a=a, b=b):
            return min(low_zeros(a, known) + low_zeros(b, known), width(expr))
        case Bin(op="and", a=a, b=b):
            return max(low_zeros(a, known), low_zeros(b, known))
        case Bin(op="add" | "sub" | "or" | "xor", a=a, b=b) | Mux(a=a, b=b):
            return min(low_zeros(a, known), low_zeros(b, known))
        case Concat(a=a, b=b):
            below = low_zeros(b, known)
            return below + low_zeros(a, known) if below == width(b) else below
        case Cast(a=a, width=bits):
            below = low_zeros(a, known)
            return bits if below == width(a) else min(below, bits)
        case _:
            return 0


def zeros_of_variables(program: Program) -> dict[str, int]:
    """What holds for every variable at any place: the least of all that it is ever assigned (at first it is 0).

    Blocks are in topological order, so a variable's sources are mostly known before it is; where they are not, nothing
    is assumed of them: each round starts from the one before and only takes bits away."""
    headers = header_names(program)
    known: dict[str, int] = {}
    for resume in program.resumes:
        known |= dict.fromkeys((v.name for v in resume.into), 0)
    for block in program.blocks:
        for op in block.ops:
            for name in op_writes(op, headers):
                known.setdefault(name, _ALL if isinstance(op, Assign) else 0)
                if not isinstance(op, Assign):
                    known[name] = 0
    changed = True
    while changed:
        changed = False
        for block in program.blocks:
            for op in block.ops:
                if isinstance(op, Assign):
                    zeros = min(known[op.dst.name], low_zeros(op.value, known))
                    changed |= zeros != known[op.dst.name]
                    known[op.dst.name] = zeros
    return known
