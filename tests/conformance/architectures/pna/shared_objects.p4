// Objects that PNA shares with PSA: hash, checksum, register, counter, random numbers, digest, with DPDK's lengths.
#include "pna_b_begin.p4"

control Test(inout headers_t h, inout meta_t m, in pna_main_input_metadata_t istd,
             inout pna_main_output_metadata_t ostd) {
    Hash<bit<16>>(PNA_HashAlgorithm_t.CRC16) crc;
    Register<bit<16>, bit<8>>(4, 0x100) cells;
    Counter<bit<32>, bit<8>>(4, PNA_CounterType_t.PACKETS) seen;
    Random<bit<8>>(5, 5) five;
    Digest<tag_t>() told;
    Meter<bit<8>>(4, PNA_MeterType_t.PACKETS) rate;
    apply {
        bit<8> index = h.tag.a & 3;
        if (h.tag.a == 1) { h.tag.c = crc.get_hash({ 16w0x3132 }); }
        if (h.tag.a == 2) { h.tag.c = crc.get_hash(16w1000, { 16w0x3132 }, 16w10); }
        if (h.tag.a == 3) { h.tag.c = cells.read(1); cells.write(1, 7); }
        if (h.tag.a == 4) { h.tag.b = five.read(); told.pack(h.tag); }
        if (h.tag.a == 5 && rate.execute(index) == PNA_MeterColor_t.GREEN) { h.tag.b = 1; }
        seen.count(index);
        send_to_port((PortId_t) 1);
    }
}
#include "pna_b_end.p4"
