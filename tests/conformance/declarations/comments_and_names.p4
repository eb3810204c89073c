// Comments in every place, names that are keywords elsewhere, letters beyond ASCII in comments and strings.
#include "v1_begin.p4"

/* äöü 漢字 /* no nesting ** // */
@name("ünï.cödé") // …
const bit<8> key = 1; /**//***/
const /* a */ bit</* b */8> actions /* c
 over lines */ = /* d */ 2 // e
    ;
struct q_t { bit<8> key; bit<8> state; bit<8> apply; bit<8> entries; bit<8> type; bit<8> priority; bit<8> list; }
bit<8> state(in bit<8> apply) { return apply + 1; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<8> _x1 = 3;
        bit<8> entries = 4;
        q_t q = { 1, 2, 3, 4, 5, 6, 7 };
        q.key = q.state + q.apply + q.entries + q.type + q.priority + q.list;
        hdr.h.a = key + actions + _x1 + entries + state(apply = q.key); // "no string"
        hdr.h.b = /* 1 + */ 5 /* + 3 */;
        ;
        { ; }
    }
}
#include "v1_end.p4"
