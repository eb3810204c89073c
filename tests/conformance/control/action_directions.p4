// Parameters of actions: in, out and inout are bound in the table's list, data comes from the entry. Arguments are
// copied in before and out after the action.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<8> left = 1;
    bit<8> right = 2;
    action mix(in bit<8> i, out bit<8> o, inout bit<8> io, bit<8> data) {
        o = i + data;
        io = io + o;
    }
    table t {
        key = { hdr.h.a : exact; }
        actions = {
            mix(hdr.h.a, left, right);
            NoAction;
        }
        const entries = {
            1 : mix(hdr.h.a, left, right, 0x10);
            2 : mix(hdr.h.a, left, right, 0x20);
        }
        default_action = mix(hdr.h.a, left, right, 0x30);
    }
    apply {
        t.apply();
        hdr.h.c = left ++ right;
        mix(5, left, left, 6);
        hdr.h.b = left;
    }
}
#include "v1_end.p4"
