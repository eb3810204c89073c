"""`--arch FILE`: the example of docs/language.md by the commands that take it, and how programs get the file."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cora.cli.app import group
from cora.cli.steps import bare_spec, find_spec
from cora.device.kernel_run import KernelRunner
from cora.diagnostics import UserError, render
from cora.frontend import load_program
from cora.ir.foreign import foreign_calls
from cora.nf.build import build_program
from cora.split import whole
from cora.verify.stf import read_stf, run_stf
from cora.verify.stf_kernel import KernelExecutor

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "docs" / "language.md").read_text(encoding="utf-8").partition("## Your own architecture")[2]
ARCH, PROGRAM, PACKETS = re.findall(r"```(?:p4|stf)\n(.*?)```", SECTION, re.DOTALL)[:3]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with prog.p4 and prog.stf, and beside it arch/tiny_switch.p4."""
    (tmp_path / "arch").mkdir()
    (tmp_path / "arch" / "tiny_switch.p4").write_text(ARCH, encoding="utf-8")
    (tmp_path / "nf").mkdir()
    (tmp_path / "nf" / "prog.p4").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "nf" / "prog.stf").write_text(PACKETS, encoding="utf-8")
    return tmp_path / "nf"


def arch_of(example: Path) -> Path:
    return example.parent / "arch" / "tiny_switch.p4"


def cora(example: Path, command: str, *more: str) -> Result:
    return CliRunner().invoke(group, [command, str(example / "prog.p4"), "--arch", str(arch_of(example)), *more])


def said(wrong: Result) -> str:
    """The errors that a command ended with."""
    assert isinstance(wrong.exception, UserError), wrong.output
    return "\n".join(map(render, wrong.exception.diagnostics))


def with_arch(example: Path, first: str = "") -> str:
    """The type-checked program's architecture, with `first` in front of its text."""
    program = example / "prog.p4"
    program.write_text(first + PROGRAM, encoding="utf-8")
    return load_program(program, arch=arch_of(example)).arch


def test_check_test_and_graph(example: Path) -> None:
    checked = cora(example, "check")
    assert checked.exit_code == 0 and "stations (table)" in checked.stdout, checked.output
    tested = cora(example, "test", str(example / "prog.stf"))
    assert "1 passed, 0 failed" in tested.stdout
    assert "stations" in cora(example, "graph", "--form", "dot").stdout
    assert "program prog for own" in cora(example, "ir").stdout


@pytest.mark.bpf
def test_in_the_kernel(example: Path, kernel: None) -> None:
    program = build_program(find_spec(str(example / "prog.p4"), arch_of(example)))
    with KernelRunner(whole(program)) as runner:
        report = run_stf(read_stf(example / "prog.stf"), KernelExecutor("kernel", runner, program))
    report.raise_if_failed()


def test_a_bundle_has_the_architecture_with_it(example: Path) -> None:
    bundle = example.parent / "bundle"
    traffic = example / "traffic.yaml"
    traffic.write_text((ROOT / "examples" / "traffic" / "churn.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    made = cora(example, "compile", "-t", "agilio-cx", "--traffic", str(traffic), "-o", str(bundle))
    assert made.exit_code == 0, made.output
    shutil.rmtree(arch_of(example).parent)
    shown = CliRunner().invoke(
        group, ["verify", str(bundle), "--traffic", str(traffic), "--no-kernel", "--random", "--packets", "30"]
    )
    assert shown.exit_code == 0 and shown.stdout.endswith("equal\n"), shown.output
    twice = CliRunner().invoke(group, ["verify", str(bundle), "--arch", str(example / "prog.p4")])
    assert twice.exit_code == 2 and "a bundle has its architecture with it" in twice.stderr


@pytest.mark.parametrize(
    "first",
    ["", "#include <core.p4>\n", "#include <tiny_switch.p4>\n", '#include <core.p4>\n#include "tiny_switch.p4"\n'],
)
@pytest.mark.parametrize("preprocessor", ["cpp", "pcpp"])
def test_the_file_is_included_once(
    example: Path, first: str, preprocessor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if preprocessor == "pcpp":
        monkeypatch.setattr(shutil, "which", lambda name: None)  # pyright: ignore[reportUnknownLambdaType]
    assert with_arch(example, first) == "own"


def test_files_of_one_name(example: Path) -> None:
    """The file may be checked by itself, and a program may be called as it is."""
    arch = arch_of(example)
    assert load_program(arch, arch=arch).main is None
    same = example / arch.name
    same.write_text(PROGRAM, encoding="utf-8")
    assert load_program(same, arch=arch).arch == "own"


def test_errors_are_where_they_are(example: Path) -> None:
    """The program's lines are counted from its own first one, also behind the file."""
    (example / "prog.p4").write_text(PROGRAM.replace("to.drop = true", "to.dorp = true"), encoding="utf-8")
    wrong = said(cora(example, "check"))
    line = next(i for i, text in enumerate(PROGRAM.splitlines(), start=1) if "to.drop" in text)
    assert f"prog.p4:{line}:" in wrong
    arch_of(example).write_text(ARCH.replace('"ingress_port"', '"port"'), encoding="utf-8")
    (example / "prog.p4").write_text(PROGRAM, encoding="utf-8")
    wrong = said(cora(example, "check"))
    assert "C0323" in wrong and "tiny_switch.p4:5:" in wrong


def test_without_annotations_it_is_checked_only(example: Path) -> None:
    arch_of(example).write_text(re.sub(r"@cora_\w+\([^)]*\)", "", ARCH), encoding="utf-8")
    checked = cora(example, "check")
    assert checked.exit_code == 0 and "an architecture of its own, no errors" in checked.stdout
    strict = said(cora(example, "check", "--lower"))
    assert "C0242" in strict and '@cora_role("parser")' in strict


def test_unknown_externs_stay_on_the_host(example: Path) -> None:
    text = PROGRAM.replace(
        "stations.apply();", "stations.apply(); h.ethernet.type = (bit<16>) classify(h.ethernet.source);"
    )
    (example / "prog.p4").write_text(text, encoding="utf-8")
    (call,) = foreign_calls(build_program(find_spec(str(example / "prog.p4"), arch_of(example))))
    assert (call.function, call.cycles) == ("classify", 400)


def test_the_nf_yaml_names_it(example: Path) -> None:
    shutil.copy(arch_of(example), example / "tiny_switch.p4")
    (example / "nf.yaml").write_text(
        "name: own\nprogram: prog.p4\narch: tiny_switch.p4\nports: {inside: {number: 1, faces: host}}\n",
        encoding="utf-8",
    )
    spec = find_spec(str(example))
    assert spec.arch == example / "tiny_switch.p4"
    assert build_program(spec).arch == "own"


def test_a_file_that_isnt_text(example: Path) -> None:
    arch_of(example).write_bytes(b"\xff\xfe")
    with pytest.raises(UserError) as caught:
        load_program(bare_spec(example / "prog.p4").program, arch=arch_of(example))
    assert caught.value.diagnostics[0].code == "C0101"
