// What may not be a field of a header, a struct or a union.
#include <core.p4>
header h_t { bit<8> v; }
enum E { A, B }
header b_t {
    h_t h; //~ C0204
    E e; //~ C0204
    string s; //~ C0204
    int i; //~ C0204
    h_t[2] st; //~ C0204
    tuple<bit<8>> t; //~ C0204
    error err; //~ C0204
    varbit<8> v1;
    varbit<8> v2; //~ C0204
    packet_in p; //~ C0204
    undeclared_t u; //~ C0201
}
struct s_t {
    packet_out p; //~ C0204
    match_kind m; //~ C0204
    int i; //~ C0204
    void w; //~ C0204
    bit<8> x;
    bit<16> x; //~ C0202
}
