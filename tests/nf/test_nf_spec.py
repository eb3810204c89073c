"""nf.yaml: the bundled ones load, and every mistake is shown on its line with a next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from cora.diagnostics import Source, UserError, render
from cora.nf.spec import NfSpec, bundled_names, load_nf, read_spec
from cora.nf.yaml_text import parse_yaml

GOOD = """name: demo
program: demo.p4
ports:
  inside: {number: 1, faces: host}
  outside: {number: 0, faces: net}
idle_timeouts:
  - {name: short, seconds: 0.5}
  - {name: long, seconds: 3600}
names:
  drops: {full: 3}
traffic:
  direction: initiator
  generate: {flows: 10}
verify:
  edges:
    - {name: full, state: drops, access: count, index: full, from: inside}
"""


def spec_of(text: str, folder: Path) -> NfSpec:
    (folder / "demo.p4").write_text("")
    (folder / "entries.yaml").write_text("[]")
    return read_spec(parse_yaml(Source(str(folder / "nf.yaml"), text)))


def test_fields(tmp_path: Path) -> None:
    spec = spec_of(GOOD, tmp_path)
    assert (spec.name, spec.program, spec.entries) == ("demo", tmp_path / "demo.p4", None)
    assert (spec.inside_port, spec.outside_port, spec.host_ports) == (1, 0, frozenset({1}))
    assert spec.idle_timeouts_ns == (500_000_000, 3_600_000_000_000)
    assert spec.word("drops", 3) == "full"
    assert spec.word("drops", 4) == "4"
    assert spec.traffic.generate == {"flows": 10}
    (edge,) = spec.edges
    assert (edge.state, edge.access, edge.index, edge.port, edge.hit) == ("drops", "count", 3, "inside", None)


@pytest.mark.parametrize("name", ["nat", "firewall"])
def test_bundled(name: str) -> None:
    spec = load_nf(name)
    assert spec.name == name
    assert name in bundled_names()
    assert load_nf(spec.folder) == load_nf(spec.path) == load_nf(spec.program) == spec
    assert spec.entries is not None and spec.edges and spec.traffic.generate


MISTAKES = [
    ("progam: demo.p4", "program: demo.p4", "C0402", "did you mean 'program'?"),
    ("", "program: demo.p4\n", "C0404", "add `program: ...`"),
    ("program: dmo.p4", "program: demo.p4", "C0406", "did you mean 'demo.p4'?"),
    ("name: [demo]", "name: demo", "C0403", "a quoted text"),
    ("number: one", "number: 1", "C0403", "write 0 to 65535"),
    ("number: 70000", "number: 1", "C0405", "in that range"),
    ("number: 0, faces: host", "number: 1, faces: host", "C0405", "give each its own"),
    ("faces: hosts", "faces: host", "C0403", "did you mean 'host'?"),
    ("seconds: -1", "seconds: 0.5", "C0405", "write 30"),
    ("seconds: soon", "seconds: 0.5", "C0403", "write 30"),
    ("name: short", "name: long", "C0402", "rename one"),
    ("direction: prefixes", "direction: initiator", "C0408", "give both"),
    ("direction: backwards", "direction: initiator", "C0403", "known here"),
    ("index: ful,", "index: full,", "C0403", "did you mean 'full'?"),
    ("access: cont", "access: count", "C0403", "did you mean 'count'?"),
    ("from: insid", "from: inside", "C0403", "did you mean 'inside'?"),
    ("{flows: 10", "{flows: 10}", "C0401", "brackets"),
    (
        "ports:\n  in: {number: 1, faces: host}\n  out",
        "ports:\n  inside: {number: 1, faces: host}\n  outside",
        "C0404",
        "in",
    ),
]


@pytest.mark.parametrize(("wrong", "right", "code", "help"), MISTAKES)
def test_mistakes(wrong: str, right: str, code: str, help: str, tmp_path: Path) -> None:
    assert right in GOOD
    with pytest.raises(UserError) as caught:
        spec_of(GOOD.replace(right, wrong, 1), tmp_path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert help in diagnostic.help
    assert diagnostic.span is not None and "^" in render(diagnostic)


def test_the_caret_is_below_the_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        spec_of(GOOD.replace("faces: host", "faces: hosts"), tmp_path)
    text = render(caught.value.diagnostics[0]).replace(str(tmp_path), "DIR")
    assert text == (
        "error[C0403]: `ports.inside.faces` can't be 'hosts'\n"
        " --> DIR/nf.yaml:4:30\n"
        "  |\n"
        "4 |   inside: {number: 1, faces: hosts}\n"
        "  |                              ^^^^^\n"
        "  = help: did you mean 'host'?"
    )


def test_no_such_network_function() -> None:
    with pytest.raises(UserError) as caught:
        load_nf("fierwall")
    assert caught.value.diagnostics[0].code == "C0407"
    assert "firewall" in caught.value.diagnostics[0].help


def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "nf.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError) as caught:
        load_nf(tmp_path)
    assert caught.value.diagnostics[0].code == "C0406"


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "nf.yaml").write_text("# nothing\n")
    with pytest.raises(UserError) as caught:
        load_nf(tmp_path)
    assert caught.value.diagnostics[0].code == "C0401"
