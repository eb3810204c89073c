"""The short form of the evaluation, as users run it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from evaluation import __main__ as command
from evaluation.accounting import scenarios, throughputs
from evaluation.grid import TRAFFICS, short
from evaluation.measure import Row, rows
from evaluation.store import Results


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the short form has been run."""
    made = tmp_path_factory.mktemp("evaluation")
    ran = CliRunner().invoke(command.main, ["--short", "-o", str(made), "--jobs", "1"])
    assert ran.exit_code == 0, ran.output
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> list[Row]:
    grid = short()
    results = Results(folder, grid)
    paths = [results.path(f, t) for f in grid.functions for t in grid.traffics]
    return [row for path in paths for row in results.get(path)]


def test_all_of_the_grid_is_there(folder: Path, found: list[Row]) -> None:
    grid = short()
    assert len(scenarios(found)) == len(grid.traffics) * len(grid.loads) * len(grid.machines)
    assert len(throughputs(found)) == len(grid.traffics) * len(grid.machines)
    assert parquet.read_table(folder / "results.parquet").num_rows == len(found)


def test_ours_is_never_worse_than_any_strategy(found: list[Row]) -> None:
    """On the same evaluator, to a hundredth of host-only's cores."""
    for scenario in scenarios(found):
        assert not scenario.comparable or scenario.saved() >= scenario.saved(scenario.best_other) - 0.01, scenario.name


def test_a_report_says_it_in_words_and_pictures(folder: Path) -> None:
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    page = (folder / "report.html").read_text(encoding="utf-8")
    for words in ("share of host cores saved", "Where others do as well or better", "Not compared", "Left out"):
        assert words in markdown and words in page
    assert page.count("<svg") == markdown.count(".svg)") > 0
    assert "http" not in page.replace("http://www.w3.org", "")


def test_an_evaluation_goes_on_where_it_was_stopped(folder: Path, found: list[Row]) -> None:
    """Nothing that is there is computed again; a cell that is not there is, with the same figures."""
    grid = short()
    results = Results(folder, grid)
    function, traffic = grid.functions[0], grid.traffics[-1]
    kept = results.path(grid.functions[0], grid.traffics[0])
    before = kept.stat().st_mtime_ns
    again = list(rows(function, next(t for t in TRAFFICS if t.name == traffic.name), grid))
    timeless = [replace(row, solve_s=0.0) for row in again]
    assert timeless == [replace(r, solve_s=0.0) for r in found if r.traffic == traffic.name]
    assert kept.stat().st_mtime_ns == before


def test_results_of_another_grid_are_not_taken(folder: Path) -> None:
    grid = short()
    other = Results(folder, replace(grid, packets=2_999))
    assert not other.path(grid.functions[0], grid.traffics[0]).exists()


def test_a_function_that_is_not_there_is_told() -> None:
    ran = CliRunner().invoke(command.main, ["--short", "--function", "rooter"])
    assert ran.exit_code == 2
    assert "functions are: rate_limiter" in ran.output
