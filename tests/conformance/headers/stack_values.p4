// A stack as a value: assigned whole, compared, passed to a function, looped over, and held in structs.
#include <core.p4>
#include <v1model.p4>

header h_t { bit<8> a; bit<8> b; bit<16> c; bit<32> d; }
header t_t { bit<8> v; }
struct in_t { t_t[2] s; bit<8> unused; }
struct headers_t { h_t h; t_t[2] one; t_t[2] two; in_t inner; }
struct meta_t { bit<8> x; }

bit<8> sum(in t_t[2] s) {
    bit<8> total = 0;
    for (t_t e in s) {
        if (e.isValid()) { total = total + e.v; }
    }
    return total;
}

void swap(inout t_t[2] s) {
    t_t t = s[0];
    s[0] = s[1];
    s[1] = t;
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.one.next);
        pkt.extract(hdr.one.next);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.b = sum(hdr.one);
        if (hdr.h.a == 1) { hdr.two = hdr.one; swap(hdr.two); }
        if (hdr.h.a == 2) { hdr.inner.s = hdr.one; hdr.inner.s[0].setInvalid(); hdr.inner.unused = 1; }
        if (hdr.h.a == 3) { hdr.two = { { 7 }, { 8 } }; }
        if (hdr.h.a == 4) { hdr.one = hdr.two; }
        if (hdr.one == hdr.two) { hdr.h.c = 1; }
        if (hdr.h.a == 5) { swap(hdr.one); hdr.one[1].setInvalid(); hdr.h.c = (bit<16>)sum(hdr.one); }
    }
}

control DeparsePart(packet_out pkt, in headers_t hdr) {
    apply { pkt.emit(hdr.h); pkt.emit(hdr.one); pkt.emit(hdr.two); pkt.emit(hdr.inner.s); }
}
#define OWN_DEPARSER
#include "v1_end.p4"
