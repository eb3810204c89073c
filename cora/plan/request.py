"""What is asked of the planner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cora.traffic.profile import Scale

Objective = Literal["min-cores", "max-rate"]
Strategy = Literal["ilp", "host-only", "nic-only", "state-only", "traffic-only"]
STRATEGIES: tuple[Strategy, ...] = ("ilp", "host-only", "nic-only", "state-only", "traffic-only")

DEFAULT_HOST_CORES = 8
"""The host cores that the default rate is made for, see `cora.plan.default_rate_pps`."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """min-cores: the fewest host cores at `rate_pps` (None: the default rate of the target, see `docs/planning.md`).
    max-rate: the highest rate with `cores` host cores (None: 1)."""

    objective: Objective = "min-cores"
    rate_pps: float | None = None
    cores: float | None = None
    strategy: Strategy = "ilp"
    pin_states: tuple[tuple[str, str], ...] = ()
    """(state, engine): all accesses to the state run on that engine."""
    pin_stages: tuple[tuple[str, str], ...] = ()
    """(stage name, engine): the stage runs there, for all packets."""
    baselines: bool = True
    """Score the other strategies too."""
    node_limit: int = 20_000
    """Branch-and-bound nodes, which, unlike seconds, stop a search at the same place on every machine."""
    scale: Scale = "flows"
    """How the traffic gets from its own rate to the planned one, see `cora.traffic.scale`. For `time` the profile must
    have been taken near the planned rate (`cora.plan.settle`)."""
