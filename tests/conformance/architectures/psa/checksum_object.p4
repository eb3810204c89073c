// Checksum over what it was given in steps, by a CRC or by the ones' complement sum.
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    Checksum<bit<16>>(PSA_HashAlgorithm_t.CRC16) crc;
    Checksum<bit<16>>(PSA_HashAlgorithm_t.ONES_COMPLEMENT16) sum;
    apply {
        send_to_port(ostd, (PortId_t) 1);
        bit<8> first = 0x31;
        crc.clear();
        crc.update(first);
        first = 0;
        crc.update({ 8w0x32 });
        h.tag.c = crc.get();
        if (h.tag.a == 1) {
            crc.clear();
            crc.update(16w0x3132);
            crc.update(16w0x3334);
            h.tag.c = crc.get();
        }
        if (h.tag.a == 2) {
            sum.clear();
            sum.update(h.eth.type);
            sum.update({ 16w1 });
            h.tag.c = sum.get();
        }
    }
}
#include "psa_end.p4"
