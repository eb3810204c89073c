"""From a state graph and a plan to the programs of the engines. Pure: equal inputs give equal programs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.ir.cfg import reachable, with_blocks
from cora.ir.check import check_program
from cora.ir.nodes import Access, Forward, Program, Resume, State
from cora.plan.plan import Plan
from cora.split.echo import Echo
from cora.split.engines import EngineProgram, Layout, Split
from cora.split.far import far_program
from cora.split.gates import SEEN, seen_state
from cora.split.generations import with_generations
from cora.split.handoff import make_layout
from cora.split.near import Skeleton, finish, skeleton
from cora.split.order import find_holes
from cora.split.placement import Placement, only_engine, read_plan
from cora.split.probes import probe_code
from cora.split.restart import exit_block, restart_points
from cora.split.tidy import drop_dead, fold
from cora.split.whole import whole

MAX_POINTS = 255


def split_program(graph: StateGraph, plan: Plan) -> Split:
    """The engines of a plan, from the wire inwards; engines that run no stage are left out.

    Raises UserError (C0681, C0701 to C0714) where the plan asks for what isn't safe or isn't supported.
    """
    only = only_engine(graph, plan)
    if late := [state for state in plan.states if state.stale_ms]:
        raise error(
            "C0681",
            f"the plan lets copies of {late[0].group} be {late[0].stale_ms:g} ms behind; Cora's programs can't",
            help="such a plan is to look at; for one that runs leave out `--allow-stale`",
        )
    if only is not None:
        return _alone(graph, plan, only)
    placement = read_plan(graph, plan)
    built = skeleton(graph, placement)
    if not built.exits:
        return _alone(graph, plan, placement.near)
    made = _make(graph, placement, built)
    if not plan.reordering:
        holes = find_holes(graph.program, made.near, _returning(graph, built))
        if holes.outlets:
            made = _make(graph, replace(placement, holes=holes), built)
    probes, asking, asked = probe_code(graph.program, placement, len(made.near.resumes), len(made.far.resumes))
    near, far = (drop_dead(fold(code.added_to(p))) for p, code in ((made.near, asking), (made.far, asked)))
    echo = None if made.echo is None else made.echo.far
    engines = _near_engine(near, placement), _far_engine(far, placement)
    split = Split(engines, (), echo, probes)
    if plan.batches:
        split = with_generations(split)
    resumes = [(e.engine, r) for e in reversed(split.engines) for r in e.program.resumes]
    most = max(r.point for _, r in resumes)
    if most > MAX_POINTS:
        raise error(
            "C0711",
            f"the split needs {most} resume points; a frame can name {MAX_POINTS}",
            help="place more stages on one engine",
        )
    return replace(split, layouts=tuple(_layout(engine, r) for engine, r in resumes))


def _alone(graph: StateGraph, plan: Plan, engine: str) -> Split:
    """One engine has the whole program."""
    split = whole(graph.program, engine)
    return with_generations(split) if plan.batches else split


@dataclass(frozen=True, slots=True)
class _Made:
    near: Program
    far: Program
    echo: Echo | None


def _make(graph: StateGraph, placement: Placement, built: Skeleton) -> _Made:
    """Both programs, before they are tidied."""
    points = restart_points(graph, placement, built.exits)
    far, returns = far_program(graph, placement, points)
    echo = Echo(len(points) + 1, len(returns) + 1) if placement.holes.outlets else None
    answers = [block for point in returns for block in point.blocks]
    near = replace(built.program, resumes=tuple(Resume(r.point, r.blocks[0].name, r.into) for r in returns))
    near = with_blocks(near, finish(built, placement, points, answers))
    if echo is None:
        return _Made(near, far, None)
    return _Made(echo.in_near(near, placement), echo.in_far(far, placement.near), echo)


def _returning(graph: StateGraph, built: Skeleton) -> frozenset[str]:
    """Near's blocks that hand off packets which far may send."""
    sending = {b.name for b in graph.program.blocks if isinstance(b.end, Forward)}
    return frozenset(
        exit_block(stage)
        for stage in built.exits
        if sending & reachable(graph.program.blocks, (graph.stages[stage].blocks[0],))
    )


def _layout(engine: str, resume: Resume) -> Layout:
    return make_layout(engine, resume.point, resume.into)


def _used(program: Program) -> frozenset[str]:
    return frozenset(op.state for block in program.blocks for op in block.ops if isinstance(op, Access))


def _near_engine(program: Program, placement: Placement) -> EngineProgram:
    used = _used(program)
    states = tuple(
        _copy(s, placement) for s in program.states if s.name in used | placement.owned_near | placement.copied
    )
    gates = tuple(s for s in placement.gates.states() if s.name in used)
    near = replace(program, states=(*states, *gates))
    check_program(near)
    owned = tuple(s.name for s in states if s.name in placement.owned_near)
    copies = tuple(s.name for s in states if s.name not in placement.owned_near)
    records = tuple(name for name in copies if name in placement.sharded)
    cells = tuple(sorted(placement.gates.of_register.items()))
    return EngineProgram(placement.near, near, owned, copies, faces_wire=True, records=records, cells=cells)


def _copy(state: State, placement: Placement) -> State:
    entries = placement.copy_entries.get(state.name)
    return state if entries is None else replace(state, capacity=min(entries, state.capacity))


def _far_engine(program: Program, placement: Placement) -> EngineProgram:
    states = tuple(s for s in program.states if s.name not in placement.owned_near)
    gates = (seen_state(),) if SEEN in _used(program) else ()
    far = replace(program, states=(*states, *gates))
    check_program(far)
    return EngineProgram(placement.far, far, tuple(s.name for s in states), (), faces_wire=False)
