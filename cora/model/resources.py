"""The resources of a machine as rows: what is asked of each, and how much there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cora.model.charges import Charge, Meter
from cora.model.scenario import Scenario
from cora.model.schema import Engine, Number
from cora.model.units import BINARY, DECIMAL, scaled


@dataclass(frozen=True, slots=True)
class Resource:
    """Sum of factor * meter + `fixed` must not exceed `capacity`. Demand grows with the packet rate if `scales`.

    Cores that hide memory latency behind T threads are two resources: cycles <= cores * clock, and cycles + waiting <=
    cores * T * clock."""

    name: str
    terms: tuple[tuple[Meter, float], ...]
    fixed: float
    capacity: float
    unit: str
    assumed: bool
    scales: bool = True
    least: float = 0.0
    """The low end of the capacity's range."""


@dataclass(frozen=True, slots=True)
class Row:
    """A resource with its demand. `per_rate` grows with the packet rate (given at the scenario's), `fixed` doesn't."""

    resource: str
    per_rate: float
    fixed: float
    capacity: float
    unit: str
    assumed: bool
    least: float
    """The low end of the capacity's range."""

    @property
    def used(self) -> float:
        return self.per_rate + self.fixed

    @property
    def overloaded(self) -> bool:
        return self.used > self.capacity * (1 + 1e-9)

    def overload(self) -> str:
        """The row in a user's words, for when it doesn't fit."""
        return f"{self.resource}: {quantity(self.used, self.unit)} needed, {quantity(self.capacity, self.unit)} there"


def quantity(value: float, unit: str) -> str:
    """A number with its unit, for people: 12.3 MiB, 40 Gb/s, 2.5 M/s, 3.20 cores."""
    match unit:
        case "B":
            number, prefix = scaled(value, BINARY)
        case "cores" | "threads" | "instructions":
            return f"{value:.2f} {unit}" if unit == "cores" else f"{value:,.0f} {unit}"
        case _:
            number, prefix = scaled(value, DECIMAL)
    return f"{number:.3g} {prefix}{unit}".rstrip()


def resource_rows(scenario: Scenario, demand: Charge, host_cores: float | None) -> tuple[Row, ...]:
    """All resources with a demand, engines first. `host_cores` replaces the model's count of host cores."""
    rows: list[Row] = []
    for what in resources(scenario, host_cores):
        amount = sum(factor * demand.get(meter, 0.0) for meter, factor in what.terms)
        per_rate, fixed = (amount, what.fixed) if what.scales else (0.0, what.fixed + amount)
        if per_rate + fixed > 0:
            least = min(what.capacity, what.least or what.capacity)
            rows.append(Row(what.name, per_rate, fixed, what.capacity, what.unit, what.assumed, least))
    return (*rows, *wire_rows(scenario))


def wire_rows(scenario: Scenario) -> tuple[Row, ...]:
    """Line rate and packet rate of the wire: the same in every placement."""
    wire = scenario.model.wire
    bits = 8 * (scenario.traffic.bytes_per_s + scenario.rate_pps * wire.framing_bytes)
    there = wire.line_rate_bps
    line = Row("line rate", bits, 0.0, there.value, "b/s", there.assumed, there.low)
    if (rate := wire.packet_rate) is None:
        return (line,)
    return (line, Row("MAC packets", scenario.rate_pps, 0.0, rate.value, "pps", rate.assumed, rate.low))


def resources(scenario: Scenario, host_cores: float | None) -> tuple[Resource, ...]:
    """Every limited thing of the machine but the wire."""
    return (*_engines(scenario, host_cores), *_memories(scenario), *_links(scenario))


def _assumed(*numbers: Number | None) -> bool:
    return any(number is not None and number.assumed for number in numbers)


def _costs_assumed(engine: Engine) -> bool:
    accesses = (cost.compute.assumed or _assumed(cost.per_row) for cost in engine.accesses.values())
    return _assumed(engine.receive_cycles, engine.transmit_cycles, *engine.ops.values()) or any(accesses)


def _engines(scenario: Scenario, host_cores: float | None) -> Iterator[Resource]:
    host = scenario.model.host
    for engine in scenario.model.engines:
        name, per_cycle = engine.name, 1 / engine.clock_hz.value
        count = host_cores if engine is host and host_cores is not None else engine.count.value
        floor = engine.floor_cores.value if engine is host and engine.floor_cores is not None else 0.0
        guessed = _costs_assumed(engine) or _assumed(engine.count, engine.clock_hz)
        cycles: tuple[Meter, float] = (("cycles", name), per_cycle)
        shown = "host cores" if engine is host else f"{name} cores"
        yield Resource(shown, (cycles,), floor, count, "cores", guessed)
        if (threads := engine.threads.value) > 1:
            waiting: tuple[Meter, float] = (("wait", name), per_cycle)
            yield Resource(f"{name} threads", (cycles, waiting), 0.0, count * threads, "threads", guessed)
        if (rate := engine.packet_rate) is not None:
            yield Resource(
                f"{name} packets", ((("packets", name), 1.0),), 0.0, rate.value, "pps", rate.assumed, least=rate.low
            )
        if (rate := engine.capabilities.insert_rate_per_s) is not None:
            yield Resource(
                f"{name} insertions", ((("inserts", name), 1.0),), 0.0, rate.value, "/s", rate.assumed, least=rate.low
            )
        if (limit := engine.code_limit) is not None:
            yield Resource(
                f"{name} code", ((("code", name), 1.0),), 0.0, limit.value, "instructions", limit.assumed, scales=False
            )


def _memories(scenario: Scenario) -> Iterator[Resource]:
    for memory in scenario.model.memories:
        name = memory.name
        guessed = _assumed(memory.capacity_bytes, memory.load_factor, memory.entry_overhead_bytes)
        size = memory.capacity_bytes.value
        yield Resource(
            f"{name} bytes",
            ((("bytes", name), 1.0),),
            0.0,
            size,
            "B",
            guessed,
            scales=False,
            least=memory.capacity_bytes.low,
        )
        if (limit := memory.max_entries) is not None:
            entries: Meter = ("entries", name)
            yield Resource(f"{name} entries", ((entries, 1.0),), 0.0, limit.value, "", limit.assumed, scales=False)
        if (rate := memory.read_rate_per_s) is not None:
            yield Resource(
                f"{name} reads", ((("read", name), 1.0),), 0.0, rate.value, "/s", rate.assumed, least=rate.low
            )
        if (rate := memory.spot_read_rate_per_s) is not None:
            # Where the hottest places lie isn't known: they are taken to be one.
            spot: Meter = ("spot", name)
            shown = f"{name} reads of one place"
            yield Resource(shown, ((spot, 1.0),), 0.0, rate.value, "/s", rate.assumed, least=rate.low)
        if (rate := memory.write_rate_per_s) is not None:
            yield Resource(
                f"{name} writes", ((("write", name), 1.0),), 0.0, rate.value, "/s", rate.assumed, least=rate.low
            )
        if (rate := memory.atomic_rate_per_s) is not None:
            yield Resource(
                f"{name} atomics", ((("atomic", name), 1.0),), 0.0, rate.value, "/s", rate.assumed, least=rate.low
            )
        if (rate := memory.cell_rate_per_s) is not None:
            for state in scenario.facts:
                meter: Meter = ("cell", f"{name}/{state}")
                shown = f"hottest cell of {state} in {name}"
                yield Resource(shown, ((meter, 1.0),), 0.0, rate.value, "/s", rate.assumed, least=rate.low)


def _links(scenario: Scenario) -> Iterator[Resource]:
    for link in scenario.model.links:
        name, bandwidth = link.name, link.bandwidth_bps
        inwards: Meter = ("inwards", name)
        outwards: Meter = ("outwards", name)
        yield Resource(
            f"{name} inwards", ((inwards, 1.0),), 0.0, bandwidth.value, "b/s", bandwidth.assumed, least=bandwidth.low
        )
        yield Resource(
            f"{name} outwards", ((outwards, 1.0),), 0.0, bandwidth.value, "b/s", bandwidth.assumed, least=bandwidth.low
        )
        if (rate := link.packet_rate) is not None:
            yield Resource(
                f"{name} packets", ((("passages", name), 1.0),), 0.0, rate.value, "pps", rate.assumed, least=rate.low
            )
