// A key of 128 bits, made of several fields.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { 64w0x0123456789ABCDEF ++ hdr.h.d ++ hdr.h.c ++ hdr.h.a ++ 8w5 : exact @name("all"); }
        actions = { set; NoAction; }
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
