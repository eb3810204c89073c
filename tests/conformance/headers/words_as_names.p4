// Words of the grammar as names of types and fields where P4 allows them.
#define MORE_HEADERS apply_t key; apply_t size;
header apply_t { bit<8> actions; bit<8> state; bit<8> entries; bit<8> apply; bit<8> type; bit<8> priority; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.key = { 1, 2, 3, 4, 5, 6};
        hdr.size = hdr.key; hdr.size.actions = hdr.key.type + hdr.key.priority;
    }
}
#include "v1_end.p4"
