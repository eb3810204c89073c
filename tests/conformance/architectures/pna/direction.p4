// SelectByDirection: the second value for packets from the network, the third for those of the host (here: port
// 1).
#include "pna_a_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        h.tag.b = SelectByDirection(istd.direction, h.tag.a, 8w0xFF);
        if (istd.direction == PNA_Direction_t.NET_TO_HOST) { h.tag.c = 0x1111; }
        send_to_port((PortId_t) 1);
    }
}
#include "pna_a_end.p4"
