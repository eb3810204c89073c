"""Breaks each rule of the gates and runs the splits under load, in the kernel, through a relay that delays, holds back
and loses frames, while a control plane takes copies back; about 5 minutes.

    python benchmarks/load_faults.py

What isn't broken must be clean, and the rules of `SHOWN` must be caught; exit status 1 if not. The others need an order
of events that this traffic hardly makes: the model check shows those (`docs/rules.md`).
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "modelcheck"))

from mc_rules import RULES

from cora.cli.lab_command import LAB_FEATURES
from cora.cli.planning import split_of
from cora.cli.steps import Job
from cora.device.features import missing_error
from cora.lab.load import LoadOptions, load_run
from cora.lab.relay import RelayOptions
from cora.split.engines import Split

PACKETS = 12_000
SHAPES = (
    LoadOptions(5_000, churn_per_s=200, relay=RelayOptions(delay_ms=1, hold_ms=5, lose_pct=1, lose_data_pct=1)),
    LoadOptions(15_000, churn_per_s=200, relay=RelayOptions(delay_ms=1, hold_ms=20, lose_pct=1, lose_data_pct=1)),
)
"""A rule that matters only when flows come and go, and one that matters only when much is out."""

SHOWN = ("a busy cell is used", "an answer brings no cells", "a busy cell isn't refreshed", "all stamps are equal")
"""Rules without which many packets go wrong."""


def clean(nf: str, name: str, job: Job, split: Split) -> bool:
    """Whether nothing goes wrong; stops at the first load under which something does."""
    ports = tuple(port.number for port in job.spec.ports)
    packets, connections = job.replay.packets[:PACKETS], job.replay.connections[:PACKETS]
    for options in SHAPES:
        found = load_run(job.program, split, job.store, ports, packets, connections, options).finding
        print(
            f"{nf} at {options.pps:,.0f} packets/s, broken: {name}: {'clean' if found.clean else 'caught'}; "
            f"{found.lost} lost, {found.overtaken} reordered, {found.changed} changed, "
            f"{found.unexpected} not dropped, state {'equal' if found.state_equal else 'differs'}",
            flush=True,
        )
        if not found.clean:
            return False
    return True


def main() -> int:
    lacking = missing_error(LAB_FEATURES)
    if lacking is not None:
        print(lacking)
        return 1
    caught: dict[str, bool] = {}
    unclean: list[str] = []
    for nf in ("nat", "firewall"):
        job, split = split_of(nf, "softnic", None, False, lambda _: None)
        if not clean(nf, "nothing", job, split):
            unclean.append(nf)
        for rule in RULES:
            broken = rule.broken(split)
            if broken != split and not caught.get(rule.name):
                caught[rule.name] = not clean(nf, rule.name, job, broken)
    for rule in RULES:
        said = "caught" if caught.get(rule.name) else "not seen" if rule.name in caught else "no place"
        print(f"{rule.name}: {said}")
    missed = [name for name in SHOWN if not caught.get(name)]
    print(f"not clean without a fault: {unclean or 'none'}; not caught: {missed or 'none'}")
    return bool(unclean or missed)


if __name__ == "__main__":
    sys.exit(main())
