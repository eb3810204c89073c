// What a PSA ingress sees of errors and of a reject in its parser: it runs either way.
#include <core.p4>
#include <psa.p4>

header h_t { bit<8> a; bit<8> b; bit<16> c; }
header p_t { bit<96> pad; }
struct headers_t { h_t h; p_t p; }
struct empty_t { }
struct meta_t { error e; bit<8> x; }

parser InParse(packet_in p, out headers_t h, inout meta_t m, in psa_ingress_parser_input_metadata_t i,
               in empty_t resubmitted, in empty_t recirculated) {
    InternetChecksum() ck;
    state start {
        p.extract(h.h);
        ck.clear();
        ck.add({ h.h.a, h.h.b });
        verify(h.h.a != 7, error.NoMatch);
        transition select(h.h.a) {
            1: reject;
            2..9: pad;
        }
    }
    state pad {
        p.extract(h.p);
        m.x = ck.get()[7:0];
        transition accept;
    }
}

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t i,
           inout psa_ingress_output_metadata_t o) {
    apply {
        if (i.parser_error == error.NoMatch) { h.h.b = 1; }
        if (i.parser_error == error.PacketTooShort) { h.h.b = 2; }
        if (h.p.isValid()) { h.h.c[7:0] = m.x; }
        send_to_port(o, (PortId_t) 1);
    }
}

control InDeparse(packet_out p, out empty_t clone, out empty_t resubmit, out empty_t normal, inout headers_t h,
                  in meta_t m, in psa_ingress_output_metadata_t i) {
    apply { p.emit(h); }
}

parser OutParse(packet_in p, out headers_t h, inout meta_t m, in psa_egress_parser_input_metadata_t i,
                in empty_t normal, in empty_t clone_i2e, in empty_t clone_e2e) {
    state start { transition accept; }
}

control Out(inout headers_t h, inout meta_t m, in psa_egress_input_metadata_t i,
            inout psa_egress_output_metadata_t o) {
    apply { }
}

control OutDeparse(packet_out p, out empty_t clone, out empty_t recirculate, inout headers_t h, in meta_t m,
                   in psa_egress_output_metadata_t i, in psa_egress_deparser_input_metadata_t d) {
    apply { p.emit(h); }
}

IngressPipeline(InParse(), In(), InDeparse()) ingress;
EgressPipeline(OutParse(), Out(), OutDeparse()) egress;
PSA_Switch(ingress, PacketReplicationEngine(), egress, BufferingQueueingEngine()) main;
