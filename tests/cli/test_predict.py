"""`cora predict`: every command of docs/predicting.md prints what stands there, JSON, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cora.cli.app import group
from cora.diagnostics import UserError

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "predicting.md"
GOLDENS = Path(__file__).parent / "goldens"
BLOCK = re.compile(r"```console\n\$ (cora predict [^\n]*)\n(.*?)```", re.DOTALL)
COMMANDS = [match[1] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
DROP = "examples/models/drop.p4"
READS = "examples/models/dram_reads.p4"


@pytest.fixture(autouse=True)
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["predict", *arguments], catch_exceptions=False)


def values(*arguments: str) -> dict[str, object]:
    found = json.loads(run(*arguments, "--json").stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_shows_what_is_printed(command: str, request: pytest.FixtureRequest) -> None:
    printed = "\n".join(line.rstrip() for line in run(*command.split()[2:]).stdout.splitlines()) + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        start = text.index(f"$ {command}\n") + len(f"$ {command}\n")
        text = text[:start] + printed + text[text.index("```", start) :]
        PAGE.write_text(text, encoding="utf-8")
    shown = {match[1]: match[2] for match in BLOCK.finditer(text)}
    assert printed == shown[command], f"{command}; if it should: pytest --update-golden {request.node.nodeid}"


def test_json(golden: Callable[[Path, str], None]) -> None:
    text = run(READS, "-t", "agilio-cx", "--cores", "5", "-D", "READS=8", "--json").stdout
    golden(GOLDENS / "predict.json", text)
    found = json.loads(text)
    assert found["throughput_mpps"] == pytest.approx(9.15, rel=0.02) and found["bottleneck"] == "nic cores"
    low, high = found["interval_mpps"]
    assert low <= found["throughput_mpps"] <= high


def test_several_targets_are_a_table_and_a_list() -> None:
    targets = ["-t", "agilio-cx", "-t", "host-x86"]
    found = json.loads(run(DROP, *targets, "--json").stdout)
    assert [one["target"] for one in found] == ["agilio-cx", "host-x86"]
    assert [one["strategy"] for one in found] == ["nic-only", "host-only"]
    assert "host-x86" in run(DROP, *targets).stdout
    points = json.loads(run(DROP, *targets, "--over", "cores=1,2", "--json").stdout)
    assert [len(one["points"]) for one in points] == [2, 2]
    assert points[1]["points"][1]["throughput_mpps"] == pytest.approx(
        2 * points[1]["points"][0]["throughput_mpps"],
        rel=0.05,  # the host keeps a part of a core for itself
    )


def test_state_lives_where_it_is_put() -> None:
    there = ("-t", "agilio-cx", "-D", "READS=16")
    assert values(READS, *there)["memories"] == {"cells": "emem"}
    assert values(READS, *there)["bottleneck"] == "emem reads of one place"
    for elsewhere in (("--memory", "imem"), ("--pin-memory", "cells=imem")):
        found = values(READS, *there, *elsewhere)
        assert found["memories"] == {"cells": "imem"}
        assert found["fits"] is False and "imem has 3 MiB" in str(found["doesnt_fit"])
    found = values(READS, *there, "--strategy", "host-only")
    assert found["memories"] == {"cells": "host-dram"}


def test_with_traffic() -> None:
    """The slowest path stands beside; sizes and flows are what is asked for."""
    there = ("firewall", "--traffic", "examples/traffic/elephants.yaml", "--flows", "1000")
    found = values(*there, "-t", "agilio-cx", "--packet-size", "1500")
    assert (found["traffic"], found["strategy"], found["flows"]) == ("elephants.yaml", "nic-only", 1000)
    assert found["packet_size_bytes"] == 1500 and found["bottleneck"] == "line rate"
    slowest, reached = found["slowest"], found["throughput_mpps"]
    assert isinstance(slowest, dict) and isinstance(reached, float) and slowest["throughput_mpps"] < reached
    split = values(*there, "-t", "bluefield2", "--strategy", "ilp", "--rate", "5e6")
    assert split["strategy"] == "ilp" and isinstance(split["latency"], list)
    assert [row["mpps"] for row in split["latency"]] == [pytest.approx(5.0)]


def test_questions_without_an_answer() -> None:
    assert "which is not enough" in run(DROP, "-t", "agilio-cx", "--find", "cores", "--rate", "60e6").stdout
    assert values(DROP, "-t", "agilio-cx", "--find", "cores", "--rate", "60e6")["value"] is None
    found = values("firewall", "-t", "agilio-cx", "--find", "flows", "--rate", "60e6")
    assert found["value"] is None and "not even one flow" in str(found["words"])
    targets = values(DROP, "-t", "agilio-cx", "-t", "softnic", "--find", "target", "--rate", "40e6")["targets"]
    assert isinstance(targets, list) and [row["enough"] for row in targets] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((DROP, "-t", "agilio-cx", "--over", "threads=1..8"), "C0626", "can't be varied"),
        ((DROP, "-t", "agilio-cx", "--over", "cores=8..1"), "C0626", "no range"),
        ((DROP, "-t", "agilio-cx", "--over", "cores=few"), "C0626", "no range"),
        ((READS, "-t", "agilio-cx", "--pin-memory", "cels=imem"), "C0626", "no state 'cels'"),
        ((READS, "-t", "agilio-cx", "--memory", "dram"), "C0626", "no memory 'dram'"),
        ((DROP, "-t", "agilio-cx", "--packet-size", "20"), "C0626", "no packets of 20 bytes"),
        ((DROP, "-t", "agilio-cx", "--cores", "-1"), "C0626", "cores must be above 0"),
        ((DROP, "-t", "agilio-cx", "--find", "flows"), "C0626", "no flow table"),
        ((DROP, "-t", "agilio-cx", "--firmware", "none"), "C0609", "no firmware 'none'"),
        ((DROP, "-t", "host-x86", "--strategy", "nic-only"), "C0620", "no NIC engine"),
        (("rate_limiter", "-t", "agilio-cx-xdp", "--strategy", "nic-only"), "C0620", "can't run all of"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], code: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        run(*arguments)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code and words in diagnostic.message and diagnostic.help


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((DROP,), "name a target"),
        ((DROP, "-t", "agilio-cx", "--find", "cores"), "needs a rate"),
        ((DROP, "-t", "agilio-cx", "--find", "cores", "--rate", "1", "--over", "cores=1,2"), "two questions"),
        ((DROP, "-t", "agilio-cx", "--pin-memory", "cells"), "not STATE=MEMORY"),
    ],
)
def test_usage(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2 and words in done.output
