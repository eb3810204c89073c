"""Mixed-integer programs: against every solution of small random ones, and their corner cases."""

from __future__ import annotations

import itertools
import random
from math import inf

import pytest

from cora.plan.linear import LinearProgram, combine, total
from cora.plan.request import SOLVERS, Solver


@pytest.fixture(params=SOLVERS)
def solver(request: pytest.FixtureRequest) -> Solver:
    """Everything here holds for each solver."""
    return Solver(request.param, 1000)


def _random(seed: int) -> tuple[LinearProgram, list[tuple[dict[int, float], float]], dict[int, float]]:
    rng = random.Random(seed)
    program = LinearProgram()
    variables = [program.variable(integer=True) for _ in range(6)]
    rows: list[tuple[dict[int, float], float]] = []
    for _ in range(5):
        terms = {v: float(rng.randrange(-4, 5)) for v in rng.sample(variables, rng.randrange(1, 5))}
        limit = float(rng.randrange(-3, 6))
        rows.append((terms, limit))
        program.at_most(terms, limit)
    return program, rows, {v: float(rng.randrange(-5, 6)) for v in variables}


def _value(terms: dict[int, float], values: tuple[int, ...]) -> float:
    return sum(factor * values[v] for v, factor in terms.items())


@pytest.mark.parametrize("seed", range(30))
def test_the_optimum_is_that_of_enumeration(seed: int, solver: Solver) -> None:
    program, rows, goal = _random(seed)
    every = [v for v in itertools.product((0, 1), repeat=6) if all(_value(t, v) <= limit for t, limit in rows)]
    found = program.minimise(goal, solver)
    if not every:
        assert found is None and program.bound == inf
        return
    best = min(_value(goal, v) for v in every)
    assert found is not None
    assert found.value == pytest.approx(best) and program.bound == pytest.approx(best)
    assert all(_value(t, tuple(map(round, found.values))) <= limit for t, limit in rows)


@pytest.mark.parametrize("seed", range(10))
def test_a_second_objective_under_the_first(seed: int, solver: Solver) -> None:
    """Another row and another objective on the same program, as if it were a new one."""
    program, rows, goal = _random(seed)
    first = program.minimise(goal, solver)
    if first is None:
        return
    program.at_most(goal, first.value)
    second = {v: float(v) for v in range(6)}
    found = program.minimise(second, solver)
    every = itertools.product((0, 1), repeat=6)
    allowed = [v for v in every if all(_value(t, v) <= x for t, x in (*rows, (goal, first.value)))]
    assert found is not None and found.value == pytest.approx(min(_value(second, v) for v in allowed))


def test_contradictions_are_seen_without_solving(solver: Solver) -> None:
    for condition in range(3):
        program = LinearProgram()
        x = program.variable(integer=True)
        match condition:
            case 0:
                program.fix(x, 1.0)
                program.fix(x, 0.0)
            case 1:
                program.equal({}, 1.0)
            case _:
                program.at_least({x: -1.0}, 0.5)
        assert program.minimise({x: 1.0}, solver) is None and program.bound == inf


def test_bounds_from_rows_of_one_variable(solver: Solver) -> None:
    program = LinearProgram()
    x, y = program.variable(high=10.0), program.variable(high=10.0)
    program.at_most({x: 2.0}, 9.0)
    program.at_least({y: -1.0}, -3.0)
    assert program.rows == 0
    found = program.minimise(combine({x: -1.0}, total((y, y), -1.0)), solver)
    assert found is not None and found.value == pytest.approx(-4.5 - 6.0)
