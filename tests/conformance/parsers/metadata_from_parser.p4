// Errors, enums and arrays in metadata that the parser sets; a function that is given the packet; a key that chooses.
#define OWN_PARSER
#define MORE_META error err; E e; bit<8>[2] arr;
enum E { A, B, C }
#include "v1_begin.p4"

void f(packet_in p, out h_t h) { p.extract(h); }
parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    @name("begin") state start {
        f(pkt, hdr.h);
        meta.err = error.HeaderTooShort;
        meta.e = hdr.h.a == 1 ? E.B : E.C;
        meta.arr[0] = hdr.h.a;
        meta.arr[1] = meta.arr[0] + 1;
        transition select(hdr.h.isValid() ? 8w1 : 8w2, meta.e, meta.arr[1]) {
            (1, E.B, 2): accept;
            (1, E.C, _): other;
            (_, _, _): reject;
        }
    }
    state other { hdr.h.b = meta.arr[1]; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (meta.err == error.HeaderTooShort && meta.err != std.parser_error) { hdr.h.c = 1; }
    }
}
#include "v1_end.p4"
