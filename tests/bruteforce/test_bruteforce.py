"""The planner against brute force: none that is safe when run is cheaper than the planner's, or it is said why."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from bf_compare import BruteForce, small_graph
from bf_explore import Explorer, Limits
from bf_programs import small_case
from bf_verdicts import QUICK, Verdict, report, verdicts

from cora.analysis import analyse
from cora.ir.nodes import Access, Op, Un
from cora.model.placement import Placement
from cora.split import split_program
from cora.split.engines import Split

GRAPHS = 40
INDEPENDENT = ("bf_programs", "bf_explore", "bf_unguarded", "bf_placements", "bf_compare")


@pytest.fixture(scope="module")
def found() -> list[Verdict]:
    return list(verdicts(GRAPHS, QUICK, surveyed=2))


def test_the_planner_is_never_wrong(found: list[Verdict]) -> None:
    assert [v for v in found if v.kind == "wrong"] == [], report(found)


def test_nearly_all_are_equal_and_all_others_have_a_reason(found: list[Verdict]) -> None:
    assert sum(v.kind == "equal" for v in found) >= 0.9 * GRAPHS, report(found)
    assert all(v.kind == "analysis refuses" and v.text for v in found if v.kind != "equal"), report(found)


def test_the_graphs_are_not_all_alike(found: list[Verdict]) -> None:
    """Plans of each shape, and placements that only running shows to be unsafe."""
    shapes = Counter(v.shape for v in found)
    refusals = sum((v.refusals for v in found), Counter[str]())
    assert min(shapes[s] for s in ("host", "nic", "both")) >= 5, shapes
    assert refusals["refused, and running shows why"] >= 5, refusals
    assert refusals["accepted"] >= GRAPHS


def test_brute_force_imports_nothing_of_the_planner() -> None:
    """But the data classes of a plan, which the splitter takes; nor the rules by which the model calls it legal."""
    for name in INDEPENDENT:
        tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
        imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        imported |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        own = {m for m in imported if m.startswith("bf_")}
        assert own <= set(INDEPENDENT), name
        assert {m for m in imported if m.startswith("cora.plan")} <= {"cora.plan.plan"}, name
        assert "cora.model.legality" not in imported, name


def test_running_finds_a_damaged_copy() -> None:
    """The explorer can fail: where answers install another value than the owner's, a few events show it."""
    noticed = 0
    for what in filter(None, map(small_graph, range(14))):
        force = BruteForce(what, Limits(steps=0, walks=0))
        damaged = filter(None, map(partial(_damaged, force), force.enumeration.placements()))
        noticed += any(Explorer(what.case, QUICK).difference(split) is not None for split in damaged)
    assert noticed >= 5


def _damaged(force: BruteForce, placement: Placement) -> Split | None:
    """The split of a placement that installs wrong values, if it is accepted, installs any and looks them up."""
    judgement = force.judge(placement)
    if judgement.refused or not judgement.built:
        return None
    split = split_program(force.what.graph, force.enumeration.plan(placement, 1))
    near = split.engines[0]
    if not any(isinstance(op, Access) and op.kind == "lookup" for b in near.program.blocks for op in b.ops):
        return None
    blocks = tuple(replace(b, ops=tuple(map(_damage, b.ops))) for b in near.program.blocks)
    program = replace(near.program, blocks=blocks)
    engines = (replace(near, program=program), *split.engines[1:])
    return replace(split, engines=engines) if program != near.program else None


def _damage(op: Op) -> Op:
    if isinstance(op, Access) and op.kind == "install":
        return replace(op, args=(*op.args[:-1], Un("not", op.args[-1])))
    return op


def test_small_cases_are_what_they_are_said_to_be() -> None:
    for seed in range(60):
        case = small_case(seed)
        assert case == small_case(seed)
        assert 1 <= len(case.program.states) <= 3
        assert 1 <= len(case.frames) <= 8 * len(case.marks)
        assert analyse(case.program).stages
