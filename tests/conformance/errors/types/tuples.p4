// Tuples: as many parts as their type has, read by constant indices, never written by parts.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        tuple<bit<8>, bool> t = { 1 }; //~ C0209
        tuple<bit<8>, bool> u = { 1, true, 2 }; //~ C0209
        tuple<bit<8>, bool> v = { 1, true };
        bit<8> a = v[2]; //~ C0226
        bit<8> b = v[hdr.h.a]; //~ C0220
        bit<8> c = v[1]; //~ C0207
        v[0] = 5; //~ C0215
        bit<8> d = v.first; //~ C0203
        if (v == { 1, 2 }) { } //~ C0207
        if (v < v) { } //~ C0211
    }
}
#include "v1_end.p4"
