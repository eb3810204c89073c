"""Proves the splits of the bundled functions (`cora verify --symbolic`) for all targets that split them: minutes each,
and up to half an hour for the largest.

    python benchmarks/symbolic.py                      # all twelve for agilio-cx, bluefield2 and softnic
    python benchmarks/symbolic.py rate_limiter nat     # some

Exit status 1 if a counterexample is found. What isn't proved is named with the reason.
"""

from __future__ import annotations

import sys
import time

from cora.cli.planning import split_of
from cora.ir.text import print_program
from cora.nf.spec import bundled_names
from cora.split.engines import Split
from cora.verify.symbolic.check import SymbolicReport, check

TARGETS = ("agilio-cx", "bluefield2", "softnic")
LIMIT_S = 1800.0


def _text(split: Split) -> str:
    """The split's programs, with the engines called by their places: targets may get the same split."""
    text = "\n".join(print_program(e.program) + f"\n{e.owns} {e.copies} {e.records}" for e in split.engines)
    for place, engine in enumerate(split.engines):
        text = text.replace(f"handoff {engine.engine} ", f"handoff {place} ")
    return text


def main(functions: tuple[str, ...]) -> int:
    wrong = False
    for name in functions:
        known: dict[str, tuple[str, SymbolicReport]] = {}
        for target in TARGETS:
            job, split = split_of(name, target, None, False, lambda _: None)
            text = _text(split)
            if text in known:
                print(f"{name} on {target}: the split is that of {known[text][0]}", flush=True)
                continue
            began, cpu = time.monotonic(), time.process_time()
            report = check(job.program, split, graph=job.graph, limit_s=LIMIT_S)
            took = f"{time.process_time() - cpu:.0f} s of CPU, {time.monotonic() - began:.0f} s"
            known[text] = target, report
            print(
                f"{name} on {target}: {report.verdict}; {report.ends} ends, {report.questions} questions, {took}",
                flush=True,
            )
            for open_ in report.unproved:
                print(f"  {open_.why}: {', '.join(open_.violated)}")
                print("".join(f"    {leg.text()}\n" for leg in open_.way.legs), end="")
            for found in report.counterexamples:
                wrong = True
                print(f"  counterexample: {', '.join(found.violated)}; {found.outcome.difference[:300]}")
            if report.stopped:
                print(f"  {report.stopped}")
    return int(wrong)


if __name__ == "__main__":
    raise SystemExit(main(tuple(sys.argv[1:] or bundled_names())))
