// All hash algorithms over the bytes "12": base + hash modulo max.
#define MORE_HEADERS out_t o;
#include <core.p4>
header out_t {
    bit<32> crc32;
    bit<16> crc16;
    bit<16> csum16;
    bit<16> xor16;
    bit<32> identity;
    bit<16> ranged;
    bit<16> empty;
    bit<8> drawn;
}
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.o.setValid();
        hash(hdr.o.crc32, HashAlgorithm.crc32, 32w0, { hdr.h.a, hdr.h.b }, 64w0x100000000);
        hash(hdr.o.crc16, HashAlgorithm.crc16, 16w0, { hdr.h.a, hdr.h.b }, 32w0x10000);
        hash(hdr.o.csum16, HashAlgorithm.csum16, 16w0, { hdr.h.a, hdr.h.b }, 32w0x10000);
        hash(hdr.o.xor16, HashAlgorithm.xor16, 16w0, { hdr.h.a, hdr.h.b, hdr.h.c }, 32w0x10000);
        hash(hdr.o.identity, HashAlgorithm.identity, 32w0, { hdr.h.a, hdr.h.b }, 32w0xFFFFFFFF);
        hash(hdr.o.ranged, HashAlgorithm.crc16, 16w1000, { hdr.h.a, hdr.h.b }, 16w10);
        hash(hdr.o.empty, HashAlgorithm.crc16, 16w7, { hdr.h.a, hdr.h.b }, 16w0);
        hash(hdr.o.drawn, HashAlgorithm.random, 8w5, { hdr.h.a }, 8w1);
    }
}
#include "v1_end.p4"
