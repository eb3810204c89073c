// Fields of an invalid header may be read and written without harm; what they hold then is open.
#define MORE_HEADERS t_t a; t_t b;
header t_t { bit<8> v; bit<8> w; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.a.v = 5;
        if (!hdr.a.isValid() && hdr.b.v == 0) { hdr.h.b = 1; }
        hdr.a.setValid();
        hdr.a.w = 1;
    }
}
#include "v1_end.p4"
