// Hash: get_hash(data), and base + hash modulo max.
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    Hash<bit<16>>(PSA_HashAlgorithm_t.CRC16) crc16;
    Hash<bit<32>>(PSA_HashAlgorithm_t.CRC32) crc32;
    Hash<bit<16>>(PSA_HashAlgorithm_t.IDENTITY) identity;
    Hash<bit<16>>(PSA_HashAlgorithm_t.ONES_COMPLEMENT16) sum;
    apply {
        send_to_port(ostd, (PortId_t) 1);
        bit<16> data = 0x3132;
        if (h.tag.a == 1) { h.tag.c = crc16.get_hash(data); }
        if (h.tag.a == 2) { h.tag.c = crc32.get_hash({ data })[31:16]; }
        if (h.tag.a == 3) { h.tag.c = identity.get_hash({ h.tag.b, h.tag.a }); }
        if (h.tag.a == 4) { h.tag.c = crc16.get_hash(16w1000, { data }, 16w10); }
        if (h.tag.a == 5) { h.tag.c = sum.get_hash({ data }); }
    }
}
#include "psa_end.p4"
