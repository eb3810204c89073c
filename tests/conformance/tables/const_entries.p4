// Constant entries: constants, casts, new types and arithmetic as values; the first that matches wins where none is
// more exact.
#include "v1_begin.p4"

const bit<8> base = 0x10;
const int step = 3;
typedef bit<8> small_t;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    const bit<8> local = base + 1;
    action set(bit<8> v) { hdr.h.b = v; }
    action both(bit<8> v, bit<16> w) { hdr.h.b = v; hdr.h.c = w; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { set; both; NoAction; }
        const entries = {
            base : set(step);
            local : set(base + 2);
            (small_t) (base << 1) : both(w = 0x0102, v = 4);
            base + 2 * step : both(step + 2, 8w0 ++ 8w7);
            8w255 : NoAction();
        }
        default_action = set(0xFF);
    }
    apply { t.apply(); }
}
#include "v1_end.p4"
