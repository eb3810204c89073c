"""Model-checks splits of small programs in full, and says what goes wrong without each rule of the protocol.

    python benchmarks/modelcheck.py            all cases, then every rule broken: the table of docs/rules.md
    python benchmarks/modelcheck.py --traces   also the shortest way to what goes wrong

Exits 1 if a case goes wrong, or a broken rule doesn't.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

for _tests in ("modelcheck", "split"):
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / _tests))

from mc_batches import batch_cases, longer_batch_cases  # noqa: E402
from mc_cases import full_cases, quick_cases  # noqa: E402
from mc_parallel import PARALLEL_RULES, full_parallel_cases, quick_parallel_cases  # noqa: E402
from mc_probes import longer_probe_cases, probe_cases  # noqa: E402
from mc_rules import RULES, Rule  # noqa: E402

from cora.verify.modelcheck import Case, Result, model_check  # noqa: E402


def shortest(rule: Rule, cases: list[Case]) -> Result | None:
    """Of all cases the one in which the broken rule shows after the fewest steps."""
    found: list[Result] = []
    for case in cases:
        if bool(case.batches) != rule.of_batches:
            continue
        if (rule.of_probes and not case.probes) or (rule.of_restarts and not case.restarts):
            continue
        broken = rule.of(case)
        if broken != case and (result := model_check(broken)).wrong:
            found.append(result)
    return min(found, key=lambda r: len(r.steps), default=None)


def table(rules: tuple[Rule, ...], cases: list[Case], *, traces: bool) -> bool:
    """Prints what each rule is needed for. False: one isn't."""
    print("\n| rule broken | what happens | case | steps |\n|---|---|---|---|")
    good = True
    for rule in rules:
        result = shortest(rule, cases)
        good &= result is not None
        where = "nothing goes wrong | |" if result is None else f"{result.case} | {len(result.steps)} |"
        print(f"| {rule.name} | {rule.what} | {where}", flush=True)
        if result is not None and traces:
            print(result, flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", action="store_true", help="print the shortest way to what goes wrong")
    arguments = parser.parse_args()
    good = True
    others = (*probe_cases(), *longer_probe_cases(), *full_parallel_cases(), *batch_cases(), *longer_batch_cases())
    for case in (*full_cases(), *others):
        result = model_check(case)
        good &= not result.wrong and result.complete
        print(result, flush=True)
    good &= table(RULES, [*quick_cases(), *probe_cases(), *batch_cases()], traces=arguments.traces)
    print("\nTwo cores:")
    good &= table(PARALLEL_RULES, quick_parallel_cases(), traces=arguments.traces)
    print("\n| case | what happens with the form for one core | steps |\n|---|---|---|")
    for case in quick_parallel_cases(serial=True):
        result = model_check(case)
        good &= bool(result.wrong)
        print(f"| {result.case} | {result.wrong} | {len(result.steps)} |", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
