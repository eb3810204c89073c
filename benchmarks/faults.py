"""Runs every seeded fault through every check: ten minutes or more, nearly all of it compiling.

    python benchmarks/faults.py --write   # docs/faults.md
    python benchmarks/faults.py --check   # exit status 1 if docs/faults.md says something else, or a fault isn't caught

Without a kernel to run programs in, --check leaves the kernel's columns out. See `tests/faults`.
"""

from __future__ import annotations

import sys
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(_TESTS / name) for name in ("faults", "bruteforce", "split")] + [str(_TESTS)]

from fault_table import COLUMNS, DOCUMENT, KERNEL_COLUMNS, document, every_fault, recorded, row  # noqa: E402

from cora.device import features  # noqa: E402


def main() -> int:
    if sys.argv[1:] not in (["--write"], ["--check"]):
        print(__doc__)
        return 2
    kernel = features.missing_error() is None
    if sys.argv[1] == "--write" and not kernel:
        print("the table needs the kernel's columns: run this as root, with BPF and a compiler for it")
        return 1
    rows = []
    for seeded, sharded in every_fault():
        rows.append(row(seeded, sharded=sharded, kernel=kernel))
        print(f"{seeded.name}: " + ", ".join(rows[-1].marks), flush=True)
    if sys.argv[1] == "--write":
        DOCUMENT.write_text(document(rows), encoding="utf-8")
        return 0
    compared = len(COLUMNS) if kernel else len(COLUMNS) - KERNEL_COLUMNS
    known = recorded()
    other = [r.seeded.name for r in rows if r.marks[:compared] != known.get(r.seeded.name, ())[:compared]]
    uncaught = [r.seeded.name for r in rows[:-1] if not r.caught]
    print(f"{len(rows) - 1} faults; not as in {DOCUMENT.name}: {other or 'none'}; not caught: {uncaught or 'none'}")
    return bool(other or uncaught or rows[-1].caught)


if __name__ == "__main__":
    raise SystemExit(main())
