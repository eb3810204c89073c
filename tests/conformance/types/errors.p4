// The error type: the program's own members, variables, comparison, switch; match kinds and strings as constants.
#include "v1_begin.p4"

error { OwnError, AnotherError }
match_kind { fuzzy }
const bool SAME = exact == fuzzy;
const string TEXT = "one " ++ "two";

error pick(in bit<8> x) {
    if (x == 1) { return error.OwnError; }
    if (x == 2) { return error.PacketTooShort; }
    return error.NoError;
}

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        error e = pick(hdr.h.a);
        switch (e) {
            error.OwnError: { hdr.h.b = 1; }
            error.NoError: error.NoMatch: { hdr.h.b = 2; }
            default: { hdr.h.b = 3; }
        }
        if (e != std.parser_error) { hdr.h.c = 1; }
        if (e == error.OwnError && error.OwnError != error.AnotherError && !SAME) { hdr.h.d = 1; }
        log_msg(TEXT ++ "{}", { hdr.h.a });
    }
}
#include "v1_end.p4"
