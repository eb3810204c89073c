// An action that exits while a table is applied in a condition, in an assignment or in a switch: the rest is not done.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action bye() { hdr.h.b = 1; exit; }
    action stay() { hdr.h.b = 2; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { bye; stay; }
        const entries = { 1 : bye(); 2 : stay(); 3 : bye(); 4 : bye(); }
        const default_action = stay();
    }
    apply {
        if (hdr.h.a < 3) {
            if (t.apply().hit) { hdr.h.c = 1; } else { hdr.h.c = 2; }
        } else if (hdr.h.a == 3) {
            hdr.h.c = t.apply().hit ? 16w3 : 16w4;
        } else {
            switch (t.apply().action_run) {
                bye: { hdr.h.c = 5; }
                stay: { hdr.h.c = 6; }
            }
        }
        hdr.h.d = 9;
    }
}
#include "v1_end.p4"
