"""The residency lookups of a plan: the probe on the copies and the lookup on the owner, each with what it takes."""

from __future__ import annotations

from cora.model.charges import Charge, Charges, Meter
from cora.model.evaluate import ResidencyDemand, residency_demand
from cora.model.placement import Placement
from cora.model.scenario import Scenario
from cora.plan.plan import ResidencyLookup, Work


def residency_lookups(scenario: Scenario, placement: Placement) -> tuple[ResidencyLookup, ...]:
    """Of a legal placement, in the order of the stages."""
    demands = residency_demand(scenario, placement)
    missed = sum(d.missed_pps for d in demands if d.missed_pps)
    return tuple(_lookup(scenario, placement, d, d.missed_pps / missed if missed else 0.0) for d in demands)


def _lookup(scenario: Scenario, placement: Placement, demand: ResidencyDemand, share: float) -> ResidencyLookup:
    """`share`: of the copies that are given, those that the misses of this lookup ask for."""
    charges = Charges(scenario)
    group, choice = scenario.graph.groups[demand.group], placement.groups[demand.group]
    tables = [f.name for f in group.states if scenario.kinds[f.name] == "flow_table"]
    given = charges.promotions(demand.holder)
    cores = tuple(
        (engine.name, share * given[meter] / engine.clock_hz.value)
        for engine in scenario.engines
        if (meter := ("cycles", engine.name)) in given
    )
    return ResidencyLookup(
        scenario.graph.stages[demand.stage].name,
        group.name,
        _work(scenario, demand.holder, choice.memory, demand.asked_pps, demand.probe),
        _work(scenario, demand.owner, charges.memory_on(demand.owner, choice).name, demand.missed_pps, demand.lookup),
        max((round(scenario.copied_entries(table) + 0.5) for table in tables), default=0),
        charges.residence(demand.group, choice)["bytes", choice.memory],
        share * scenario.promotions_per_s,
        cores,
    )


def _work(scenario: Scenario, engine: str, memory: str, pps: float, demand: Charge) -> Work:
    cycles, wait = demand.get(("cycles", engine), 0.0), demand.get(("wait", engine), 0.0)
    meters: tuple[Meter, ...] = (("read", memory), ("write", memory), ("atomic", memory))
    operations = sum(demand.get(meter, 0.0) for meter in meters)
    per_packet = 1 / pps if pps else 0.0
    return Work(
        engine,
        pps,
        cycles * per_packet,
        wait * per_packet,
        cycles / scenario.model.engine(engine).clock_hz.value,
        memory,
        operations,
    )
