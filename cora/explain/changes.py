"""What could be otherwise: more of a resource, a capability, another rate, fewer flows; each applied to the inputs of
a plan. Only what concerns engines other than the host: more host is no offload."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from cora.analysis.graph import StateGraph
from cora.ir.nodes import AccessKind
from cora.model.resources import quantity
from cora.model.schema import ACCESS_SHAPES, AccessCost, Engine, Link, Memory, Model, Number
from cora.plan import Plan, PlanRequest
from cora.traffic.profile import Profile, ResidencyTier

PLENTY = 1024.0
"""So many times what is there stands for as much as one likes."""


ChangeKind = Literal["resource", "capability", "rate", "flows"]


@dataclass(frozen=True, slots=True)
class Inputs:
    graph: StateGraph
    profile: Profile
    model: Model
    request: PlanRequest


@dataclass(frozen=True, slots=True)
class Change:
    """`apply(inputs, value)` gives the inputs with the figure at `value`; the search for more begins at `most`."""

    name: str
    kind: ChangeKind
    unit: str
    now: float
    most: float
    apply: Callable[[Inputs, float], Inputs]
    words: Callable[[float], str]
    rows: tuple[str, ...] = ()
    """Names (or how they begin and end, around a `*`) of the loads that say how much a plan uses."""
    step: float = 0.0
    """1 for what comes in whole pieces."""

    @property
    def numeric(self) -> bool:
        return self.unit != "yes/no"

    def demand(self, plan: Plan) -> float:
        """What a plan uses of it."""
        return max((load.demand for load in plan.score.loads if self._counts(load.resource)), default=0.0)

    def _counts(self, resource: str) -> bool:
        for row in self.rows:
            begin, star, end = row.partition("*")
            if resource == row or (star and resource.startswith(begin) and resource.endswith(end)):
                return True
        return False


def machine_changes(model: Model) -> tuple[Change, ...]:
    """Everything about the NIC that could be more: resources first, then capabilities."""
    host = model.host.name
    found: list[Change] = []
    for engine in model.engines[:-1]:
        found += _engine_resources(engine)
    for memory in model.memories:
        if memory.engine != host:
            found += _memory_resources(memory)
    for link in model.links:
        found += _link_resources(link)
    for engine in model.stage_engines[:-1]:
        found += _capabilities(engine)
    return tuple(found)


def rate_change(rate_pps: float) -> Change:
    """Another planned rate."""

    def apply(inputs: Inputs, value: float) -> Inputs:
        return dataclasses.replace(inputs, request=dataclasses.replace(inputs.request, rate_pps=value))

    def words(value: float) -> str:
        return f"a {'lower' if value < rate_pps else 'higher'} rate: {quantity(value, 'pps')}"

    return Change("rate", "rate", "pps", rate_pps, rate_pps / PLENTY, apply, words)


def flows_change(flows: float) -> Change:
    """Fewer connections open at a time: the same packets and arrivals, smaller tables. The value is the share left."""

    def apply(inputs: Inputs, value: float) -> Inputs:
        return dataclasses.replace(inputs, profile=_with_flows(inputs.profile, value))

    def words(value: float) -> str:
        return f"{quantity(flows * (1 - value), '')} fewer flows"

    return Change("flows", "flows", "of all flows", 1.0, 1 / PLENTY, apply, words)


def _with_flows(profile: Profile, share: float) -> Profile:
    states = tuple(
        dataclasses.replace(s, entries_peak=max(1, round(s.entries_peak * share))) if s.inserts else s
        for s in profile.states
    )
    return dataclasses.replace(
        profile,
        states=states,
        tiers=_smaller(profile.tiers, share),
        record_tiers=_smaller(profile.record_tiers, share),
        flows=max(1, round(profile.flows * share)),
    )


def _smaller(tiers: tuple[ResidencyTier, ...], share: float) -> tuple[ResidencyTier, ...]:
    return tuple(
        dataclasses.replace(t, entries=max(1, round(t.entries * share)), peak=max(1, round(t.peak * share)))
        for t in tiers
    )


# ---------------------------------------------------------------- the machine


def _set(number: Number, value: float) -> Number:
    return dataclasses.replace(number, value=value, low=value, high=value)


def _resource(
    name: str, number: Number | None, unit: str, put: Callable[[Model, Number], Model], rows: tuple[str, ...]
) -> Iterator[Change]:
    """The change of one figure of the model, if it has that figure."""
    if number is None or number.value <= 0:
        return
    now = number.value

    def apply(inputs: Inputs, value: float) -> Inputs:
        return dataclasses.replace(inputs, model=put(inputs.model, _set(number, value)))

    def words(value: float) -> str:
        if unit == "cores":
            pieces = f"{abs(value - now):g} {'more' if value > now else 'fewer'} {name}"
            return f"{pieces.removesuffix('s') if abs(value - now) == 1 else pieces} (now {now:g})"
        difference = quantity(abs(value - now), unit)
        return f"{difference} {'more' if value > now else 'less'} of {name} (now {quantity(now, unit)})"

    step = 1.0 if unit in ("cores", "instructions") else 0.0
    yield Change(name, "resource", unit, now, now * PLENTY, apply, words, rows, step)


def _replace_engine(model: Model, name: str, **fields: object) -> Model:
    engines = tuple(dataclasses.replace(e, **fields) if e.name == name else e for e in model.engines)  # type: ignore[arg-type]
    return dataclasses.replace(model, engines=engines)


def _engine_resources(engine: Engine) -> Iterator[Change]:
    name = engine.name
    if engine.capabilities.runs_stages:
        rows = (f"{name} cores",)
        yield from _resource(
            f"{name} cores", engine.count, "cores", lambda m, n: _replace_engine(m, name, count=n), rows
        )
    yield from _resource(
        f"{name} code", engine.code_limit, "instructions", lambda m, n: _replace_engine(m, name, code_limit=n),
        (f"{name} code",),
    )  # fmt: skip
    yield from _resource(
        f"{name} packets", engine.packet_rate, "pps", lambda m, n: _replace_engine(m, name, packet_rate=n),
        (f"{name} packets",),
    )  # fmt: skip
    if _inserts(engine):

        def insertions(model: Model, number: Number) -> Model:
            able = dataclasses.replace(model.engine(name).capabilities, insert_rate_per_s=number)
            return _replace_engine(model, name, capabilities=able)

        rows = (f"{name} insertions",)
        yield from _resource(f"{name} insertions", engine.capabilities.insert_rate_per_s, "/s", insertions, rows)

    if (longest := engine.capabilities.entry_bytes) is not None:

        def entry(model: Model, number: Number) -> Model:
            able = dataclasses.replace(model.engine(name).capabilities, entry_bytes=number)
            return _replace_engine(model, name, capabilities=able)

        yield from _resource(f"{name} entry size", longest, "B", entry, ())


def _replace_memory(model: Model, name: str, **fields: Number) -> Model:
    memories = tuple(dataclasses.replace(m, **fields) if m.name == name else m for m in model.memories)  # type: ignore[arg-type]
    return dataclasses.replace(model, memories=memories)


def _memory_resources(memory: Memory) -> Iterator[Change]:
    name = memory.name
    figures = (
        (f"{name} bytes", memory.capacity_bytes, "B", "capacity_bytes", f"{name} bytes"),
        (f"{name} entries", memory.max_entries, "", "max_entries", f"{name} entries"),
        (f"{name} reads", memory.read_rate_per_s, "/s", "read_rate_per_s", f"{name} reads"),
        (f"{name} one place", memory.spot_read_rate_per_s, "/s", "spot_read_rate_per_s", f"{name} reads of one place"),
        (f"{name} writes", memory.write_rate_per_s, "/s", "write_rate_per_s", f"{name} writes"),
        (f"{name} atomics", memory.atomic_rate_per_s, "/s", "atomic_rate_per_s", f"{name} atomics"),
        (f"{name} cell", memory.cell_rate_per_s, "/s", "cell_rate_per_s", f"hottest cell of * in {name}"),
    )
    for shown, number, unit, where, row in figures:

        def put(model: Model, value: Number, where: str = where) -> Model:
            return _replace_memory(model, name, **{where: value})

        yield from _resource(shown, number, unit, put, (row,))


def _link_resources(link: Link) -> Iterator[Change]:
    name = link.name

    def put(model: Model, where: str, value: Number) -> Model:
        links = tuple(dataclasses.replace(x, **{where: value}) if x.name == name else x for x in model.links)  # type: ignore[arg-type]
        return dataclasses.replace(model, links=links)

    yield from _resource(
        f"{name} bandwidth", link.bandwidth_bps, "b/s", lambda m, n: put(m, "bandwidth_bps", n),
        (f"{name} inwards", f"{name} outwards"),
    )  # fmt: skip
    yield from _resource(
        f"{name} packets", link.packet_rate, "pps", lambda m, n: put(m, "packet_rate", n), (f"{name} packets",)
    )
    yield from _resource(f"{name} metadata", link.metadata_bits, "bits", lambda m, n: put(m, "metadata_bits", n), ())


# ---------------------------------------------------------------- capabilities


def _inserts(engine: Engine) -> bool:
    return engine.capabilities.data_plane_insert and "insert" in engine.capabilities.accesses


ALL_ACCESSES: tuple[AccessKind, ...] = get_args(AccessKind)
ALL_MATCHES = ("exact", "lpm", "ternary", "range", "optional")


def _capabilities(engine: Engine) -> Iterator[Change]:
    able, name = engine.capabilities, engine.name
    if not able.expires_entries and engine.sweep is None:
        yield _ability(name, "expires_entries", f"{name} removing idle entries by itself", expires_entries=True)
    if not able.forwards:
        yield _ability(name, "forwards", f"{name} sending packets out by itself", forwards=True)
    if not able.in_band:
        yield _ability(name, "in_band", f"{name} on the way of the host's answers", in_band=True)
    if able.serial_flows is not None and able.serial_flows.value == "never":
        words = f"{name} handling the packets of a flow and their answers one after the other"
        yield _ability(name, "serial_flows", words, serial_flows=None)
    if able.stamps is not None and able.stamps.value == "none":
        yield _ability(name, "stamps", f"{name} counting its hand-offs", stamps=None)
    if not able.holds_copies:
        yield _ability(name, "holds_copies", f"{name} holding copies", holds_copies=True)
    if not _inserts(engine):
        yield _insertion(engine)
    missing = tuple(a for a in ALL_ACCESSES if a not in able.accesses and a != "insert")
    if missing:
        words = f"{name} able to {', '.join(missing)}"
        yield _ability(name, "accesses", words, accesses=(*able.accesses, *missing))
    matches = tuple(m for m in ALL_MATCHES if m not in able.matches)
    if matches:
        words = f"{name} with {', '.join(matches)} match"
        yield _ability(name, "matches", words, matches=(*able.matches, *matches))


def _ability(name: str, what: str, words: str, **fields: object) -> Change:
    def apply(inputs: Inputs, value: float) -> Inputs:
        engine = inputs.model.engine(name)
        # Insertion is a change of its own: what it adds to the accesses stays.
        able = dataclasses.replace(engine.capabilities, **fields)  # type: ignore[arg-type]
        accesses = tuple(dict.fromkeys((*able.accesses, *engine.capabilities.accesses)))
        able = dataclasses.replace(able, accesses=accesses)
        changed = _replace_engine(inputs.model, name, capabilities=able, accesses=_costs(engine))
        return dataclasses.replace(inputs, model=changed)

    return Change(f"{name}: {what}", "capability", "yes/no", 0.0, 1.0, apply, lambda _: words)


def _insertion(engine: Engine) -> Change:
    """An engine that cannot insert, inserting at a rate."""
    name = engine.name

    def apply(inputs: Inputs, value: float) -> Inputs:
        current = inputs.model.engine(name)
        accesses = tuple(dict.fromkeys((*current.capabilities.accesses, "insert")))
        rate = Number(value, "per_s", "what if", "assumed", value, value)
        able = dataclasses.replace(
            current.capabilities, accesses=accesses, data_plane_insert=True, insert_rate_per_s=rate
        )
        changed = _replace_engine(inputs.model, name, capabilities=able, accesses=_costs(current))
        return dataclasses.replace(inputs, model=changed)

    def words(value: float) -> str:
        return f"{name} able to insert at {quantity(value, '/s')}"

    return Change(f"{name}: insertion", "capability", "/s", 0.0, 1e9, apply, words, (f"{name} insertions",))


def _costs(engine: Engine) -> dict[str, AccessCost]:
    """The access costs, with that of an exact lookup for what the engine can't do today: nothing is free."""
    known = engine.accesses.get("exact") or next(iter(engine.accesses.values()), None)
    if known is None:
        return engine.accesses
    return {shape: engine.accesses.get(shape, known) for shape in ACCESS_SHAPES}
