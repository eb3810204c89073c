// Mirror slots are independent; of one slot the last session counts. Copies are the packet as it was deparsed, also if it is
// dropped.
#include "pna_b_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    apply {
        h.tag.b = 0x55;
        send_to_port((PortId_t) 1);
        if (h.tag.a == 1) { mirror_packet((MirrorSlotId_t) 0, (MirrorSessionId_t) 4); }
        if (h.tag.a == 2) {
            mirror_packet((MirrorSlotId_t) 0, (MirrorSessionId_t) 4);
            mirror_packet((MirrorSlotId_t) 3, (MirrorSessionId_t) 5);
        }
        if (h.tag.a == 3) {
            mirror_packet((MirrorSlotId_t) 1, (MirrorSessionId_t) 4);
            mirror_packet((MirrorSlotId_t) 1, (MirrorSessionId_t) 5);
            drop_packet();
        }
    }
}
#include "pna_b_end.p4"
