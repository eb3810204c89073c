"""The packet tests of the bundled network functions hold, and are what the scripts with scapy write."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))

from write_packet_tests import ROOT, packet_tests

from cora.cli.app import group as cora
from cora.ir.check import check_program
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.nf.build import build_program, fresh_store
from cora.nf.entries import vocabulary
from cora.nf.spec import bundled_names, load_nf
from cora.verify.stf import InterpreterExecutor, defines, read_stf, run_stf, run_stf_file

FILES = sorted((ROOT / "nf_programs").glob("*/tests/*.stf"))


@cache
def built(name: str, macros: tuple[str, ...] = ()) -> Program:
    return build_program(load_nf(name), defines=macros)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.parent.name}/{p.stem}")
def test_packets(path: Path) -> None:
    name = path.parent.parent.name
    commands = read_stf(path)
    program = built(name, defines(commands))
    report = run_stf(commands, InterpreterExecutor(program, Store(program)), vocabulary(load_nf(name)))
    report.raise_if_failed()
    assert report.packets and report.checks >= report.packets


@pytest.mark.bpf
@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("name", bundled_names())
def test_packets_in_the_kernel(name: str) -> None:
    done = CliRunner().invoke(cora, ["test", name, "--on", "xdp"])
    assert done.exit_code == 0, done.output
    files = sum(path.parent.parent.name == name for path in FILES)
    assert f"{files} passed, 0 failed" in done.output


def test_a_file_by_itself() -> None:
    path = ROOT / "nf_programs" / "nat" / "tests" / "table_full.stf"
    run_stf_file(path, load_nf("nat")).raise_if_failed()


def test_the_files_are_what_the_scripts_write() -> None:
    written = dict(packet_tests())
    assert sorted(written) == FILES
    stale = [path.name for path, text in written.items() if path.read_text() != text]
    assert stale == [], "run `python tests/nf/write_packet_tests.py`"


@pytest.mark.parametrize("name", bundled_names())
def test_entries_fit_the_program(name: str) -> None:
    spec = load_nf(name)
    program = built(name)
    check_program(program)
    store = fresh_store(spec, program)
    assert any(table.rows for table in store.tables.values())


@pytest.mark.parametrize("name", bundled_names())
def test_names_are_those_of_the_program(name: str) -> None:
    """Every counter that nf.yaml has words for exists, with room for their numbers; so do the states of edges."""
    spec = load_nf(name)
    program = built(name)
    states = {s.name: s for s in program.states}
    fields = {f.name.rpartition(".")[2] for s in program.states for f in (*s.key, *s.values)}
    for subject, words in spec.names.items():
        assert subject in states or subject in fields
        if subject in states:
            assert max(words.values()) < states[subject].capacity
    for edge in spec.edges:
        assert edge.state in states


def test_nat_pools_live_as_long_as_their_entries() -> None:
    """What README.md asks of an operator holds for the example: `timeout_ns` is the time of `profile`."""
    spec = load_nf("nat")
    program = built("nat")
    state = program.state("pools")
    at = {f.name: i for i, f in enumerate(state.values)}
    for row in fresh_store(spec, program).tables["pools"].rows:
        profile = row.values[at["pool.profile"]]
        assert row.values[at["pool.timeout_ns"]] == spec.idle_timeouts_ns[profile]
