// Results that are missing, of another type, or not wanted; what functions can't do.
#include "v1_begin.p4"

bit<8> a(in bit<8> x) { //~ C0227
    if (x == 1) { return x; }
}
bit<8> b(in bit<16> x) { return x; } //~ C0207
void c(in bit<8> x) { return x; } //~ C0227
bit<8> d() { return; } //~ C0227
bit<8> e(in bit<8> x) { return e(x); } //~ C0201
void f() { exit; } //~ C0223
bit<8> fine(in bit<8> x) {
    switch (x) {
        1: { return 1; }
        default: { return 2; }
    }
}
void g() { }
bit<8> g() { return 1; } //~ C0202

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.h.a = f(); //~ C0207
        hdr.h.a = fine; //~ C0207
        hdr.h.a(); //~ C0203
        hdr.h.a = fine(1) + 1;
    }
}
#include "v1_end.p4"
