"""Small PSA programs for the tests."""

from __future__ import annotations

INLINE = """PSA_Switch(IngressPipeline(IP(), I(), ID()), PacketReplicationEngine(),
    EgressPipeline(EP(), E(), ED()), BufferingQueueingEngine()) main;"""
NAMED = """IngressPipeline(IP(), I(), ID()) in_pipe;
EgressPipeline(EP(), E(), ED()) out_pipe;
PSA_Switch(in_pipe, PacketReplicationEngine(), out_pipe, BufferingQueueingEngine()) main;"""
SEND = "send_to_port(ostd, (PortId_t) 3);"


def psa(
    ingress: str,
    *,
    locals: str = "",
    egress_parser: str = "",
    egress: str = "",
    deparse: str = "pkt.emit(h);",
    egress_deparse: str = "",
    deparser_locals: str = "",
    top: str = "",
    main: str = INLINE,
) -> str:
    return f"""
#include <core.p4>
#include <psa.p4>
header eth_h {{ bit<8> a; bit<8> b; bit<16> c; }}
header tag_h {{ bit<8> kind; bit<8> value; }}
struct headers_t {{ eth_h eth; tag_h tag; }}
struct meta_t {{ bit<8> x; }}
struct note_t {{ bit<8> mark; }}
struct none_t {{ }}
{top}
parser IP(packet_in pkt, out headers_t h, inout meta_t m, in psa_ingress_parser_input_metadata_t istd,
          in none_t r, in none_t c) {{
    state start {{ pkt.extract(h.eth); transition accept; }}
}}
control I(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
          inout psa_ingress_output_metadata_t ostd) {{
    {locals}
    apply {{ {ingress} }}
}}
control ID(packet_out pkt, out none_t c, out none_t r, out note_t n, inout headers_t h, in meta_t m,
           in psa_ingress_output_metadata_t istd) {{
    {deparser_locals}
    apply {{ n.mark = m.x; {deparse} }}
}}
parser EP(packet_in pkt, out headers_t h, inout meta_t m, in psa_egress_parser_input_metadata_t istd,
          in note_t n, in none_t c, in none_t d) {{
    state start {{ m.x = n.mark; {egress_parser} transition accept; }}
}}
control E(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
          inout psa_egress_output_metadata_t ostd) {{
    apply {{ {egress} }}
}}
control ED(packet_out pkt, out none_t c, out none_t r, inout headers_t h, in meta_t m,
           in psa_egress_output_metadata_t istd, in psa_egress_deparser_input_metadata_t edstd) {{
    apply {{ {egress_deparse} }}
}}
{main}
"""
