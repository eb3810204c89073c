// switch in an action and in a function.
#include "v1_begin.p4"

bit<8> twice(in bit<8> x) {
    switch (x) {
        1:
        2: { return x + x; }
        3: { return 9; }
        default: { return 0; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action pick(bit<8> v) {
        switch (hdr.h.c) {
            1: { hdr.h.b = v; return; }
            2: { hdr.h.b = v + 1; }
        }
        hdr.h.d = 7;
    }
    apply {
        pick(twice(hdr.h.a));
    }
}
#include "v1_end.p4"
