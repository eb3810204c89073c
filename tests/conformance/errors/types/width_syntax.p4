// A width is a number, or an expression in parentheses.
#include "v1_begin.p4"

const bit<8> EIGHT = 8;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<EIGHT> a; //~ C0107 parentheses
        bit<-1> b; //~ C0107
        bit<> c; //~ C0107
        bit<8 d; //~ C0107
    }
}
#include "v1_end.p4"
