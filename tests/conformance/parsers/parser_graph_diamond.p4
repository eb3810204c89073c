// States that several others lead to, in a graph that forks and joins; what the ways wrote is still there.
#define OWN_PARSER
#define MORE_HEADERS t_t t; t_t v;
header t_t { bit<8> next; bit<8> x; }
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state end { hdr.h.c = meta.y; transition accept; }
    state left { meta.y = meta.y + 0x10; pkt.extract(hdr.t); transition meet; }
    state right { meta.y = meta.y + 0x20; pkt.extract(hdr.v); transition meet; }
    state start {
        pkt.extract(hdr.h);
        meta.y = 1;
        transition select(hdr.h.a[7:7]) { 0: left; 1: right; }
    }
    state meet {
        meta.y = meta.y * 2;
        transition select(hdr.t.isValid(), hdr.v.isValid()) {
            (true, true): end;
            (true, false): right_or_end;
            (false, _): left_or_end;
        }
    }
    state right_or_end {
        transition select(hdr.t.next) { 0: end; default: right; }
    }
    state left_or_end {
        transition select(hdr.v.next) { 0: end; default: left; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
