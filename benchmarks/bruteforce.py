"""The planner against brute force on 300 random small graphs: some ten minutes; `make verify-all` runs it.

    python benchmarks/bruteforce.py [GRAPHS]

Exit status 1 if the planner is wrong anywhere: an unsafe placement, one that can't be split, a cheaper one missed
without a reason, or a baseline that is better. See `tests/bruteforce`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "bruteforce"))

from bf_verdicts import EXHAUSTIVE, report, verdicts

GRAPHS = 300
SURVEYED = 3


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else GRAPHS
    start = time.perf_counter()
    found = []
    for number, verdict in enumerate(verdicts(count, EXHAUSTIVE, SURVEYED), start=1):
        found.append(verdict)
        if number % 50 == 0:
            print(f"{number} graphs, {time.perf_counter() - start:.0f} s", flush=True)
    print(report(found))
    return any(v.kind == "wrong" for v in found)


if __name__ == "__main__":
    raise SystemExit(main())
