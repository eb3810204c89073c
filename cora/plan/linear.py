"""Mixed-integer linear programs, built row by row and solved by HiGHS: one thread, a fixed seed, limits in nodes.

Rows are kept as plain lists and handed to HiGHS at once, and a program can be solved again under another objective or
with another row while HiGHS keeps what it knows: building a program takes a fraction of solving it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

import highspy
import numpy as np

from cora.plan.request import Solver

Terms = dict[int, float]
"""Coefficients by variable."""


@dataclass(frozen=True, slots=True)
class Solved:
    value: float
    values: tuple[float, ...]
    """By variable."""


def total(variables: Iterable[int], factor: float = 1.0) -> Terms:
    """factor * (sum of the variables); one that stands twice counts twice."""
    terms: Terms = {}
    for variable in variables:
        terms[variable] = terms.get(variable, 0.0) + factor
    return terms


def combine(*parts: Terms) -> Terms:
    """The sum of linear forms."""
    terms: Terms = {}
    for part in parts:
        for variable, factor in part.items():
            terms[variable] = terms.get(variable, 0.0) + factor
    return terms


class LinearProgram:
    """Variables are numbered from 0; each has the lower bound 0."""

    def __init__(self) -> None:
        self._high: list[float] = []
        self._low: list[float] = []
        self._integer: list[bool] = []
        self._starts: list[int] = [0]
        self._columns: list[int] = []
        self._factors: list[float] = []
        self._row_low: list[float] = []
        self._row_high: list[float] = []
        self._contradiction = False
        self._highs: Any = None
        self._sent_rows = 0
        self.bound = -inf
        """After `minimise`: no solution has a smaller value; infinite if there is none at all."""

    @property
    def rows(self) -> int:
        return len(self._row_low)

    @property
    def columns(self) -> int:
        return len(self._high)

    def bounds(self, variable: int) -> tuple[float, float, bool]:
        """Lower and upper bound of a variable, and whether it is whole."""
        return self._low[variable], self._high[variable], self._integer[variable]

    def row(self, number: int) -> tuple[Terms, float, float]:
        """The terms of a row and the ends of their sum."""
        places = slice(self._starts[number], self._starts[number + 1])
        terms = dict(zip(self._columns[places], self._factors[places], strict=True))
        return terms, self._row_low[number], self._row_high[number]

    def variable(self, *, integer: bool = False, high: float = 1.0) -> int:
        self._low.append(0.0)
        self._high.append(high)
        self._integer.append(integer)
        return len(self._high) - 1

    def at_most(self, terms: Terms, limit: float) -> None:
        self._row(terms, -inf, limit)

    def at_least(self, terms: Terms, limit: float) -> None:
        self._row(terms, limit, inf)

    def equal(self, terms: Terms, value: float) -> None:
        self._row(terms, value, value)

    def fix(self, variable: int, value: float) -> None:
        self._row({variable: 1.0}, value, value)

    def _row(self, terms: Terms, low: float, high: float) -> None:
        terms = {variable: factor for variable, factor in terms.items() if factor}
        if not terms:
            self._contradiction = self._contradiction or not low <= 0 <= high
            return
        if len(terms) == 1 and self._highs is None:
            ((variable, factor),) = terms.items()
            ends = (low / factor, high / factor) if factor > 0 else (high / factor, low / factor)
            self._low[variable] = max(self._low[variable], ends[0])
            self._high[variable] = min(self._high[variable], ends[1])
            self._contradiction = self._contradiction or self._low[variable] > self._high[variable]
            return
        self._columns.extend(terms)
        self._factors.extend(terms.values())
        self._starts.append(len(self._columns))
        self._row_low.append(low)
        self._row_high.append(high)

    def minimise(self, objective: Terms, solver: Solver) -> Solved | None:
        """The solution with the smallest value that the solver finds within its limit, or None if there is none."""
        self.bound = inf
        if self._contradiction:
            return None
        if solver.name == "cbc":
            from cora.plan.by_pulp import minimise

            found, self.bound = minimise(self, objective, solver)
            return found
        highs = self._model()
        cost = np.zeros(self.columns)
        for variable, factor in objective.items():
            cost[variable] = factor
        highs.changeColsCost(self.columns, np.arange(self.columns, dtype=np.int32), cost)
        highs.setOptionValue("mip_max_nodes", solver.node_limit)
        left_s = solver.left_s
        if left_s is not None:  # HiGHS counts all runs of a model together
            highs.setOptionValue("time_limit", highs.getRunTime() + left_s)
        highs.run()
        info = highs.getInfo()
        if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return None
        self.bound = float(info.mip_dual_bound) if any(self._integer) else float(info.objective_function_value)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        value = float(info.objective_function_value)
        self.bound = min(self.bound, value)
        return Solved(value, tuple(highs.getSolution().col_value))

    def _model(self) -> Any:
        """HiGHS with all rows so far."""
        if self._highs is None:
            self._highs = highspy.Highs()
            for name, value in OPTIONS.items():
                self._highs.setOptionValue(name, value)
            self._highs.passModel(self._lp())
        elif self._sent_rows < self.rows:
            first = self._starts[self._sent_rows]
            starts = np.array(self._starts[self._sent_rows : -1], dtype=np.int32) - first
            columns, factors = self._columns[first:], self._factors[first:]
            self._highs.addRows(
                self.rows - self._sent_rows,
                np.array(self._row_low[self._sent_rows :]),
                np.array(self._row_high[self._sent_rows :]),
                len(columns),
                starts,
                np.array(columns, dtype=np.int32),
                np.array(factors),
            )
        self._sent_rows = self.rows
        return self._highs

    def _lp(self) -> Any:
        lp: Any = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_cost_ = np.zeros(self.columns)
        lp.col_lower_, lp.col_upper_ = np.array(self._low), np.array(self._high)
        lp.row_lower_, lp.row_upper_ = np.array(self._row_low), np.array(self._row_high)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self._starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(self._columns, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self._factors)
        kinds = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        lp.integrality_ = [kinds[0] if whole else kinds[1] for whole in self._integer]
        return lp


OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 1,
    "mip_rel_gap": 1e-9,
    "mip_abs_gap": 1e-9,
    # HiGHS 1.15.1 calls 2.34 the optimum of a program whose optimum is 0, unless it leaves presolving out; our programs
    # are solved faster without it, too.
    "presolve": "off",
    # Without presolving at the root, presolving sub-problems makes HiGHS 1.15.1 crash (tests/plan/sub_problems.npz).
    "mip_root_presolve_only": True,
}
