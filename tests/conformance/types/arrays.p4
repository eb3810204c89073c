// Arrays of numbers and structs: constant and computed indices, assignment, comparison, loops.
#include "v1_begin.p4"

struct s_t { bit<8> x; bool y; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8>[4] numbers;
        bit<8>[4] more = { 10, 20, 30, 40 };
        s_t[2] pairs;
        numbers[1] = 7;
        numbers[hdr.h.a[1:0]] = numbers[hdr.h.a[1:0]] + 1;
        numbers[3][3:0] = 4w9;
        pairs[hdr.h.a[0:0]].x = 5;
        pairs[1].y = true;
        hdr.h.b = more[hdr.h.a[1:0]];
        for (bit<8> n in numbers) { hdr.h.c = hdr.h.c << 4 | 8w0 ++ n; }
        if (pairs[0].x == 5 && pairs[1] == { 0, true }) { hdr.h.d = 1; }
        numbers = more;
        if (numbers == more) { hdr.h.d[31:31] = 1; }
    }
}
#include "v1_end.p4"
