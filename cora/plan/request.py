"""What is asked of the planner."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

from cora.plan.plan import Plan
from cora.traffic.profile import Scale

Objective = Literal["min-cores", "max-rate"]
Strategy = Literal["ilp", "host-only", "nic-only", "state-only", "traffic-only", "max-offload", "greedy"]
STRATEGIES: tuple[Strategy, ...] = (
    "ilp", "host-only", "nic-only", "state-only", "traffic-only", "max-offload", "greedy",
)  # fmt: skip

SolverName = Literal["highs", "cbc"]
SOLVERS: tuple[SolverName, ...] = ("highs", "cbc")

DEFAULT_HOST_CORES = 8
"""The host cores that the default rate is made for, see `cora.plan.default_rate_pps`."""


@dataclass(frozen=True, slots=True)
class Solver:
    """What solves the integer programs, and how long it may search."""

    name: SolverName = "highs"
    node_limit: int = 20_000
    """Branch-and-bound nodes, which, unlike seconds, stop a search at the same place on every machine."""
    until_s: float | None = None
    """`time.monotonic()` at which a search ends with the best that it has found, for those who ask for a time limit."""

    @property
    def left_s(self) -> float | None:
        """Seconds that are left, at least 0; None without a limit."""
        return None if self.until_s is None else max(0.0, self.until_s - time.monotonic())

    def sooner(self, share: float) -> Solver:
        """The solver with a share of the time that is left."""
        left = self.left_s
        return self if left is None else replace(self, until_s=time.monotonic() + share * left)


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
    exclude: tuple[tuple[str, str], ...] = ()
    """(stage or state, engine): the stage doesn't run there; the state has neither its home nor copies there."""
    reserve: tuple[tuple[str, float, str], ...] = ()
    """(what, how much, unit) that the plan leaves alone, see `cora.plan.reserve`."""
    allow_stale: tuple[tuple[str, float], ...] = ()
    """(state, ms) that copies may be behind their owner, see `cora.plan.stale`. A plan that needs it can be looked at
    and not be split."""
    allow_reordering: bool = False
    """Packets of a flow may overtake each other while its entry is installed: engines that answers don't pass may then
    hold copies of entries. Such a plan can be looked at and not be split."""
    batches: bool = False
    """Tables of the control plane get two generations (`Plan.batches`); what they cost isn't priced."""
    baselines: bool = True
    """Score the other strategies too."""
    solver: Solver = Solver()
    running: Plan | None = None
    """The plan that runs now: what moving away from it costs counts as host cores, see `cora.plan.migration`."""
    scale: Scale = "flows"
    """How the traffic gets from its own rate to the planned one, see `cora.traffic.scale`. For `time` the profile must
    have been taken near the planned rate (`cora.plan.settle`)."""
