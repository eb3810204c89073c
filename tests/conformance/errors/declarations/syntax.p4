// Declarations that end too early, have no value or no type.
#include "v1_begin.p4"

const bit<8> E; //~ C0107
const F = 5; //~ C0107
struct s_t { bit<8> } //~ C0107
struct r_t { bit<8> x }  //~ C0107
enum Color { RED GREEN } //~ C0107
header { bit<8> x; } //~ C0107
enum Empty { } //~ C0107
bit<8> v = 5; //~ C0107
typedef bit<8>; //~ C0107

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}
#include "v1_end.p4"
