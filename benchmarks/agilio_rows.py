"""The model of the Agilio CX against published rows: `python benchmarks/agilio_rows.py [rows.csv]`.

Prints each row as measured and as `cora predict` has it, then a cross-validation: for each program the figures of the
model that are fitted are fitted again without that program's rows, and those rows predicted. What then says nothing
about a figure leaves it at what is known of it otherwise (`FITTED`). Rows of a file of yours are only compared.
"""

from __future__ import annotations

import csv
import dataclasses
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.cli.steps import bare_spec
from cora.model import load_model
from cora.model.bounds import Limit, reached_pps
from cora.model.schema import Memory, Model, Number
from cora.nf.build import build_program
from cora.plan.predict import Predictor
from cora.plan.prediction import Setting

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "models" / "measurements" / "agilio-cx.csv"
MACROS = {"count_min": "ROWS", "dram_reads": "READS", "drop": "NOTHING"}
NOISE = 0.01
"""What rows that should agree differ by (drops on 5, 10 and 20 engines): the error of a measurement, as a share."""
STEPS = 30
"""Of Gauss and Newton."""


@dataclass(frozen=True, slots=True)
class Row:
    program: str
    size: int
    cores: float
    firmware: str
    measured_mpps: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the model that is fitted: what the model has, what is known of it without the rows, and how well."""

    name: str
    model: float
    known: float
    spread: float
    origin: str
    put: Callable[[Model, float], Model]


def _number(number: Number, value: float) -> Number:
    return dataclasses.replace(number, value=value, low=value, high=value)


def _op(name: str) -> Callable[[Model, float], Model]:
    def put(model: Model, value: float) -> Model:
        nic = model.engine("nic")
        nic = dataclasses.replace(nic, ops={**nic.ops, name: _number(nic.ops[name], value)})
        return dataclasses.replace(model, engines=(nic, *model.engines[1:]))

    return put


def _receive(firmware: str) -> Callable[[Model, float], Model]:
    def put(model: Model, value: float) -> Model:
        if model.firmware != firmware:
            return model
        nic = model.engine("nic")
        nic = dataclasses.replace(nic, receive_cycles=_number(nic.receive_cycles, value))
        return dataclasses.replace(model, engines=(nic, *model.engines[1:]))

    return put


def _emem(change: Callable[[Memory, float], Memory]) -> Callable[[Model, float], Model]:
    def put(model: Model, value: float) -> Model:
        memories = tuple(change(m, value) if m.name == "emem" else m for m in model.memories)
        return dataclasses.replace(model, memories=memories)

    return put


def _mac(model: Model, value: float) -> Model:
    assert model.wire.packet_rate is not None
    wire = dataclasses.replace(model.wire, packet_rate=_number(model.wire.packet_rate, 1e9 / value))
    return dataclasses.replace(model, wire=wire)


def _spacing(memory: Memory, value: float) -> Memory:
    assert memory.issue_spacing_cycles is not None
    return dataclasses.replace(memory, issue_spacing_cycles=_number(memory.issue_spacing_cycles, value))


def _spot(memory: Memory, value: float) -> Memory:
    assert memory.spot_read_rate_per_s is not None
    return dataclasses.replace(memory, spot_read_rate_per_s=_number(memory.spot_read_rate_per_s, 1e9 / value))


FITTED = (
    Figure("receive, cycles", 238, 224, 15, "stripped firmware, its paper", _receive("stripped")),
    Figure("receive with queue selection", 416, 421, 15, "a note on the same rows", _receive("queue-selection")),
    Figure("load_word, cycles", 47.5, 25, 15, "a read of SRAM and 9 instructions", _op("load_word")),
    Figure("hash, cycles", 39, 1, 20, "crc32 in 25 instructions, Clara", _op("hash")),
    Figure("EMEM issue spacing, cycles", 25, 25, 1, "its paper", _emem(_spacing)),
    Figure("EMEM read of one place, ns", 5.04, 5.04, 0.04, "its paper, 197 to 200 M/s", _emem(_spot)),
    Figure("MAC, ns a packet", 18.38, 18.38, 0.07, "its paper, 54.4 Mpps", _mac),
)
"""The time between packets at which any resource is full is linear in each."""


def read_rows(path: Path) -> list[Row]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [
        Row(r["program"], int(r["size"]), float(r["cores"]), r["firmware"], float(r["measured_mpps"]))
        for r in csv.DictReader(lines)
    ]


@cache
def graph_of(program: str, size: int) -> StateGraph:
    spec = bare_spec(ROOT / "examples" / "models" / f"{program}.p4")
    return analyse(build_program(spec, defines=(f"{MACROS[program]}={size}",), keep_reads=True))


def limits_ns(row: Row, values: Sequence[float] = ()) -> dict[str, float]:
    """By resource: the time between packets at which it is full; with other values of what is fitted."""
    model = load_model("agilio-cx", row.firmware)
    for figure, value in zip(FITTED, values, strict=False):
        model = figure.put(model, value)
    found = Predictor(graph_of(row.program, row.size), None, model).outcome(Setting(cores=row.cores))
    return {limit.resource: 1e9 / limit.rate_pps for limit in found.limits}


def predicted_mpps(row: Row) -> float:
    """As `cora predict` has it."""
    model = load_model("agilio-cx", row.firmware)
    return Predictor(graph_of(row.program, row.size), None, model).outcome(Setting(cores=row.cores)).pps / 1e6


@cache
def slopes(row: Row) -> tuple[np.ndarray, np.ndarray]:
    """The times of `limits_ns` at what is known, and how they grow with each figure."""
    known = [figure.known for figure in FITTED]
    here = limits_ns(row, known)
    grown: list[list[float]] = []
    for index, figure in enumerate(FITTED):
        more = limits_ns(row, [*known[:index], known[index] + figure.spread, *known[index + 1 :]])
        grown.append([(more[name] - here[name]) / figure.spread for name in here])
    return np.array(list(here.values())), np.array(grown)


def fitted_mpps(row: Row, values: np.ndarray) -> float:
    base, grown = slopes(row)
    times = base + (values - np.array([f.known for f in FITTED])) @ grown
    return reached_pps(tuple(sorted((Limit("", 1e9 / t, False) for t in times), key=lambda x: x.rate_pps))) / 1e6


def fitted(rows: Sequence[Row]) -> np.ndarray:
    """The values that agree best with the rows and with what is known beside them, both weighted by their spread."""
    known = np.array([f.known for f in FITTED])
    spread = np.array([f.spread for f in FITTED])

    def off(values: np.ndarray) -> np.ndarray:
        errors = [np.log(fitted_mpps(row, values) / row.measured_mpps) / NOISE for row in rows]
        return np.concatenate([errors, (values - known) / spread])

    values = np.array([f.model for f in FITTED])  # from far off, rows that the MAC bounds would tell no direction
    for _ in range(STEPS):
        here, step = off(values), 0.02 * spread
        slope = [(off(values + size * unit) - here) / size for unit, size in zip(np.eye(len(step)), step, strict=True)]
        values = values - 0.5 * np.linalg.lstsq(np.array(slope).T, here, rcond=None)[0]
    return values


def print_rows(title: str, rows: Sequence[Row], predictions: Sequence[float]) -> None:
    head = f"{'program':<14}{'size':>5}{'cores':>7}  {'firmware':<16}{'measured':>9}{'predicted':>11}{'error':>8}"
    print(f"\n{title}\n{head}")
    errors = [p / row.measured_mpps - 1 for row, p in zip(rows, predictions, strict=True)]
    for row, mpps, error in zip(rows, predictions, errors, strict=True):
        where = f"{row.program:<14}{row.size:>5}{row.cores:>7g}  {row.firmware:<16}"
        print(f"{where}{row.measured_mpps:>9.2f}{mpps:>11.2f}{100 * error:>+7.1f}%")
    sizes = [abs(e) for e in errors]
    print(f"{len(rows)} rows: median error {100 * median(sizes):.1f}%, worst {100 * max(sizes):.1f}%")


def main() -> int:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    rows = read_rows(path)
    print_rows(f"models/agilio-cx.yaml against {path.name}", rows, [predicted_mpps(row) for row in rows])
    if path != ROWS:
        return 0
    folds = {"all": rows, **{f"no {name}": [r for r in rows if r.program != name] for name in MACROS}}
    found = {name: fitted(some) for name, some in folds.items()}
    print(
        "\nFitted again:\n"
        + " " * 34
        + f"{'model':>8}{'known':>8}"
        + "".join(f"{name:>15}" for name in found)
        + "  known from"
    )
    for index, figure in enumerate(FITTED):
        values = "".join(f"{values[index]:>15.1f}" for values in found.values())
        print(f"{figure.name:<34}{figure.model:>8g}{figure.known:>8g}{values}  {figure.origin}")
    left_out = [fitted_mpps(row, found[f"no {row.program}"]) for row in rows]
    print_rows("Each program's rows, predicted without them", rows, left_out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
