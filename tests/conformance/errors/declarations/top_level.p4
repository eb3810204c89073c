// Controls and parsers have no instances outside of blocks; statements and variables don't stand there.
#include "v1_begin.p4"

control Inner() { apply { } }
Inner() inner; //~ C0223

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Inner() fine;
    apply { fine.apply(); }
}
#include "v1_end.p4"
