"""The two programs beside the repository, lowered and pinned as text (`golden/`), if they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cora.frontend import load_program
from cora.ir.text import parse_program, print_program
from cora.lower import LowerOptions, lower_program

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "p4c"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["conntrack_pna", "flow_meter_v1model"])
def test_shared_programs(name: str) -> None:
    path = SHARED / f"{name}.p4"
    if not path.exists():
        pytest.skip(f"needs {path}")
    text = print_program(lower_program(load_program(path), LowerOptions()))
    assert text == (HERE / "golden" / f"{name}.ir").read_text()
    assert print_program(parse_program(text)) == text
