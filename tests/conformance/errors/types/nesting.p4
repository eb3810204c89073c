// What can't be part of a header, a union or a struct.
#include "v1_begin.p4"

enum Color { RED }
struct fine_t { bit<8> x; bool y; int<4> z; }
struct odd_t { error e; }
header_union union_t { h_t h; }
header good_t { fine_t f; bool b; varbit<32> v; }
header bad_t {
    h_t h; //~ C0204
    Color c; //~ C0204
    tuple<bit<8>> t; //~ C0204
    error e; //~ C0204
    string s; //~ C0204
    union_t u; //~ C0204
    h_t[2] k; //~ C0204
    odd_t o; //~ C0204
    int i; //~ C0204
}
header two_t {
    varbit<8> a;
    varbit<8> b; //~ C0204
}
header_union wrong_t {
    bit<8> x; //~ C0204
    fine_t f; //~ C0204
}
struct s_t {
    int i; //~ C0204
    string s; //~ C0204
    match_kind m; //~ C0204
    packet_in p; //~ C0204
    void v; //~ C0204
    h_t h;
    h_t[2] k;
    union_t u;
    error e;
    Color c;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}
#include "v1_end.p4"
