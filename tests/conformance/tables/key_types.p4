// Keys of bool, enums, signed numbers, new types and errors.
#include "v1_begin.p4"

enum bit<8> kind_t { one = 1, two = 2 }
enum color_t { red, green, blue }
type bit<8> port_t;
typedef port_t also_port_t;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bool odd = hdr.h.a[0:0] == 1;
    color_t color = color_t.red;
    int<8> small = (int<8>) hdr.h.a;
    kind_t kind = (kind_t) hdr.h.a;
    also_port_t port = (port_t) hdr.h.a;
    action set(bit<8> v) { hdr.h.b = v; }
    action wide(bit<16> v) { hdr.h.c = v; }
    table t {
        key = {
            odd : exact;
            color : exact;
            small : exact;
            kind : ternary;
            port : exact;
        }
        actions = { set; NoAction; }
        const entries = {
            (true, color_t.red, 1, kind_t.one, (port_t) 1) : set(0x11);
            (false, color_t.green, -2, _, (port_t) 0xFE) : set(0x22);
            (false, color_t.blue, 2, kind_t.two, (port_t) 2) : set(0x33);
        }
    }
    table u {
        key = { std.parser_error : exact; }
        actions = { wide; NoAction; }
        const entries = {
            error.NoError : wide(7);
            error.PacketTooShort : wide(8);
        }
    }
    apply {
        if (hdr.h.a == 2) { color = color_t.blue; } else if (small < 0) { color = color_t.green; }
        t.apply();
        u.apply();
    }
}
#include "v1_end.p4"
