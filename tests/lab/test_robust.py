"""What a killed lab leaves, two labs at once, and what `cora lab` says to those who can't run it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cora.cli import lab_command
from cora.cli.lab_command import LAB_FEATURES
from cora.device.features import Feature, missing
from cora.diagnostics import UserError
from cora.lab.topology import PREFIX, bed, sweep
from cora.traffic.capture import Frame
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.pcap import read_capture, write_pcap

CORA = [sys.executable, "-c", "from cora.cli import main; main()"]

BUSY = """
import time
from cora.lab.relay import Relay, RelayOptions
from cora.lab.topology import bed
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.split import whole
split = whole(build_program(load_nf("heavy_hitter")))
with bed((0, 1), ("arm", "host"), steering="eswitch", relay=True) as place:
    with Relay(place.links[0], split, RelayOptions(delay_ms=5)) as relay:
        print(relay.pid, flush=True)
        time.sleep(60)
"""


def namespaces(pid: int) -> list[str]:
    from pyroute2 import netns

    return [name for name in netns.listnetns() if name.startswith(f"{PREFIX}{pid}-")]


@pytest.fixture
def lab() -> None:
    lacking = missing(LAB_FEATURES)
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(f.name for f in lacking)}")


def small_trace(folder: Path) -> Path:
    path = folder / "small.pcap"
    capture = generate(generate_spec({"packets": 200, "flows": 10}), "small")
    write_pcap(path, capture.frames)
    return path


@pytest.mark.lab
def test_a_killed_lab_is_swept_by_the_next(lab: None) -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        relay = int(running.stdout.readline())
        assert len(namespaces(running.pid)) == 5
        sweep()  # a living lab's are left alone
        assert len(namespaces(running.pid)) == 5
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        assert len(namespaces(running.pid)) == 5
        with bed((0,), ("host",)):  # the next lab: it can work beside what is left
            sweep()
            assert namespaces(running.pid) == []
        for _ in range(100):
            if not Path(f"/proc/{relay}/cmdline").exists() or not Path(f"/proc/{relay}/cmdline").read_bytes():
                break
            signal.sigtimedwait([], 0.05)
        else:
            pytest.fail("the relay has outlived its lab")


@pytest.mark.lab
def test_two_labs_at_once(lab: None, tmp_path: Path) -> None:
    trace = small_trace(tmp_path)
    command = [*CORA, "lab", "heavy_hitter", str(trace), "--rounds", "0", "--load"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    for running in both:
        said, _ = running.communicate(timeout=120)
        assert running.returncode == 0, said
        assert "200 packets compared, 0 differences" in said
        assert "of 200 packets expected: 0 lost, 0 reordered" in said
        assert namespaces(running.pid) == []


@pytest.mark.lab
def test_the_output_as_a_capture(lab: None, tmp_path: Path) -> None:
    out = tmp_path / "out.pcap"
    run = CliRunner().invoke(
        lab_command.command,
        [
            "heavy_hitter",
            str(small_trace(tmp_path)),
            "-t",
            "bluefield2",
            "--rounds",
            "0",
            "--json",
            "--write-pcap",
            str(out),
        ],
    )
    assert run.exit_code == 0, run.output
    assert '"steered": 400' in run.output
    assert len(read_capture(out).frames) == 200


def code_of(*arguments: str) -> str:
    with pytest.raises(UserError) as refused:
        lab_command.command.main([*arguments], standalone_mode=False)
    return refused.value.diagnostics[0].code


def test_traffic_that_is_missing_broken_or_given_twice(tmp_path: Path, lab: None) -> None:
    broken = tmp_path / "broken.pcap"
    broken.write_text("not a capture")
    assert code_of("nat", str(tmp_path / "none.pcap")) == "C0901"
    assert code_of("nat", str(broken)) == "C0502"
    assert code_of("nat", str(broken), "--traffic", str(broken)) == "C0846"
    assert code_of("nat", "--write-pcap", str(tmp_path / "none" / "out.pcap")) == "C0847"
    assert code_of("nat", "--delay", "-1") == "C0841"
    cut = tmp_path / "cut.pcap"
    write_pcap(cut, [Frame(0, bytes(60), 60)])
    cut.write_bytes(cut.read_bytes()[:-10])
    assert code_of("nat", str(cut)) == "C0503"


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (Feature("rights", False, "user 1000 has neither root's rights nor CAP_BPF", "run as root"), "run as root"),
        (Feature("kernel", False, "Linux 5.10", "Linux 5.18 or newer is needed"), "Linux 5.18 or newer"),
        (Feature("namespaces", False, "unshare was refused", "namespaces need root"), "namespaces need root"),
    ],
)
def test_what_the_machine_lacks_is_said_at_once(monkeypatch: pytest.MonkeyPatch, feature: Feature, words: str) -> None:
    monkeypatch.setattr("cora.device.features.probe", lambda: (feature,))
    with pytest.raises(UserError) as refused:
        lab_command.command.main(["nat"], standalone_mode=False)
    (told,) = refused.value.diagnostics
    assert told.code == "C0800"
    assert words in (told.help or "")
