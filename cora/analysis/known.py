"""Constant propagation: which variables have one known value, and what a branch teaches about them."""

from __future__ import annotations

from collections.abc import Mapping

from cora.ir.cfg import children, names, op_writes
from cora.ir.evaluate import evaluate
from cora.ir.nodes import (
    Assign,
    Bin,
    Branch,
    Const,
    Expr,
    Extract,
    Goto,
    Op,
    SetValid,
    Switch,
    Terminator,
    Un,
    Var,
    width,
)

Known = dict[str, int | None]
"""Values by variable: None where it isn't known; a variable that isn't there is 0."""


def known_value(expr: Expr, known: Mapping[str, int | None]) -> int | None:
    """The value of an expression, where enough of its variables are known."""
    match expr:
        case Const(value=value):
            return value
        case Var(name=name):
            return known.get(name, 0)
        case _:
            # Each operand once: conditions are nested deeply enough for twice to be too often.
            values = [known_value(child, known) for child in children(expr)]
            match expr:
                case Bin(op="and") if 0 in values:
                    return 0
                case Bin(op="or") if 1 in values and width(expr) == 1:
                    return 1
                case _ if None in values:
                    return None
                case _:
                    return evaluate(expr, {n: known.get(n, 0) or 0 for n in names(expr)})


def learn(known: Known, cond: Expr, outcome: int) -> None:
    """Adds what follows from a one-bit condition having come out 0 or 1."""
    match cond:
        case Var(name=name):
            known[name] = outcome
        case Un(op="not", a=a):
            learn(known, a, 1 - outcome)
        case Bin(op="eq", a=Var(name=name), b=Const(value=value)) if outcome:
            known[name] = value
        case Bin(op="ne", a=Var(name=name), b=Const(value=value)) if not outcome:
            known[name] = value
        case Bin(op="eq" | "ne", a=Var(name=name, width=1), b=Const(value=value)):
            known[name] = 1 - value
        case Bin(op="and", a=a, b=b) if outcome:
            learn(known, a, 1)
            learn(known, b, 1)
        case Bin(op="or", a=a, b=b) if not outcome:
            learn(known, a, 0)
            learn(known, b, 0)
        case _:
            pass


def join(a: Known, b: Known) -> Known:
    """What is known where two paths meet."""
    return {n: a.get(n, 0) if a.get(n, 0) == b.get(n, 0) else None for n in a.keys() | b.keys()}


def follow(op: Op, known: Known, headers: Mapping[str, frozenset[str]]) -> None:
    """Runs an operation on what is known."""
    value = known_value(op.value, known) if isinstance(op, Assign) else None
    for name in op_writes(op, headers):
        known[name] = None
    match op:
        case Assign(dst=dst):
            known[dst.name] = value
        case Extract(header=header):
            known[f"{header}.$valid"] = 1
        case SetValid(header=header, valid=valid):
            known[f"{header}.$valid"] = int(valid)
        case _:
            pass


def folded(end: Terminator, known: Known) -> Terminator:
    """The terminator, or the jump that it amounts to."""
    match end:
        case Branch(cond=cond, then=then, orelse=orelse, span=span):
            value = known_value(cond, known)
            return end if value is None else Goto(then if value else orelse, span)
        case Switch(value=expr, cases=cases, default=default, span=span):
            value = known_value(expr, known)
            return end if value is None else Goto(dict(cases).get(value, default), span)
        case _:
            return end


def learn_arm(known: Known, end: Terminator, target: str) -> None:
    """Adds what follows from control having gone to this target."""
    match end:
        case Branch(cond=cond, then=then, orelse=orelse) if then != orelse:
            learn(known, cond, int(target == then))
        case Switch(value=Var(name=name), cases=cases, default=default) if target != default:
            values = [value for value, case in cases if case == target]
            if len(values) == 1:
                known[name] = values[0]
        case _:
            pass
