"""The same integer programs through PuLP: solved by CBC, as a second opinion on what HiGHS found, or written as a file.

HiGHS once called a value optimal that was not (see `OPTIONS` in `linear.py`): a solver with another history is worth
having at hand, `cora compile --solver cbc`, and the tests hold both to the same plans.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pulp

if TYPE_CHECKING:
    from cora.plan.linear import LinearProgram, Solved, Terms
    from cora.plan.request import Solver

_GAP = 1e-9


def to_pulp(program: LinearProgram, objective: Terms) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    """The program as PuLP has it, with its variables in the order of their numbers."""
    problem = pulp.LpProblem("placement", pulp.LpMinimize)
    variables: list[pulp.LpVariable] = []
    for number in range(program.columns):
        low, high, whole = program.bounds(number)
        kind = pulp.LpInteger if whole else pulp.LpContinuous
        variables.append(problem.add_variable(f"x{number}", low, None if high == inf else high, cat=kind))
    problem.setObjective(_sum(objective, variables))
    for number in range(program.rows):
        terms, low, high = program.row(number)
        total = _sum(terms, variables)
        if low == high:
            problem.addConstraint(total == low, f"r{number}")
            continue
        if low != -inf:
            problem.addConstraint(total >= low, f"r{number}_low")
        if high != inf:
            problem.addConstraint(total <= high, f"r{number}_high")
    return problem, variables


def _sum(terms: Terms, variables: list[pulp.LpVariable]) -> pulp.LpAffineExpression:
    return pulp.LpAffineExpression([(variables[number], factor) for number, factor in terms.items()])


def minimise(program: LinearProgram, objective: Terms, solver: Solver) -> tuple[Solved | None, float]:
    """What CBC finds, and a bound that no solution undercuts: with an optimum its value, otherwise nothing is known.
    One thread and a limit in nodes, so that the result is the same every time."""
    from cora.plan.linear import Solved

    problem, variables = to_pulp(program, objective)
    cbc: Any = pulp.PULP_CBC_CMD(
        msg=False, threads=1, gapRel=_GAP, gapAbs=_GAP, maxNodes=solver.node_limit, options=["randomSeed 1"],
        timeLimit=solver.left_s,
    )  # fmt: skip
    problem.solve(cbc)
    if problem.sol_status not in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible):
        return None, inf if problem.status == pulp.LpStatusInfeasible else -inf
    values = tuple(float(variable.varValue or 0.0) for variable in variables)
    value = sum(factor * values[number] for number, factor in objective.items())
    bound = value if problem.sol_status == pulp.LpSolutionOptimal else -inf
    return Solved(value, values), bound
