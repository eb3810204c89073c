"""What may be called saved, and the headlines. The rules:

- Host-only is the reference: the same code with nothing on the NIC. Strategies are compared at the same offered rate,
  and all deliver the same packets. Host cores include the control plane's work, with a floor.
- A headline uses only scenarios in which the NIC alone could not do everything at that rate, and of whose packets at
  least half use state that packets change: a cache that nobody asks saves everything and shows nothing.
- The ratio is (H - ours) / (H - the better of state-only and traffic-only), where that baseline saves at least a tenth
  of H, the host-only cores. A baseline without a placement that holds saves nothing; such scenarios are counted apart.
- A scenario in which host-only itself doesn't hold (a link is too slow) is counted apart: nothing can be saved of it.
- Cores of the NIC are *moved*, not saved, and stand beside.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evaluation.measure import Row

LEAST_SAVED = 0.1
LEAST_STATEFUL = 0.5
TIE = 0.005
"""Of host-only's cores: so close is as good."""
BASELINES = ("state-only", "traffic-only")
OTHERS = ("nic-only", "state-only", "traffic-only", "max-offload", "greedy")


def is_stateful(row: Row) -> bool:
    """Whether enough packets use state for the row to count in a headline."""
    return row.stateful >= LEAST_STATEFUL


@dataclass(frozen=True, slots=True)
class Scenario:
    """One function, traffic, machine and rate, with a row for each strategy."""

    rows: dict[str, Row]

    @property
    def name(self) -> str:
        row = self.ours
        return f"{row.function}, {row.traffic}, {row.machine}, {row.rate_mpps:.2f} Mpps"

    @property
    def ours(self) -> Row:
        return self.rows["ilp"]

    @property
    def host_only(self) -> float | None:
        return self.rows["host-only"].host_cores

    @property
    def comparable(self) -> bool:
        """Host-only and ours both hold."""
        return self.host_only is not None and self.ours.host_cores is not None

    @property
    def headline(self) -> bool:
        return self.comparable and not self.ours.nic_alone_fits and is_stateful(self.ours)

    def saved(self, strategy: str = "ilp") -> float:
        """The share of host-only's cores; 0 where the strategy has no placement that holds."""
        host, left = self.host_only, self.rows[strategy].host_cores
        return 0.0 if host is None or left is None else 1 - left / host

    @property
    def best_baseline(self) -> str:
        return max(BASELINES, key=self.saved)

    @property
    def ratio(self) -> float | None:
        """None where the better baseline saves too little to be divided by."""
        baseline = self.saved(self.best_baseline)
        return self.saved() / baseline if baseline >= LEAST_SAVED else None

    @property
    def best_other(self) -> str:
        """Of all other strategies."""
        return max(OTHERS, key=self.saved)


@dataclass(frozen=True, slots=True)
class Spread:
    count: int
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """The highest rates of one function, traffic and machine with one host core."""

    rows: dict[str, Row]

    def mpps(self, strategy: str) -> float:
        """The highest rate that the strategy carries; 0 if it holds at none. Not `throughput_mpps`, which is what the
        placement would carry if the flows stayed those of that rate."""
        row = self.rows[strategy]
        return row.rate_mpps if row.feasible else 0.0

    @property
    def behind(self) -> str | None:
        """The strategy that carries most, where it is more than ours by more than a tie."""
        best = max(self.rows, key=self.mpps)
        ours, most = self.mpps("ilp"), self.mpps(best)
        return best if most > ours * (1 + TIE) else None

    @property
    def gain(self) -> float | None:
        """Ours over the better of state-only and traffic-only, less 1; None if none of them holds at any rate, and
        where too few packets use state."""
        if not is_stateful(self.rows["ilp"]):
            return None
        best, ours = max(map(self.mpps, BASELINES)), self.mpps("ilp")
        return None if not best or not ours else ours / best - 1


def scenarios(rows: Iterable[Row]) -> list[Scenario]:
    """Of the rows at given rates."""
    found: dict[tuple[str, str, str, float], dict[str, Row]] = {}
    for row in rows:
        if row.objective == "min-cores":
            key = (row.function, row.traffic, row.machine, row.load)
            found.setdefault(key, {})[row.strategy] = row
    return [Scenario(by_strategy) for by_strategy in found.values()]


def throughputs(rows: Iterable[Row]) -> list[Throughput]:
    """Of the rows at the highest rates."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        if row.objective == "max-rate":
            found.setdefault((row.function, row.traffic, row.machine), {})[row.strategy] = row
    return [Throughput(by_strategy) for by_strategy in found.values()]


def spread(values: Sequence[float]) -> Spread | None:
    """Quartiles; None of nothing."""
    if not values:
        return None
    if len(values) == 1:
        only = values[0]
        return Spread(1, only, only, only, only, only)
    quarter, median, three_quarters = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(len(values), min(values), quarter, median, three_quarters, max(values))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours against another strategy, over scenarios that can be compared."""

    strategy: str
    better: int
    ties: int
    worse: int
    other_fails: int
    """Scenarios in which only ours has a placement that holds; they are among `better`."""


def against(found: Sequence[Scenario], strategy: str) -> Comparison:
    better = ties = worse = fails = 0
    for scenario in found:
        if not scenario.comparable:
            continue
        difference = scenario.saved() - scenario.saved(strategy)
        fails += not scenario.rows[strategy].feasible
        better += difference > TIE
        worse += difference < -TIE
        ties += abs(difference) <= TIE
    return Comparison(strategy, better, ties, worse, fails)
