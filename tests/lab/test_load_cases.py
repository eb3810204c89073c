"""Small functions under load: right as they are, and wrong with a rule broken. All cases and rules:
`benchmarks/load_faults.py`."""

from __future__ import annotations

import pytest
from load_cases import KEEP, PLAIN, load_cases
from mc_rules import RULES

from cora.cli.lab_command import LAB_FEATURES
from cora.device.features import missing
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.lab.load import LoadOptions, load_run
from cora.lab.relay import RelayOptions

pytestmark = pytest.mark.lab

CASES = {case.name: case for case in load_cases()}
RULES_OF = {
    "shared key": "an old answer installs",
    "records, lost packets": "a copy leaves with one frame",
    "notes": "a busy cell isn't refreshed",
    "marks": "a whole register isn't waited for",
}


@pytest.fixture(autouse=True)
def _needs_a_lab() -> None:
    lacking = missing(LAB_FEATURES)
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(f.name for f in lacking)}")


@pytest.mark.parametrize("name", RULES_OF)
def test_each_kind_of_state_needs_its_rule(name: str) -> None:
    case = CASES[name]
    right = case.run()
    assert right.clean, right.finding
    assert right.counters["nic"]["served"] > 200 and right.most_waiting > 4
    rule = next(r for r in RULES if r.name == RULES_OF[name])
    broken = rule.broken(case.split)
    # What meets what on its way is chance: now and then a run has no packet to which the rule matters.
    assert any(not case.run(broken).clean for _ in range(3)), f"nothing goes wrong although {rule.what}"


def test_a_batch_of_changes_counts_for_a_packet_whole_or_not_at_all() -> None:
    case = CASES["tables, batches"]
    right = case.run()
    assert right.clean, right.finding
    assert right.batches > 1 and right.relay is not None and right.relay.counts.lost_data == 0
    broken = next(r for r in RULES if r.name == "far has its own version").broken(case.split)
    assert any(not case.run(broken).clean for _ in range(3))


def test_records_on_their_way_back_are_found() -> None:
    """The last packet of each flow takes its record to the host, and every other frame there is lost."""
    case = CASES["records, lost packets"]
    flows = range(24)
    packets = [
        Packet(bytes((flow + 1, 0, flag, 0)) + bytes(14), 0, 1000 + nth, nth)
        for nth, flag in enumerate((PLAIN, PLAIN, PLAIN, PLAIN, KEEP))
        for flow in flows
    ]
    options = LoadOptions(burst=4, rest_bursts=6, relay=RelayOptions(lose_data_pct=30.0, queues=1))
    store = lambda: Store(case.program)  # noqa: E731
    run = load_run(case.program, case.split, store, (0, 1), packets, [*flows] * 5, options)
    assert run.counters["nic"]["served"] > 10
    assert run.clean, run.finding
