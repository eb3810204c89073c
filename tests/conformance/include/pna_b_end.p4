parser Parse(packet_in pkt, out headers_t h, inout meta_t m, in pna_main_parser_input_metadata_t istd) {
    state start {
        pkt.extract(h.eth);
        pkt.extract(h.tag);
        transition accept;
    }
}

control Deparse(packet_out pkt, inout headers_t h, in meta_t m, in pna_main_output_metadata_t ostd) {
    apply { pkt.emit(h); }
}

PNA_NIC(Parse(), Test(), Deparse()) main;
