"""The report's figures: what is computed from a plan for its headline and tables."""

from __future__ import annotations

import math

from cora.plan.plan import Plan, Score
from cora.plan.reasons import percent


def host_only(plan: Plan) -> Score | None:
    """The score of everything on the host, if the plan has it."""
    scores = (plan.score, *plan.baselines)
    return next((score for score in scores if score.strategy == "host-only" and score.loads), None)


def cores_words(cores: float) -> str:
    """Fractional, and whole: `4.74 (5)`, for hosts that poll."""
    return f"{cores:.2f} ({whole_cores(cores)})"


def whole_cores(cores: float) -> int:
    """Cores of a host that polls."""
    return math.ceil(cores - 1e-9)


def saved_words(plan: Plan) -> str:
    """The share of the host's cores that the plan saves, "" where there is nothing to compare with."""
    reference = host_only(plan)
    if reference is None or reference.host_cores <= 0:
        return ""
    return percent(1 - plan.score.host_cores / reference.host_cores)


def chosen_copies(plan: Plan) -> float | None:
    """The copies of each flow table that the plan keeps on the NIC, None if it keeps none."""
    return max((state.copy_entries for state in plan.states), default=0) or None
