// The other blocks, around a control `Test`, which is ingress. Packets leave by port 1 unless Test says otherwise.
control VerifyPart(inout headers_t hdr, inout meta_t meta) { apply { } }

control IngressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Test() test;
    apply {
        std.egress_spec = 1;
        test.apply(hdr, meta, std);
    }
}

#ifndef OWN_EGRESS
control EgressPart(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
#endif

control ComputePart(inout headers_t hdr, inout meta_t meta) { apply { } }

#ifndef OWN_DEPARSER
control DeparsePart(packet_out pkt, in headers_t hdr) { apply { pkt.emit(hdr); } }
#endif

V1Switch(Parse(), VerifyPart(), IngressPart(), EgressPart(), ComputePart(), DeparsePart()) main;
