"""HiGHS with our options solves a program on which it crashes with others: `heavy_hitter` for agilio-cx."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOUND = Path(__file__).with_name("sub_problems.npz")
SOLVE = """
import sys, highspy, numpy
from cora.plan.linear import OPTIONS
found = numpy.load(sys.argv[1])
lp = highspy.HighsLp()
lp.num_col_, lp.num_row_ = len(found["cost"]), len(found["row_low"])
lp.col_cost_, lp.col_lower_, lp.col_upper_ = found["cost"], found["low"], found["high"]
lp.row_lower_, lp.row_upper_ = found["row_low"], found["row_high"]
lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
lp.a_matrix_.start_, lp.a_matrix_.index_ = found["starts"], found["columns"]
lp.a_matrix_.value_ = found["factors"]
kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
lp.integrality_ = [kinds[int(whole)] for whole in found["integer"]]
highs = highspy.Highs()
for name, value in OPTIONS.items():
    highs.setOptionValue(name, value)
highs.passModel(lp)
highs.run()
print(highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)
"""


def test_sub_problems_are_not_presolved() -> None:
    """In a process of its own, since what fails is the process."""
    done = subprocess.run([sys.executable, "-c", SOLVE, str(FOUND)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
