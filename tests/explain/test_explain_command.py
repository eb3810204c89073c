"""`cora explain` as it is called: bundles and NFs, JSON, what it refuses, and the page that describes its JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from explain_helpers import hand_solver, small_job

from cora.bundle.manifest import NAME
from cora.cli.app import group
from cora.cli.build import write
from cora.cli.bundle_request import request_of
from cora.cli.planning import plan_for
from cora.diagnostics import UserError
from cora.explain import answer
from cora.model.load import model_path
from cora.plan import PlanRequest
from cora.plan.plan import Plan

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explain.md"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["explain", *arguments], standalone_mode=False)


def _code(result: Result) -> str:
    assert isinstance(result.exception, UserError), result.exception
    return result.exception.diagnostics[0].code


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for the firewall's short traffic."""
    from pytest import MonkeyPatch

    import cora.cli.build as build
    from cora.device.compile import CompilerMissing

    def missing() -> None:
        raise CompilerMissing

    path = tmp_path_factory.mktemp("explain") / "bundle"
    job = small_job("firewall")
    plan = plan_for(job, "agilio-cx", PlanRequest(pin_states=(("interfaces", "nic"),), baselines=False))
    chosen = {"objective": "min-cores", "strategy": "ilp", "pins": "interfaces=nic", "planned on": "all packets"}
    with MonkeyPatch.context() as patch:
        patch.setattr(build, "find_compiler", missing)
        write(path, job, plan, model_path("agilio-cx"), chosen)
    return path


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The firewall that a bundle or a name stands for comes with its short traffic."""
    import cora.cli.explain_command as command

    made = small_job("firewall")

    def quick(*_: Any) -> object:
        return made

    monkeypatch.setattr(command, "Job", quick)


def test_a_bundle_is_explained_as_it_was_planned(bundle: Path, short: None) -> None:
    done = _run(str(bundle), "interfaces")
    assert done.exception is None and done.output.startswith("state interfaces: firewall on agilio-cx")
    assert "pin: interfaces is pinned to nic" in done.output


def test_a_bundle_for_another_target_rate_or_traffic_is_refused(bundle: Path, short: None, tmp_path: Path) -> None:
    assert _code(_run(str(bundle), "-t", "bluefield2")) == "C0641"
    assert _code(_run(str(bundle), "--rate", "1e6")) == "C0641"
    manifest = json.loads((bundle / NAME).read_text())
    manifest["inputs"] = {"traffic: other.pcap": "0" * 64}
    other = tmp_path / "other"
    other.mkdir()
    for file in bundle.rglob("*"):
        target = other / file.relative_to(bundle)
        target.mkdir(parents=True, exist_ok=True) if file.is_dir() else target.write_bytes(file.read_bytes())
    (other / NAME).write_text(json.dumps(manifest))
    result = _run(str(other))
    assert _code(result) == "C0641" and "other.pcap" in str(result.exception)


def test_the_json_of_each_answer_has_the_fields_of_the_page(short: None) -> None:
    page = PAGE.read_text()
    for arguments, kind in (
        (("rules",), answer.Explanation),
        (("--flow", "10.0.0.1:1 > 198.51.100.7:443/tcp"), answer.FlowAnswer),
    ):
        done = _run("firewall", "-t", "agilio-cx", "--json", *arguments)
        assert done.exception is None
        data = json.loads(done.output)
        assert data["schema"] == answer.SCHEMA and data["program"] == "firewall"
        assert set(data) == {f.name for f in dataclasses.fields(kind)}
    for kind in vars(answer).values():
        if dataclasses.is_dataclass(kind):
            assert [f.name for f in dataclasses.fields(kind) if f"`{f.name}`" not in page] == [], kind


def test_without_a_target_models_are_named() -> None:
    result = _run("firewall")
    assert _code(result) == "C0641"
    assert isinstance(result.exception, UserError) and "agilio-cx" in result.exception.diagnostics[0].help


def test_a_flow_is_checked_before_anything_takes_time() -> None:
    assert _code(_run("firewall", "-t", "agilio-cx", "--flow", "10.0.0.1")) == "C0642"


def test_a_near_miss_gets_the_nearest_names(short: None) -> None:
    result = _run("firewall", "conections", "-t", "softnic")
    assert _code(result) == "C0640"
    assert isinstance(result.exception, UserError) and "'connections'" in result.exception.diagnostics[0].help


def test_the_overview_from_the_command_line(short: None) -> None:
    done = _run("firewall", "-t", "host-x86")
    assert done.exception is None and done.output.startswith("firewall on host-x86, min-cores at ")


def test_the_request_of_a_bundle() -> None:
    plan: Plan = hand_solver().plan
    chosen = {
        "objective": "max-rate",
        "strategy": "traffic-only",
        "cores": "2",
        "pins": "outbound=host out_miss=host in_hit=nic",
        "excluded": "slots=nic",
        "reserved": "imem=1MiB cores=10",
    }
    request = request_of(chosen, plan)
    assert (request.objective, request.strategy, request.cores, request.rate_pps) == (
        "max-rate",
        "traffic-only",
        2,
        None,
    )
    assert request.pin_states == (("outbound", "host"),)
    assert request.pin_stages == (("out_miss", "host"), ("in_hit", "nic"))
    assert request.exclude == (("slots", "nic"),)
    assert request.reserve == (("imem", 1.0, "MiB"), ("cores", 10.0, ""))
    assert request_of({}, plan).rate_pps == plan.rate_pps


def test_what_is_allowed_is_explained(short: None) -> None:
    done = _run("firewall", "connections", "-t", "bluefield2-eswitch", "--rate", "3e6", "--allow-reordering")
    assert done.exception is None
    assert "host makes every change, eswitch serves hits from copies" in done.output
    assert "probe connections on eswitch" in done.output


def test_what_a_bundle_was_not_asked_is_refused(bundle: Path, short: None) -> None:
    assert _code(_run(str(bundle), "--allow-stale", "connections=5")) == "C0641"
