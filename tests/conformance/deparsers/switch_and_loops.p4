// switch with a label that falls through, loops over a stack and over indexes, and a chosen element in a deparser.
#define OWN_DEPARSER
#define MORE_HEADERS t_t[3] s; t_t c;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.s[0] = { 1, 2 }; hdr.s[2] = { 3, 4}; hdr.c = { 5, 6};
    }
}
control DeparsePart(packet_out pkt, in headers_t hdr) {
    apply {
        switch (hdr.h.a) {
            1:
            2: { pkt.emit(hdr.h); pkt.emit(hdr.s); }
            3: { pkt.emit(hdr.s[2]); pkt.emit(hdr.h); }
            default: { pkt.emit(hdr.h); pkt.emit(hdr.s[1]); pkt.emit(hdr.c); }
        }
        for (t_t e in hdr.s) { pkt.emit(e); }
        for (bit<32> i in 0..2) { pkt.emit(hdr.s[i]); }
        pkt.emit(hdr.s[hdr.h.b]);
    }
}
#include "v1_end.p4"
