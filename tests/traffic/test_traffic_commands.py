"""The commands of docs/traffic.md print what it says; options that make no sense are refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cora.cli.app import group
from cora.diagnostics import UserError

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```console\n\$ cora (.*?)\n(.*?)```", (ROOT / "docs" / "traffic.md").read_text(), re.DOTALL)
SHORT = "seed: 3\npackets: 1500\nflows: 40\nrate_pps: 500\nipv6: 0.0\n"


@pytest.fixture
def cora(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "140")
    return CliRunner()


def run(cora: CliRunner, *words: str) -> Result:
    """The command's result; a `UserError` is raised."""
    done = cora.invoke(group, list(words), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


def code_of(cora: CliRunner, *words: str) -> str:
    with pytest.raises(UserError) as failure:
        run(cora, *words)
    return failure.value.diagnostics[0].code


def test_the_manual_has_commands() -> None:
    assert len(BLOCKS) == 4


@pytest.mark.parametrize(("command", "expected"), BLOCKS, ids=[command[:50] for command, _ in BLOCKS])
def test_commands_print_what_the_manual_says(cora: CliRunner, command: str, expected: str) -> None:
    """Its lines come in this order; `...` stands for lines, `…` for text."""
    printed = [line.rstrip() for line in run(cora, *command.split()).output.splitlines()]
    at = 0
    for line in expected.splitlines():
        if line == "...":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        found = next((i for i in range(at, len(printed)) if pattern.match(printed[i])), None)
        assert found is not None, f"{line!r} is not printed after line {at} of:\n" + "\n".join(printed)
        at = found + 1


@pytest.fixture
def short(tmp_path: Path) -> str:
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    return str(path)


def test_two_profiles_as_json(cora: CliRunner, short: str) -> None:
    first, rest = json.loads(run(cora, "profile", "nat", "--traffic", short, "--first", "0.4", "--json").output)
    assert (first["packets"], rest["packets"]) == (600, 900)
    assert first["reuse"][0]["state"] == "outbound"


def test_an_insertion_budget_limits_what_is_served(cora: CliRunner, short: str) -> None:
    free, tight = (
        json.loads(run(cora, "profile", "nat", "--traffic", short, "--json", *words).output)
        for words in ([], ["--insertions", "1"])
    )
    assert sum(t["refused"] for t in free["tiers"]) == 0 < tight["tiers"][-1]["refused"]
    assert tight["tiers"][-1]["hits"] < free["tiers"][-1]["hits"]
    assert tight["insertions_per_tick"] == 1


def test_a_plan_in_time_says_how_it_settled(cora: CliRunner, short: str) -> None:
    words = ("compile", "nat", "-t", "agilio-cx", "--traffic", short, "--scale", "time", "--rate", "2e6", "--json")
    plan = json.loads(run(cora, *words).output)
    assert plan["rate_pps"] == 2e6
    assert any("profiled again once, the last time at the planned rate" in note for note in plan["notes"])
    again = json.loads(run(cora, *words, "--plan-on", "0.5").output)
    assert any("planned on the first 50% of the packets, scored on the 750 after them" in n for n in again["notes"])


def test_options_that_make_no_sense(cora: CliRunner, short: str, tmp_path: Path) -> None:
    assert code_of(cora, "profile", "nat", "--rate", "1e6") == "C0513"
    assert code_of(cora, "profile", "nat", "--traffic", "nowhere.yaml") == "C0901"
    assert code_of(cora, "profile", "nat", "--traffic", short, "--first", "0.0001") == "C0512"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("packets: many\n")
    assert code_of(cora, "profile", "nat", "--traffic", str(wrong), "--flows-only") == "C0510"
    assert run(cora, "profile", "--help").exit_code == 0
