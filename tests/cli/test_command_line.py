"""The command line from outside: what it prints, to where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CORA = Path(sys.executable).parent / "cora"


def cora(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run([str(CORA), *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def test_help_lists_every_command() -> None:
    done = cora("--help")
    assert done.returncode == 0
    for command in (
        "check",
        "ir",
        "graph",
        "profile",
        "compile",
        "verify",
        "lab",
        "test",
        "explain",
        "doctor",
        "explain-code",
    ):
        assert f"  {command} " in done.stdout


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from cora.cli.app import group; "
        "group.main(['--help'], standalone_mode=False); "
        "heavy = ('numpy', 'networkx', 'highspy', 'rich', 'pyroute2', 'msgspec'); "
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "command",
    ["check", "ir", "graph", "profile", "compile", "verify", "lab", "test", "explain", "doctor", "explain-code"],
)
def test_each_command_has_help(command: str) -> None:
    done = cora(command, "--help")
    assert done.returncode == 0
    assert "Usage: cora" in done.stdout


def test_a_near_miss_is_suggested_and_is_a_usage_error() -> None:
    done = cora("compil")
    assert done.returncode == 2
    assert "Did you mean 'compile'?" in done.stderr


def test_an_error_in_the_program_shows_its_place(tmp_path: Path) -> None:
    program = tmp_path / "broken.p4"
    program.write_text("#include <core.p4>\nheader h_t { bit<8> a }\n")
    done = cora("check", str(program))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "broken.p4:2:" in done.stderr
    assert "^" in done.stderr
    assert "Traceback" not in done.stderr


def test_many_states_are_counted_by_kind(tmp_path: Path) -> None:
    registers = "\n".join(f"register<bit<8>>(1) r{i};" for i in range(21))
    uses = "\n".join(f"r{i}.write(0, hdr.h.a);" for i in range(21))
    program = tmp_path / "many.p4"
    program.write_text(f"""#include "v1_begin.p4"
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    {registers}
    apply {{ {uses} }}
}}
#include "v1_end.p4"
""")
    done = cora("check", "-I", str(Path(__file__).parents[1] / "conformance" / "include"), str(program))
    assert "; states: 21 of kind register; " in done.stdout


OWN_ARCHITECTURE = """#include <core.p4>
header h_t { bit<8> a; }
parser P<H>(packet_in p, out H h);
package Box<H>(P<H> p);
parser Mine(packet_in p, out h_t h) { state start { p.extract(h); transition accept; } }
Box(Mine()) main;
"""


def test_check_accepts_architectures_that_it_cannot_compile(tmp_path: Path) -> None:
    program = tmp_path / "box.p4"
    program.write_text(OWN_ARCHITECTURE)
    done = cora("check", str(program))
    assert (done.returncode, done.stdout) == (0, f"{program}: an architecture of its own, no errors\n")
    strict = cora("check", "--lower", str(program))
    assert strict.returncode == 1
    assert "C0242" in strict.stderr and "box.p4:6:" in strict.stderr


def test_check_takes_include_folders_and_macros(tmp_path: Path) -> None:
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "part.p4").write_text("const bit<8> PART = VALUE;\n")
    program = tmp_path / "main.p4"
    program.write_text('#include "part.p4"\n')
    assert "C0102" in cora("check", str(program)).stderr
    done = cora("check", "-I", str(tmp_path / "inc"), "-D", "VALUE=3", str(program))
    assert done.returncode == 0
    assert "C0241" in done.stderr  # a warning: there is no main


def test_diagnostics_as_json(tmp_path: Path) -> None:
    program = tmp_path / "broken.p4"
    program.write_text("#include <core.p4>\nheader h_t { bit<8> a }\n")
    done = cora("--diagnostics=json", "check", str(program))
    first = json.loads(done.stderr.splitlines()[0])
    assert first["severity"] == "error"
    assert first["span"]["line"] == 2
    assert first["code"].startswith("C0")


def test_an_unknown_network_function_names_what_there_is() -> None:
    done = cora("graph", "firewal")
    assert done.returncode == 1
    assert "C0407" in done.stderr
    assert "firewall" in done.stderr


def test_a_missing_trace_is_told_before_any_work() -> None:
    done = cora("profile", "nat", "--traffic", "nowhere.pcap")
    assert done.returncode == 1
    assert "C0901" in done.stderr


def test_a_lone_p4_file_is_enough(tmp_path: Path) -> None:
    program = tmp_path / "pass.p4"
    program.write_text(PASS_THROUGH)
    done = cora("ir", str(program))
    assert done.returncode == 0, done.stderr
    assert "program" in done.stdout


def test_ir_after_a_pass_differs_from_the_last() -> None:
    first, last = cora("ir", "nat", "--after", "assemble"), cora("ir", "nat")
    assert first.returncode == last.returncode == 0
    assert len(first.stdout) > len(last.stdout)
    assert cora("ir", "nat", "--after", "nonsense").returncode == 2


def test_codes_are_explained() -> None:
    done = cora("explain-code", "c0906")
    assert done.returncode == 0
    assert done.stdout.startswith("C0906: ")
    assert cora("explain-code", "C9999").returncode == 2


PASS_THROUGH = """
#include <core.p4>
#include <v1model.p4>
header ethernet_t { bit<48> dst; bit<48> src; bit<16> kind; }
struct headers_t { ethernet_t ethernet; }
struct meta_t { bit<8> unused; }
parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t sm) {
    state start { pkt.extract(h.ethernet); transition accept; }
}
control V(inout headers_t h, inout meta_t m) { apply { } }
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) { apply { sm.egress_spec = 1; } }
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) { apply { } }
control C(inout headers_t h, inout meta_t m) { apply { } }
control D(packet_out pkt, in headers_t h) { apply { pkt.emit(h.ethernet); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""
