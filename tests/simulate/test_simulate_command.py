"""`cora compile --simulate`."""

from __future__ import annotations

import re

from click.testing import CliRunner

from cora.cli.app import group


def test_the_model_stands_beside_the_simulation() -> None:
    result = CliRunner().invoke(group, ["compile", "rate_limiter", "-t", "softnic", "--simulate"])
    assert result.exit_code == 0, result.output
    said = re.search(r"softnic simulated with 1 host core: (\S+) Mpps; the model says\s+(\S+) Mpps", result.output)
    assert said is not None, result.output
    assert abs(float(said[1]) / float(said[2]) - 1) < 0.05
    assert re.findall(r"^ *(\d+)%  [\d.]+ .* / .* / .* / ", result.output, re.MULTILINE) == [
        "30",
        "50",
        "70",
        "80",
        "90",
    ]


def test_what_cannot_be_simulated_is_refused() -> None:
    for option in (["--json"], ["--scale", "time"], ["--plan-on", "0.5"]):
        result = CliRunner().invoke(group, ["compile", "nat", "-t", "softnic", "--simulate", *option])
        assert result.exit_code == 2
        assert "--simulate shows tables for --scale flows" in result.output
