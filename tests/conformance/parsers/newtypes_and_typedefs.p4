// Select keys of new types, typedefs and enums; a header looked at through a typedef.
#define OWN_PARSER
#define MORE_HEADERS t_t t;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

typedef h_t alias_t;
typedef bit<8> byte_t;
type bit<8> kind_t;
enum kind { a, b }
parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    kind_t k; kind e = kind.b;
    alias_t look;
    state start {
        look = pkt.lookahead<alias_t>();
        k = (kind_t) look.a;
        pkt.extract<alias_t>(hdr.h);
        transition select(k, look.b, e) {
            ((kind_t) 8w1, (byte_t) 2, kind.b): one;
            ((kind_t) 8w2, 5 .. 6, kind.a): accept;
            ((kind_t) 8w2, 5 .. 6, _): two;
            (_, _, kind.b): three;
        }
    }
    state one { hdr.h.d = 1; transition accept; }
    state two { hdr.h.d = 2; transition accept; }
    state three { hdr.h.d = 3; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
