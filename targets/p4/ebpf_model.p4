// A filter for packets in the kernel: a parser, and a control that accepts or refuses. It can't change packets.
#ifndef CORA_EBPF_MODEL_P4
#define CORA_EBPF_MODEL_P4
#include <core.p4>

extern CounterArray {
    // `sparse`: kept in a hash table instead of an array.
    CounterArray(bit<32> max_index, bool sparse);
    void increment(in bit<32> index);
    void add(in bit<32> index, in bit<32> value);
}

// What tables are kept in: `implementation = hash_table(64)`.
extern array_table {
    array_table(bit<32> size);
}
extern hash_table {
    hash_table(bit<32> size);
}

parser parse<H>(packet_in packet, out H headers);
control filter<H>(inout H headers, out bool accept);

package ebpfFilter<H>(parse<H> prs, filter<H> filt);

#endif
