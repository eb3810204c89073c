// The pre control runs between parser and main control, on headers that it can't change; metadata of the same type is the
// main control's.
#define OWN_PRE
#include "pna_a_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        h.tag.b = m.x;
        h.tag.c = m.y;
        send_to_port((PortId_t) 1);
    }
}
control Pre(in headers_t h, inout meta_t m, in pna_pre_input_metadata_t istd, inout pna_pre_output_metadata_t ostd) {
    apply {
        m.x = h.tag.a + 1;
        if (istd.parser_error == error.PacketTooShort) { m.y = 0xEEEE; }
        ostd.decrypt = false;
    }
}
#include "pna_a_end.p4"
