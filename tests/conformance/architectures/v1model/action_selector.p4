// Tables with an action profile or selector: an entry with one action behaves as in any other table.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action_profile(16) profile;
    action_selector(HashAlgorithm.crc16, 32w16, 32w8) selector_;
    action set(bit<8> v) { hdr.h.b = v; }
    action put(bit<16> v) { hdr.h.c = v; }
    table direct {
        key = { hdr.h.a : exact; }
        actions = { set; NoAction; }
        implementation = profile;
        default_action = NoAction();
    }
    table chosen {
        key = { hdr.h.a : exact; hdr.h.d : selector; }
        actions = { put; NoAction; }
        implementation = selector_;
        default_action = NoAction();
    }
    apply {
        direct.apply();
        chosen.apply();
    }
}
#include "v1_end.p4"
