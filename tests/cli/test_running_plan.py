"""`cora compile --running`: a bundle's plan, or a plan.json, as what runs now."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cora.cli.compile_command import command
from cora.diagnostics import UserError

FAST = ("flow_monitor", "-t", "softnic", "--rate", "5e5")


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(command, [*FAST, *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_a_plan_beside_itself_and_beside_the_host(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text(_run("--strategy", "host-only", "--json"), encoding="utf-8")
    moved = _run("--running", str(tmp_path / "host.json"), "-o", str(tmp_path / "bundle"))
    assert "running plan: moves" in moved and "replaces the programs of nic and host" in moved
    assert "The plan that ran before: moves" in (tmp_path / "bundle" / "report.html").read_text(encoding="utf-8")
    assert "running plan: it is still the best one" in _run("--running", str(tmp_path / "bundle"))


def test_what_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _run("--running", str(tmp_path / "none.json"))
    assert caught.value.diagnostics[0].code == "C0623"
