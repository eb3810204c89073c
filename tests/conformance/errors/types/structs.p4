// Initialisers of structs: fields that are missing, unknown or doubled; structs that aren't the same.
#include "v1_begin.p4"

struct s_t { bit<8> x; bit<8> y; }
struct r_t { bit<8> x; bit<8> y; }
struct twice_t { bit<8> x; bit<16> x; } //~ C0202

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        s_t a = { 1 }; //~ C0209
        s_t b = { 1, 2, 3 }; //~ C0209
        s_t c = { x = 1 }; //~ C0209
        s_t d = { x = 1, z = 2 }; //~ C0203
        s_t e = { x = 1, x = 2, y = 3 }; //~ C0218
        s_t f = { x = 1, y = true }; //~ C0207
        s_t fine = { x = 1, ... };
        r_t other = { 1, 2 };
        if (fine == other) { } //~ C0210
        if (fine < fine) { } //~ C0211
        fine = other; //~ C0207
        bit<8> g = fine.z; //~ C0203
        s_t h = {#}; //~ C0207
        fine.setValid(); //~ C0203
        fine.x.y = 1; //~ C0203
    }
}
#include "v1_end.p4"
