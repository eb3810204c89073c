"""Breaks each rule of the gates and runs the splits under load, in the kernel, through a relay that delays, holds back
and loses frames.

    python benchmarks/load_faults.py          every rule in every case: the table of docs/rules.md
    python benchmarks/load_faults.py marks    in cases whose names begin so

Exit status 1 if a case goes wrong with nothing broken, or a broken rule that isn't among `UNSEEN` is caught in none.
The small functions are those of tests/lab/load_cases.py; nat and firewall have generated traffic, and a control plane
asks for some of their rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

for _tests in ("lab", "modelcheck", "split"):
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / _tests))

from load_cases import load_cases  # noqa: E402
from mc_rules import RULES  # noqa: E402

from cora.cli.lab_command import LAB_FEATURES  # noqa: E402
from cora.cli.planning import split_of  # noqa: E402
from cora.device.features import missing_error  # noqa: E402
from cora.lab.load import LoadOptions, LoadRun, load_run  # noqa: E402
from cora.lab.relay import RelayOptions  # noqa: E402
from cora.split.engines import Split  # noqa: E402

PACKETS = 8000
BUNDLED = LoadOptions(10_000, churn_per_s=200, relay=RelayOptions(delay_ms=1, hold_ms=5, lose_pct=1, lose_data_pct=1))
UNBROKEN = "nothing"
LOADED = [rule for rule in RULES if not rule.of_restarts]
"""No engine starts anew in these runs: the model check breaks the others."""
UNSEEN = ("a busy cell is written", "a doubled answer to a probe installs", "a frame of a batch may be lost")
"""Rules that these runs don't show (docs/rules.md says why); the model check does."""


@dataclass(frozen=True, slots=True)
class Loaded:
    name: str
    split: Split
    run: Callable[[Split], LoadRun]
    asked: bool
    """Whether the control plane asks for rows often: there its rules are broken, elsewhere those of packets."""
    changed: bool
    """Whether it changes tables: there the rules of batches are broken."""


def every_case(beginning: str) -> Iterator[Loaded]:
    for case in load_cases():
        if case.name.startswith(beginning):
            asked, changed = case.options.churn_per_s > 0, case.options.batches_per_s > 0
            yield Loaded(case.name, case.split, case.run, asked, changed)
    for nf in ("nat", "firewall"):
        if nf.startswith(beginning):
            yield _bundled(nf)


def _bundled(nf: str) -> Loaded:
    job, split = split_of(nf, "softnic", None, False, lambda _: None)
    ports = tuple(port.number for port in job.spec.ports)
    packets, connections = job.replay.packets[:PACKETS], job.replay.connections[:PACKETS]
    return Loaded(
        nf, split, lambda s: load_run(job.program, s, job.store, ports, packets, connections, BUNDLED), False, False
    )


def told(run: LoadRun) -> str:
    """How many packets went wrong, or what else did."""
    found = run.finding
    if found.wrong:
        return f"{found.wrong:,}"
    return "0" if found.clean else "order" if found.state_equal else "state"


def main() -> int:
    lacking = missing_error(LAB_FEATURES)
    if lacking is not None:
        print(lacking)
        return 1
    table: dict[str, dict[str, str]] = {rule.name: {} for rule in LOADED} | {UNBROKEN: {}}
    for case in every_case(" ".join(sys.argv[1:])):
        kind = case.asked, case.changed
        shown = {rule.name for rule in LOADED if (rule.of_probes, rule.of_batches) == kind}
        runs = {rule.name: rule.broken(case.split) if rule.name in shown else case.split for rule in LOADED}
        for name, split in {**runs, UNBROKEN: case.split}.items():
            has_place = name == UNBROKEN or split != case.split
            table[name][case.name] = told(case.run(split)) if has_place else "-"
            if has_place:
                print(f"{case.name}, broken: {name}: {table[name][case.name]}", file=sys.stderr, flush=True)
    names = list(table[UNBROKEN])
    print(f"| rule broken | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    for rule, row in table.items():
        print(f"| {rule} | {' | '.join(row.values())} |")
    unclean = [name for name, cell in table.pop(UNBROKEN).items() if cell != "0"]
    missed = [rule for rule, row in table.items() if rule not in UNSEEN and not {*row.values()} - {"-", "0"}]
    print(f"not clean without a fault: {unclean or 'none'}; caught in no case: {missed or 'none'}")
    return bool(unclean or missed)


if __name__ == "__main__":
    sys.exit(main())
