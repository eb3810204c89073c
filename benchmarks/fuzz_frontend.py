"""Damaged programs, packet tests, descriptions, entries and captures: no traceback, no hang, only diagnostics.

    .venv/bin/python benchmarks/fuzz_frontend.py --minutes 10 [--seed 1]
    .venv/bin/python benchmarks/fuzz_frontend.py --case 4711          one case again, with its traceback

Case number SEED * 1,000,000,000 + n is made from that number alone. Every eighth program that still compiles is also
analysed and planned. What fails is printed once for each place in which it fails. Exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from fuzzing import Hang, make_case, run_case

DEEP = 8
"""Of so many cases one goes on to analysis and planning."""


def outcome(number: int, folder: Path) -> tuple[str, str]:
    """What became of a case: (a word, "") or ("failed", where and how)."""
    case = make_case(number)
    try:
        return f"{case.kind} {run_case(case, folder, deep=number % DEEP == 0)}", ""
    except (Exception, Hang) as failure:
        frames = traceback.extract_tb(failure.__traceback__)
        inside = [f for f in frames if "/cora/" in f.filename] or frames
        place = f"{Path(inside[-1].filename).name}:{inside[-1].lineno}"
        return "failed", f"{case.kind} {case.base}: {type(failure).__name__} in {place}: {str(failure)[:150]}"


def fuzz(minutes: float, seed: int) -> int:
    """Runs cases until the time is over; the number of different failures."""
    outcomes: Counter[str] = Counter()
    failures: dict[str, str] = {}
    end = time.monotonic() + 60 * minutes
    number = seed * 1_000_000_000
    with tempfile.TemporaryDirectory() as name:
        while time.monotonic() < end:
            number += 1
            word, failure = outcome(number, Path(name))
            outcomes[word] += 1
            place = failure.partition(": ")[2][:80]
            if failure and place not in failures:
                failures[place] = failure
                print(f"FAILED --case {number}: {failure}", flush=True)
            for left in Path(name).iterdir():
                left.unlink()
    total = f"{outcomes.total():,} cases in {minutes:g} minutes"
    print(f"seed {seed}: {total}, {outcomes['failed']} failed in {len(failures)} places")
    print(", ".join(f"{word} {count}" for word, count in outcomes.most_common(25)))
    return len(failures)


def again(number: int) -> None:
    case = make_case(number)
    print(f"{case.kind} from {case.base}", flush=True)
    print(case.text if case.kind != "pcap" else case.data.hex(" "))
    with tempfile.TemporaryDirectory() as name:
        print("=>", run_case(case, Path(name), deep=number % DEEP == 0))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--case", type=int)
    chosen = options.parse_args()
    if chosen.case is not None:
        again(chosen.case)
    elif fuzz(chosen.minutes, chosen.seed):
        sys.exit(1)


if __name__ == "__main__":
    main()
