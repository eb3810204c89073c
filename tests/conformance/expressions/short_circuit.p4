// && and || leave out their right side, with its effects, if the left one decides; ?: takes one side only.
#include "v1_begin.p4"

bool seen(inout bit<16> count, in bool result) {
    count = count + 1;
    return result;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<16> n = 0;
        if (hdr.h.a == 1 && seen(n, true)) { hdr.h.b[0:0] = 1; }
        if (hdr.h.a == 1 || seen(n, false)) { hdr.h.b[1:1] = 1; }
        if (seen(n, hdr.h.a == 2) && seen(n, true) || seen(n, false)) { hdr.h.b[2:2] = 1; }
        bool x = hdr.h.a == 3 ? seen(n, true) : hdr.h.a == 4 ? seen(n, false) && seen(n, true) : true;
        if (!x) { hdr.h.b[3:3] = 1; }
        hdr.h.c = n;
    }
}
#include "v1_end.p4"
