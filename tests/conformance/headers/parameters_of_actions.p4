// Stacks and headers as parameters of actions, called directly and by a table.
#define MORE_HEADERS t_t[4] s; t_t t;
header t_t { bit<8> v; }
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action push(inout t_t[4] s, in bit<8> v) { s.push_front(1); s[0].setValid(); s[0].v = v; }
    action make(out t_t t, bit<8> v) { t.setValid(); t.v = v; }
    action swap(inout t_t a, inout t_t b) { t_t c = a; a = b; b = c; }
    table tab { key = { hdr.h.a: exact; } actions = { make(hdr.t); NoAction; } const entries = { 1: make(hdr.t, 0x55); } }
    apply { push(hdr.s, 1); push(hdr.s, 2); tab.apply(); if (hdr.h.a == 2) swap(hdr.s[0], hdr.t); if (hdr.h.a == 3) swap(hdr.s[0], hdr.s[1]); }
}
#include "v1_end.p4"
