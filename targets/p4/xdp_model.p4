// A program at a network driver's door: parser, switch, deparser.
#ifndef CORA_XDP_MODEL_P4
#define CORA_XDP_MODEL_P4
#include <core.p4>

enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT }

struct xdp_input {
    bit<32> input_port;
}

struct xdp_output {
    xdp_action output_action;
    // For XDP_REDIRECT.
    bit<32>    output_port;
}

extern CounterArray {
    CounterArray(bit<32> max_index, bool sparse);
    void increment(in bit<32> index);
    void add(in bit<32> index, in bit<32> value);
}

extern array_table {
    array_table(bit<32> size);
}
extern hash_table {
    hash_table(bit<32> size);
}

extern bit<16> ebpf_ipv4_checksum(
    in bit<4> version, in bit<4> ihl, in bit<8> diffserv, in bit<16> totalLen, in bit<16> identification,
    in bit<3> flags, in bit<13> fragOffset, in bit<8> ttl, in bit<8> protocol, in bit<32> srcAddr, in bit<32> dstAddr);
// RFC 1624: the checksum when a word, or two, have changed.
extern bit<16> csum_replace2(in bit<16> csum, in bit<16> old, in bit<16> new);
extern bit<16> csum_replace4(in bit<16> csum, in bit<32> old, in bit<32> new);

parser xdp_parse<H>(packet_in packet, out H headers);
control xdp_switch<H>(inout H hdrs, in xdp_input i, out xdp_output o);
control xdp_deparse<H>(in H headers, packet_out packet);

package xdp<H>(xdp_parse<H> p, xdp_switch<H> s, xdp_deparse<H> d);

#endif
