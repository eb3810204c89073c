// Types that no variable can have.
#include "v1_begin.p4"

struct g_t<T> { T x; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        int a = 5; //~ C0204
        void b; //~ C0204
        string c; //~ C0204
        packet_in d; //~ C0204
        nothing_t e; //~ C0201
        g_t f; //~ C0206
        g_t<bit<8>> fine;
        match_kind g; //~ C0204
        hdr.h.a = fine.x;
    }
}
#include "v1_end.p4"
