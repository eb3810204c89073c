// A deparser that emits nothing: only what the parser left unread leaves.
#define OWN_DEPARSER
#include "v1_begin.p4"

control Test(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }

control DeparsePart(packet_out pkt, in headers_t hdr) { apply { } }
#include "v1_end.p4"
