// Another pass: the packet comes in as it was deparsed, by the same port, with the number of the pass.
#include "pna_a_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        h.tag.c = h.tag.c + 1;
        h.tag.b = (bit<8>) (bit<3>) istd.pass;
        if ((bit<8>) (bit<3>) istd.pass < h.tag.a) { recirculate(); } else { send_to_port(istd.input_port); }
        if (h.tag.a == 9) { recirculate(); drop_packet(); }
    }
}
#include "pna_a_end.p4"
