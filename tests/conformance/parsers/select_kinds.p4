// Select keys that are bool, plain enum, serializable enum, error, int<N>, and expressions of these.
#define OWN_PARSER
#define MORE_HEADERS k_t k;
enum bit<8> Kind { Red = 1, Green = 7, Blue = 0x80 }
enum Way { In, Out, Across }
error { Odd }
header k_t {
    Kind kind;
    int<8> level;
    bool flag;
    bit<7> rest;
}
#include "v1_begin.p4"

parser Parse(packet_in pkt, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Way way;
    error err;
    state start {
        pkt.extract(hdr.h);
        pkt.extract(hdr.k);
        hdr.h.d = 0;
        way = hdr.h.a == 1 ? Way.In : Way.Across;
        err = error.NoError;
        if (hdr.h.b[0:0] == 1) { err = error.Odd; }
        transition select(hdr.k.kind) {
            Kind.Red: red;
            Kind.Green: green;
            (Kind) 0x80: blue;
            _: signed;
        }
    }
    state red { hdr.h.d[3:0] = 1; transition signed; }
    state green { hdr.h.d[3:0] = 2; transition signed; }
    state blue { hdr.h.d[3:0] = 3; transition signed; }
    state signed {
        transition select(hdr.k.level) {
            -1: minus;
            -8s128 .. -8s2: very_minus;
            0..10: small;
            default: flags;
        }
    }
    state minus { hdr.h.d[7:4] = 1; transition flags; }
    state very_minus { hdr.h.d[7:4] = 2; transition flags; }
    state small { hdr.h.d[7:4] = 3; transition flags; }
    state flags {
        transition select(hdr.k.flag, way, err) {
            (true, Way.In, _): one;
            (false, Way.Across, error.Odd): two;
            (!false, _, error.NoError): three;
            default: accept;
        }
    }
    state one { hdr.h.d[11:8] = 1; transition accept; }
    state two { hdr.h.d[11:8] = 2; transition accept; }
    state three { hdr.h.d[11:8] = 3; transition accept; }
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#include "v1_end.p4"
