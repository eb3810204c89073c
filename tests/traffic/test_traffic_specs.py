"""Descriptions of traffic in files of their own: the examples, and mistakes shown where they stand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cora.diagnostics import Source, UserError, render
from cora.nf.yaml_text import parse_yaml
from cora.traffic.columns import columns_of
from cora.traffic.flow_stats import FlowStats, flow_stats
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, located_spec, read_generate_spec

EXAMPLES = Path(__file__).parents[2] / "examples" / "traffic"


def spec_of(text: str) -> GenerateSpec:
    return located_spec(parse_yaml(Source("t.yaml", text)))


def stats(name: str) -> FlowStats:
    spec = replace(read_generate_spec(EXAMPLES / f"{name}.yaml"), packets=6000)
    return flow_stats(columns_of(generate(spec)))


def test_the_examples_are_what_they_are_called() -> None:
    short, elephants, churn = (stats(name) for name in ("many-short-flows", "elephants", "churn"))
    assert short.flows > 800
    assert short.flow_packets_p99 < 20
    assert dict(elephants.packets_of_busiest)[0.1] > 0.9
    assert elephants.zipf_exponent > 1.3 > short.zipf_exponent
    assert churn.duration_s > 25
    assert churn.flows > 300


def test_every_example_is_tried() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.yaml")} == {"many-short-flows", "elephants", "churn"}


def test_values_and_defaults() -> None:
    spec = spec_of("packets: 20_000\nrate_pps: 2e6\nskew: 1\nmix: {udp: 1}\nserver_ports: [80]\n")
    assert (spec.packets, spec.rate_pps, spec.skew) == (20_000, 2e6, 1.0)
    assert (spec.mix, spec.server_ports, spec.flows) == ({"udp": 1.0}, (80,), GenerateSpec().flows)


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("seed: 1\npackest: 5\n", "C0510", 2, "did you mean 'packets'"),
        ("skew: -1\n", "C0510", 1, "between 0 and 10"),
        ("seed: 1\nskew: steep\n", "C0510", 2, "a number is expected"),
        ("flows: 2.5\n", "C0510", 1, "a whole number is expected"),
        ("mix: {sctp: 1}\n", "C0510", 1, "tcp, udp and icmp"),
        ("mix:\n  tcp: 0\n", "C0510", 2, "at least one weight"),
        ("sizes: {20: 1}\n", "C0510", 1, "between 60 and 9018"),
        ("clients: 10.0.0.1/8\n", "C0510", 1, "has host bits set"),
        ("clients: fd00::/64\n", "C0510", 1, "an IPv4 prefix"),
        ("server_ports: []\n", "C0510", 1, "a list of ports"),
        ("seed: 1\nseed: 2\n", "C0402", 2, "stands twice"),
        ("- seed\n", "C0403", 1, "must be a mapping"),
        ("seed: [1\n", "C0401", 2, "not valid YAML"),
    ],
)
def test_mistakes_are_shown_in_their_line(text: str, code: str, line: int, words: str) -> None:
    with pytest.raises(UserError) as failure:
        spec_of(text)
    shown = render(failure.value.diagnostics[0])
    assert failure.value.diagnostics[0].code == code
    assert f"t.yaml:{line}:" in shown
    assert "^" in shown
    assert words in shown


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as failure:
        read_generate_spec(tmp_path / "nowhere.yaml")
    assert failure.value.diagnostics[0].code == "C0406"
