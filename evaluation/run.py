"""Runs an evaluation: cells on a pool of processes, then the headlines, what is varied, and the lab."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TypeVar

from cora.diagnostics import UserError, render
from evaluation.accounting import scenarios
from evaluation.grid import TRAFFICS, Grid, Traffic
from evaluation.headlines import Rescored, chosen, rescore
from evaluation.lab import Measured, measure
from evaluation.measure import Row, rows
from evaluation.sensitivity import Uncertain, Varied, uncertain, varied
from evaluation.store import Results

Advance = Callable[[str], None]
T = TypeVar("T")
CELLS_A_PROCESS = 8
"""Then a process ends and another begins, so that memory stays within bounds."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that the report says."""

    rows: list[Row]
    rescored: list[Rescored]
    varied: list[Varied]
    uncertain: list[Uncertain]
    lab: list[Measured]
    left_out: list[str]
    """Functions and traffics that could not be evaluated, and why."""


def evaluate(grid: Grid, results: Results, jobs: int) -> Found:
    """What is there already is not computed again."""
    made: dict[tuple[str, str], list[Row]] = {}
    left_out: list[str] = []
    waiting: list[tuple[str, Traffic]] = []
    for function in grid.functions:
        for traffic in grid.traffics:
            path = results.path(function, traffic)
            if path.is_file():
                made[function, traffic.name] = results.get(path)
            else:
                waiting.append((function, traffic))
    with _progress(len(waiting) + grid.simulated + len(grid.lab) + 2) as advance:
        for (function, traffic), found in in_parallel(waiting, grid, jobs):
            if isinstance(found, str):
                left_out.append(f"{function} under {traffic.name}: {found}")
            else:
                results.put(results.path(function, traffic), found)
                made[function, traffic.name] = found
            advance(f"{function}, {traffic.name}")
        every = [row for f in grid.functions for t in grid.traffics for row in made.get((f, t.name), [])]
        return Found(
            every,
            list(_noted(advance, (rescore(s, grid) for s in chosen(scenarios(every), grid.simulated)))),
            _all(advance, "what is varied", varied(grid)),
            _all(advance, "what is uncertain", uncertain(grid)),
            list(_noted(advance, map(measure, grid.lab))),
            sorted(left_out),
        )


def in_parallel(
    cells: list[tuple[str, Traffic]], grid: Grid, jobs: int
) -> Iterator[tuple[tuple[str, Traffic], list[Row] | str]]:
    """Each cell with its rows, or with what is wrong with it, as they come."""
    by_name = {traffic.name: traffic for _, traffic in cells}
    sent = replace(grid, traffics=())  # what changes a traffic can't be sent to another process; its name can
    named = [(function, traffic.name, sent) for function, traffic in cells]
    with get_context("spawn").Pool(jobs, maxtasksperchild=CELLS_A_PROCESS) as pool:
        for function, traffic, found in pool.imap_unordered(cell, named):
            yield (function, by_name[traffic]), found


def cell(what: tuple[str, str, Grid]) -> tuple[str, str, list[Row] | str]:
    """A function and a traffic's name, with all rows of the one under the other, or with what is wrong with it."""
    function, traffic, grid = what
    try:
        return function, traffic, list(rows(function, next(t for t in TRAFFICS if t.name == traffic), grid))
    except UserError as problem:
        return function, traffic, render(problem.diagnostics[0]).splitlines()[0]


def _noted(advance: Advance, found: Iterable[T]) -> Iterator[T]:
    for one in found:
        yield one
        advance("")


def _all(advance: Advance, what: str, found: Iterable[T]) -> list[T]:
    every = list(found)
    advance(what)
    return every


@contextmanager
def _progress(steps: int) -> Generator[Advance, None, None]:
    """A bar with the time that is left, on stderr."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    text = TextColumn("{task.description}")
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), text)
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=steps)
        yield lambda text: bar.update(task, advance=1, description=text)
