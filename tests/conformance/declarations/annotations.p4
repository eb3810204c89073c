// Annotations with any body, on everything that takes them, change nothing here; neither does @pragma.
#include "v1_begin.p4"

@plain @with("text") @list[1, "two", 3 + 4] @pairs[x = 1, y = "z", w = true] @free(any { tokens; at } all x ; : =)
const bit<8> K = 3;
@pragma anything goes 1 2 "three"
@first @second("x") struct s_t { @field bit<8> x; @a[b = 1] @c bool y; }
@deprecated("use g") @noWarn("unused") bit<8> f(@here in bit<8> x) { @inside return x; }
enum E { @one ONE, @two("2") TWO }
@pkginfo(name = "x", version = "1") @brief("short") @description("long")
error { @mine OwnError }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    @name("other") bit<8> v = 1;
    @hidden @optional action set(@label("y") bit<8> y) { v = y; }
    apply {
        @block { @variable bit<8> w = 4; v = v + w; }
        @pragma stage 3
        if (v == 5) @likely { hdr.h.a = f(K); } else @unlikely { hdr.h.a = 9; }
        @const const bit<8> two = 2;
        set(two);
        hdr.h.b = v;
    }
}
#include "v1_end.p4"
