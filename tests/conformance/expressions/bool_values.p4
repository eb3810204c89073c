// bool: variables, fields, comparison, negation; in a header it is one bit.
#define MORE_HEADERS o_t o;
header o_t {
    bool first;
    bool second;
    bit<6> rest;
}
#include "v1_begin.p4"

struct flags_t { bool x; bool y; }

bool differ(in bool x, in bool y) { return x != y; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        flags_t f = { hdr.h.a == 1, hdr.h.b == 1 };
        bool none;
        hdr.o = { differ(f.x, f.y), f.x == f.y, 5 };
        hdr.o.second = !hdr.o.second;
        if (hdr.o.first == hdr.o.second && !none) {
            hdr.h.c = (bit<16>)(bit<1>)f.x ++ (bit<16>)(bit<1>)(!f.y) != 32w0 ? 16w7 : 16w8;
        }
        bool constant = (bool)1 && !(bool)0;
        if (constant) { hdr.h.d = 1; }
    }
}
#include "v1_end.p4"
