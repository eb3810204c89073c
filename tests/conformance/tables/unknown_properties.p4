// Properties that P4 or Cora doesn't know change nothing.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> v) { hdr.h.b = v; }
    table t {
        key = { hdr.h.a : exact; }
        actions = { @tableonly set; @defaultonly NoAction; }
        const entries = { 1 : set(1) @name("first"); 2 : set(2); }
        const default_action = NoAction();
        size = 2;
        support_timeout = true;
        @note("mine") const my_property = 5;
        my_list = { 1, true, "text" };
        my_text = "words";
    }
    apply @atomic { t.apply(); }
}
#include "v1_end.p4"
