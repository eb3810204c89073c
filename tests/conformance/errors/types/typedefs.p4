// What a typedef or a new type can't be made of.
#include "v1_begin.p4"

struct s_t { bit<8> x; }
struct g_t<T> { T x; }
enum E { A }
typedef bit<8> byte_t;
type byte_t fine_t;
type fine_t also_fine_t;
type s_t a_t; //~ C0204
type error b_t; //~ C0204
type E c_t; //~ C0204
type h_t d_t; //~ C0204
type int e_t; //~ C0204
typedef void f_t; //~ C0204
typedef string i_t; //~ C0204
typedef g_t j_t; //~ C0206
typedef g_t<bit<8>, bool> k_t; //~ C0206
typedef nothing_t l_t; //~ C0201

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}
#include "v1_end.p4"
