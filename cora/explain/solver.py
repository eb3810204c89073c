"""Plans with something changed: the one place where explanations re-solve."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from cora.explain.changes import Change, Inputs
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.model.schema import Model
from cora.plan import Plan, PlanRequest
from cora.plan.infeasible import InfeasibleError
from cora.plan.planner import plan_and_placement
from cora.plan.reserve import without_reserved
from cora.plan.stale import relaxed

Settings = tuple[tuple[Change, float], ...]
"""Changes with the values that they are set to."""


@dataclass(frozen=True)
class Solved:
    """A plan with the inputs that it was made from."""

    inputs: Inputs
    plan: Plan
    placement: Placement

    @cached_property
    def scenario(self) -> Scenario:
        """At the plan's rate and residency tier, on what the request leaves of the machine."""
        inputs, request = self.inputs, self.inputs.request
        profile = dataclasses.replace(inputs.profile, scale=request.scale)
        model = without_reserved(inputs.model, request.reserve)
        rate, tier = self.plan.rate_pps, self.placement.tier
        graph = self.placement.on(relaxed(inputs.graph, request.allow_stale))
        return Scenario(graph, profile, model, rate, tier, reordering=request.allow_reordering)


@dataclass(frozen=True, slots=True)
class Infeasible:
    why: str


@dataclass
class Solver:
    """The plan of a program, and plans with changes, each solved once.

    The request of the plan is kept but for what is asked; its rate is that of the plan, so that a change of the machine
    doesn't also change the rate.
    """

    now: Solved
    show: Callable[[str], None] = lambda _: None
    solved: int = 0
    _memo: dict[tuple[tuple[str, float], ...], Solved | Infeasible] = field(
        default_factory=dict[tuple[tuple[str, float], ...], Solved | Infeasible]
    )

    @classmethod
    def of(cls, inputs: Inputs, show: Callable[[str], None] = lambda _: None) -> Solver:
        """Raises what `make_plan` raises if there is no plan to explain."""
        show(f"planning for {inputs.model.name}")
        request = dataclasses.replace(inputs.request, baselines=False)
        plan, placement = plan_and_placement(inputs.graph, inputs.profile, inputs.model, request)
        if request.objective == "min-cores":
            request = dataclasses.replace(request, rate_pps=plan.rate_pps)
        return cls(Solved(dataclasses.replace(inputs, request=request), plan, placement), show)

    @property
    def inputs(self) -> Inputs:
        return self.now.inputs

    @property
    def plan(self) -> Plan:
        return self.now.plan

    def with_settings(self, settings: Settings) -> Solved | None:
        """The plan with changes, None if there is none."""
        key = tuple(sorted((change.name, value) for change, value in settings))
        found = self._memo.get(key)
        if found is None:
            inputs = self.inputs
            for change, value in settings:
                inputs = change.apply(inputs, value)
            found = self._memo[key] = self._solve(inputs)
        return found if isinstance(found, Solved) else None

    def with_request(self, request: PlanRequest) -> Solved | Infeasible:
        """The plan for another request on the same machine and traffic."""
        return self._solve(dataclasses.replace(self.inputs, request=request))

    def with_model(self, model: Model) -> Solved | Infeasible:
        return self._solve(dataclasses.replace(self.inputs, model=model))

    def _solve(self, inputs: Inputs) -> Solved | Infeasible:
        self.solved += 1
        self.show(f"solving again ({self.solved})")
        try:
            found = plan_and_placement(inputs.graph, inputs.profile, inputs.model, inputs.request)
        except InfeasibleError as failure:
            return Infeasible(failure.diagnostics[0].message.partition(": ")[2])
        return Solved(inputs, *found)
