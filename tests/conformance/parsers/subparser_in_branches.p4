// Parsers called on one side of an if, directly by their type, and with results in one variable.
#define OWN_PARSER
#define MORE_HEADERS t_t one; u_t two;
header t_t { bit<8> v; }
header u_t { bit<16> v; }
#include "v1_begin.p4"

parser One(packet_in pkt, inout headers_t hdr, out bit<8> last) {
    state start { pkt.extract(hdr.one); last = hdr.one.v; transition accept; }
}
parser Two(packet_in pkt, inout headers_t hdr, out bit<8> last) {
    state start { pkt.extract(hdr.two); last = hdr.two.v[7:0]; transition accept; }
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    One() one;
    state start {
        pkt.extract(hdr.h);
        bit<8> last = 0xFF;
        if (hdr.h.a == 1) {
            one.apply(pkt, hdr, last);
        } else {
            if (hdr.h.a == 2) { Two.apply(pkt, hdr, last); }
        }
        hdr.h.b = last;
        transition select(last) {
            0x77: again;
            default: accept;
        }
    }
    state again {
        Two.apply(pkt, hdr, meta.x);
        hdr.h.c[7:0] = meta.x;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
