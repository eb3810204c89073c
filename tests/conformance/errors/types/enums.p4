// Enums: values that don't fit, are missing or too many; members that don't exist; no arithmetic without numbers.
#include "v1_begin.p4"

enum bit<8> Kind {
    A = 300, //~ C0205 300
    B, //~ C0205
    C = 1,
    C = 2 //~ C0202
}
enum Color {
    RED = 1, //~ C0205
    GREEN
}
enum bool Flag { X = 1 } //~ C0204

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        Color c = Color.BLUE; //~ C0203
        Color d = RED; //~ C0201
        if (c < d) { } //~ C0211
        if (Color.GREEN == Kind.C) { } //~ C0210
        bit<8> x = Color.GREEN; //~ C0207
        bit<8> y = Kind.C + 1;
    }
}
#include "v1_end.p4"
