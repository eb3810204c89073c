// The frame goes on whole also where the parser reads a header several times, skips bytes, or looks ahead.
#define OWN_PARSER
#include "ebpf_begin.p4"

header label_t {
    bit<24> value;
    bit<8> last;
}

struct more_t {
    eth_t eth;
    label_t[2] labels;
    label_t one;
}

parser Parse(packet_in pkt, out more_t h) {
    state start {
        pkt.extract(h.eth);
        pkt.advance(16);
        transition label;
    }
    state label {
        pkt.extract(h.labels.next);
        transition select(h.labels.last.last) {
            0: label;
            default: twice;
        }
    }
    state twice {
        bit<8> ahead = pkt.lookahead<bit<8>>();
        pkt.extract(h.one);
        pkt.extract(h.one);
        transition select(ahead) {
            7: reject;
            default: accept;
        }
    }
}
control Test(inout more_t h, out bool accept) {
    apply { accept = h.one.value != 0; }
}
#include "ebpf_end.p4"
