"""All orders in which a few packets, frames and losses can meet: the split does what the whole program does, and each
rule of the protocol is needed for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mc_batches import batch_cases
from mc_cases import quick_cases, split_of
from mc_probes import probe_cases
from mc_rules import RULES, Rule

from cora.verify.modelcheck import Case, model_check

CASES = quick_cases() + probe_cases() + batch_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_nothing_goes_wrong(case: Case) -> None:
    result = model_check(case)
    assert not result.wrong, str(result)
    assert result.complete and result.states > 100


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_each_rule_is_needed(rule: Rule) -> None:
    shown_by = [c for c in CASES if bool(c.batches) == rule.of_batches]
    for case in (c for c in shown_by if (c.probes or not rule.of_probes) and (c.restarts or not rule.of_restarts)):
        broken = rule.of(case)
        if broken != case and model_check(broken, 20_000).wrong:
            return
    pytest.fail(f"nothing goes wrong although {rule.what}")


def test_without_slots_of_flows_packets_overtake_each_other() -> None:
    case = next(c for c in CASES if c.name == "order")
    result = model_check(replace(case, split=split_of(case.program, reordering=True)))
    assert result.wrong == "packet 0 of flow 0 leaves after packet 1" and len(result.steps) == 4


def test_a_way_to_what_is_wrong_is_told_step_by_step() -> None:
    rule = next(r for r in RULES if r.name == "a busy cell is used")
    case = next(c for c in CASES if c.name == "cells")
    result = model_check(rule.of(case))
    assert len(result.steps) == 4
    assert str(result).splitlines()[1] == "   1. packet 0 of flow 0 arrives"
