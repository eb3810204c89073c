"""Measuring a host: figures from rounds, the file that comes of them, machines with such a host, and a short run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cora.bundle import read_bundle
from cora.cli.app import group
from cora.diagnostics import Diagnostic, Source, UserError
from cora.lab.calibration import Calibration, Figure, calibrate, figures
from cora.lab.host_file import Machine, host_file
from cora.lab.probes import FRAME_BYTES, WORKING_SETS, frames, probes
from cora.model.load import load_model, read_model
from cora.model.parameters import parameters
from cora.model.schema import Curve

MACHINE = Machine("Some CPU", "6.1.0", "2026-01-02", 8, 16 << 30, 2500.0)
EVERY = probes()


def calibration(ns: float = 10.0) -> Calibration:
    return Calibration({p.parameter: Figure(ns, ns / 2, ns * 2) for p in EVERY if p.parameter}, 7)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "host.yaml"
    path.write_text(host_file(calibration(), MACHINE))
    return path


def test_probes_come_after_what_they_rest_on() -> None:
    names: set[str] = set()
    found: set[str] = set()
    for probe in EVERY:
        assert probe.base in names | {""}
        assert {name for name, _ in probe.also} <= found
        names.add(probe.name)
        found.add(probe.parameter)
    assert len(names) == len(EVERY)


def test_frames_have_a_key_of_each_working_set() -> None:
    played = frames(2000)
    assert {len(frame) for frame in played} == {FRAME_BYTES}
    for n, entries in enumerate(WORKING_SETS):
        keys = [int.from_bytes(frame[30 + 4 * n : 34 + 4 * n], "big") for frame in played]
        assert max(keys) < entries
        assert 100 < len(set(keys)) < 1500  # some come often


def test_a_figure_is_the_median_of_differences_within_rounds() -> None:
    by_parameter = {p.parameter: p for p in EVERY}
    few = [by_parameter["receive"], by_parameter["transmit"]]
    rounds = [{"drop": 100.0, "forward": 130.0}, {"drop": 200.0, "forward": 220.0}, {"drop": 90.0, "forward": 131.0}]
    found = figures(few, rounds)
    assert found["receive"] == Figure(100.0, 65.0, 200.0)
    assert found["transmit"] == Figure(30.0, 19.5, 41.0)


def test_what_is_known_of_a_probe_is_taken_off() -> None:
    divide = next(p for p in EVERY if p.parameter == "divide")
    alu = next(p for p in EVERY if p.parameter == "alu")
    found = figures([alu, divide], [{"store": 100.0, "alu": 400.0, "divide": 240.0}] * 3)
    assert found["alu"].ns == pytest.approx(1.0)
    assert found["divide"].ns == pytest.approx((140 - 40) / 20)
    assert found["divide"].low_ns <= found["divide"].ns <= found["divide"].high_ns


def test_the_file_is_a_model_with_ranges_and_origins(measured: Path) -> None:
    model = read_model(Source("host.yaml", measured.read_text()))
    host = model.host
    assert "Some CPU, Linux 6.1.0, 2026-01-02" in model.title
    per_ns = host.clock_hz.value / 1e9
    assert host.receive_cycles.value == pytest.approx(10 * per_ns)
    assert (host.receive_cycles.confidence, host.receive_cycles.source) == ("measured", "calibration")
    assert host.ops["clock_read"].high == pytest.approx(20 * per_ns)
    exact = host.accesses["exact"].compute
    assert isinstance(exact, Curve)
    assert [size for size, _ in exact.points] == [16, *WORKING_SETS]
    assert (exact.low, exact.high) == (0.5, 2.0)
    assert model.crossing is not None
    ranged = {p.name for p in parameters(model)}
    assert {"host receive", "host alu", "host exact", "host clock read"} <= ranged


def test_a_machine_takes_the_measured_host(measured: Path) -> None:
    plain, mixed = load_model("softnic"), load_model(f"softnic@{measured}")
    assert [e.name for e in mixed.engines] == [e.name for e in plain.engines]
    assert mixed.engines[0] == plain.engines[0]
    assert mixed.host.receive_cycles.value != plain.host.receive_cycles.value
    assert {m.engine for m in mixed.memories} == {"nic", "host"}
    own = load_model(measured)
    assert mixed.links[0].receive_cycles == own.crossing
    assert str(measured) in mixed.host_title and "Some CPU" in mixed.host_title


def test_a_host_that_was_not_measured_leaves_the_links_time() -> None:
    plain, mixed = load_model("softnic"), load_model("softnic@host-x86")
    before, after = (m.links[0].receive_cycles.value / m.host.clock_hz.value for m in (plain, mixed))
    assert after == pytest.approx(before)


def test_a_plan_names_the_file(measured: Path) -> None:
    bundle = measured.parent / "bundle"
    arguments = ["compile", "firewall", "-t", "softnic", "--host-model", str(measured), "--json", "-o", str(bundle)]
    done = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert f"the host is that of {measured}: calibrated host: Some CPU" in done.output
    assert {"model: softnic.yaml", "host model: host.yaml"} <= read_bundle(bundle).manifest.inputs.keys()


def test_what_is_missing_for_a_measurement_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lacking = UserError(Diagnostic("C0800", "no rights", help="run as root"))

    def nothing(_: object) -> UserError:
        return lacking

    monkeypatch.setattr("cora.device.features.missing_error", nothing)
    with pytest.raises(UserError) as caught:
        CliRunner().invoke(
            group, ["calibrate", "-o", str(tmp_path / "h.yaml")], standalone_mode=False, catch_exceptions=False
        )
    assert caught.value.diagnostics[0].code == "C0848"
    assert "run as root" in caught.value.diagnostics[0].help
    with pytest.raises(UserError) as nowhere:
        CliRunner().invoke(
            group, ["calibrate", "-o", str(tmp_path / "no" / "h")], standalone_mode=False, catch_exceptions=False
        )
    assert nowhere.value.diagnostics[0].code == "C0849"


@pytest.mark.bpf
@pytest.mark.usefixtures("kernel")
def test_probes_run_in_situ() -> None:
    named = {p.name: p for p in EVERY}
    few = [named[name] for name in ("drop", "forward", "keyed", f"exact {WORKING_SETS[0]}")]
    found = calibrate(2, 60.0, lambda _: None, few)
    assert found.rounds == 2
    assert found.figures["receive"].ns > 5
    assert set(found.figures) == {"receive", "transmit", f"exact@{WORKING_SETS[0]}"}
