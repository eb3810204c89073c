// setValid, setInvalid and isValid; a header that is made valid again keeps what was stored into it since.
#define MORE_HEADERS t_t t;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bool before = hdr.t.isValid();
        hdr.t.setValid();
        hdr.t.v = 0x12;
        hdr.t.w = 0x34;
        if (hdr.h.a == 1) { hdr.t.setInvalid(); }
        if (hdr.h.a == 2) { hdr.t.setInvalid(); hdr.t.setInvalid(); hdr.t.setValid(); hdr.t.v = 0x56; hdr.t.w = 0x78; }
        if (hdr.h.a == 3) { hdr.t.setValid(); }
        hdr.h.b = before ? 8w0xFF : (hdr.t.isValid() ? 8w1 : 8w2);
    }
}
#include "v1_end.p4"
