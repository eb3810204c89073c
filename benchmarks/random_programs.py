"""Random IR programs in the kernel: its verifier takes each, and each gives what the interpreter gives.

    python benchmarks/random_programs.py [PROGRAMS [FIRST_SEED]]

Some minutes for 300; `make verify-all` runs it. The programs have all operations, widths from 1 to 128 bits, and all
kinds of states and accesses; what none of them had is told at the end, and may be nothing with 300. A program that is
refused or gives something else is printed. Exit status 1 if anything is wrong.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "device"))

from kernel_random import KNOBS, Covered, check_random
from strategies import random_program

from cora.device.compile import CompileError
from cora.diagnostics import UserError
from cora.ir.text import print_program

PROGRAMS = 300


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PROGRAMS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    start = time.perf_counter()
    covered = Covered()

    wrong = 0
    for seed in range(first, first + count):
        try:
            check_random(seed, covered)
        except (AssertionError, CompileError, UserError) as problem:
            wrong += 1
            print(f"== program {seed}: {problem}\n{print_program(random_program(seed, KNOBS[seed % len(KNOBS)]))}")
        if covered.programs % 50 == 0:
            print(f"{covered.programs} programs, {time.perf_counter() - start:.0f} s", flush=True)
    seconds = time.perf_counter() - start
    print(f"{covered.programs} programs, {covered.packets} packets, {seconds:.0f} s: {wrong} refused or different")
    print(f"what none of them had: {', '.join(covered.missing) or 'nothing'}")
    return 1 if wrong or (count >= PROGRAMS and covered.missing) else 0


if __name__ == "__main__":
    raise SystemExit(main())
