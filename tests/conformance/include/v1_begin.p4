// What most programs of the suite begin with: v1model, one header, a parser that reads it.
#include <core.p4>
#include <v1model.p4>

header h_t {
    bit<8> a;
    bit<8> b;
    bit<16> c;
    bit<32> d;
}

#ifndef MORE_HEADERS
#define MORE_HEADERS
#endif
#ifndef MORE_META
#define MORE_META
#endif

struct headers_t {
    h_t h;
    MORE_HEADERS
}

struct meta_t {
    bit<8> x;
    bit<16> y;
    MORE_META
}

#ifndef OWN_PARSER
parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        pkt.extract(hdr.h);
        transition accept;
    }
}
#endif
