// What a state may hold: variables, constants, blocks, if and else, compound assignments, slices, functions, methods.
#define OWN_PARSER
#include "v1_begin.p4"

bit<16> twice(in bit<16> v) { return v << 1; }
void bump(inout bit<8> v, in bit<8> by) { v = v + by; }

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    const bit<8> STEP = 3;
    bit<8> outer = STEP + 1;
    state start {
        const bit<16> LOCAL = 0x100;
        pkt.extract(hdr.h);
        bit<16> local = twice(hdr.h.c) + LOCAL;
        {
            bit<8> outer = 0x40;
            bump(hdr.h.b, outer);
        }
        bump(hdr.h.b, outer);
        if (hdr.h.a > 5) {
            local += 1;
        } else if (hdr.h.a == 5) {
            local[15:8] = 0xAB;
        } else {
            ;
        }
        hdr.h.c = local;
        transition select(hdr.h.isValid(), local[0:0]) {
            (true, 1): odd;
            (true, 0): accept;
        }
    }
    state odd {
        outer = outer |+| 0xFE;
        hdr.h.d = 24w0 ++ outer;
        transition accept;
    }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
