// Headers as values: assignment copies validity, two invalid ones are equal whatever they hold, initialisers make
// valid, `{#}` invalid.
#define MORE_HEADERS h_t p; h_t q;
#include "v1_begin.p4"

h_t make(in bit<8> x) { return { x, 2, 3, 4 }; }
bool same(in h_t x, in h_t y) { return x == y; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> flags = 0;
        h_t none;
        h_t other;
        other.a = 9;
        if (none == other) { flags[0:0] = 1; }
        if (none != hdr.h) { flags[1:1] = 1; }
        if (same(make(1), { 1, 2, 3, 4 })) { flags[2:2] = 1; }
        hdr.p = hdr.h;
        if (hdr.p == hdr.h) { flags[3:3] = 1; }
        hdr.p.a = hdr.p.a + 1;
        if (same(hdr.p, hdr.h)) { flags[4:4] = 1; }
        if (hdr.q == {#}) { flags[5:5] = 1; }
        hdr.q = make(hdr.h.a);
        if (hdr.q.isValid() && hdr.q != (h_t){#}) { flags[6:6] = 1; }
        if (hdr.h.b == 1) { hdr.q = {#}; }
        if (hdr.h.b == 2) { hdr.q = none; hdr.p = { a = 1, ... }; }
        if (hdr.h.b == 3) { hdr.q = ...; hdr.p.setInvalid(); hdr.p.setValid(); hdr.p.c = 8; }
        hdr.h.c = 8w0 ++ flags;
    }
}
#include "v1_end.p4"
