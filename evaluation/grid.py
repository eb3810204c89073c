"""What is evaluated: network functions, traffics, machines, rates, strategies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cora.cli.steps import Job, find_spec
from cora.plan.request import Strategy
from cora.resources import folder
from cora.traffic.capture import Capture
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, generate_spec
from cora.traffic.pcap import read_capture

MIXED = Path("../shared/traces/mixed.pcap.xz")
"""A captured mix of real packets. Users don't have it; then this traffic is left out, and the report says so."""
TARGETS = ("agilio-cx", "bluefield2")
SHARES_OF_LINE_RATE = (0.2, 0.4, 0.8)
"""The rates, as shares of what the port carries at the traffic's mean frame size: no planner has a say in them."""
STRATEGIES: tuple[Strategy, ...] = (
    "host-only", "nic-only", "state-only", "traffic-only", "max-offload", "greedy", "ilp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traffic:
    """A way in which a function's own traffic may be; None for the captured packets."""

    name: str
    change: Callable[[GenerateSpec], GenerateSpec] | None
    skewed: bool
    """Few flows (or keys) make most packets."""


def _zipf(exponent: float) -> Callable[[GenerateSpec], GenerateSpec]:
    return lambda own: replace(own, skew=exponent, key_skew=exponent)


def _churn(own: GenerateSpec) -> GenerateSpec:
    return replace(own, skew=0.5, connection_packets=4.0, abandoned=0.5)


def _elephants(own: GenerateSpec) -> GenerateSpec:
    return replace(own, skew=1.8, key_skew=1.8, connection_packets=20 * own.connection_packets)


def _syn_flood(own: GenerateSpec) -> GenerateSpec:
    return replace(own, flood=1.0)


TRAFFICS = (
    Traffic("uniform", _zipf(0.0), skewed=False),
    Traffic("zipf-0.9", _zipf(0.9), skewed=True),
    Traffic("zipf-1.1", _zipf(1.1), skewed=True),
    Traffic("zipf-1.3", _zipf(1.3), skewed=True),
    Traffic("mixed", None, skewed=True),
    Traffic("churn", _churn, skewed=False),
    Traffic("elephants", _elephants, skewed=True),
    Traffic("syn-flood", _syn_flood, skewed=False),
)


@dataclass(frozen=True, slots=True)
class Grid:
    """`packets`: the length of generated traffic, None for that of the function's own."""

    functions: tuple[str, ...]
    traffics: tuple[Traffic, ...]
    targets: tuple[str, ...] = TARGETS
    shares: tuple[float, ...] = SHARES_OF_LINE_RATE
    packets: int | None = None
    simulated: int = 12
    """Headlines that are simulated, the best of each kind."""
    simulated_packets: int = 8_000
    sensitivity: tuple[str, ...] = ("nat", "load_balancer")
    """Functions for which the rest is varied."""
    lab: tuple[str, ...] = ("nat", "firewall", "load_balancer")
    """Functions that the lab measures, where this machine can."""


def functions() -> tuple[str, ...]:
    """All bundled network functions."""
    return tuple(sorted(path.parent.name for path in folder("nf_programs").glob("*/nf.yaml")))


def whole() -> Grid:
    """Everything: below two hours on two cores."""
    return Grid(functions(), tuple(t for t in TRAFFICS if t.change is not None or MIXED.is_file()))


def short() -> Grid:
    """Enough to see that all of it works: about a minute."""
    chosen = tuple(t for t in TRAFFICS if t.name in ("zipf-1.1", "churn"))
    return Grid(("rate_limiter",), chosen, ("agilio-cx",), (0.4, 0.8), 3_000, 1, 2_000, (), ())


def job(function: str, traffic: Traffic, packets: int | None) -> Job:
    """The function with that traffic."""
    made = Job(find_spec(function))
    made.capture = _capture(made, traffic, packets)
    return made


def _capture(made: Job, traffic: Traffic, packets: int | None) -> Capture:
    if traffic.change is None:
        return read_capture(MIXED, allow_truncated=True)
    own = traffic.change(generate_spec(made.spec.traffic.generate))
    if packets is not None:
        own = replace(own, packets=packets)
    return generate(own, f"{made.spec.name} ({traffic.name})")
