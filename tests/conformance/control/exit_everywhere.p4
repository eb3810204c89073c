// 'exit' ends all controls that are running; what was written to out parameters is still copied out.
#include "v1_begin.p4"

control Inner(inout bit<8> x, out bit<16> y, in bit<8> what) {
    action leave() {
        x = x + 4;
        exit;
    }
    action stay() { x = x + 8; }
    table t {
        key = { what : exact; }
        actions = { leave; stay; }
        const entries = { 2 : leave(); }
        const default_action = stay();
    }
    apply {
        y = 0x1234;
        if (what == 1) {
            x = x + 1;
            exit;
        }
        if (t.apply().hit) { x = 0xEE; }
        if (what == 3) {
            y = 0x5678;
            return;
        }
        x = x + 2;
    }
}

control Middle(inout headers_t hdr) {
    Inner() inner;
    apply {
        inner.apply(hdr.h.b, hdr.h.c, hdr.h.a);
        hdr.h.d = hdr.h.d + 1;
        if (hdr.h.a == 4) { exit; }
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Middle() middle;
    apply {
        middle.apply(hdr);
        hdr.h.d = hdr.h.d + 0x10;
    }
}
#include "v1_end.p4"
