// emit of a list and of a tuple of headers: in their order.
#define OWN_DEPARSER
#define MORE_HEADERS t_t one; t_t two;
header t_t { bit<8> v; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.one = { 0x11 };
        if (hdr.h.a == 1) { hdr.two = { 0x22 }; }
    }
}

control DeparsePart(packet_out pkt, in headers_t hdr) {
    tuple<t_t, h_t> pair = { hdr.one, hdr.h };
    apply {
        pkt.emit({ hdr.two, hdr.one });
        pkt.emit(pair);
    }
}
#include "v1_end.p4"
