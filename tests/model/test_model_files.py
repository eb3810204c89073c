"""Model files: what is read from the ones that come with Cora, and every way to get one wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cora.cli.app import group
from cora.diagnostics import Source, UserError, render
from cora.error_catalog import CATALOG
from cora.model import load_model, model_names, model_path
from cora.model.load import read_model
from cora.model.schema import Curve, Number

TEXT = model_path("agilio-cx").read_text(encoding="utf-8")


def test_the_models_that_come_with_cora() -> None:
    assert model_names() == [
        "agilio-cx", "agilio-cx-xdp", "agilio-lx", "bluefield2", "bluefield2-eswitch", "bluefield3", "fpga-opennic",
        "host-x86", "ipu-e2000", "softnic",
    ]  # fmt: skip


PLAIN = ("framing_bytes", "overhead_bytes", "reads", "writes", "atomics")
"""Numbers that are counts of the device's own operations or bytes of a format: they need no source of their own."""


def untraceable(node: object, where: str = "") -> Iterator[str]:
    """Numbers without unit, source and confidence, by their place in a model file."""
    if isinstance(node, dict):
        if {"value", "points"} & node.keys() and not {"unit", "source", "confidence"} <= node.keys():
            flags = isinstance(node.get("value"), str | bool) and {"source", "confidence"} <= node.keys()
            if not flags:
                yield where
        for key, value in node.items():
            if not {"value", "points"} & node.keys():
                yield from untraceable(value, f"{where}.{key}")
    elif isinstance(node, int | float) and not isinstance(node, bool) and where.rpartition(".")[2] not in PLAIN:
        yield where


@pytest.mark.parametrize("name", model_names())
def test_every_number_says_its_unit_source_and_confidence(name: str) -> None:
    assert list(untraceable(yaml.safe_load(model_path(name).read_text(encoding="utf-8")))) == []


def test_a_number_without_them_is_found() -> None:
    for text in ("clock: 800", "clock: {value: 800, unit: MHz}", "a: {b: {points: [[1, 2]], unit: ns, source: x}}"):
        assert list(untraceable(yaml.safe_load(text)))


@pytest.mark.parametrize("name", ["agilio-cx", "bluefield2", "bluefield3", "host-x86", "softnic"])
def test_every_model_is_a_machine(name: str) -> None:
    model = load_model(name)
    assert model.name == name
    assert model.host.name == "host" and model.host.capabilities.data_plane_insert
    assert all(model.memories_of(engine.name) for engine in model.stage_engines)
    for engine in model.stage_engines:
        assert engine.ops["alu"].value > 0
        for kind in engine.capabilities.accesses:
            assert (kind if kind != "lookup" else "exact") in engine.accesses


def test_units_become_base_units() -> None:
    model = load_model("agilio-cx")
    nic = model.engine("nic")
    assert nic.clock_hz.value == 800e6
    assert model.memory("imem").capacity_bytes.value == 3 * 2**20
    assert model.wire.line_rate_bps.value == 80e9
    assert model.links[0].latency_ns.value == 1000
    assert (model.memory("imem").capacity_bytes.low, model.memory("imem").capacity_bytes.high) == (3 * 2**20, 4 * 2**20)


def test_costs_in_ns_become_cycles_of_the_engine() -> None:
    host = load_model("host-x86").host
    assert host.receive_cycles.value == pytest.approx(41.6 * 3.6)
    exact = host.accesses["exact"].compute
    assert isinstance(exact, Curve) and dict(exact.points)[1000] == pytest.approx(112 * 3.6)
    clock = load_model("bluefield2").engine("arm").clock_hz
    assert isinstance(clock, Number) and clock.value == 2.5e9


def test_the_eswitch_runs_nothing_and_routes_lead_inwards() -> None:
    model = load_model("bluefield2")
    assert [e.name for e in model.stage_engines] == ["arm", "host"]
    assert [x.name for x in model.links_between("eswitch", "host")] == ["eswitch-host"]
    assert [x.name for x in model.links_between("eswitch", "arm")] == ["eswitch-arm"]
    assert model.links_between("arm", "arm") == ()


MISTAKES = {
    "bad yaml": ("C0601", "count: {value: 50,", "count: {value: [50,", "not valid YAML"),
    "unknown key": ("C0602", "    threads: {value: 8", "    treads: {value: 8", "did you mean 'threads'?"),
    "twice": ("C0602", "title: Netronome", "name: again\ntitle: Netronome", "'name' stands twice"),
    "missing key": ("C0603", "  latency: {value: 1, unit: us", "  # latency: {value: 1, unit: us", "lacks 'latency'"),
    "not a number": ("C0604", "count: {value: 50,", "count: {value: fifty,", "must be a number"),
    "below zero": ("C0604", "count: {value: 50,", "count: {value: -50,", "0 or more"),
    "wrong word": ("C0604", "kind: cores", "kind: core", "did you mean 'cores'?"),
    "wrong flag": ("C0604", "holds_copies: true", "holds_copies: yes", "true or false"),
    "wrong context": ("C0604", "{value: steered,", "{value: steerd,", "did you mean 'steered'?"),
    "wrong order": ("C0604", "{value: per_queue,", "{value: per_core,", "no value of order"),
    "order of no source": (
        "C0606",
        "{value: per_queue, source: estimate",
        "{value: per_queue, source: nobody",
        "among",
    ),
    "unknown unit": ("C0605", "unit: MHz", "unit: MHertz", "use one of 'Hz', 'kHz', 'MHz', 'GHz'"),
    "wrong dimension": ("C0605", "unit: MHz", "unit: MiB", "hertz is needed"),
    "unknown source": ("C0606", "source: flextoe", "source: flextoo", "did you mean 'flextoe'?"),
    "no range": ("C0606", "confidence: assumed, range: [0.5, 10]", "confidence: assumed", "has no range"),
    "outside range": ("C0606", "range: [0.5, 10]", "range: [5, 10]", "outside of its range"),
    "unknown confidence": ("C0604", "confidence: vendor}", "confidence: certain}", "'certain' is no confidence"),
    "unknown engine": (
        "C0608",
        "engine: nic\n    capacity: {value: 3",
        "engine: nix\n    capacity: {value: 3",
        "no engine here",
    ),
    "link outwards": ("C0608", "from: nic\n    to: host", "from: host\n    to: nic", "doesn't lead inwards"),
    "not a mapping": (
        "C0604",
        "{value: 800, unit: MHz, source: flextoe, confidence: driver}",
        "800",
        "must be a mapping",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_shown_where_they_are(name: str) -> None:
    code, good, bad, words = MISTAKES[name]
    assert good in TEXT
    source = Source("my.yaml", TEXT.replace(good, bad, 1))
    with pytest.raises(UserError) as caught:
        read_model(source)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code and code in CATALOG
    assert diagnostic.help
    assert words in render(diagnostic)
    assert diagnostic.span is not None and "my.yaml:" in render(diagnostic)


def test_an_empty_file_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="empty"):
        read_model(Source("my.yaml", "# nothing\n"))
    with pytest.raises(UserError, match="no model 'agilio'") as caught:
        load_model("agilio")
    assert "agilio-cx" in caught.value.diagnostics[0].help
    binary = tmp_path / "m.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        load_model(binary)


def test_a_model_by_path(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_text(TEXT.replace("name: agilio-cx", "name: mine"), encoding="utf-8")
    assert load_model(copy).name == "mine"


@pytest.mark.parametrize("name", ["agilio-lx", "bluefield3", "fpga-opennic", "ipu-e2000"])
def test_nics_that_are_only_described_can_be_planned_for(name: str) -> None:
    """A new NIC is a new file: nothing else knows of it."""
    result = CliRunner().invoke(group, ["compile", "rate_limiter", "-t", name, "--rate", "2e6", "--json"])
    assert result.exit_code == 0, result.output
    plan = json.loads(result.output)
    assert plan["target"] == name and plan["score"]["feasible"]
    alone = next(s for s in plan["baselines"] if s["strategy"] == "host-only")
    assert plan["score"]["host_cores"] <= alone["host_cores"]


FIRMWARE = """firmware:
  stripped: {}
  queue-selection:
"""


def test_a_firmware_replaces_figures() -> None:
    plain, queues = load_model("agilio-cx"), load_model("agilio-cx", "queue-selection")
    assert (plain.firmware, plain.firmwares) == ("stripped", ("stripped", "queue-selection"))
    assert (plain.engine("nic").receive_cycles.value, queues.engine("nic").receive_cycles.value) == (238, 416)
    # With queue selection every packet has paid for the way to the host.
    assert (plain.links[0].send_cycles.value, queues.links[0].send_cycles.value) == (178, 0)
    assert plain.memories == queues.memories and queues.firmware == "queue-selection"


def test_wrong_firmwares() -> None:
    assert FIRMWARE in TEXT
    with pytest.raises(UserError, match="no firmware 'corenic'") as caught:
        load_model("agilio-cx", "corenic")
    assert caught.value.diagnostics[0].code == "C0609"
    assert "stripped, queue-selection" in caught.value.diagnostics[0].help
    with pytest.raises(UserError, match="no firmware") as caught:
        load_model("softnic", "stripped")
    assert "one firmware" in caught.value.diagnostics[0].help
    wrong = Source("my.yaml", TEXT.replace("engines: {nic: {receive", "engines: {nic: {receives", 1))
    with pytest.raises(UserError, match="no 'receives' to override") as caught:
        read_model(wrong, "queue-selection")
    assert caught.value.diagnostics[0].code == "C0602" and caught.value.diagnostics[0].span is not None


def test_state_is_put_into_a_memory_of_the_engine() -> None:
    wrong = Source("my.yaml", TEXT.replace("state_memory: emem", "state_memory: host-dram"))
    with pytest.raises(UserError, match="no memory of engine 'nic'") as caught:
        read_model(wrong)
    assert caught.value.diagnostics[0].code == "C0608"
