// if without else, else that belongs to the nearest if, empty statements and blocks, chains.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        ;
        if (hdr.h.a == 1) ;
        if (hdr.h.a == 1) { } else hdr.h.b = 1;
        if (hdr.h.a > 1)
            if (hdr.h.a == 2) hdr.h.c = 2;
            else hdr.h.c = 3;
        if (hdr.h.a == 3) { ; { hdr.h.d = 1; } ; }
        else if (hdr.h.a == 4) hdr.h.d = 2;
        else if (hdr.h.a == 5) { hdr.h.d = 3; }
        else { hdr.h.d = 4; }
        { }
    }
}
#include "v1_end.p4"
