"""`cora predict` against the published rows of the Agilio, and its parts by hand: limits, slowest paths, settings."""

from __future__ import annotations

import csv
import dataclasses
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from cora.analysis import analyse
from cora.analysis.graph import StateGraph
from cora.cli.steps import bare_spec
from cora.frontend import load_text
from cora.lower import lower_program
from cora.model import load_model
from cora.model.bounds import Limit, reached_pps
from cora.nf.build import build_program
from cora.plan.asked import enough, fewest_cores, over, parse_over
from cora.plan.infeasible import InfeasibleError
from cora.plan.predict import Predictor
from cora.plan.prediction import Setting
from cora.plan.slowest import Paths

ROOT = Path(__file__).resolve().parents[2]
ROWS = (ROOT / "models" / "measurements" / "agilio-cx.csv").read_text(encoding="utf-8").splitlines()
MACROS = {"count_min": "ROWS", "dram_reads": "READS", "drop": "NOTHING"}


@cache
def example(program: str, size: int) -> StateGraph:
    spec = bare_spec(ROOT / "examples" / "models" / f"{program}.p4")
    return analyse(build_program(spec, defines=(f"{MACROS[program]}={size}",), keep_reads=True))


def test_published_rows() -> None:
    """The sources are in the file. The issue's bounds: a median error of 3%, 10% at worst."""
    errors: list[float] = []
    for row in csv.DictReader(line for line in ROWS if not line.startswith("#")):
        model = load_model("agilio-cx", row["firmware"])
        found = Predictor(example(row["program"], int(row["size"])), None, model)
        pps = found.outcome(Setting(cores=float(row["cores"]))).pps
        errors.append(abs(pps / 1e6 / float(row["measured_mpps"]) - 1))
    assert len(errors) == 17 and median(errors) < 0.01 and max(errors) < 0.025


def test_two_limits_near_each_other_leave_less_than_the_lower() -> None:
    def both(a: float, b: float) -> float:
        return reached_pps(tuple(sorted((Limit("a", a, False), Limit("b", b, False)), key=lambda x: x.rate_pps)))

    assert both(10e6, 20e6) == pytest.approx(10e6, rel=1e-9)
    assert both(10e6, 10e6) == pytest.approx(10e6 * 2 ** (-1 / 40))
    assert 0.999 * 10e6 < both(11e6, 10e6) < 10e6
    assert reached_pps((Limit("a", 0.0, False), Limit("b", 1e6, False))) == 0.0


HEAD = """
#include <core.p4>
#include <v1model.p4>
header e_t { bit<48> d; bit<48> s; bit<16> t; }
header a_t { bit<32> x; }
struct H { e_t e; a_t a; a_t b; }
struct M {}
parser P(packet_in p, out H h, inout M m, inout standard_metadata_t s) {
  state start { p.extract(h.e); transition select(h.e.t) { 1: a; 2: b; default: accept; } }
  state a { p.extract(h.a); transition accept; }
  state b { p.extract(h.b); transition accept; }
}
control V(inout H h, inout M m) { apply {} }
control E(inout H h, inout M m, inout standard_metadata_t s) { apply {} }
control C(inout H h, inout M m) { apply {} }
control D(packet_out p, in H h) { apply { p.emit(h.e); p.emit(h.a); p.emit(h.b); } }
control I(inout H h, inout M m, inout standard_metadata_t s) {
  bit<32> i;
  register<bit<32>>(16) r;
  apply {
"""
TAIL = "} }\nV1Switch(P(), V(), I(), E(), C(), D()) main;\n"


def slowest(body: str) -> tuple[Paths, tuple[str, ...]]:
    graph = analyse(lower_program(load_text(HEAD + body + TAIL)))
    model = load_model("agilio-cx")
    paths = Paths(graph, model, model.engine("nic"), 60)
    return paths, paths.longest("cycles").blocks


def hashes(paths: Paths, blocks: tuple[str, ...]) -> int:
    return sum(paths.counts[block].hash for block in blocks)


HASH = "hash(i, HashAlgorithm.crc32, 32w0, { %s }, 32w16); r.write(i, 1);"


def test_the_slowest_path_takes_no_arms_that_exclude_each_other() -> None:
    """No packet has both headers, nor two types."""
    a, b = HASH % "h.a.x", HASH % "h.b.x"
    paths, blocks = slowest(f"if (h.a.isValid()) {{ {a} {a} }} if (h.b.isValid()) {{ {b} }} mark_to_drop(s);")
    assert hashes(paths, blocks) == 2
    paths, blocks = slowest(f"if (h.e.t == 7) {{ {a} }} if (h.e.t == 8) {{ {b} }} mark_to_drop(s);")
    assert hashes(paths, blocks) == 1
    paths, blocks = slowest(f"if (h.e.s == 7) {{ {a} }} if (h.e.d == 8) {{ {b} }} mark_to_drop(s);")
    assert hashes(paths, blocks) == 2


def test_the_slowest_path_is_the_one_with_the_lowest_rate() -> None:
    """Four additions to memory hold packets up more than arithmetic that takes more cycles."""
    adds = "".join(f"r.read(i, {n}); r.write({n}, i + 1);" for n in range(8))
    sums = "".join(f"i = i ^ (h.e.d[31:0] + {n}) ^ (i << {n});" for n in range(1, 12))
    body = f"if (h.e.t == 1) {{ {adds} }} else {{ i = h.a.x; {sums} r.write(0, i); }} mark_to_drop(s);"
    graph = analyse(lower_program(load_text(HEAD + body + TAIL)))
    found = Predictor(graph, None, load_model("agilio-cx")).at()
    assert found.bottleneck == "emem atomics" and found.throughput_pps < 248.5e6 / 8


def test_cells_that_differ_are_not_one_place() -> None:
    """Rows of a sketch in one array are as fast as in several; the same cell again and again is not."""

    def bottleneck(*cells: int) -> tuple[str, float]:
        adds = "".join(f"r.read(i, {cell}); r.write({cell}, i + 1);" for cell in cells)
        graph = analyse(lower_program(load_text(HEAD + adds + "mark_to_drop(s);" + TAIL)))
        model = load_model("agilio-cx")
        slow = dataclasses.replace(model.memory("emem").cell_rate_per_s, value=20e6)  # type: ignore[type-var]
        emem = dataclasses.replace(model.memory("emem"), cell_rate_per_s=slow)
        model = dataclasses.replace(model, memories=(model.memories[0], emem, *model.memories[2:]))
        found = Predictor(graph, None, model).outcome(Setting())
        return found.bottleneck, found.pps

    assert bottleneck(1, 2, 3, 4) == ("hottest cell of r in emem", pytest.approx(20e6, rel=0.01))
    assert bottleneck(1, 2, 2, 3)[1] == pytest.approx(10e6, rel=0.01)


def test_sweeps_and_questions() -> None:
    predictor = Predictor(example("dram_reads", 8), None, load_model("agilio-cx"))
    base = Setting()
    points = over(predictor, base, parse_over("cores=5,10,50"))
    assert [round(p.throughput_pps / 1e6) for p in points] == [9, 18, 25]
    assert points[-1].bottleneck == "emem reads of one place" and points[0].latency is None
    answer = fewest_cores(predictor, base, 15e6)
    assert answer.value == 9 and fewest_cores(predictor, base, 30e6).value is None
    (point,) = over(predictor, dataclasses.replace(base, rate_pps=30e6), parse_over("cores=50"))
    assert point.latency is not None and point.latency.mean_ns is None and point.latency.full


def test_ranges_of_what_is_varied() -> None:
    assert parse_over("cores=1..50:8").values == (1, 8, 15, 22, 29, 36, 43, 50)
    assert parse_over("flows=10..1000:3").values == (10, 100, 1000)
    assert parse_over("rate=1e6,2e6").values == (1e6, 2e6)
    assert len(parse_over("packet-size=64..1500").values) == 10


def test_a_split_is_predicted_where_the_nic_cannot_run_it_all() -> None:
    model = load_model("agilio-cx-xdp")
    graph = example("count_min", 2)
    found = Predictor(graph, None, model).at()
    assert found.strategy == "ilp" and "can't run the whole program" in found.notes[0]
    with pytest.raises(InfeasibleError):
        Predictor(graph, None, model, Setting(strategy="nic-only")).at()
    models = tuple(load_model(name) for name in ("agilio-cx", "softnic"))
    answer = enough(models, lambda m: Predictor(example("drop", 0), None, m), 40e6)
    assert [row[3] for row in answer.enough] == [True, False] and "enough: agilio-cx" in answer.words
