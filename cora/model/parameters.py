"""The uncertain numbers of a model, by name, and the model with another value for one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cora.model.schema import Curve, Engine, Link, Model, Number
from cora.model.units import BASE_UNITS

_SUFFIXES = ("_cycles", "_hz", "_ns", "_bytes", "_bps", "_per_s", "_scv")
_SILENT = ("ops", "accesses", "capabilities", "compute")
"""Parts of a model that are no words of a parameter's name."""

Path = tuple[str | int, ...]
"""Fields, indices and keys that lead to a number."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number, or a whole curve, with a range."""

    name: str
    """ "nic insert", "pcie latency", "imem capacity"."""
    path: Path
    number: Number | Curve

    @property
    def ends(self) -> tuple[float, float]:
        """The range: of a curve two factors, and its value is 1."""
        return self.number.low, self.number.high

    @property
    def value(self) -> float:
        return self.number.value if isinstance(self.number, Number) else 1.0

    @property
    def unit(self) -> str:
        return BASE_UNITS[self.number.dimension] if isinstance(self.number, Number) else "times"


def parameters(model: Model) -> tuple[Parameter, ...]:
    """All numbers of a model that have a range, in the order of the model."""
    found: list[Parameter] = []
    for part in ("engines", "memories", "links", "wire"):
        for path, number in _numbers(getattr(model, part), (part,)):
            if number.low < number.high:
                found.append(Parameter(_name(model, path), path, number))
    return tuple(found)


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, Number | Curve]]:
    match value:
        case Number() | Curve():
            yield path, value
        case tuple():
            for index, item in enumerate(value):
                yield from _numbers(item, (*path, index))
        case dict():
            for key, item in value.items():
                yield from _numbers(item, (*path, key))
        case _ if dataclasses.is_dataclass(value):
            for each in dataclasses.fields(value):
                yield from _numbers(getattr(value, each.name), (*path, each.name))
        case _:
            pass


def _name(model: Model, path: Path) -> str:
    part, *rest = path
    words = [str(part)]
    if isinstance(rest[0], int):
        words = [getattr(model, str(part))[rest.pop(0)].name]
    for step in rest:
        word = str(step)
        if word not in _SILENT:
            word = next((word.removesuffix(s) for s in _SUFFIXES if word.endswith(s)), word)
            words.append(word.replace("_", " "))
    return " ".join(words)


def with_value(model: Model, parameter: Parameter, value: float) -> Model:
    """The model with another value of a parameter; of a curve, a factor on all points. Costs that are times stay the
    same times under another clock."""
    if parameter.path[-1] == "clock_hz":
        index = parameter.path[1]
        assert isinstance(index, int)
        model = _at_clock(model, model.engines[index], value)
    return _replaced(model, parameter.path, value)


def with_values(model: Model, values: Mapping[Parameter, float]) -> Model:
    """The model with other values of several parameters. Clocks are set last: costs that are times are then taken
    along."""
    for parameter in sorted(values, key=lambda p: p.path[-1] == "clock_hz"):
        model = with_value(model, parameter, values[parameter])
    return model


def _replaced(value: Any, path: Path, new: float) -> Any:
    match value:
        case Number():
            return dataclasses.replace(value, value=new)
        case Curve():
            return dataclasses.replace(value, points=tuple((size, cost * new) for size, cost in value.points))
        case tuple():
            at = path[0]
            return tuple(_replaced(item, path[1:], new) if i == at else item for i, item in enumerate(value))
        case dict():
            return {**value, path[0]: _replaced(value[path[0]], path[1:], new)}
        case _:
            name = str(path[0])
            return dataclasses.replace(value, **{name: _replaced(getattr(value, name), path[1:], new)})


def _at_clock(model: Model, engine: Engine, clock_hz: float) -> Model:
    """The times among the costs of an engine, in cycles of another clock."""
    factor = clock_hz / engine.clock_hz.value
    engines = tuple(_timed(e, factor) if e is engine else e for e in model.engines)
    links = tuple(_timed_link(link, engine.name, factor) for link in model.links)
    return dataclasses.replace(model, engines=engines, links=links)


def _timed_link(link: Link, engine: str, factor: float) -> Link:
    if link.source == engine:
        link = dataclasses.replace(link, send_cycles=_timed(link.send_cycles, factor))
    if link.target == engine:
        link = dataclasses.replace(link, receive_cycles=_timed(link.receive_cycles, factor))
    return link


def _timed(value: Any, factor: float) -> Any:
    """All costs in a value that were written as times, times a factor."""
    match value:
        case Number() | Curve():
            if not value.timed:
                return value
            if isinstance(value, Curve):
                return dataclasses.replace(value, points=tuple((size, cost * factor) for size, cost in value.points))
            return dataclasses.replace(
                value, value=value.value * factor, low=value.low * factor, high=value.high * factor
            )
        case dict():
            return {key: _timed(item, factor) for key, item in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            changed = {each.name: _timed(getattr(value, each.name), factor) for each in dataclasses.fields(value)}
            return dataclasses.replace(value, **changed)
        case _:
            return value
