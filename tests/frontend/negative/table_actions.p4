#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(inout headers_t hdr, inout meta_t m) {
    action set(bit<16> v) { m.x = v; }
    action forget() { m.x = 0; }
    table t {
        key = { hdr.h.kind: exct; m.x: lpm; hdr: exact; }
        actions = { set; fogret; set; }
        default_action = forget();
        sise = 5;
    }
    table u {
        key = { hdr.h.kind: exact; m.x: ternary; }
        actions = { set; forget; }
        const entries = {
            (1, 2 &&& 0xf): set(7);
            (1, _): set();
            1: forget();
            (m.x, 1): forget();
        }
    }
    table empty { key = { m.x: exact; } }
    apply { t.apply(); u.apply(); }
}
