#include <core.p4>
extern void report(string text, bit<8> level);
extern R<T> { R(bit<32> size); T read(in bit<32> index); }
control C(inout bit<8> x, in bit<32> size) {
    R<bit<8>>(size) r;
    apply {
        report("x", x);
        x = r.read(1, 2);
    }
}
