"""Small P4 programs for the tests: the parts that all of them share, and what runs them."""

from __future__ import annotations

from cora.frontend import load_text
from cora.ir.interp import Packet, Sent, run
from cora.ir.nodes import Program
from cora.ir.packets import Dropped
from cora.ir.store import Store
from cora.lower import LowerOptions, lower_program

HEADERS = """
header eth_h { bit<8> a; bit<8> b; bit<16> c; }
header tag_h { bit<8> kind; bit<8> value; }
struct headers_t { eth_h eth; tag_h tag; tag_h[3] tags; }
struct meta_t { bit<8> x; bit<16> y; bit<32> z; bool flag; FlowId_t id; }
"""

PARSER = """
parser P(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
    state start { pkt.extract(h.eth); transition accept; }
}
"""


def pna_b(body: str, *, locals: str = "", top: str = "", parser: str = PARSER) -> str:
    """A PNA 0.7 program whose main control has these declarations and this apply block; it sends to port 1 at first."""
    return f"""
#include <core.p4>
#include <pna.p4>
{HEADERS}
{top}
{parser}
control Main(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {{
    {locals}
    apply {{ send_to_port((PortId_t) 1); {body} }}
}}
control D(packet_out pkt, inout headers_t h, in meta_t m, in pna_main_output_metadata_t ostd) {{
    apply {{ pkt.emit(h); }}
}}
PNA_NIC(P(), Main(), D()) main;
"""


def pna_a(body: str, *, locals: str = "", top: str = "", parser: str = PARSER) -> str:
    """As `pna_b`, for the generation with four blocks."""
    return f"""
#include <core.p4>
#include <pna.p4>
{HEADERS}
{top}
{parser}
control Pre(in headers_t h, inout meta_t m, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) {{
    apply {{ }}
}}
control Main(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {{
    {locals}
    apply {{ send_to_port((PortId_t) 1); {body} }}
}}
control D(packet_out pkt, in headers_t h, in meta_t m, in pna_main_output_metadata_t ostd) {{
    apply {{ pkt.emit(h); }}
}}
PNA_NIC(P(), Pre(), Main(), D()) main;
"""


def v1model(ingress: str, *, locals: str = "", egress: str = "", verify: str = "", compute: str = "") -> str:
    headers = HEADERS.replace(" FlowId_t id;", "")
    return f"""
#include <core.p4>
#include <v1model.p4>
{headers}
parser P(packet_in pkt, out headers_t h, inout meta_t m, inout standard_metadata_t sm) {{
    state start {{ pkt.extract(h.eth); transition accept; }}
}}
control V(inout headers_t h, inout meta_t m) {{ apply {{ {verify} }} }}
control I(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {{ {locals} apply {{ {ingress} }} }}
control E(inout headers_t h, inout meta_t m, inout standard_metadata_t sm) {{ apply {{ {egress} }} }}
control C(inout headers_t h, inout meta_t m) {{ apply {{ {compute} }} }}
control D(packet_out pkt, in headers_t h) {{ apply {{ pkt.emit(h); }} }}
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def lower(text: str, options: LowerOptions | None = None, *, after: str | None = None) -> Program:
    return lower_program(load_text(text, name="test.p4"), options or LowerOptions(), after=after)


class Runner:
    """A program with its state; `send` gives the port and bytes that came out, or the reason of the drop."""

    def __init__(self, text: str, options: LowerOptions | None = None) -> None:
        self.program = lower(text, options)
        self.store = Store(self.program)
        self.time_ns = 1_000_000_000

    def send(self, frame: str, *, port: int = 0, wait_ns: int = 0) -> str:
        self.time_ns += wait_ns
        result = run(self.program, self.store, Packet(bytes.fromhex(frame), port, self.time_ns))
        match result:
            case Sent(port=out, data=data):
                return f"{out} {data.hex()}"
            case Dropped(reason=reason):
                return reason
            case _:
                raise AssertionError(result)
