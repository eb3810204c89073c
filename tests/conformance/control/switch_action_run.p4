// switch on action_run: labels that fall through, a default, actions that no label names; hit or miss doesn't matter.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action a() { hdr.h.b = 1; }
    action b() { hdr.h.b = 2; }
    action c() { hdr.h.b = 3; }
    action d() { hdr.h.b = 4; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { a; b; c; d; }
        const entries = { 1 : a(); 2 : b(); 3 : c(); 4 : d(); }
        const default_action = c();
    }
    table u {
        key = { hdr.h.a : exact; }
        actions = { a; b; @defaultonly NoAction; }
        const entries = { 1 : a(); 2 : b(); }
    }
    apply {
        switch (t.apply().action_run) {
            a:
            b: { hdr.h.c = 0x0102; }
            c: { hdr.h.c = 0x0003; }
            default: { hdr.h.c = 0xFFFF; }
        }
        switch (u.apply().action_run) {
            a: { hdr.h.d = 1; }
            NoAction: { hdr.h.d = 2; }
        }
    }
}
#include "v1_end.p4"
