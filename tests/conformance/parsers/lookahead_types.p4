// lookahead of bits, signed numbers, headers, structs, enums and tuples: the cursor stays where it is.
#define OWN_PARSER
#include "v1_begin.p4"

header look_t { bit<4> hi; bit<4> lo; bit<16> word; }
struct pair_t { bit<8> one; bool two; bit<7> three; }
enum bit<8> E { A = 0x04, B = 0x34 }

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        bit<12> part = pkt.lookahead<bit<12>>();
        int<8> signed = pkt.lookahead<int<8>>();
        look_t l = pkt.lookahead<look_t>();
        pair_t p = pkt.lookahead<pair_t>();
        E e = pkt.lookahead<E>();
        tuple<bit<8>, bit<16>> t = pkt.lookahead<tuple<bit<8>, bit<16>>>();
        pkt.extract(hdr.h);
        if (hdr.h.b == 1) {
            hdr.h.c = 4w0 ++ part;
            hdr.h.d = (bit<32>)(int<32>)signed;
        }
        if (hdr.h.b == 2 && l.isValid()) { hdr.h.d = l.lo ++ l.hi ++ 8w0 ++ l.word; }
        if (hdr.h.b == 0x83) { hdr.h.d = p.one ++ 15w0 ++ (bit<1>)p.two ++ 1w0 ++ p.three; }
        if (e == E.A) { hdr.h.d = t[1] ++ 8w0 ++ t[0]; }
        transition select(e, t[0]) {
            (E.A, 4): marked;
            default: accept;
        }
    }
    state marked { hdr.h.a = 0xFF; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
