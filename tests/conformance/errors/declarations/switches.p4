// Labels that stand twice, aren't known, have another type, or follow `default`.
#include "v1_begin.p4"

enum E { A, B }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        switch (hdr.h.a) {
            1: { }
            2: { }
            1: { } //~ C0228
            hdr.h.b: { } //~ C0220
            16w3: { } //~ C0207
            E.A: { } //~ C0207
        }
        E e = E.A;
        switch (e) {
            E.A: { }
            E.C: { } //~ C0203
            default: { }
            E.B: { } //~ C0228
        }
        switch (hdr.h) { //~ C0211
            default: { }
        }
        switch (hdr.h.a + 1) {
            5: 6: { }
            default: { }
        }
    }
}
#include "v1_end.p4"
