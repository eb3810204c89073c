"""A near that serves arriving packets and returning frames on two cores: its form is right, that for one core isn't,
and each of its rules is needed."""

from __future__ import annotations

import pytest
from mc_parallel import PARALLEL_RULES, quick_parallel_cases
from mc_rules import Rule

from cora.verify.modelcheck import Case, model_check


@pytest.mark.parametrize("case", quick_parallel_cases(), ids=lambda c: c.name)
def test_nothing_goes_wrong_on_two_cores(case: Case) -> None:
    result = model_check(case)
    assert not result.wrong, str(result)
    assert result.complete and result.states > 100


@pytest.mark.parametrize("case", quick_parallel_cases(serial=True), ids=lambda c: c.name)
def test_the_form_for_one_core_goes_wrong_on_two(case: Case) -> None:
    assert model_check(case, 20_000).wrong


@pytest.mark.parametrize("rule", PARALLEL_RULES, ids=lambda r: r.name)
def test_each_rule_of_the_form_is_needed(rule: Rule) -> None:
    for case in quick_parallel_cases():
        broken = rule.of(case)
        if broken != case and model_check(broken, 20_000).wrong:
            return
    pytest.fail(f"nothing goes wrong although {rule.what}")
