// switch on bits, signed numbers, enums and errors; labels are constants of any kind, and fall through.
#include "v1_begin.p4"

enum color_t { red, green, blue }
enum bit<8> kind_t { tcp = 6, udp = 17 }
const bit<8> seven = 7;

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    color_t color = color_t.green;
    apply {
        switch (hdr.h.a) {
            0x01: { hdr.h.b = 1; }
            2:
            1 + 2: { hdr.h.b = 3; }
            seven: { hdr.h.b = 7; }
            8w9: { hdr.h.b = 9; }
            default: { hdr.h.b = 0xFF; }
        }
        switch ((int<16>) hdr.h.c) {
            -1: { hdr.h.c = 0x1111; }
            1: { hdr.h.c = 0x2222; }
        }
        if (hdr.h.a == 1) { color = color_t.red; } else if (hdr.h.a == 2) { color = color_t.blue; }
        switch (color) {
            color_t.red: { hdr.h.d[7:0] = 1; }
            color_t.green: { hdr.h.d[7:0] = 2; }
            default: { hdr.h.d[7:0] = 3; }
        }
        switch ((kind_t) hdr.h.a) {
            kind_t.tcp: { hdr.h.d[15:8] = 6; }
            kind_t.udp: { hdr.h.d[15:8] = 17; }
        }
        switch (std.parser_error) {
            error.PacketTooShort: { hdr.h.d[31:24] = 1; }
            error.NoError: { hdr.h.d[31:24] = 2; }
        }
    }
}
#include "v1_end.p4"
