"""`--frontend p4c` and `cora check --with p4c`, with a stand-in for p4test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from p4c_json import Writer, json_of
from p4c_stand_in import replaying

from cora.frontend import parse_text

CORA = Path(sys.executable).parent / "cora"
NF = """
#include <core.p4>
#include <v1model.p4>
header h_t { bit<8> a; bit<8> b; }
struct headers_t { h_t h; }
struct meta_t { bit<8> x; }
parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    state start { pkt.extract(h.h); transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    register<bit<8>>(4) cells;
    apply { sm.egress_spec = 1; cells.read(m.x, 0); h.h.b = m.x; cells.write(0, h.h.a); }
}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out pkt, in headers_t h) { apply { pkt.emit(h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def cora(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run([str(CORA), *arguments], env=environment, capture_output=True, text=True)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program, and a p4test that reads it as Cora does."""
    path = tmp_path / "cells.p4"
    path.write_text(NF)
    replaying(monkeypatch, tmp_path, json_of(path))
    return path


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same program, and a p4test that reads something else in it."""
    path = tmp_path / "cells.p4"
    path.write_text(NF)
    text = NF.replace("cells.write(0, h.h.a);", "cells.write(1, h.h.a);")
    replaying(monkeypatch, tmp_path, Writer().program(parse_text(text, name=str(path))))
    return path


def test_each_command_takes_either_front_end(program: Path) -> None:
    own, theirs = cora("ir", str(program)), cora("ir", str(program), "--frontend", "p4c")
    assert own.returncode == 0 and "register cells" in own.stdout
    assert theirs.stdout == own.stdout
    assert cora("ir", str(program), "--frontend", "builtin").stdout == own.stdout
    assert cora("check", str(program), "--frontend", "p4c").stdout == cora("check", str(program)).stdout
    graph = cora("graph", str(program), "--form", "json", "--frontend", "p4c")
    assert "cells" in json.dumps(json.loads(graph.stdout))


def test_compile_takes_p4cs_tree_and_the_bundle_says_so(other: Path, tmp_path: Path) -> None:
    """p4c's program writes another cell than the file's: the bundle must hold p4c's."""
    out = tmp_path / "bundle"
    done = cora("compile", str(other), "-t", "softnic", "--frontend", "p4c", "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert any("p4c (validate)" in p.read_text() for p in out.glob("*.json"))
    assert "write cells [1:" in (out / "ir.txt").read_text()


def test_both_agree(program: Path) -> None:
    done = cora("check", str(program), "--with", "p4c")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "built-in front end: accepts it (v1model)", "p4c 1.2.5.1 (validate): accepts it (v1model)"
    ]  # fmt: skip
    assert done.stdout.splitlines()[2].startswith("IR: equal, ")


def test_ir_that_differs_is_shown(other: Path) -> None:
    done = cora("check", str(other), "--with", "p4c")
    assert done.returncode == 1
    assert "IR: different" in done.stdout and "[1:" in done.stdout
    assert "error[C0133]" in done.stderr
    midend = cora("check", str(other), "--with", "p4c", "--p4c-stage", "midend")
    assert midend.returncode == 0 and "IR: different" in midend.stdout


def test_one_rejects(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"{program}(7): [--Werror=type-error] error: P: no\nparser P(packet_in pkt\n       ^\n"
    replaying(monkeypatch, tmp_path, "", stderr=said, status=1)
    done = cora("check", str(program), "--with", "p4c")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("p4c (validate): rejects it, 1 error")
    assert "error[C0120]: P: no" in done.stderr and "error[C0132]" in done.stderr
    assert "P: no" in cora("ir", str(program), "--frontend", "p4c").stderr


def test_the_other_one_rejects(program: Path) -> None:
    program.write_text(NF.replace("m.x, 0", "m.z, 0"))
    done = cora("check", str(program), "--with", "p4c")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "built-in front end: rejects it, 1 error"
    assert "error[C0203]" in done.stderr and "error[C0132]" in done.stderr


def test_both_reject(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program.write_text("const bit<8> A = nothing;\n")
    replaying(monkeypatch, tmp_path, "", stderr=f"{program}(1): [--Werror=not-found] error: nothing\n", status=1)
    done = cora("check", str(program), "--with", "p4c")
    assert done.returncode == 1
    assert "error[C0201]" in done.stderr and "error[C0120]" in done.stderr and "C0132" not in done.stderr


def test_p4c_that_gives_no_answer_is_no_disagreement(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program.parent / "p4test").unlink()
    done = cora("check", str(program), "--with", "p4c")
    assert done.returncode == 1 and "error[C0122]" in done.stderr and "C0132" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--p4c-stage", "midend"), ("--p4c-flags", "-I x"), ("--frontend", "p4c", "--p4c-flags", "'open")],
)
def test_wrong_usage(program: Path, arguments: tuple[str, ...]) -> None:
    done = cora("ir", str(program), *arguments)
    assert done.returncode == 2 and "--p4c-" in done.stderr and "Traceback" not in done.stderr
