"""`--reserve`: a part of the machine that the plan must leave alone, taken off the model before anything is planned."""

from __future__ import annotations

import dataclasses
import re

from cora.diagnostics import UserError, error
from cora.model.resources import quantity
from cora.model.schema import Model, Number
from cora.model.units import UNITS, Dimension, units_of
from cora.plan.infeasible import infeasible

Reserve = tuple[str, float, str]
"""(what, how much, unit): a memory in B..GiB, an engine's cores (`cores`: those of the NIC), a link in b/s..Gb/s."""

_AMOUNT = re.compile(r"([0-9.]+)\s*([A-Za-z/]*)")


def parse_reserve(text: str) -> tuple[Reserve, ...]:
    """The parts of "imem=1MiB,cores=10"; C0621 for anything else."""
    parts: list[Reserve] = []
    for item in text.split(","):
        what, equals, amount = item.strip().partition("=")
        found = _AMOUNT.fullmatch(amount.strip())
        if not equals or found is None or found[1].count(".") > 1 or found[2] not in UNITS:
            raise _nonsense(f"{item.strip()!r} is no reservation")
        parts.append((what.strip(), float(found[1]), found[2]))
    return tuple(parts)


def _nonsense(message: str) -> UserError:
    return error("C0621", message, help="write for example `--reserve imem=1MiB,cores=10,pcie=5Gb/s`")


def without_reserved(model: Model, reserves: tuple[Reserve, ...]) -> Model:
    """The model with less of everything that is reserved. C0621 for what it doesn't have, C0620 for more than there
    is."""
    for what, amount, unit in reserves:
        model = _without(model, what, amount, unit)
    return model


def _without(model: Model, what: str, amount: float, unit: str) -> Model:
    engines = {engine.name: engine for engine in model.stage_engines}
    if what == "cores" and len(engines) > 1:
        what = model.stage_engines[-2].name
    if what in engines:
        engine = engines[what]
        left = _less(f"{what} cores", engine.count, amount, unit, "count", "cores")
        changed = dataclasses.replace(engine, count=left)
        return dataclasses.replace(model, engines=tuple(changed if e is engine else e for e in model.engines))
    for memory in model.memories:
        if memory.name == what:
            left = _less(what, memory.capacity_bytes, amount, unit, "bytes", "B")
            smaller = dataclasses.replace(memory, capacity_bytes=left)
            return dataclasses.replace(model, memories=tuple(smaller if m is memory else m for m in model.memories))
    for link in model.links:
        if link.name == what:
            left = _less(what, link.bandwidth_bps, amount, unit, "bits_per_s", "b/s")
            slower = dataclasses.replace(link, bandwidth_bps=left)
            return dataclasses.replace(model, links=tuple(slower if x is link else x for x in model.links))
    known = [*(["cores"] if len(engines) > 1 else []), *engines, *(m.name for m in model.memories)]
    known += [link.name for link in model.links]
    help = f"{model.name} has: {', '.join(known)}"
    raise error("C0621", f"{model.name} has no {what!r} to reserve a part of", help=help)


def _less(what: str, there: Number, amount: float, unit: str, dimension: Dimension, shown: str) -> Number:
    if UNITS[unit][0] != dimension:
        raise error(
            "C0621", f"{unit or 'a bare number'!r} is no amount of {what}", help=f"use {units_of((dimension,))}"
        )
    taken = amount * UNITS[unit][1]
    if taken >= there.value:
        words = f"{quantity(taken, shown)} of {what} are reserved and {quantity(there.value, shown)} are there"
        raise infeasible(words, "reserve less: something must be left to plan with")
    left = there.value - taken
    return dataclasses.replace(there, value=left, low=min(there.low, left), high=max(left, there.high - taken))


def reserve_words(reserve: Reserve) -> str:
    what, amount, unit = reserve
    return f"{amount:g} {unit}".strip() + f" of {what}"
