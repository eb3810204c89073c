// @name changes the names that the control plane uses, of tables, actions, keys, parameters' owners and instances.
#include "v1_begin.p4"

control Inner(inout headers_t hdr) {
    @name("put") action set_b(bit<8> v) { hdr.h.b = v; }
    @name("routes") table t {
        key = { hdr.h.a : exact @name("kind"); hdr.h.c : ternary; }
        actions = { set_b; NoAction; }
    }
    apply { t.apply(); }
}
control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    @name("one") Inner() i1;
    @name("two") Inner() i2;
    @hidden action nothing() { }
    apply {
        nothing();
        if (hdr.h.d == 0) { i1.apply(hdr); } else { i2.apply(hdr); }
    }
}
#include "v1_end.p4"
