// InternetChecksum: add, subtract (RFC 1624), and its state, which isn't complemented.
#include "psa_begin.p4"

control In(inout headers_t h, inout meta_t m, in psa_ingress_input_metadata_t istd,
           inout psa_ingress_output_metadata_t ostd) {
    InternetChecksum() ck;
    apply {
        send_to_port(ostd, (PortId_t) 1);
        ck.clear();
        if (h.tag.a == 1) {
            ck.add({ h.eth.type, 16w0x0001 });
            h.tag.c = ck.get();
        }
        if (h.tag.a == 2) {
            ck.subtract(h.tag.c);
            ck.subtract({ 16w0x1111 });
            ck.add(16w0x2222);
            h.tag.c = ck.get();
        }
        if (h.tag.a == 3) {
            ck.set_state(~h.tag.c);
            ck.subtract(16w0x1111);
            ck.add(16w0x2222);
            h.tag.c = ck.get();
        }
        if (h.tag.a == 4) {
            ck.add(h.eth.type);
            h.tag.c = ck.get_state();
        }
    }
}
#include "psa_end.p4"
