#ifndef OWN_PARSER
parser Parse(packet_in pkt, out headers_t h) {
    state start {
        pkt.extract(h.eth);
        transition select(h.eth.type) {
            0x800: ip;
            0xDEAD: reject;
            default: accept;
        }
    }
    state ip {
        pkt.extract(h.ip);
        transition accept;
    }
}
#endif

ebpfFilter(Parse(), Test()) main;
