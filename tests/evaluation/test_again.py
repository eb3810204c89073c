"""Two runs, compared figure by figure."""

from pathlib import Path
from typing import Any

from click.testing import CliRunner
from pyarrow import Table, parquet

from evaluation.again import differences, main

ROW = {
    "function": "nat", "traffic": "churn", "machine": "m", "objective": "min-cores", "load": 1.1, "strategy": "ilp",
    "host_cores": 2.0, "solve_s": 0.1,
}  # fmt: skip


def _written(folder: Path, *rows: dict[str, Any]) -> Path:
    folder.mkdir()
    parquet.write_table(Table.from_pylist(list(rows)), folder / "results.parquet")
    return folder


def test_only_times_may_differ(tmp_path: Path) -> None:
    one, other = _written(tmp_path / "a", ROW), _written(tmp_path / "b", {**ROW, "solve_s": 9.0})
    assert differences(one, other) == []
    assert CliRunner().invoke(main, [str(one), str(other)]).exit_code == 0


def test_another_figure_and_a_missing_row_are_named(tmp_path: Path) -> None:
    more = {**ROW, "strategy": "greedy"}
    one, other = _written(tmp_path / "a", ROW, more), _written(tmp_path / "b", {**ROW, "host_cores": 3.0})
    figure, missing = sorted(differences(one, other), key=lambda line: "only in" in line)
    assert "host_cores 2.0 and 3.0" in figure and "greedy" in missing
    ran = CliRunner().invoke(main, [str(one), str(other)])
    assert ran.exit_code == 1 and "2 differences" in ran.output


def test_a_run_that_has_not_ended_is_said_so(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, [str(_written(tmp_path / "a", ROW)), str(tmp_path)])
    assert ran.exit_code == 2 and "make evaluation" in ran.output
