// The preprocessor: conditions, function macros, joining and quoting, macros over several lines, undefining, includes
// of a file with its own guard, and directives within blocks.
#include "v1_begin.p4"
#include <core.p4>

#define ADD(x, y) \
    ((x) + \
     (y))
#define JOIN(a, b) a##b
#define TEXT(x) #x
#define EMPTY
#define CALL(f, ...) f(__VA_ARGS__)
#define DEEP(x) ADD(x, ADD(1, x))
#define FIELDS \
    bit<8> JOIN(fir, st); \
    bit<16> second;

struct s_t { FIELDS }
const string NAME = TEXT(a name);
# define SPACED 3
bit<8> sum(in bit<8> x, in bit<8> y) { return x + y EMPTY; }

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        s_t s = { first = 1, second = 2 };
#if defined(ADD) && !defined(NOTHING) && SPACED * 2 == 6
        hdr.h.a = ADD(hdr.h.a, s.first) * 2;
#elif defined(ADD)
        this is not P4: '
#else
        #error "not here"
#endif
#undef ADD
#ifdef ADD
        hdr.h.b = 1;
#else
# ifndef NOTHING
        hdr.h.b = JOIN(8w, 2);
# endif
#endif
#define ADD(x, y) (x + y) * 3
        hdr.h.c = CALL(sum, 1, 2) ++ ADD(8w1, 2);
#if 0
#   if 1
        nothing of this counts
#   endif
#elif (4 >> 1) == 2 && 1 > 0 || 0
        hdr.h.d = DEEP(1) + __LINE__ - __LINE__;
#endif
    }
}
#include "v1_end.p4"
