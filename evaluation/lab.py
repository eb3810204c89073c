"""What the lab measures on this machine, beside what the model predicts: ratios of host cost only."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one function on the soft NIC. `problem` is why there are no figures, "" if there are."""

    function: str
    ratio: float | None
    """Host cost of a packet, split over whole: the median of interleaved rounds."""
    low: float | None
    high: float | None
    """Quartiles."""
    predicted: float | None
    problem: str


def measure(function: str) -> Measured:
    """Runs `cora lab` on the function's own traffic."""
    command = [sys.executable, "-c", "from cora.cli import main; main()", "lab", function]
    ran = subprocess.run([*command, "--rounds", str(ROUNDS), "--json"], capture_output=True, text=True, check=False)
    if ran.returncode:
        lines = (ran.stderr or ran.stdout).strip().splitlines()
        return Measured(function, None, None, None, None, lines[0] if lines else f"exit status {ran.returncode}")
    said: dict[str, Any] = json.loads(ran.stdout)
    quartiles, predicted = said["host_cost_ratio_quartiles"], said["predicted"]
    if quartiles is None:
        return Measured(function, None, None, None, None, "the lab measured nothing")
    low, ratio, high = quartiles
    return Measured(function, ratio, low, high, _ratio(predicted), "")


def _ratio(predicted: dict[str, float] | None) -> float | None:
    return None if predicted is None else predicted["split_ns"] / predicted["whole_ns"]
