"""Explanations of states, stages, classes and buckets: what they say moves something does, and what binds is named."""

from __future__ import annotations

import dataclasses

import pytest
from explain_helpers import hand_solver, small_job, solved_again, without_sweeping

from cora.diagnostics import UserError
from cora.explain.answer import Explanation
from cora.explain.changes import Inputs, machine_changes
from cora.explain.rules import conflicts
from cora.explain.solver import Solver
from cora.explain.subject import all_there, alternatives, explain_subject, has_moved
from cora.explain.subjects import Subject, find_subject
from cora.model import load_model
from cora.plan import Plan, PlanRequest

HAND_SUBJECTS = (
    Subject("state", "outbound"),
    Subject("class", "out new"),
    Subject("bucket", "cold"),
)
MACHINES = ("", "sweeping", "sweeping, insertion", "memory")


def _explain(solver: Solver, kind: str, name: str) -> Explanation:
    return explain_subject(solver, Subject(kind, name))  # type: ignore[arg-type]


def _places(plan: Plan, subject: Subject) -> object:
    """Where a plan has a subject, without the words of the explanation."""
    match subject.kind:
        case "state":
            return next((s.mode, s.owner, s.copies_on) for s in plan.states if s.group == subject.name)
        case "stage":
            return next((s.hot, s.cold) for s in plan.stages if s.name == subject.name)
        case "class":
            return next((c.nic_share for c in plan.classes if c.name == subject.name), 0.0)
        case "bucket":
            return sum(c.share * c.nic_share for c in plan.classes)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("subject", HAND_SUBJECTS, ids=lambda s: s.name)
def test_every_suggestion_changes_the_plan(machine: str, subject: Subject) -> None:
    solver = hand_solver(machine)
    answer = explain_subject(solver, subject)
    for suggestion in answer.suggestions:
        plan = solved_again(solver, tuple((s.parameter, s.after) for s in suggestion.settings))
        assert _places(plan, subject) != _places(solver.plan, subject), suggestion.words
        assert plan.score.host_cores == pytest.approx(suggestion.host_cores)
        assert all(s.before != s.after for s in suggestion.settings)
    for other in answer.alternatives:
        assert other.possible != bool(other.why_not)


def test_a_missing_capability_is_found_and_is_the_binding_constraint() -> None:
    answer = _explain(hand_solver("sweeping"), "state", "outbound")
    assert answer.binding.kind == "capability"
    assert "nothing there removes idle entries" in answer.binding.words
    best = answer.suggestions[0]
    assert [s.parameter for s in best.settings] == ["nic: expires_entries"]
    assert best.host_cores_delta < 0
    on_nic = next(a for a in answer.alternatives if a.words == "all on nic")
    assert not on_nic.possible


def test_two_missing_capabilities_are_found_together_with_the_rate_that_it_takes() -> None:
    solver = hand_solver("sweeping, insertion")
    answer = _explain(solver, "class", "out new")
    best = answer.suggestions[0]
    assert {s.parameter for s in best.settings} == {"nic: expires_entries", "nic: insertion"}
    rate = next(s for s in best.settings if s.parameter == "nic: insertion")
    new = next(c for c in solver.plan.classes if c.name == "out new").share * solver.plan.rate_pps
    assert rate.unit == "/s" and new <= rate.after < 1.1 * new
    fewer = tuple((s.parameter, s.after if s is not rate else 0.9 * new) for s in best.settings)
    assert _places(solved_again(solver, fewer), Subject("class", "out new")) == 0.0


def test_too_little_memory_is_the_binding_constraint_and_its_amount_is_small() -> None:
    solver = hand_solver("memory")
    answer = _explain(solver, "bucket", "cold")
    assert answer.binding.kind == "resource"
    sizes = [s for s in answer.suggestions if s.settings[0].unit == "B"]
    assert sizes and all(s.kind == "resource" for s in sizes)
    for suggestion in sizes:
        setting = suggestion.settings[0]
        assert setting.before < setting.after < 1024 * setting.before
        moved = has_moved(solver, Subject("bucket", "cold"))
        change = next(c for c in machine_changes(solver.inputs.model) if c.name == setting.parameter)
        less = solver.with_settings(((change, setting.before + 0.9 * (setting.after - setting.before)),))
        assert less is not None and not moved(less)


def test_fewer_flows_or_a_lower_rate_make_room() -> None:
    answer = _explain(hand_solver("memory"), "bucket", "cold")
    kinds = {s.kind: s for s in answer.suggestions}
    assert kinds["rate"].settings[0].after < kinds["rate"].settings[0].before
    assert kinds["rate"].words.startswith("a lower rate: ")
    assert 0 < kinds["flows"].settings[0].after < 1
    assert kinds["flows"].words.endswith(" fewer flows")


def test_what_is_all_on_the_nic_says_what_would_take_it_off() -> None:
    solver = hand_solver()
    subject = Subject("class", "in hit")
    assert all_there(solver, subject)
    answer = explain_subject(solver, subject)
    assert answer.binding.kind == "nothing" and answer.nic_share == 1
    assert answer.suggestions and not answer.conflicts
    assert [a.words for a in answer.alternatives] == ["all on host"]
    assert answer.alternatives[0].host_cores_delta > 0


def test_a_pin_is_the_binding_constraint() -> None:
    solver = hand_solver("", pin_states=(("outbound", "host"),))
    answer = _explain(solver, "state", "outbound")
    assert answer.binding.kind == "pin" and answer.binding.words == "outbound is pinned to host"
    (without,) = answer.suggestions
    assert without.kind == "pin" and without.host_cores == pytest.approx(hand_solver().plan.score.host_cores, rel=0.2)


def test_a_stage_is_explained_by_the_class_that_needs_it() -> None:
    answer = _explain(hand_solver("sweeping"), "stage", "out_miss")
    assert [(p.what, p.engine) for p in answer.places] == [("all packets", "host")]
    assert answer.reason.startswith("out new: ")
    assert "out_miss inserts into outbound" in answer.binding.words


def test_slack_is_of_the_memory_and_cells_of_the_state() -> None:
    answer = _explain(hand_solver(), "state", "slots")
    memory = next(s.memory for s in hand_solver().plan.states if s.group == "slots")
    assert f"{memory} bytes" in {s.resource for s in answer.slack}
    assert all(s.free == s.capacity - s.used for s in answer.slack)


def test_a_machine_without_a_nic_that_runs_stages() -> None:
    solver = hand_solver()
    alone = dataclasses.replace(solver.inputs.model, engines=(solver.inputs.model.host,), links=())
    alone = dataclasses.replace(alone, memories=alone.memories_of(alone.host.name))
    answer = _explain(Solver.of(dataclasses.replace(solver.inputs, model=alone)), "class", "in hit")
    assert answer.binding.kind == "capability" and not answer.suggestions and not answer.alternatives


def test_max_rate_plans_are_compared_by_rate() -> None:
    solver = hand_solver("", objective="max-rate", cores=1.0)
    (host,) = alternatives(solver, solver.now.scenario, Subject("state", "outbound"), False)
    assert host.words == "all on host" and host.rate_delta_pps < 0


def test_the_accesses_that_conflict_are_shown_with_their_lines() -> None:
    firewall = small_job("firewall")
    model = without_sweeping(load_model("agilio-cx"))
    solver = Solver.of(Inputs(firewall.graph, firewall.profile, model, PlanRequest()))
    (conflict,) = conflicts(solver.now.scenario, solver.plan, Subject("state", "connections"))
    assert "connections" in conflict.reason and "only its owner may" in conflict.reason
    changes, reads = conflict.accesses
    assert changes.words in ("update of connections", "insert of connections")
    assert reads.words == "lookup of connections"
    for access in conflict.accesses:
        assert access.file.endswith("firewall.p4") and access.line > 0
        assert "^" in access.excerpt and f"firewall.p4:{access.line}" in access.excerpt


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("outbound", Subject("state", "outbound")),
        ("OUT_MISS", Subject("stage", "out_miss")),
        ("class:out new", Subject("class", "out new")),
        ("in hit", Subject("class", "in hit")),
        ("cold", Subject("bucket", "cold")),
        ("stage:parse", Subject("stage", "parse")),
    ],
)
def test_names(named: str, found: Subject) -> None:
    solver = hand_solver()
    assert find_subject(named, solver.inputs.graph, solver.plan) == found


@pytest.mark.parametrize(("named", "near"), [("outbund", "'outbound'"), ("stage:out_mis", "'out_miss'")])
def test_a_name_that_is_not_there_gets_the_nearest(named: str, near: str) -> None:
    solver = hand_solver()
    with pytest.raises(UserError) as failure:
        find_subject(named, solver.inputs.graph, solver.plan)
    diagnostic = failure.value.diagnostics[0]
    assert diagnostic.code == "C0640" and "did you mean" in diagnostic.help and near in diagnostic.help


def test_a_name_like_nothing_lists_the_states() -> None:
    solver = hand_solver()
    with pytest.raises(UserError) as failure:
        find_subject("xyzzy", solver.inputs.graph, solver.plan)
    assert "states are: routes, outbound, slots, stats" in failure.value.diagnostics[0].help
