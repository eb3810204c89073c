"""Programs for one construct of P4 each, with packets and what must become of them by the specification (1.2.5).

`NAME.p4` stands beside `NAME.stf`. They run on the interpreter: most frames are too short for the kernel (14 bytes).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cora.cli.steps import bare_spec
from cora.verify.stf import run_stf_file

HERE = Path(__file__).parent
PROGRAMS = sorted(HERE.glob("*/*.stf"))


@pytest.mark.parametrize("test", PROGRAMS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_on_the_interpreter(test: Path) -> None:
    spec = replace(bare_spec(test.with_suffix(".p4")), include_dirs=(HERE / "include",))
    report = run_stf_file(test, spec)
    report.raise_if_failed()
    assert report.packets and report.checks >= report.packets
