"""The planner: `make_plan(graph, profile, model, PlanRequest(...))` gives a `Plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cora.plan.plan import Plan
from cora.plan.request import STRATEGIES, PlanRequest

if TYPE_CHECKING:
    from cora.plan.planner import make_plan
    from cora.plan.rates import default_rate_pps

__all__ = ["STRATEGIES", "Plan", "PlanRequest", "default_rate_pps", "make_plan"]


def __getattr__(name: str) -> Any:
    """The solver is imported when it is used: it takes longer than `cora --help` may."""
    if name == "make_plan":
        from cora.plan.planner import make_plan

        return make_plan
    if name == "default_rate_pps":
        from cora.plan.rates import default_rate_pps

        return default_rate_pps
    raise AttributeError(name)
