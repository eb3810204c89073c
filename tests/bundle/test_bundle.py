"""Bundles: the same inputs give the same bytes, damage is seen, nothing is overwritten or half-written."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cora.bundle import is_bundle, read_bundle
from cora.bundle.manifest import NAME
from cora.cli.build import write
from cora.cli.planning import plan_for, split_of
from cora.cli.steps import Job, find_spec
from cora.diagnostics import UserError
from cora.model.load import model_path
from cora.plan import PlanRequest


def make(path: Path, nf: str = "firewall", target: str = "agilio-cx", request: PlanRequest | None = None) -> None:
    job = Job(find_spec(nf))
    plan = plan_for(job, target, request or PlanRequest())
    write(path, job, plan, model_path(target), {"strategy": "ilp"})


def contents(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "fw"
    make(path)
    return path


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(bundle, tmp_path / "copy"))


@pytest.mark.parametrize("nf", ["nat", "firewall"])
def test_two_compilations_are_identical(nf: str, tmp_path: Path) -> None:
    make(tmp_path / "first", nf)
    make(tmp_path / "second", nf)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_a_bundle_holds_what_its_users_need(bundle: Path) -> None:
    names = set(contents(bundle))
    assert {"plan.json", "ir.txt", "graph.json", "entries.json", "manifest.json", "nf/firewall.p4"} <= names
    assert {"engines/nic/program.bpf.c", "engines/host/program.bpf.c", "engines/nic/ir.txt", "include/cora.h"} <= names
    assert is_bundle(bundle)


def test_the_split_of_a_bundle_is_that_of_its_plan(bundle: Path) -> None:
    from cora.ir.text import print_program

    _, split = split_of(str(bundle), "softnic", None, False, lambda _: None)
    for engine in split.engines:
        assert print_program(engine.program) == (bundle / "engines" / engine.engine / "ir.txt").read_text()


def test_a_bundle_for_batches_has_two_generations_of_tables(tmp_path: Path) -> None:
    made = tmp_path / "fw"
    make(made, target="softnic", request=PlanRequest(baselines=False, batches=True))
    _, split = split_of(str(made), "softnic", None, False, lambda _: None)
    assert split.batches is not None and split.batches.twins
    for _, other in split.batches.twins:
        assert any(other in (made / "engines" / e.engine / "ir.txt").read_text() for e in split.engines), other


def test_a_changed_file_is_seen(copy: Path) -> None:
    (copy / "plan.json").write_text((copy / "plan.json").read_text().replace("agilio", "agile"))
    with pytest.raises(UserError, match=r"plan\.json was changed"):
        read_bundle(copy)


def test_a_missing_file_is_seen(copy: Path) -> None:
    (copy / "nf" / "firewall.p4").unlink()
    with pytest.raises(UserError, match=r"nf/firewall\.p4 is missing"):
        read_bundle(copy)


def test_a_damaged_manifest_is_an_error_of_the_input(copy: Path) -> None:
    (copy / NAME).write_text("{")
    with pytest.raises(UserError, match="can't read the manifest"):
        read_bundle(copy)


def test_another_schema_is_refused(copy: Path) -> None:
    manifest = msgspec.json.decode((copy / NAME).read_bytes())
    manifest["schema"] = 99
    (copy / NAME).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(UserError, match="schema 99"):
        read_bundle(copy)


def test_what_is_no_bundle_is_not_overwritten(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="is not a bundle"):
        make(precious)
    assert contents(precious) == {"letter.txt": b"dear"}


def test_a_bundle_is_replaced_whole(copy: Path) -> None:
    make(copy, target="bluefield2")
    assert read_bundle(copy).plan.target == "bluefield2"
    assert not (copy / "engines" / "nic").exists()
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]
