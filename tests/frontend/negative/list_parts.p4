#include <core.p4>
header h_t {
    bit<8> kind;
    bit<16> length;
}
struct headers_t { h_t h; }
struct meta_t { bit<16> x; bool seen; }
const h_t A = { 1 };
const h_t B = { kind = 1 };
const h_t D = { kind = 1, size = 2 };
const h_t E = { 1, true };
