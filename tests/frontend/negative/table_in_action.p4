#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
control C(inout headers_t hdr, inout meta_t m) {
    action set() { m.x = 1; }
    table t { actions = { set; } }
    action again() { t.apply(); }
    apply {
        t();
        switch (t.apply().action_run) {
            set: { }
            sett: { }
            set: { }
        }
        if (t.apply().hitt) { }
    }
}
