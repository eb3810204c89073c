// Of send_to_port() and drop_packet() the last call counts; a packet without either is dropped.
#include "pna_a_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        if (h.tag.a == 1) { send_to_port((PortId_t) 4); }
        if (h.tag.a == 2) { send_to_port((PortId_t) 4); drop_packet(); }
        if (h.tag.a == 3) { drop_packet(); send_to_port((PortId_t) 5); }
        if (h.tag.a == 4) { send_to_port((PortId_t) 4); send_to_port(istd.input_port); }
    }
}
#include "pna_a_end.p4"
