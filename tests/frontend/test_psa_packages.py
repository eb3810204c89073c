"""PSA's packages: blocks in packages in a package, and what is said of one that doesn't fit."""

from __future__ import annotations

import pytest

from cora.diagnostics import UserError
from cora.frontend import load_text
from cora.frontend.types import PackageType, show

PROGRAM = """
#include <core.p4>
#include <psa.p4>
header a_h { bit<8> x; }
header b_h { bit<16> y; }
struct in_t { a_h a; }
struct out_t { b_h b; }
struct in_meta_t { bit<8> m; }
struct out_meta_t { bit<4> n; }
struct normal_t { bit<8> k; }
struct none_t { }
parser IP(packet_in p, out in_t h, inout in_meta_t m, in psa_ingress_parser_input_metadata_t istd,
          in none_t r, in none_t c) { state start { transition accept; } }
control I(inout in_t h, inout in_meta_t m, in psa_ingress_input_metadata_t istd,
          inout psa_ingress_output_metadata_t ostd) { apply { } }
control ID(packet_out p, out none_t c, out none_t r, out normal_t n, inout in_t h, in in_meta_t m,
           in psa_ingress_output_metadata_t istd) { apply { n.k = 0; } }
parser EP(packet_in p, out out_t h, inout out_meta_t m, in psa_egress_parser_input_metadata_t istd,
          in normal_t n, in none_t c, in none_t d) { state start { transition accept; } }
control E(inout out_t h, inout out_meta_t m, in psa_egress_input_metadata_t istd,
          inout psa_egress_output_metadata_t ostd) { apply { } }
control ED(packet_out p, out none_t c, out none_t r, inout out_t h, in out_meta_t m,
           in psa_egress_output_metadata_t istd, in psa_egress_deparser_input_metadata_t edstd) { apply { } }
"""
MAIN = (
    "PSA_Switch(IngressPipeline(IP(), I(), ID()), PacketReplicationEngine(), "
    "EgressPipeline(EP(), E(), ED()), BufferingQueueingEngine()) main;"
)


def codes(text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_text(text)
    return [d.code for d in caught.value.diagnostics]


def test_types_are_inferred_through_the_pipelines() -> None:
    program = load_text(PROGRAM + MAIN)
    assert [b.role for b in program.blocks] == ["ip", "ig", "id", "ep", "eg", "ed"]
    assert [b.block.name for b in program.blocks] == ["IP", "I", "ID", "EP", "E", "ED"]
    package = program.main.type.resolved
    assert isinstance(package, PackageType)
    arguments = "in_t, in_meta_t, out_t, out_meta_t, normal_t, none_t, none_t, none_t, none_t"
    assert show(package) == f"PSA_Switch<{arguments}>"


def test_one_mistake_in_a_pipeline_is_told_once() -> None:
    wrong = PROGRAM.replace("parser IP(packet_in p, out in_t h", "parser IP(packet_in p, inout in_t h")
    assert codes(wrong + MAIN) == ["C0240"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("in normal_t n, in none_t c", "in in_meta_t n, in none_t c"),  # ingress gives a normal_t
        ("EgressPipeline(EP(), E(), ED())", "IngressPipeline(IP(), I(), ID())"),
        ("PacketReplicationEngine()", "BufferingQueueingEngine()"),
    ],
)
def test_pipelines_that_do_not_fit(old: str, new: str) -> None:
    assert codes((PROGRAM + MAIN).replace(old, new)) == ["C0207"]


def test_wrong_number_of_blocks() -> None:
    assert codes(PROGRAM + MAIN.replace("IngressPipeline(IP(), I(), ID())", "IngressPipeline(IP(), I())")) == ["C0217"]
