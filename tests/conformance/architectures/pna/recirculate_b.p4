// In the later generation a packet is told that it was recirculated, not how often. Metadata begins anew.
#include "pna_b_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        h.tag.b = m.x;
        m.x = 7;
        if (!istd.recirculated && h.tag.a != 0) {
            h.tag.c = 0xABCD;
            recirculate();
        } else {
            send_to_port((PortId_t) 1);
        }
    }
}
#include "pna_b_end.p4"
