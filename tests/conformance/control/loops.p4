// for with several parts, break and continue, loops in loops, loops over ranges and lists.
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> sum = 0;
        for (bit<8> i = 0; i < 10; i = i + 1) {
            if (i == 2) { continue; }
            if (i == hdr.h.a) { break; }
            sum = sum + i;
        }
        hdr.h.b = sum;
        bit<16> steps = 0;
        bit<16> down;
        for (bit<16> up = 0, down = 10; up < down; up += 2, down -= 1) {
            steps += 1;
        }
        hdr.h.c = steps;
        bit<32> pairs = 0;
        for (bit<32> i in 1 .. 3) {
            for (bit<32> j in 1 .. 3) {
                if (j > i) { break; }
                pairs = pairs * 10 + j;
            }
        }
        for (bit<32> k in (list<bit<32>>) { 7, 8 }) { pairs = pairs + k; }
        hdr.h.d = pairs;
    }
}
#include "v1_end.p4"
