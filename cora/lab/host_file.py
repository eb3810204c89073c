"""The model file that `cora calibrate` writes: a host in the schema of docs/models.md. What wasn't measured stays as it
is in the model of an ordinary host, with its sources."""

from __future__ import annotations

import datetime
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cora import __version__
from cora.lab.calibration import Calibration, Figure
from cora.model.load import model_path
from cora.model.schema import OP_CLASSES

BASE = "host-x86"
_SOURCE = "calibration"
_DERIVED = "calibration-derived"
_OPS = (*OP_CLASSES, "clock_read")
_CURVES = ("exact", "insert", "read", "write", "count")
_LEAST_NS = 1.0
"""Of an access: a load from the first cache, 4 cycles of a Skylake core (facts of its vendor). Less is noise: the
figures are differences, and with a cost next to nothing as the middle no factor would hold what another run finds."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What was measured, and when."""

    cpu: str
    kernel: str
    date: str
    cpus: int
    memory_bytes: int
    clock_mhz: float

    def __str__(self) -> str:
        return f"{self.cpu}, Linux {self.kernel}, {self.date}"


def this_machine() -> Machine:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    pairs = (line.partition(":") for line in info.splitlines())
    said = {name.strip(): value.strip() for name, _, value in pairs}
    return Machine(
        said.get("model name", platform.machine()),
        platform.release(),
        datetime.datetime.now(datetime.UTC).date().isoformat(),
        os.cpu_count() or 1,
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        float(said.get("cpu MHz", "0")),
    )


def host_file(found: Calibration, machine: Machine) -> str:
    """The YAML text."""
    model: dict[str, Any] = yaml.safe_load(model_path(BASE).read_text(encoding="utf-8"))
    method = f"median of {found.rounds} rounds on a veth pair, in situ; ranges: all rounds but the ends"
    model["name"], model["title"] = "calibrated-host", f"calibrated host: {machine}"
    model["sources"][_SOURCE] = f"cora calibrate {__version__} on {machine}: {method}"
    model["sources"][_DERIVED] = f"worked out from what cora calibrate measured on {machine}"
    model["sources"]["machine"] = f"what the kernel says of {machine}"
    engine = model["engines"]["host"]
    engine["count"] = _known(machine.cpus, "")
    if machine.clock_mhz:
        engine["clock"] = _known(round(machine.clock_mhz), "MHz")
    model["memories"]["host-dram"]["capacity"] = _known(round(machine.memory_bytes / 2**30, 1), "GiB")
    figures = found.figures
    for name in ("receive", "transmit"):
        engine[name] = _number(figures[name])
    for name in _OPS:
        if name in figures:
            engine["ops"][name] = _number(figures[name])
    engine["accesses"] |= _accesses(figures, engine["accesses"])
    model["crossing"] = _number(figures["crossing"])
    head = f"# Measured by cora calibrate {__version__} on {machine}.\n"
    head += "# Use it with --host-model; how to read it: docs/models.md.\n"
    return head + yaml.safe_dump(model, sort_keys=False, allow_unicode=True, width=150, default_flow_style=None)


def _accesses(figures: Mapping[str, Figure], base: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {shape: {"compute": _curve(_points(figures, shape))} for shape in _CURVES}
    made["delete"] = {"compute": _curve(_points(figures, "insert"), _DERIVED)}
    both = {n: _sum(f, figures[f"write@{n}"]) for n, f in _points(figures, "read").items()}
    made["rmw"] = {"compute": _curve(both, _DERIVED)}
    for shape in ("touch", "update"):
        made[shape] = {"compute": _number(figures[shape])}
    few, many = figures["ternary@4"], figures["ternary@64"]
    row = Figure((many.ns - few.ns) / 60, max(many.low_ns - few.high_ns, 0.0) / 60, (many.high_ns - few.low_ns) / 60)
    fixed = Figure(few.ns - 4 * row.ns, few.low_ns - 4 * row.high_ns, few.high_ns - 4 * row.low_ns)
    made["ternary"] = {"compute": _number(fixed, _DERIVED), "per_row": _number(row, _DERIVED)}
    # Beyond what was measured, prefixes get dearer as in the base model.
    known = base["lpm"]["compute"]["points"]
    at = figures["lpm@64"]
    grown = {int(n): _times(at, cost / known[0][1]) for n, cost in known[1:]}
    made["lpm"] = {"compute": _curve({64: at, **grown}, _DERIVED)}
    return made


def _points(figures: Mapping[str, Figure], shape: str) -> dict[int, Figure]:
    points = {int(name.split("@")[1]): f for name, f in figures.items() if name.startswith(f"{shape}@")}
    return dict(sorted(points.items()))


def _sum(one: Figure, other: Figure) -> Figure:
    return Figure(one.ns + other.ns, one.low_ns + other.low_ns, one.high_ns + other.high_ns)


def _times(figure: Figure, factor: float) -> Figure:
    return Figure(figure.ns * factor, figure.low_ns * factor, figure.high_ns * factor)


def _known(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "machine", "confidence": "measured"}


def _origin(source: str) -> dict[str, str]:
    return {"unit": "ns", "source": source, "confidence": "measured" if source == _SOURCE else "derived"}


def _number(figure: Figure, source: str = _SOURCE) -> dict[str, Any]:
    value = round(max(figure.ns, 0.0), 3)
    low, high = math.floor(max(figure.low_ns, 0.0) * 1000) / 1000, math.ceil(max(figure.high_ns, value) * 1000) / 1000
    return {"value": value, **_origin(source), "range": [min(low, value), high]}


def _curve(points: Mapping[int, Figure], source: str = _SOURCE) -> dict[str, Any]:
    """The spread of a curve is two factors, which hold those of all its points."""
    costs = {entries: max(figure.ns, _LEAST_NS) for entries, figure in points.items()}
    values = [[entries, round(ns, 3)] for entries, ns in costs.items()]
    low = min((figure.low_ns / costs[entries] for entries, figure in points.items()), default=1.0)
    high = max((figure.high_ns / costs[entries] for entries, figure in points.items()), default=1.0)
    return {
        "points": values,
        **_origin(source),
        "range": [max(0.0, math.floor(min(low, 1.0) * 1000) / 1000), math.ceil(max(high, 1.0) * 1000) / 1000],
    }
