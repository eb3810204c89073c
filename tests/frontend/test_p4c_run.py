"""p4test as a process: what it is given, what it may do wrong, and what it says."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from p4c_json import Writer, json_of
from p4c_stand_in import replaying, stand_in

from cora.diagnostics import Diagnostic, Source, UserError, render
from cora.frontend import parse_text
from cora.frontend.p4c import P4cOptions, load_with_p4c
from cora.frontend.p4c.messages import read_messages
from cora.frontend.p4c.nodes import SourceFiles

SHARED = Path(__file__).parents[3] / "shared" / "p4c"
TEXT = "const bit<8> A = 1;\nconst bit<8> B = A;\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "small.p4"
    path.write_text(TEXT)
    return path


def _error(program: Path, options: P4cOptions | None = None) -> Diagnostic:
    with pytest.raises(UserError) as failure:
        load_with_p4c(program, options or P4cOptions(time_limit_s=20))
    (only,) = failure.value.diagnostics
    assert only.help and only.severity == "error"
    return only


def test_what_p4c_is_given(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaying(monkeypatch, tmp_path, json_of(program))
    for stage, first in (("validate", "--validate "), ("parse-only", "--parse-only "), ("midend", "--toJSON")):
        options = P4cOptions(("--Wdisable", "-X"), stage)  # type: ignore[arg-type]
        typed = load_with_p4c(program, options, include_dirs=[Path("inc")], defines=["N=3"])
        assert (typed.name, [d.name for d in typed.program.declarations]) == ("small", ["A", "B"])  # type: ignore[union-attr]
        given = (tmp_path / "arguments").read_text()
        assert given.startswith(first)
        assert given.endswith(f" -Iinc -DN=3 --Wdisable -X {program}\n")


def test_warnings_of_p4c_come_with_the_program(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"{program}(2): [--Wwarn=unused] warning: 'B' is unused\nconst bit<8> B = A;\n             ^\n"
    replaying(monkeypatch, tmp_path, json_of(program), stderr=said)
    first = load_with_p4c(program, P4cOptions()).warnings[0]
    assert (first.code, first.severity, first.message) == ("C0121", "warning", "'B' is unused")
    assert str(first.span) == f"{program}:2:14"


@pytest.mark.parametrize("version", ["1.2.0", "1.3.0.1", "2.0", "someday"])
def test_versions_that_are_not_known_are_told(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    (tmp_path / "tree").write_text(json_of(program))
    stand_in(monkeypatch, tmp_path, f'cp "{tmp_path}/tree" "$out"\n', version=version)
    assert "C0131" in [d.code for d in load_with_p4c(program, P4cOptions()).warnings]


def test_the_status_counts_not_the_tree(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"{program}(1): [--Werror=overlimit] error: too much\n"
    replaying(monkeypatch, tmp_path, json_of(program), stderr=said, status=1)
    with pytest.raises(UserError) as failure:
        load_with_p4c(program, P4cOptions())
    assert [d.code for d in failure.value.diagnostics] == ["C0120"]
    replaying(monkeypatch, tmp_path, json_of(program), stderr=said, status=0)
    assert load_with_p4c(program, P4cOptions()).name == "small"


def test_cora_checks_what_p4c_accepts(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaying(monkeypatch, tmp_path, Writer().program(parse_text("const bit<8> A = nothing;", name=str(program))))
    with pytest.raises(UserError) as failure:
        load_with_p4c(program, P4cOptions())
    assert failure.value.diagnostics[0].code == "C0201"


# ---------------------------------------------------------------- p4c that gives no answer


def test_p4c_is_not_there(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _error(program).code == "C0122"


def test_what_is_called_p4test_is_no_program(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p4test").write_text("\x7fnothing")
    (tmp_path / "p4test").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = _error(program)
    assert found.code == "C0122" and "can't start" in found.message


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert _error(tmp_path / "none.p4").code == "C0101"


def test_a_hang_ends_with_all_that_it_started(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, tmp_path, f'sleep 300 & echo $! > "{tmp_path}/child"\nwait\n')
    found = _error(program, P4cOptions(time_limit_s=0.5))
    assert found.code == "C0123" and "0.5 s" in found.message
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not _runs(child):
            break
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_crash(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, tmp_path, "kill -SEGV $$\n")
    found = _error(program)
    assert found.code == "C0124" and "SIGSEGV" in found.message
    stand_in(monkeypatch, tmp_path, "echo 'Compiler Bug: frontends/x.cpp:3: unexpected' >&2\nexit 1\n")
    found = _error(program)
    assert found.code == "C0124" and "unexpected" in found.message


def test_memory_has_a_limit(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in is given time to meet the limit, which it gets just after its start."""
    body = f"""sleep 0.2
exec {sys.executable} -c '
blocks = []
while True:
    blocks.append(bytearray(1 << 24))
'
"""
    stand_in(monkeypatch, tmp_path, body)
    found = _error(program, P4cOptions(memory_limit_mib=256, time_limit_s=30))
    assert found.code == "C0125" and "256 MiB" in found.message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("exit 0\n", "C0127"),  # no file
        (': > "$out"\n', "C0127"),
        ('printf \'{"Node_ID": 1, "Node_Type": "P4Prog\' > "$out"\n', "C0127"),
        ("printf '\\377\\376' > \"$out\"\n", "C0127"),
        ('echo "[1]" > "$out"\n', "C0128"),
        ("echo 'unknown option -q' >&2; exit 1\n", "C0126"),
        ("exit 7\n", "C0126"),
    ],
)
def test_wrong_output(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, code: str) -> None:
    stand_in(monkeypatch, tmp_path, body)
    assert _error(program).code == code


# ---------------------------------------------------------------- messages


def _nothing(name: str) -> Source:
    return Source(name, "")


def test_a_message_with_a_second_place_and_tabs() -> None:
    text = (
        "a.p4(3): [--Werror=duplicate] error: x: duplicates declaration\n"
        "\tbit<8> x;\n\t       ^\n"
        "a.p4(2)\n  bit<8> x;\n         ^\n"
        "error: 1 errors encountered, aborting compilation\n"
    )
    (found,) = read_messages(text, _nothing)
    assert [str(place) for place in (found.span, *(note.span for note in found.notes))] == ["a.p4:3:9", "a.p4:2:10"]
    assert (found.message, found.label) == ("x: duplicates declaration", "p4c: duplicate")
    assert "3 | \tbit<8> x;\n  | \t       ^ p4c: duplicate" in render(found)


def test_messages_of_other_forms() -> None:
    text = (
        "a.p4(1):syntax error, unexpected IDENTIFIER\nheader h_t bit<8>\n       ^^^\n"
        "b.p4:7:10: fatal error: none.p4: No such file or directory\n"
        "[--Wwarn=missing] warning: no main\n"
        "In file: somewhere\n"
        "error: nothing to compile\n"
    )
    found = read_messages(text, _nothing)
    assert [(d.code, d.message, d.where) for d in found] == [
        ("C0120", "syntax error, unexpected IDENTIFIER", ""),
        ("C0120", "none.p4: No such file or directory", "b.p4:7"),
        ("C0121", "no main", ""),
        ("C0120", "nothing to compile", ""),
    ]
    assert all(d.span is not None or d.help for d in found)


@pytest.mark.shared
def test_real_messages_point_at_the_source() -> None:
    if not SHARED.exists():
        pytest.skip(f"needs {SHARED}")
    program = SHARED / "bad.p4"
    found = read_messages((SHARED / "bad.stderr").read_text(), SourceFiles(program))
    spans = [d.span for d in found]
    assert all(s is not None and s.source.text == program.read_text() for s in spans)
    assert [(s.line, s.source.text[s.start : s.end], d.label) for s, d in zip(spans, found, strict=True) if s] == [
        (7, "two", "p4c: not-found"),
        (11, "undefined_action", "p4c: not-found"),
    ]
