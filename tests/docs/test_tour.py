"""Runs the commands of docs/tour.md, in order, and compares what they print with what the tour says.

A `console` block holds commands (`$ ...`) and lines of their output. Output lines must appear in this order; a line
`...` stands for any lines, and `…` within a line for any text. A block that begins with the comment
`# needs root and BPF` runs only where the kernel part does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cora.device.features import probe

ROOT = Path(__file__).resolve().parents[2]
TOUR = ROOT / "docs" / "tour.md"
NEEDS_KERNEL = "# needs root and BPF"


@dataclass(frozen=True)
class Step:
    command: str
    output: tuple[str, ...]
    needs_kernel: bool


def steps_of(text: str) -> list[Step]:
    steps: list[Step] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        needs_kernel = block.startswith(NEEDS_KERNEL)
        command: str | None = None
        output: list[str] = []
        for line in [*block.splitlines(), "$ "]:
            if line.startswith("$ "):
                if command:
                    steps.append(Step(command, tuple(output), needs_kernel))
                command, output = line[2:], []
            elif not line.startswith("#"):
                output.append(line.rstrip())
    return steps


def mismatch(expected: tuple[str, ...], printed: str) -> str:
    """The first expected line that isn't there, or ""."""
    lines = [line.rstrip() for line in printed.splitlines()]
    at = 0
    anywhere = False
    for wanted in expected:
        if wanted == "...":
            anywhere = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("…")))
        found = next((i for i in range(at, len(lines)) if pattern.fullmatch(lines[i])), None)
        if found is None or (not anywhere and found != at):
            return wanted
        at, anywhere = found + 1, False
    return ""


def test_a_mismatch_is_seen() -> None:
    assert mismatch(("a", "b…d"), "a\nbcd") == ""
    assert mismatch(("a", "...", "z"), "a\nb\nz") == ""
    assert mismatch(("a", "z"), "a\nb\nz") == "z"
    assert mismatch(("x",), "a") == "x"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tour")


STEPS = steps_of(TOUR.read_text())


@pytest.mark.parametrize("step", STEPS, ids=[f"{i:02}-{s.command[:40]}" for i, s in enumerate(STEPS)])
def test_tour(step: Step, workplace: Path) -> None:
    lacking = [feature for feature in probe() if not feature.ok]
    if step.needs_kernel and lacking:
        pytest.skip(f"this machine lacks {', '.join(f.name for f in lacking)}")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", step.command], cwd=workplace, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{step.command}\n{done.stdout}\n{done.stderr}"
    missing = mismatch(step.output, done.stdout)
    assert not missing, f"{step.command}\nexpected the line: {missing}\nprinted:\n{done.stdout}\n{done.stderr}"
