// Comparisons of int<W> are signed, those of bit<W> are not.
#define MORE_HEADERS o_t o;
header o_t {
    bit<1> lt;
    bit<1> le;
    bit<1> gt;
    bit<1> ge;
    bit<1> ult;
    bit<1> ugt;
    bit<1> negative;
    bit<1> small;
}
#include "v1_begin.p4"

bit<1> b(in bool x) { return x ? 1w1 : 1w0; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int<8> x = (int<8>)hdr.h.a;
        int<8> y = (int<8>)hdr.h.b;
        hdr.o.setValid();
        hdr.o.lt = b(x < y);
        hdr.o.le = b(x <= y);
        hdr.o.gt = b(x > y);
        hdr.o.ge = b(x >= y);
        hdr.o.ult = b(hdr.h.a < hdr.h.b);
        hdr.o.ugt = b(hdr.h.a > hdr.h.b);
        hdr.o.negative = b(x < 0);
        hdr.o.small = b(x > -3);
    }
}
#include "v1_end.p4"
