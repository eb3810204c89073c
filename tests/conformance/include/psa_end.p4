// The blocks that a program hasn't defined itself. Packets are parsed whole, in ingress and again in egress.
#ifndef OWN_INGRESS_PARSER
parser InParse(packet_in pkt, out headers_t h, inout meta_t m, in psa_ingress_parser_input_metadata_t istd,
               in note_t again, in note_t around) {
    state start {
        m.came = again.mark | around.mark;
        pkt.extract(h.eth);
        pkt.extract(h.tag);
        transition accept;
    }
}
#endif

#ifndef OWN_INGRESS_DEPARSER
control InDeparse(packet_out pkt, out note_t cloned, out note_t again, out note_t normal, inout headers_t h, in meta_t m,
                  in psa_ingress_output_metadata_t ostd) {
    apply {
        cloned.mark = m.x;
        again.mark = m.x;
        normal.mark = m.x;
        pkt.emit(h);
    }
}
#endif

#ifndef OWN_EGRESS_PARSER
parser EgParse(packet_in pkt, out headers_t h, inout meta_t m, in psa_egress_parser_input_metadata_t istd,
               in note_t normal, in note_t i2e, in note_t e2e) {
    state start {
        m.came = normal.mark | i2e.mark | e2e.mark;
        pkt.extract(h.eth);
        pkt.extract(h.tag);
        transition accept;
    }
}
#endif

#ifndef OWN_EGRESS
control Eg(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t istd,
           inout psa_egress_output_metadata_t ostd) {
    apply { }
}
#endif

#ifndef OWN_EGRESS_DEPARSER
control EgDeparse(packet_out pkt, out note_t cloned, out note_t around, inout headers_t h, in meta_t m,
                  in psa_egress_output_metadata_t ostd, in psa_egress_deparser_input_metadata_t edstd) {
    apply {
        cloned.mark = m.x;
        around.mark = m.x;
        pkt.emit(h);
    }
}
#endif

PSA_Switch(
    IngressPipeline(InParse(), In(), InDeparse()),
    PacketReplicationEngine(),
    EgressPipeline(EgParse(), Eg(), EgDeparse()),
    BufferingQueueingEngine()) main;
