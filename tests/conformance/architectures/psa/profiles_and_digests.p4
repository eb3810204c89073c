// Tables with a profile or a selector: an entry with one action behaves as in any other table. Digests; random numbers.
#include "psa_begin.p4"

struct told_t {
    bit<8> a;
    bit<16> c;
}

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    ActionProfile(16) profile;
    ActionSelector(PSA_HashAlgorithm_t.CRC16, 16, 8) selector_;
    Random<bit<8>>(9, 9) nine;
    action put(bit<8> v) { h.tag.b = v; }
    action send(PortId_t port) { send_to_port(ostd, port); }
    table what {
        key = { h.tag.a : exact; }
        actions = { put; NoAction; }
        psa_implementation = profile;
    }
    table where {
        key = { h.tag.a : exact; h.tag.c : selector; }
        actions = { send; NoAction; }
        psa_implementation = selector_;
        psa_empty_group_action = NoAction();
    }
    apply {
        what.apply();
        if (!where.apply().hit) { send_to_port(ostd, (PortId_t) (bit<32>) nine.read()); }
    }
}
#define OWN_INGRESS_DEPARSER
control InDeparse(packet_out pkt, out note_t cloned, out note_t again, out note_t normal, inout headers_t h, in meta_t m,
                  in psa_ingress_output_metadata_t ostd) {
    Digest<told_t>() told;
    apply {
        if (h.tag.a == 2) { told.pack({ h.tag.a, h.tag.c }); }
        pkt.emit(h);
    }
}
#include "psa_end.p4"
