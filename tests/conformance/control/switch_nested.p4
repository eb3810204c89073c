// Switches within switches, with tables applied in their blocks, and a last label without a block.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action a() { hdr.h.b = hdr.h.b + 1; }
    action b() { hdr.h.b = hdr.h.b + 2; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { a; b; }
        const entries = { 1 : a(); 2 : b(); }
        const default_action = a();
    }
    table u {
        key = { hdr.h.c : exact; }
        actions = { a; b; }
        const entries = { 1 : a(); 2 : b(); }
        const default_action = b();
    }
    apply {
        switch (t.apply().action_run) {
            a: {
                switch (u.apply().action_run) {
                    a: { hdr.h.d = 0x11; }
                    b: {
                        switch (hdr.h.a) {
                            1: { hdr.h.d = 0x121; }
                            2:
                            3:
                        }
                    }
                }
            }
            b: { if (u.apply().hit) { hdr.h.d = 0x2; } }
        }
    }
}
#include "v1_end.p4"
