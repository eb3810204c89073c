// A parser that gives a whole stack, into a variable of its caller.
#define OWN_PARSER
#define MORE_HEADERS t_t[2] s;
header t_t { bit<8> v; }
#include "v1_begin.p4"

parser Q(packet_in p, out t_t[2] s) {
    state start { p.extract(s.next); transition select(s.lastIndex) { 0: start; default: accept; } }
}

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Q() q;
    t_t[2] local;
    state start {
        pkt.extract(hdr.h);
        q.apply(pkt, local);
        hdr.s = local;
        hdr.h.b = local[1].v;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { } }
#include "v1_end.p4"
