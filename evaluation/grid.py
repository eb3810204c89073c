"""What is evaluated: network functions, traffics, machines, rates, strategies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cora.cli.steps import Job, find_spec
from cora.model import load_model
from cora.model.schema import Model
from cora.nf.spec import bundled_names
from cora.plan.request import Strategy
from cora.plan.reserve import parse_reserve, without_reserved
from cora.traffic.capture import Capture
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, generate_spec
from cora.traffic.pcap import read_capture

MIXED = Path("../shared/traces/mixed.pcap.xz")
"""A captured mix of real packets. Users don't have it; then this traffic is left out, and the report says so."""
LOADS = (0.8, 1.1, 1.25)
"""The rates, as multiples of the highest rate at which everything runs on the NIC alone: below it, and where something
must be split off. No planner has a say in them."""
MOST_OF_LINE_RATE = 0.95
"""No rate is beyond this share of what the port carries at the traffic's mean frame size."""
OTHERWISE = 0.5
"""Of line rate, in place of what the NIC does alone where it can do nothing alone."""
STRATEGIES: tuple[Strategy, ...] = (
    "host-only", "nic-only", "state-only", "traffic-only", "max-offload", "greedy", "ilp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """A model, with what other functions on it have taken (as `--reserve` writes it)."""

    name: str
    target: str
    reserve: str = ""

    def model(self) -> Model:
        model = load_model(self.target)
        return without_reserved(model, parse_reserve(self.reserve)) if self.reserve else model


MACHINES = (
    Machine("agilio-cx", "agilio-cx"),
    Machine("agilio-cx, 12 of 50 cores", "agilio-cx", "cores=38"),
    Machine("bluefield2", "bluefield2"),
    Machine("fpga-opennic", "fpga-opennic"),
)


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
    machines: tuple[Machine, ...] = MACHINES
    loads: tuple[float, ...] = LOADS
    packets: int | None = None
    simulated: int = 12
    """Headlines that are simulated, the best of each kind."""
    simulated_packets: int = 8_000
    sensitivity: tuple[str, ...] = ("nat", "load_balancer")
    """Functions for which the rest is varied."""
    lab: tuple[str, ...] = ("nat", "firewall", "load_balancer")
    """Functions that the lab measures, where this machine can."""


def whole() -> Grid:
    """Everything: below two hours on two cores."""
    return Grid(tuple(bundled_names()), tuple(t for t in TRAFFICS if t.change is not None or MIXED.is_file()))


def short() -> Grid:
    """Enough to see that all of it works: about a minute."""
    chosen = tuple(t for t in TRAFFICS if t.name in ("zipf-1.1", "churn"))
    return Grid(("rate_limiter",), chosen, MACHINES[1:2], (0.8, 1.1), 3_000, 1, 2_000, (), ())


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
