"""`cora test --on`: the same packet tests in the interpreter and in the kernel, whole and split."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cora.cli.test_command import command
from cora.device import features

MATCHES = """
#include <core.p4>
#include <v1model.p4>
header eth_h { bit<48> dst; bit<48> src; bit<16> kind; }
header tag_h { bit<8> kind; bit<8> value; bit<32> address; }
struct headers_t { eth_h eth; tag_h tag; }
struct meta_t { bit<1> unused; }
parser P(packet_in pkt, out headers_t hdr, inout meta_t m, inout standard_metadata_t sm) {
    state start { pkt.extract(hdr.eth); transition select(hdr.eth.kind) { 0x1234: tag; default: accept; } }
    state tag { pkt.extract(hdr.tag); transition accept; }
}
control Check(inout headers_t hdr, inout meta_t m) { apply { } }
control In(inout headers_t hdr, inout meta_t m, inout standard_metadata_t sm) {
    register<bit<32>>(4) last;
    counter(4, CounterType.packets_and_bytes) seen;
    action drop() { mark_to_drop(sm); }
    action send(bit<9> to) { sm.egress_spec = to; }
    action mark(bit<8> v) { hdr.tag.value = v; }
    table by_validity { key = { hdr.tag.isValid() : exact; } actions = { send; drop; } default_action = drop(); }
    table routes { key = { hdr.tag.address : lpm; } actions = { send; NoAction; } default_action = NoAction(); }
    table acl {
        key = { hdr.tag.kind : ternary; hdr.tag.value : range; } actions = { mark; drop; NoAction; }
        default_action = NoAction();
    }
    apply {
        by_validity.apply();
        if (hdr.tag.isValid()) {
            routes.apply(); acl.apply();
            last.write(1, hdr.tag.address); seen.count(2);
        }
    }
}
control Eg(inout headers_t hdr, inout meta_t m, inout standard_metadata_t sm) { apply { } }
control D(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
V1Switch(P(), Check(), In(), Eg(), Check(), D()) main;
"""
HEAD = "000000000001 000000000002 1234"
GOOD = f"""
add by_validity hdr.tag.$valid$:0x01 In.send(to:1)   # names in full or their last part
add In.routes hdr.tag.address:10.0.0.0/8 send(to:2)
add routes tag.address:0x0a010000/16 send(to:3)
add acl 5 hdr.tag.kind:0x1* hdr.tag.value:0..0x7f mark(v:0xaa)
add acl 9 kind:0x12&&&0xff value:7 drop()
add acl 1 kind:0b01****** mark(v:0xbb)
packet 0 {HEAD} 00 00 c0000001
expect 1 {HEAD} 0000 c0000001$
packet 0 {HEAD} 20 00 0a000001
expect 2 {HEAD} 2* 00 0a000001
packet 0 {HEAD} 11 7f 0a010001
expect 3 {HEAD} 11 aa 0a010001$
packet 0 {HEAD} 12 07 0a010001
packet 0 000000000001 000000000002 4321 00
no_packet
packet 0 {HEAD} 41 ff 0a010002 99
expect 3 {HEAD} 41 bb 0a010002 99$
wait
check_counter seen(2) packets = 5
check_counter In.seen(2) bytes == 101
register_read last 1 = 0x0a010002
register_write last 1 7
register_read last 1 7
setdefault by_validity send(to:4)
packet 0 000000000001 000000000002 4321
expect 4
"""
PLACES = ["interp", pytest.param("xdp", marks=pytest.mark.bpf), pytest.param("split:softnic", marks=pytest.mark.bpf)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m.p4").write_text(MATCHES)
    return tmp_path


def cora_test(folder: Path, stf: str, *options: str) -> Result:
    if any(o == "xdp" or o.startswith("split") for o in options) and features.missing_error() is not None:
        pytest.skip("needs root and BPF")
    (folder / "t.stf").write_text(stf)
    return CliRunner().invoke(command, [str(folder / "m.p4"), str(folder / "t.stf"), *options])


@pytest.mark.parametrize("where", PLACES)
def test_matches_of_all_kinds(folder: Path, where: str) -> None:
    done = cora_test(folder, GOOD, "--on", where)
    assert "1 passed, 0 failed" in done.output, done.output + done.stderr
    assert done.exit_code == 0


@pytest.mark.parametrize("where", PLACES)
def test_a_failed_expectation_is_told_at_its_line(folder: Path, where: str) -> None:
    done = cora_test(folder, GOOD + f"packet 0 {HEAD} 41 ff 0a010002\nexpect 3 {HEAD} 41 cc\n", "--on", where)
    assert done.exit_code == 1
    assert "0 passed, 1 failed" in done.output
    assert "C0432" in done.output and "byte 15 of the packet is bb, expected cc" in done.output and "^" in done.output


@pytest.mark.bpf
def test_a_frame_that_the_kernel_does_not_run_is_told_at_its_line(folder: Path) -> None:
    done = cora_test(folder, "packet 0 0102\n", "--on", "xdp")
    assert done.exit_code == 1
    assert "C0806" in done.output and "t.stf:1" in done.output


@pytest.mark.parametrize(
    ("statement", "help"),
    [
        ("mirroring_delete 5", "a second test"),
        ("mc_node_update 1 2", "a second test"),
        ("remove routes 1", "second test"),
    ],
)
def test_what_only_bmv2_has_is_refused_at_its_line(folder: Path, statement: str, help: str) -> None:
    done = cora_test(folder, f"wait\n{statement}\n")
    assert done.exit_code == 1
    assert "C0870" in done.output and "t.stf:2" in done.output and help in done.output and "^" in done.output


@pytest.mark.parametrize("options", [("--on", "nic"), ("--on", "split"), ("--on", "xdp", "--plan", "b")])
def test_where_must_make_sense(folder: Path, options: tuple[str, ...]) -> None:
    (folder / "t.stf").write_text("wait\n")
    done = CliRunner().invoke(command, [str(folder / "m.p4"), str(folder / "t.stf"), *options])
    assert done.exit_code == 2
