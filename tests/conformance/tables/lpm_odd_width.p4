// A prefix of a key whose width is no multiple of 8, beside an exact key.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action to(bit<8> v) { hdr.h.b = v; }
    table routes {
        key = {
            hdr.h.d[30:18] : lpm @name("address");
            hdr.h.a : exact;
        }
        actions = { to; NoAction; }
        const entries = {
            (0x1000 &&& 0x1000, 1) : to(1);
            (0x1800 &&& 0x1FFF, 1) : to(13);
            (0x1800 &&& 0x1F00, 1) : to(5);
            (_, 2) : to(0xFF);
        }
    }
    apply { routes.apply(); }
}
#include "v1_end.p4"
