// One varbit field a header, whose length is given when it is extracted.
#include <core.p4>
header two_t { varbit<8> x; varbit<8> y; }
header one_t { bit<8> len; varbit<8> x; }
header none_t { bit<8> len; }
parser P(packet_in p, out one_t one, out none_t none) {
    state start {
        p.extract(one);
        p.extract(none, 8);
        p.extract(one, (bit<32>)one.len);
        transition accept;
    }
}
