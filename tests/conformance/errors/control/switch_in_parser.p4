// Parsers know neither switch, loops, return nor exit.
#include <core.p4>

parser P(packet_in pkt, inout bit<8> x) {
    state start {
        switch (x) { //~ C0223 'switch' in a parser
            1: { x = 2; }
        }
        for (bit<8> i in 8w1 .. 8w3) { //~ C0223 a loop in a parser
            x = i;
        }
        transition next;
    }
    state next {
        if (x == 1) {
            return; //~ C0223 'return' in a parser
        }
        exit; //~ C0223 'exit' in a parser
        transition accept;
    }
}
