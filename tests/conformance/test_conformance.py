"""Programs for one construct of P4 each: what packets become by the specification (1.2.5), and what is wrong with a
program.

`AREA/NAME.p4` stands beside `AREA/NAME.stf` and runs on the interpreter and in the kernel, so frames have at least 14
bytes. A line `# xdp refuses: C0755` in the .stf pins how XDP refuses the program.

`errors/AREA/NAME.p4` is wrong, or warned about: the end of a line says what is reported there, `//~ C0203` or
`//~ warning C0208`, with some words of the message if they matter; several marks of one line stand after each other.
Nothing else may be reported.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cora.cli.steps import bare_spec
from cora.device.kernel_run import KernelRunner
from cora.diagnostics import Diagnostic, UserError, render
from cora.ir.nodes import Program
from cora.nf.build import build_program, lower_typed, read_program
from cora.nf.spec import NfSpec
from cora.split import whole
from cora.verify.stf import StfReport, defines, read_stf, run_stf, run_stf_file
from cora.verify.stf_kernel import KernelExecutor

HERE = Path(__file__).parent
PROGRAMS = sorted(HERE.rglob("*.stf"))
WRONG = sorted((HERE / "errors").rglob("*.p4"))

_REFUSED = re.compile(r"^# xdp refuses: (C\d{4})$", re.MULTILINE)
_MARK = re.compile(r"//~ (?P<warning>warning )?(?P<code>C\d{4})(?P<words>[^/]*)")


def name(path: Path) -> str:
    return "-".join(path.relative_to(HERE).with_suffix("").parts)


def spec_of(program: Path) -> NfSpec:
    return replace(bare_spec(program), include_dirs=(HERE / "include",))


def check(report: StfReport) -> None:
    report.raise_if_failed()
    assert report.packets and report.checks >= report.packets


@pytest.mark.parametrize("test", PROGRAMS, ids=name)
def test_on_the_interpreter(test: Path) -> None:
    check(run_stf_file(test, spec_of(test.with_suffix(".p4"))))


def run_in_kernel(test: Path, program: Program) -> StfReport:
    with KernelRunner(whole(program)) as runner:
        return run_stf(read_stf(test), KernelExecutor("kernel", runner, program))


@pytest.mark.bpf
@pytest.mark.parametrize("test", PROGRAMS, ids=name)
def test_on_xdp(test: Path, kernel: None) -> None:
    program = build_program(spec_of(test.with_suffix(".p4")), defines=defines(read_stf(test)))
    refused = _REFUSED.search(test.read_text(encoding="utf-8"))
    if refused is None:
        check(run_in_kernel(test, program))
        return
    with pytest.raises(UserError) as caught:
        run_in_kernel(test, program)
    assert {d.code for d in caught.value.diagnostics} == {refused[1]}


def reported(program: Path) -> tuple[Diagnostic, ...]:
    """What is said of a program: its errors and warnings, or what its lowering refuses."""
    spec = spec_of(program)
    try:
        typed = read_program(spec)
        if typed.main is not None and typed.arch != "other":
            lower_typed(spec, typed)
    except UserError as wrong:
        return wrong.diagnostics
    return typed.warnings


@pytest.mark.parametrize("program", WRONG, ids=name)
def test_what_is_reported(program: Path) -> None:
    marks = [
        (line, "warning" if mark["warning"] else "error", mark["code"], mark["words"].strip())
        for line, text in enumerate(program.read_text(encoding="utf-8").splitlines(), start=1)
        for mark in _MARK.finditer(text)
    ]
    found = sorted(reported(program), key=lambda d: (d.span.line if d.span else 0, d.code))
    shown = "\n\n".join(map(render, found))
    assert all(d.span is not None and d.span.source.name == str(program) for d in found), shown
    places = [(d.span.line, d.severity, d.code) for d in found if d.span is not None]
    assert places == sorted(m[:3] for m in marks), shown
    for line, severity, code, words in marks:
        messages = [d.message for d, place in zip(found, places, strict=True) if place == (line, severity, code)]
        assert any(words in m for m in messages), f"line {line}: {words!r} is not in {messages}"
        assert all(d.help for d in found), shown


def test_every_program_is_tested() -> None:
    included = set((HERE / "include").iterdir())
    tested = {t.with_suffix(".p4") for t in PROGRAMS} | set(WRONG) | included
    assert set(HERE.rglob("*.p4")) == tested
    assert all("//~" in p.read_text(encoding="utf-8") for p in WRONG)
