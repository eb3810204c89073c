// In the later generation the direction follows from the port.
#include "pna_b_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        bool from_net = is_net_port(istd.input_port);
        h.tag.b = SelectByDirection(from_net, h.tag.a, 8w0xFF);
        if (is_host_port(istd.input_port)) { h.tag.c = 0x1111; }
        send_to_port((PortId_t) 1);
    }
}
#include "pna_b_end.p4"
