// Fields that lie across byte boundaries, signed and bool fields, enums, newtypes and typedefs in a header.
#define MORE_HEADERS o_t o;
#define OWN_PARSER
enum bit<4> Color { Red = 1, Blue = 9 }
type bit<9> Port_t;
typedef bit<3> three_t;
header o_t {
    bit<3> a;
    int<5> b;
    bool c;
    bit<13> d;
    Color e;
    Port_t f;
    three_t g;
    bit<1> h;
    int<9> i;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.o);
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.h.a == 1) {
            if (hdr.o.b < 0) { hdr.h.b = 1; }
            if (hdr.o.c) { hdr.h.c = (bit<16>)hdr.o.d; }
            if (hdr.o.e == Color.Blue) { hdr.h.d = (bit<32>)(bit<9>)hdr.o.f; }
        }
        if (hdr.h.a == 2) {
            hdr.o.a = ~hdr.o.a;
            hdr.o.b = -hdr.o.b;
            hdr.o.c = !hdr.o.c;
            hdr.o.d = hdr.o.d + 1;
            hdr.o.e = Color.Red;
            hdr.o.f = (Port_t) 9w0x155;
            hdr.o.g = 5;
            hdr.o.h = 1;
            hdr.o.i = hdr.o.i >> 1;
        }
    }
}
#include "v1_end.p4"
